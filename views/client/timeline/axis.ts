/** Ticks of the time axis: steps of 1, 2 or 5 times a power of ten, and their labels. */

/** The least distance of two ticks. */
const tickPx = 110

/** Length of a step in ns. */
export function tickStep(nsPerPx: number): number {
  const least = Math.max(nsPerPx * tickPx, 1)
  const power = 10 ** Math.floor(Math.log10(least) + 1e-9)
  const mantissa = least / power
  return (mantissa <= 1 + 1e-9 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10) * power
}

/** The unit by the size of the time, the decimals by the step: `16.24ms`. */
export function tickLabel(time: number, step: number): string {
  if (Math.abs(time) < step / 2) return '0'
  const size = Math.max(Math.abs(time), step)
  const [scale, unit] = size >= 1e9 ? [1e9, 's'] : size >= 1e6 ? [1e6, 'ms'] : size >= 1e3 ? [1e3, 'µs'] : [1, 'ns']
  const decimals = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / (scale as number)) - 1e-9)))
  return (time / (scale as number)).toFixed(decimals) + unit
}

export interface Tick {
  readonly time: number
  readonly label: string
}

/** The ticks of a window, counted from `origin`. */
export function ticks(from: number, to: number, nsPerPx: number, origin: number): Tick[] {
  const step = tickStep(nsPerPx)
  const found: Tick[] = []
  for (let count = Math.ceil((from - origin) / step); count * step + origin <= to; count++) {
    found.push({ time: count * step + origin, label: tickLabel(count * step, step) })
  }
  return found
}
