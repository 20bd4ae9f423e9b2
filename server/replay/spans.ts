/**
 * The spans that end in one generation, in columns in the order of their ends: made from its events, and from the
 * states that were carried into it. Those of the last generation are closed at the end of the trace.
 */

import type { Clock } from '../analysis/facts/clock.js'
import { NOW } from '../analysis/facts/clock.js'
import { grown } from '../shared/columns.js'
import { firstPlace } from '../shared/search.js'
import type { Detail } from './replay.js'
import type { RuntimeSink, SpanSink } from './span-sink.js'
import { REASON_SHIFT, WORKER } from './timeline-carry.js'
import type { SpanCounts, Timeline } from './timeline-reading.js'
import { TimelineWalk } from './timeline-walk.js'

/** Of a goroutine in SpanColumns: the span is not its own. */
const ALONE = -2

/**
 * Spans in the order in which they were taken: that of their ends. What executes is one row for its goroutine, its proc
 * and its thread: a table for each took twice the memory.
 */
export class SpanColumns {
  length = 0
  /**
   * Row of the goroutine, or of the lane; ALONE − row: the span is on its proc alone, which a syscall lost before it
   * ended.
   */
  goroutines: Int32Array<ArrayBuffer>
  /** What it occupied, −1: none; of a lane, in place of the proc, the row of the goroutine. */
  procs: Int32Array<ArrayBuffer>
  threads: Int32Array<ArrayBuffer>
  starts: Float64Array<ArrayBuffer>
  ends: Float64Array<ArrayBuffer>
  /** Row of strings of the reason << REASON_SHIFT, WORKER, and TileState. */
  codes: Int32Array<ArrayBuffer>
  /** See SpanSink. */
  stacks: Int32Array<ArrayBuffer>
  /** Since when a span with WORKER is a mark worker. */
  private readonly workers = new Map<number, number>()

  /** `capacity`: for how many; columns that grow on the way took a quarter of the time. */
  constructor(capacity: number) {
    this.goroutines = new Int32Array(capacity)
    this.procs = new Int32Array(capacity)
    this.threads = new Int32Array(capacity)
    this.starts = new Float64Array(capacity)
    this.ends = new Float64Array(capacity)
    this.codes = new Int32Array(capacity)
    this.stacks = new Int32Array(capacity)
  }

  get capacity(): number {
    return this.goroutines.length
  }

  /** A span without thread. */
  add(goroutine: number, proc: number, start: number, end: number, code: number, stack: number): void {
    if (this.length === this.goroutines.length) this.grow()
    const row = this.length++
    this.goroutines[row] = goroutine
    this.procs[row] = proc
    this.threads[row] = -1
    this.starts[row] = start
    this.ends[row] = end
    this.codes[row] = code
    this.stacks[row] = stack
  }

  /** The span added last is a mark worker since that time. */
  setWorker(since: number): void {
    const row = this.length - 1
    this.codes[row] |= WORKER
    this.workers.set(row, since)
  }

  /** Since when a span is a mark worker, −1: it is none. */
  workerSince(row: number): number {
    return this.codes[row] & WORKER ? (this.workers.get(row) as number) : -1
  }

  /** Forgets all spans: others are written over them. */
  clear(): void {
    this.length = 0
    this.workers.clear()
  }

  private grow(): void {
    const size = Math.max(16, this.length * 2)
    this.goroutines = grown(this.goroutines, size)
    this.procs = grown(this.procs, size)
    this.threads = grown(this.threads, size)
    this.starts = grown(this.starts, size)
    this.ends = grown(this.ends, size)
    this.codes = grown(this.codes, size)
    this.stacks = grown(this.stacks, size)
  }
}

/** Bytes of a row of SpanColumns, and of its places in the orders by goroutine, proc and thread. */
const ROW_BYTES = 36 + 12
/** Of the spans of a generation beside their rows: arrays and their buffers. */
const OBJECT_BYTES = 4096

/** Columns for so many rows: spare ones, unless they are too small, or so large that most would lie idle. */
function columnsFor(rows: number, spare: SpanColumns | undefined): SpanColumns {
  if (spare === undefined || spare.capacity < rows || spare.capacity > rows * 2) return new SpanColumns(rows)
  spare.clear()
  return spare
}

/** Adds the spans of goroutines, or of lanes. */
class RowSink implements SpanSink {
  columns = new SpanColumns(0)

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
    this.columns.add(track, other, sinces[at], clock[NOW], (reason << REASON_SHIFT) | state, stack)
  }

  takeWorker(_track: number, since: number): void {
    this.columns.setWorker(since)
  }
}

/**
 * The walk tells of a proc's span behind that of its goroutine, which has the proc already; alone, where a syscall
 * loses its proc.
 */
class ProcSink implements SpanSink {
  columns = new SpanColumns(0)

  take(
    track: number,
    state: number,
    sinces: Float64Array,
    at: number,
    clock: Clock,
    _reason: number,
    other: number,
    stack: number,
  ): void {
    const { columns } = this
    const last = columns.length - 1
    const isOfLast =
      last >= 0 &&
      columns.goroutines[last] === other &&
      columns.procs[last] === track &&
      columns.ends[last] === clock[NOW]
    if (!isOfLast) columns.add(ALONE - other, track, sinces[at], clock[NOW], state, stack)
  }

  takeWorker(): void {
    // The goroutine's span is one.
  }
}

/** The walk tells of a thread's span right behind those of its goroutine and proc. */
class ThreadSink implements SpanSink {
  columns = new SpanColumns(0)

  take(track: number): void {
    const { columns } = this
    columns.threads[columns.length - 1] = track
  }

  takeWorker(): void {
    // The goroutine's span is one.
  }
}

/** The spans of one kind of tracks; nothing may be added to the columns any more. */
export class SpanTable {
  private byTrack: TrackOrder | null = null

  /**
   * @param tracks column of the tracks; below 0: the span is on none of this kind
   * @param others column of the procs, or on procs, threads and lanes of the goroutines
   */
  constructor(
    readonly columns: SpanColumns,
    readonly tracks: Int32Array,
    private readonly others: Int32Array,
  ) {}

  /** Row of the proc, or on procs, threads and lanes of the goroutine; −1: none. */
  other(row: number): number {
    const other = this.others[row]
    return other <= ALONE ? ALONE - other : other
  }

  /** Rows of a track's spans, in the order of time. */
  of(track: number): Uint32Array {
    this.byTrack ??= orderByTrack(this.tracks, this.columns.length)
    const { distinct, firsts, order } = this.byTrack
    const place = firstPlace(0, distinct.length, place => distinct[place] >= track)
    if (distinct[place] !== track) return order.subarray(0, 0)
    return order.subarray(firsts[place], firsts[place + 1])
  }

  /** The first row that ends at or after a time. */
  firstFrom(time: number): number {
    const { length, ends } = this.columns
    return firstPlace(0, length, row => ends[row] >= time)
  }

  /** Those of `rows` from the first that ends at or after a time. */
  from(rows: Uint32Array, time: number): Uint32Array {
    const { ends } = this.columns
    return rows.subarray(firstPlace(0, rows.length, place => ends[rows[place]] >= time))
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
  for (let row = 0; row < length; row++) if (tracks[row] >= 0) next[tracks[row] + 1]++
  const distinct: number[] = []
  for (let track = 0; track <= last; track++) {
    if (next[track + 1] > 0) distinct.push(track)
    next[track + 1] += next[track]
  }
  const firsts = Uint32Array.from([...distinct.map(track => next[track]), next[last + 1]])
  const order = new Uint32Array(next[last + 1])
  for (let row = 0; row < length; row++) if (tracks[row] >= 0) order[next[tracks[row]]++] = row
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
  /** Spans of a lane may overlap. */
  readonly lanes: SpanTable

  constructor(
    /** Of goroutines, procs and threads. */
    readonly columns: SpanColumns,
    readonly laneColumns: SpanColumns,
    readonly counters: readonly CounterPoints[],
  ) {
    const { goroutines, procs, threads } = columns
    this.goroutines = new SpanTable(columns, goroutines, procs)
    this.procs = new SpanTable(columns, procs, goroutines)
    this.threads = new SpanTable(columns, threads, goroutines)
    this.lanes = new SpanTable(laneColumns, laneColumns.goroutines, laneColumns.procs)
  }

  get bytes(): number {
    let bytes = OBJECT_BYTES + (this.columns.capacity + this.laneColumns.capacity) * ROW_BYTES
    for (const { times } of this.counters) bytes += times.length * 16
    return bytes
  }
}

/** Bytes of the spans of a generation, about. */
export function spanBytes(counts: SpanCounts): number {
  return OBJECT_BYTES + (rowsFor(counts) + counts.lanes) * ROW_BYTES
}

/** Rows that the spans of a generation take, about: those that are on their procs alone are few. */
function rowsFor({ goroutines }: SpanCounts): number {
  return goroutines + (goroutines >> 5)
}

/** Reads the spans of single generations. */
export class SpanReader {
  private readonly rows = new RowSink()
  private readonly procs = new ProcSink()
  private readonly threads = new ThreadSink()
  private readonly lanes = new RowSink()
  private counters: readonly CounterPoints[] = []
  /**
   * What read a generation last, which goes on with any later one: to take up how all stood from nothing costs as much
   * as all that changed before.
   */
  private idle: { readonly walk: TimelineWalk; readonly generation: number } | null = null

  constructor(
    private readonly detail: Detail,
    private readonly timeline: Timeline,
  ) {}

  /**
   * @param spare spans that nobody looks at any more: these are written over them. Memory that is new has to be cleared
   *   page by page, which takes as long as the walk.
   */
  read(generation: number, spare?: GenerationSpans): GenerationSpans {
    const { detail, timeline } = this
    const expected = timeline.spanCounts[generation]
    const columns = columnsFor(rowsFor(expected), spare?.columns)
    const lanes = columnsFor(expected.lanes, spare?.laneColumns)
    const counters = [0, 1, 2].map((): CounterPoints => ({ times: [], values: [] }))
    for (const sink of [this.rows, this.procs, this.threads]) sink.columns = columns
    this.lanes.columns = lanes
    this.counters = counters
    const walk = this.walkFrom(generation)
    for (const block of detail.blocks(generation, generation)) walk.feed(block)
    if (generation === timeline.starts.length - 1) walk.finish()
    else this.idle = { walk, generation }
    return new GenerationSpans(columns, lanes, counters)
  }

  private walkFrom(generation: number): TimelineWalk {
    const { idle } = this
    this.idle = null
    if (idle !== null && idle.generation < generation) {
      idle.walk.enter(generation, idle.generation)
      return idle.walk
    }
    const runtime: RuntimeSink = {
      counter: (counter, time, value) => {
        this.counters[counter].times.push(time)
        this.counters[counter].values.push(value)
      },
      // The first reading has kept all of these.
      range: () => {},
      sample: () => {},
    }
    const { rows, procs, threads, lanes, detail, timeline } = this
    return new TimelineWalk(detail.dictionary, rows, procs, threads, lanes, runtime, timeline.carried, generation)
  }
}
