/** Where a time axis is labelled, and how: the same on every axis of the pages and the timeline. */

/** The shortest step of 1, 2 or 5 times a power of ten that is at least so long, ns. */
export function roundStep(least: number): number {
  const atLeast = Math.max(least, 1)
  const power = 10 ** Math.floor(Math.log10(atLeast) + 1e-9)
  const mantissa = atLeast / power
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

/** An end of a window, with as many digits as its length has: of 7.66 s `0` and `7.66s`. */
export function endLabel(time: number, lengthNs: number): string {
  return tickLabel(time, 10 ** Math.floor(Math.log10(Math.max(lengthNs, 1)) - 2 + 1e-9))
}
