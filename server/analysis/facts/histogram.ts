/**
 * Histograms of durations as cmd/trace makes them: five buckets for every power of ten, the first one for 0 and below.
 * A duration of exactly `bucketStart(b)` falls into the bucket below it, as there.
 */
const LOG_STEP = Math.log(10 ** (1 / 5))

/** Buckets of durations below 2^53 ns; the last one holds whatever is longer. */
export const HISTOGRAM_BUCKETS = 80

/**
 * Where each bucket begins for integer durations, so that no logarithm is taken for each; and two that no duration
 * reaches.
 */
export const firsts: Float64Array = (() => {
  const bounds = new Float64Array(HISTOGRAM_BUCKETS + 2).fill(Number.POSITIVE_INFINITY)
  bounds[0] = 0
  for (let bucket = 1; bucket < HISTOGRAM_BUCKETS; bucket++) {
    let duration = Math.max(1, Math.floor(Math.exp(bucket * LOG_STEP)) - 1)
    while (Math.trunc(Math.log(duration) / LOG_STEP) < bucket) duration++
    bounds[bucket] = duration
  }
  return bounds
})()

/**
 * The bucket of each power of two. At most two begin between one and the next, as log2(10) / 5 of a doubling is a
 * bucket.
 */
export const bucketsOfPowers = Uint8Array.from({ length: 64 }, (_, power) =>
  firsts.findLastIndex(first => first <= 2 ** power),
)

/** The bucket of a duration in ns. */
export function bucketOf(duration: number): number {
  if (duration < 1) return 0
  const power = duration < 4294967296 ? 31 - Math.clz32(duration) : 63 - Math.clz32(duration / 4294967296)
  const bucket = bucketsOfPowers[power]
  if (duration < firsts[bucket + 1]) return bucket
  return duration < firsts[bucket + 2] ? bucket + 1 : bucket + 2
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
