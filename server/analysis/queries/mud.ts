/**
 * The distribution of mean mutator utilisation over all positions of a window (differences.md 2): how much of the time
 * a window that begins then has at most so much.
 */
import type { UtilizationSeries } from './utilization.js'

/** Buckets of the distribution; a quantile is right to one of them. */
const BUCKETS = 8192

/**
 * The smallest utilisation u for each share q such that windows with a mean of at most u make up at least q of all
 * positions. Positions are uniform over every series that is longer than the window. Null where there is no position at
 * all.
 */
export function utilizationQuantiles(
  series: readonly UtilizationSeries[],
  window: number,
  shares: readonly number[],
): number[] | null {
  const distribution = new Distribution()
  for (const one of series) addWindows(one, window, distribution)
  if (distribution.total === 0) return null
  return shares.map(share => distribution.quantile(share))
}

/** The mean is linear between positions where an edge of the window meets a step: each such piece is spread evenly. */
function addWindows(series: UtilizationSeries, window: number, distribution: Distribution): void {
  const { times, utils, procs = 1 } = series
  const points = times.length
  const last = times[points - 1] - window
  if (window <= 0 || !(last > times[0])) return
  let time = times[0]
  let left = 0
  let right = 0
  let sum = 0
  for (; right + 1 < points && times[right + 1] <= time + window; right++) {
    sum += utils[right] * (times[right + 1] - times[right])
  }
  sum += utils[right] * (time + window - times[right])
  let mean = sum / window
  while (time < last) {
    const toLeft = times[left + 1] - time
    const toRight = right + 1 < points ? times[right + 1] - (time + window) : Number.POSITIVE_INFINITY
    const length = Math.min(toLeft, toRight, last - time)
    sum += (utils[right] - utils[left]) * length
    const next = Math.min(Math.max(sum / window, 0), 1)
    distribution.add(mean, next, length * procs)
    mean = next
    time += length
    if (length === toLeft) left++
    if (length === toRight) right++
  }
}

class Distribution {
  total = 0
  /** Mass of windows of which nothing is left to the program: told apart, because it is what one looks for. */
  private zero = 0
  private readonly mass = new Float64Array(BUCKETS)
  /** Mass that each bucket has more than the one before it, of pieces that cover it whole. */
  private readonly steps = new Float64Array(BUCKETS + 1)

  /** Spreads mass evenly over the utilisations between two. */
  add(from: number, to: number, mass: number): void {
    this.total += mass
    const low = Math.min(from, to)
    const high = Math.max(from, to)
    if (high < 1e-9) {
      this.zero += mass
      return
    }
    const first = Math.min(Math.floor(low * BUCKETS), BUCKETS - 1)
    const end = Math.min(Math.floor(high * BUCKETS), BUCKETS - 1)
    if (first === end) {
      this.mass[first] += mass
      return
    }
    const perBucket = mass / ((high - low) * BUCKETS)
    this.mass[first] += perBucket * (first + 1 - low * BUCKETS)
    this.mass[end] += perBucket * (high * BUCKETS - end)
    this.steps[first + 1] += perBucket
    this.steps[end] -= perBucket
  }

  quantile(share: number): number {
    const wanted = share * this.total
    if (this.zero >= wanted) return 0
    let sum = this.zero
    let whole = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      whole += this.steps[bucket]
      const mass = this.mass[bucket] + whole
      if (mass > 0 && sum + mass >= wanted) return (bucket + (wanted - sum) / mass) / BUCKETS
      sum += mass
    }
    return 1
  }
}
