/** What the questions about tasks and about regions have in common. */
import type { HistogramBucket, ListParams } from '../../contract/common.js'
import { goQuote } from '../../core/go-quote.js'
import { bucketOf, HISTOGRAM_BUCKETS, histogramRows } from '../facts/histogram.js'
import { nearestRanks } from './lists.js'

/** Sorts types by a figure, largest first unless told otherwise; without one by name, in which order they come. */
export function sortTypes<T>(types: T[], key: ((type: T) => number) | undefined, params: ListParams): void {
  if (key !== undefined) types.sort((a, b) => (params.order === 'asc' ? 1 : -1) * (key(a) - key(b)))
  else if (params.order === 'desc') types.reverse()
}

/** Quantiles and histogram of durations, which are moved about. */
export function durationFacts(durations: Float64Array): {
  p50Ns: number
  p99Ns: number
  maxNs: number
  histogram: HistogramBucket[]
} {
  const counts = new Uint32Array(HISTOGRAM_BUCKETS)
  for (const duration of durations) counts[bucketOf(duration)]++
  const [p50Ns, p99Ns, maxNs] = nearestRanks(durations, [0.5, 0.99, 1])
  return { p50Ns, p99Ns, maxNs, histogram: histogramRows(counts) }
}

/** A text as Go quotes it. */
export function quote(text: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte)
  return goQuote(bytes)
}
