/** Ticks of the time axis: steps of 1, 2 or 5 times a power of ten, and their labels. */
import { roundStep, tickLabel } from '../../../server/shared/time-ticks.js'

/** The least distance of two ticks. */
const tickPx = 110

/** Length of a step in ns. */
export function tickStep(nsPerPx: number): number {
  return roundStep(nsPerPx * tickPx)
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
