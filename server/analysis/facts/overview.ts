/**
 * The overview strip of the home page: at most OVERVIEW_BUCKETS buckets, whose width doubles whenever the trace outgrows them,
 * so that the duration need not be known beforehand.
 */
export const OVERVIEW_BUCKETS = 1200

export const Layer = { Running: 0, Syscall: 1, GcWorker: 2, GcOn: 3, Stw: 4, Events: 5 } as const
const LAYERS = 6

export class OverviewBuckets {
  /** Width of a bucket, ns. */
  width = 1024
  /** Where the buckets end; intervals must not reach beyond (`advance`). */
  reach = OVERVIEW_BUCKETS * 1024
  private readonly sums = new Float64Array(LAYERS * OVERVIEW_BUCKETS)

  /** Makes room for `time`. */
  advance(time: number): void {
    while (time >= this.reach) {
      for (let layer = 0; layer < LAYERS; layer++) {
        const base = layer * OVERVIEW_BUCKETS
        for (let i = 0; i < OVERVIEW_BUCKETS; i++) {
          const pair = 2 * i
          this.sums[base + i] = pair < OVERVIEW_BUCKETS ? this.sums[base + pair] + this.sums[base + pair + 1] : 0
        }
      }
      this.width *= 2
      this.reach *= 2
    }
  }

  /** Spreads the interval over the buckets of a layer. */
  addInterval(layer: number, from: number, to: number): void {
    const { width } = this
    const base = layer * OVERVIEW_BUCKETS
    let bucket = Math.floor(from / width)
    let start = from
    for (let end = (bucket + 1) * width; end < to; end += width) {
      this.sums[base + bucket] += end - start
      start = end
      bucket++
    }
    this.sums[base + bucket] += to - start
  }

  addCount(layer: number, time: number, count: number): void {
    this.sums[layer * OVERVIEW_BUCKETS + Math.floor(time / this.width)] += count
  }

  /** Sums of a layer, up to the bucket that holds `end`. */
  layer(layer: number, end: number): number[] {
    const base = layer * OVERVIEW_BUCKETS
    return Array.from(this.sums.subarray(base, base + Math.floor(end / this.width) + 1))
  }
}
