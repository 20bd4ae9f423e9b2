/**
 * How long the single runs of goroutines were, counted by the goroutine's name in buckets of cmd/trace's histograms, so that no
 * run needs a row. Runs still going at the end of the trace are not in it.
 */
import { bucketOf, HISTOGRAM_BUCKETS } from './histogram.js'

export class RunLengths {
  /** Counts by row of strings; undefined where no goroutine of that name has run. */
  private readonly counts: (Uint32Array | undefined)[] = []

  add(name: number, length: number): void {
    let counts = this.counts[name]
    if (counts === undefined) {
      counts = new Uint32Array(HISTOGRAM_BUCKETS)
      while (this.counts.length <= name) this.counts.push(undefined)
      this.counts[name] = counts
    }
    counts[bucketOf(length)]++
  }

  /** Counts by bucket of the goroutines of a name, or undefined. */
  of(name: number): Uint32Array | undefined {
    return this.counts[name]
  }
}
