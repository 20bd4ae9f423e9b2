/**
 * Histograms of durations as cmd/trace makes them: five buckets for every power of ten, the first one for 0 and below.
 * A duration of exactly `bucketStart(b)` falls into the bucket below it, as there.
 */
const LOG_STEP = Math.log(10 ** (1 / 5))

/** Buckets of durations below 2^53 ns; the last one holds whatever is longer. */
export const HISTOGRAM_BUCKETS = 80

/** Where each bucket begins for integer durations, so that no logarithm is taken for each. */
const firsts: Float64Array = (() => {
  const bounds = new Float64Array(HISTOGRAM_BUCKETS)
  for (let bucket = 1; bucket < HISTOGRAM_BUCKETS; bucket++) {
    let duration = Math.max(1, Math.floor(Math.exp(bucket * LOG_STEP)) - 1)
    while (Math.trunc(Math.log(duration) / LOG_STEP) < bucket) duration++
    bounds[bucket] = duration
  }
  return bounds
})()

/** The bucket of a duration in ns. */
export function bucketOf(duration: number): number {
  if (duration <= 1) return 0
  const power = duration < 4294967296 ? 31 - Math.clz32(duration) : 63 - Math.clz32(duration / 4294967296)
  // log10(2) × 5 = 1.505…: a guess that is never above the bucket
  let bucket = Math.max(0, Math.trunc(power * 1.505) - 1)
  while (bucket + 1 < HISTOGRAM_BUCKETS && firsts[bucket + 1] <= duration) bucket++
  return bucket
}

/** Smallest duration that the page shows for a bucket, ns. */
export function bucketStart(bucket: number): number {
  return Math.trunc(Math.exp(bucket * LOG_STEP))
}

/** Rows from the first to the last used bucket; empty when nothing was counted. */
export function histogramRows(counts: ArrayLike<number>): { minNs: number; maxNs: number; count: number }[] {
  let first = 0
  let last = counts.length - 1
  while (first < counts.length && counts[first] === 0) first++
  while (last >= first && counts[last] === 0) last--
  const rows: { minNs: number; maxNs: number; count: number }[] = []
  for (let bucket = first; bucket <= last; bucket++) {
    rows.push({ minNs: bucketStart(bucket), maxNs: bucketStart(bucket + 1), count: counts[bucket] })
  }
  return rows
}
