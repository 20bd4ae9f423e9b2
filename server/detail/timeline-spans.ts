/**
 * The spans that end in one generation, in columns ordered by track: made from its events, and from the states that were carried into it.
 * Those of the last generation are closed at the end of the trace.
 */

import type { Clock } from '../analysis/facts/clock.js'
import { NOW } from '../analysis/facts/clock.js'
import { REASON_SHIFT, WORKER } from '../analysis/facts/timeline-carry.js'
import type { SpanTaker } from '../analysis/passes/timeline.js'
import type { SpanCounts, Timeline } from '../analysis/passes/timeline-reading.js'
import { TimelineWalk } from '../analysis/passes/timeline-walk.js'
import { grown } from '../shared/columns.js'
import { firstPlace } from '../shared/search.js'
import type { Detail } from './detail.js'

/** Spans by track, those of a track in the order of time. */
export class SpanTable implements SpanTaker {
  length = 0
  /** In the order in which they were taken: that of their ends. */
  tracks: Int32Array<ArrayBuffer>
  starts: Float64Array<ArrayBuffer>
  ends: Float64Array<ArrayBuffer>
  /** Row of strings of the reason << REASON_SHIFT, WORKER, and TileState. */
  codes: Int32Array<ArrayBuffer>
  /** Row of the proc, or on procs and threads of the goroutine; −1: none. */
  others: Int32Array<ArrayBuffer>
  /** See SpanTaker. */
  stacks: Int32Array<ArrayBuffer>
  /** Since when a span with WORKER is a mark worker; by row as taken. */
  private readonly workers = new Map<number, number>()
  private byTrack: TrackOrder | null = null

  /** `expected`: how many the first reading took. Columns that grow on the way, and are cut at the end, took a quarter of the time. */
  constructor(expected: number) {
    this.tracks = new Int32Array(expected)
    this.starts = new Float64Array(expected)
    this.ends = new Float64Array(expected)
    this.codes = new Int32Array(expected)
    this.others = new Int32Array(expected)
    this.stacks = new Int32Array(expected)
  }

  take(
    track: number,
    state: number,
    sinces: Float64Array,
    at: number,
    clock: Clock,
    reason: number,
    other: number,
    stack: number,
  ): void {
    if (this.length === this.tracks.length) this.grow()
    const row = this.length++
    this.tracks[row] = track
    this.starts[row] = sinces[at]
    this.ends[row] = clock[NOW]
    this.codes[row] = (reason << REASON_SHIFT) | state
    this.others[row] = other
    this.stacks[row] = stack
  }

  takeWorker(track: number, since: number): void {
    let row = this.length - 1
    while (this.tracks[row] !== track) row--
    this.codes[row] |= WORKER
    this.workers.set(row, since)
  }

  /** Since when a span is a mark worker, −1: it is none. */
  workerSince(row: number): number {
    return this.codes[row] & WORKER ? (this.workers.get(row) as number) : -1
  }

  /** Rows of a track's spans, in the order of time; nothing may be taken afterwards. */
  of(track: number): Uint32Array {
    this.byTrack ??= orderByTrack(this.tracks, this.length)
    const { distinct, firsts, order } = this.byTrack
    const place = firstPlace(0, distinct.length, place => distinct[place] >= track)
    if (distinct[place] !== track) return order.subarray(0, 0)
    return order.subarray(firsts[place], firsts[place + 1])
  }

  /** The first row, in the order of ends, that ends at or after a time. */
  firstFrom(time: number): number {
    return firstPlace(0, this.length, row => this.ends[row] >= time)
  }

  /** Those of `rows` from the first that ends at or after a time. */
  from(rows: Uint32Array, time: number): Uint32Array {
    return rows.subarray(firstPlace(0, rows.length, place => this.ends[rows[place]] >= time))
  }

  /** With the order by track, which is made when one is looked for. */
  get bytes(): number {
    const { tracks, starts, ends, codes, others, stacks } = this
    const ints = 2 * tracks.byteLength + codes.byteLength + others.byteLength + stacks.byteLength
    return ints + starts.byteLength + ends.byteLength
  }

  private grow(): void {
    const size = Math.max(16, this.length * 2)
    this.tracks = grown(this.tracks, size)
    this.starts = grown(this.starts, size)
    this.ends = grown(this.ends, size)
    this.codes = grown(this.codes, size)
    this.others = grown(this.others, size)
    this.stacks = grown(this.stacks, size)
  }
}

/** Rows of spans by track: those of distinct[i] are order[firsts[i]] … order[firsts[i + 1] − 1]. */
interface TrackOrder {
  readonly order: Uint32Array
  readonly distinct: Int32Array
  readonly firsts: Uint32Array
}

function orderByTrack(tracks: Int32Array, length: number): TrackOrder {
  let last = -1
  for (let row = 0; row < length; row++) last = Math.max(last, tracks[row])
  const next = new Uint32Array(last + 2)
  for (let row = 0; row < length; row++) next[tracks[row] + 1]++
  const distinct: number[] = []
  for (let track = 0; track <= last; track++) {
    if (next[track + 1] > 0) distinct.push(track)
    next[track + 1] += next[track]
  }
  const firsts = Uint32Array.from([...distinct.map(track => next[track]), length])
  const order = new Uint32Array(length)
  for (let row = 0; row < length; row++) order[next[tracks[row]]++] = row
  return { order, distinct: Int32Array.from(distinct), firsts }
}

export interface CounterPoints {
  readonly times: number[]
  readonly values: number[]
}

export class GenerationSpans {
  readonly goroutines: SpanTable
  readonly procs: SpanTable
  readonly threads: SpanTable
  /** Of the last, spans of a lane may overlap: they are in the order in which they end. */
  readonly lanes: SpanTable
  readonly counters: readonly CounterPoints[] = [0, 1, 2].map(() => ({ times: [], values: [] }))

  constructor(expected: SpanCounts) {
    this.goroutines = new SpanTable(expected.goroutines)
    this.procs = new SpanTable(expected.procs)
    this.threads = new SpanTable(expected.threads)
    this.lanes = new SpanTable(expected.lanes)
  }

  get bytes(): number {
    let bytes = this.goroutines.bytes + this.procs.bytes + this.threads.bytes + this.lanes.bytes
    for (const { times } of this.counters) bytes += times.length * 16
    return bytes
  }
}

export function readSpans(detail: Detail, timeline: Timeline, generation: number): GenerationSpans {
  const spans = new GenerationSpans(timeline.spanCounts[generation])
  const { goroutines, procs, threads, lanes, counters } = spans
  const walk = new TimelineWalk(detail.dictionary, goroutines, procs, threads, lanes, {
    counter: (counter, time, value) => {
      counters[counter].times.push(time)
      counters[counter].values.push(value)
    },
    // The first reading has kept all of these.
    range: () => {},
    sample: () => {},
  })
  walk.resume(timeline.carried, generation)
  for (const block of detail.blocks(generation, generation)) walk.feed(block)
  if (generation === timeline.starts.length - 1) walk.finish()
  return spans
}
