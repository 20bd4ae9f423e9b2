/**
 * How long the single runs of goroutines were, counted by the goroutine's name in buckets of cmd/trace's histograms, so
 * that no run needs a row. Runs still going at the end of the trace are not in it.
 */

import { GrowingColumn } from '../../wasm/growing-column.js'
import { HISTOGRAM_FIRSTS, HISTOGRAM_POWERS, RUN_COUNTS } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'
import { type Clock, NOW } from './clock.js'
import { bucketOf, bucketsOfPowers, firsts, HISTOGRAM_BUCKETS } from './histogram.js'

export class RunLengths {
  /** Counts by row of strings; undefined where no goroutine of that name has run. */
  private readonly counts: (Uint32Array | undefined)[] = []
  /** Where they are; 0: nowhere. */
  private readonly places: GrowingColumn<Uint32Array>

  constructor(private readonly memory: AnalysisMemory) {
    memory.place(firsts, HISTOGRAM_FIRSTS)
    memory.place(bucketsOfPowers, HISTOGRAM_POWERS)
    this.places = new GrowingColumn(memory, Uint32Array, RUN_COUNTS)
  }

  /** Counts a run that began at `from[at]` and ends now. */
  add(name: number, from: Float64Array, at: number, clock: Clock): void {
    let counts = this.counts[name]
    if (counts === undefined) {
      counts = this.memory.column(Uint32Array, HISTOGRAM_BUCKETS)
      this.places.reach(name)
      this.places.rows[name] = counts.byteOffset
      while (this.counts.length <= name) this.counts.push(undefined)
      this.counts[name] = counts
    }
    counts[bucketOf(clock[NOW] - from[at])]++
  }

  /** Counts by bucket of the goroutines of a name, or undefined. */
  of(name: number): Uint32Array | undefined {
    return this.counts[name]
  }
}
