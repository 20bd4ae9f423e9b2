/** Small upright histograms for a table: all rows stand on one log axis, five buckets to a factor of ten. */

import type { HistogramBucket } from '../../contract/common.js'
import { formatDuration } from '../../shared/duration.js'
import type { SparkAxis } from './cells.js'
import { counted, durationText } from './format.js'

const width = 200
const height = 26
const widest = 12.5

export function sparkAxis(histograms: readonly (readonly HistogramBucket[])[]): SparkAxis {
  const full = histograms.filter(buckets => buckets.length > 0)
  const first = Math.min(...full.map(buckets => indexOf(buckets[0])))
  const end = Math.max(...full.map(buckets => indexOf(buckets[0]) + buckets.length))
  const step = full.length === 0 ? widest : Math.min(widest, width / (end - first))
  return {
    ticks: full.length === 0 ? [] : ticksOf(first, end, step),
    sparkOf: (buckets, what, urlOf) => {
      const most = Math.max(1, ...buckets.map(bucket => bucket.count))
      const start = buckets.length === 0 ? 0 : indexOf(buckets[0]) - first
      return {
        width: Math.round(step * 10) / 10,
        label: `Durations of ${counted(
          buckets.reduce((sum, bucket) => sum + bucket.count, 0),
          what,
        )}`,
        bars: buckets.flatMap((bucket, position) => {
          if (bucket.count === 0) return []
          const size = Math.max(1.5, (bucket.count / most) * (height - 2))
          return {
            x: Math.round((start + position) * step * 10) / 10,
            y: Math.round((height - 1 - size) * 10) / 10,
            height: Math.round(size * 10) / 10,
            url: urlOf(bucket),
            label: `${counted(bucket.count, what)}, ${formatDuration(bucket.minNs)} to ${formatDuration(bucket.maxNs)}`,
          }
        }),
      }
    },
  }
}

function indexOf(bucket: HistogramBucket): number {
  return Math.round(5 * Math.log10(Math.max(1, bucket.minNs)))
}

/** A label at each power of ten, fewer where they would touch. */
function ticksOf(first: number, end: number, step: number): SparkAxis['ticks'] {
  const powers: number[] = []
  for (let power = Math.ceil(first / 5); power * 5 < end; power++) powers.push(power)
  const every = Math.ceil((powers.length * 44) / width)
  return powers
    .filter((_, position) => position % every === 0)
    .map(power => {
      const x = (power * 5 - first) * step
      return {
        x: x.toFixed(1),
        text: durationText(10 ** power)
          .replace('.00', '')
          .replace(/^(\d+)\.0(?=\D)/, '$1'),
        anchor: x < 15 ? 'start' : x > width - 15 ? 'end' : 'middle',
      }
    })
}
