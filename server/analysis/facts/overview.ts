/**
 * The overview strip of the home page: at most OVERVIEW_BUCKETS buckets, whose width doubles whenever the trace
 * outgrows them, so that the duration need not be known beforehand.
 */

import * as f from '../fast-path/fields.js'
import { OVERVIEW_BUCKETS } from '../fast-path/fields.js'
import { BUCKET, OVERVIEW, OVERVIEW_PLACE } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'
import { type Clock, NOW } from './clock.js'

export { OVERVIEW_BUCKETS }

export const Layer = {
  Running: f.RUNNING_LAYER,
  Syscall: f.SYSCALL_LAYER,
  GcWorker: 2,
  GcOn: 3,
  Stw: 4,
  Events: 5,
} as const
const LAYERS = 6

/** Places in `place`. */
const WIDTH = 0
const START = 1

export class OverviewBuckets {
  /**
   * @param place width of a bucket and start of the present one, ns; fields would change from integers to doubles
   * @param sums layer by layer
   * @param words have the present bucket at BUCKET
   */
  private constructor(
    private readonly place: Float64Array,
    private readonly sums: Float64Array,
    private readonly words: Uint32Array,
  ) {}

  /** Buckets that the fast path sees. */
  static in(memory: AnalysisMemory): OverviewBuckets {
    const { numbers, words } = memory
    const sums = memory.column(Float64Array, LAYERS * OVERVIEW_BUCKETS)
    words[OVERVIEW] = sums.byteOffset
    const place = numbers.subarray(OVERVIEW_PLACE, OVERVIEW_PLACE + 2)
    place[WIDTH] = 1024
    return new OverviewBuckets(place, sums, words)
  }

  /** The same in memory of its own, to be changed apart. */
  copy(): OverviewBuckets {
    const words = new Uint32Array(BUCKET + 1)
    words[BUCKET] = this.bucket
    return new OverviewBuckets(this.place.slice(), this.sums.slice(), words)
  }

  /** Row of the bucket that holds the present time. */
  private get bucket(): number {
    return this.words[BUCKET]
  }

  private set bucket(row: number) {
    this.words[BUCKET] = row
  }

  /** Width of a bucket, ns. */
  get width(): number {
    return this.place[WIDTH]
  }

  /**
   * Moves the present to `clock`, and counts `events` events in the bucket where it was. Gives the end of the present
   * bucket.
   */
  advance(clock: Clock, events: number): number {
    const { place } = this
    this.sums[Layer.Events * OVERVIEW_BUCKETS + this.bucket] += events
    const now = clock[NOW]
    while (now >= place[WIDTH] * OVERVIEW_BUCKETS) this.widen()
    this.bucket = Math.floor(now / place[WIDTH])
    place[START] = this.bucket * place[WIDTH]
    return place[START] + place[WIDTH]
  }

  /** Adds the time from `from[at]` until now to a layer. */
  addSince(layer: number, from: Float64Array, at: number, clock: Clock): void {
    const since = from[at]
    if (since >= this.place[START]) this.sums[layer * OVERVIEW_BUCKETS + this.bucket] += clock[NOW] - since
    else this.spread(layer, from, at, clock)
  }

  /** Sums of a layer, up to the bucket that holds the present. */
  layer(layer: number): number[] {
    const base = layer * OVERVIEW_BUCKETS
    return Array.from(this.sums.subarray(base, base + this.bucket + 1))
  }

  private spread(layer: number, from: Float64Array, at: number, clock: Clock): void {
    const width = this.place[WIDTH]
    const base = layer * OVERVIEW_BUCKETS
    const to = clock[NOW]
    let start = from[at]
    let bucket = Math.floor(start / width)
    for (let end = (bucket + 1) * width; end < to; end += width) {
      this.sums[base + bucket] += end - start
      start = end
      bucket++
    }
    this.sums[base + bucket] += to - start
  }

  private widen(): void {
    for (let base = 0; base < this.sums.length; base += OVERVIEW_BUCKETS) {
      for (let i = 0; i < OVERVIEW_BUCKETS; i++) {
        const pair = base + 2 * i
        this.sums[base + i] = 2 * i < OVERVIEW_BUCKETS ? this.sums[pair] + this.sums[pair + 1] : 0
      }
    }
    this.place[WIDTH] *= 2
    this.bucket >>= 1
  }
}
