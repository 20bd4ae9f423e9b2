/** A histogram of durations: one row a bucket, in the answer's buckets. */

import type { HistogramBucket } from '../../contract/common.js'
import { formatDuration } from '../../shared/duration.js'
import { counted, countText, durationText } from './format.js'

export interface HistogramView {
  readonly label: string
  readonly buckets: {
    readonly low: string
    readonly width: number
    readonly count: string
    readonly url: string | null
    readonly title: string
    readonly current: boolean
  }[]
  /** Upper bound of the last bucket. */
  readonly last: string
  readonly total: number
}

const fullWidth = 400
const narrowest = 2

/** `urlOf` gives the list behind a bucket, where there is one; `what` names one thing that is counted. */
export function histogramView(
  buckets: readonly HistogramBucket[],
  what: string,
  urlOf: (bucket: HistogramBucket) => string | null = () => null,
  isCurrent: (bucket: HistogramBucket) => boolean = () => false,
): HistogramView {
  const most = Math.max(0, ...buckets.map(bucket => bucket.count))
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  return {
    label: `Durations, ${counted(total, what)}`,
    total,
    last: buckets.length === 0 ? '' : durationText(buckets[buckets.length - 1].maxNs),
    buckets: buckets.map(bucket => ({
      low: durationText(bucket.minNs),
      width: bucket.count === 0 ? 0 : Math.max(narrowest, Math.floor((bucket.count * fullWidth) / most)),
      count: bucket.count === 0 ? '·' : countText(bucket.count),
      url: bucket.count === 0 ? null : urlOf(bucket),
      title: `${counted(bucket.count, what)} between ${formatDuration(bucket.minNs)} and ${formatDuration(bucket.maxNs)}`,
      current: isCurrent(bucket),
    })),
  }
}
