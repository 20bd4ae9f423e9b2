/**
 * Mutator utilisation by windows, the obvious way: the twin of queries/mmu-curve.ts and queries/mud.ts. Every position
 * where an edge of the window meets a step is tried, each mean is integrated from the start.
 */
import type { UtilizationSeries } from '../../server/analysis/queries/utilization.js'

export function slowMean({ times, utils }: UtilizationSeries, start: number, window: number): number {
  let sum = 0
  for (let i = 0; i + 1 < times.length; i++) {
    const from = Math.max(times[i], start)
    const to = Math.min(times[i + 1], start + window)
    if (to > from) sum += utils[i] * (to - from)
  }
  return sum / window
}

/** Positions between which the mean is linear, ascending; one position where the window takes the whole series. */
export function slowPositions({ times }: UtilizationSeries, window: number): number[] {
  const first = times[0]
  const last = times[times.length - 1] - window
  const positions = [first, last, ...times, ...times.map(time => time - window)]
  return [...new Set(positions)].filter(time => time >= first && time <= last).sort((a, b) => a - b)
}

/** The minimum over all windows; a series that is shorter than the window is one window. */
export function slowMmu(series: readonly UtilizationSeries[], window: number): number {
  let lowest = 1
  for (const one of series) {
    const length = Math.min(window, one.times[one.times.length - 1] - one.times[0])
    for (const position of slowPositions(one, length)) lowest = Math.min(lowest, slowMean(one, position, length))
  }
  return lowest
}

/** The share of all positions of the window whose mean is at most `util`; null where there is no position. */
export function slowShareBelow(series: readonly UtilizationSeries[], window: number, util: number): number | null {
  let below = 0
  let all = 0
  for (const one of series) {
    const positions = slowPositions(one, window)
    for (let i = 0; i + 1 < positions.length; i++) {
      const length = positions[i + 1] - positions[i]
      const ends = [slowMean(one, positions[i], window), slowMean(one, positions[i + 1], window)]
      const low = Math.min(...ends)
      const high = Math.max(...ends)
      all += length
      if (util >= high) below += length
      else if (util > low) below += (length * (util - low)) / (high - low)
    }
  }
  return all === 0 ? null : below / all
}
