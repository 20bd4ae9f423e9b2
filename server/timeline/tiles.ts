/**
 * Tiles of the timeline: from the coarse levels of the first reading where those are fine enough, else from the spans
 * of the generations under the tile, of which the last ones used are kept under a byte budget.
 */
import { Lru } from '../core/lru.js'
import { ColumnSums } from '../replay/column-sums.js'
import { RuntimeLane } from '../replay/lanes.js'
import type { Detail } from '../replay/replay.js'
import { CounterColumns } from '../replay/runtime-facts.js'
import { type GenerationSpans, type SpanColumns, SpanReader, spanBytes } from '../replay/spans.js'
import type { Timeline } from '../replay/timeline-reading.js'
import {
  encodeTile,
  SpanFlag,
  TILE_SPANS,
  type Tile,
  type TileColumns,
  type TileSpans,
  TileState,
  type TileTrack,
  tileStart,
} from '../shared/tile.js'
import { runtimeLanes } from '../shared/timeline.js'
import { CoarseColumns, type TrackGroups } from './coarse-columns.js'
import { addSpan, newSpan, openSpan, readSpan, type Span } from './span.js'

/** Which spans a track is made of. */
export type TrackKind = 'goroutines' | 'procs' | 'threads'
/** Lanes of the runtime go by RuntimeLane. */
export type SpanKind = TrackKind | 'lanes'

export interface TileRequest {
  readonly kind: TrackKind | 'runtime'
  /** Index of the first track, and for each the rows that make it up; one of several rows comes as columns. */
  readonly firstTrack: number
  readonly tracks: readonly Uint32Array[]
  readonly level: number
  readonly index: number
}

/** Up to so many events in its generations a tile shows single spans, whatever its level. */
const FEW_EVENTS = 300_000
/** The same for the finest levels that need no replay, on which spans may be told apart: about a generation. */
const EVENTS_AT_ONCE = 2_000_000
/** As many as take about as long as to open a generation. */
const EVENTS_TO_OPEN = 400
const FINEST_LEVELS = 3

/** Lanes behind those of RuntimeLane, by index; see runtimeLanes (shared/timeline.ts). */
const LANES = { Goroutines: 7, Heap: 8, HeapGoal: 9, Threads: 10, Procs: 11 } as const

export class TimelineTiles {
  /** Spans of generations. */
  private readonly cache: Lru<number, GenerationSpans>
  /** While room is made: the last of what was evicted that no tile needs, for the next spans to be written into. */
  private spare: GenerationSpans | undefined
  /** Those that tiles being made need, whether they are still in the cache or not. */
  private readonly held = new Map<number, GenerationSpans>()
  private isReading = false
  private readonly coarse: CoarseColumns
  private readonly reader: SpanReader

  constructor(
    readonly detail: Detail,
    readonly timeline: Timeline,
    budgetBytes: number,
  ) {
    this.coarse = new CoarseColumns(timeline.endNs)
    this.reader = new SpanReader(detail, timeline)
    this.cache = new Lru({
      budget: budgetBytes,
      sizeOf: ({ bytes }) => bytes,
      evicted: (spans, generation) => {
        if (!this.held.has(generation)) this.spare = spans
      },
    })
  }

  /** Lowest level that needs no generation to be read. */
  get quickLevel(): number {
    const { goroutines, procs, threads, lanes } = this.timeline
    return Math.max(goroutines.level, procs.level, threads.level, lanes.level)
  }

  /** Lanes of the runtime, by RuntimeLane, on which there is nothing at all. */
  get emptyLanes(): number[] {
    const { lanes, runtime } = this.timeline
    return Object.values(RuntimeLane).filter(lane => {
      return lane <= RuntimeLane.Stw ? !runtime.hasRange(lane) : !lanes.has(lane)
    })
  }

  /** Makes what the first tile of each view would wait for, in parts of up to 0.1 s at a million goroutines. */
  *prepare(): Generator<void> {
    const { timeline, coarse } = this
    for (const kind of ['goroutines', 'threads'] as const) {
      yield coarse.prepare(timeline[kind], this.all(kind))
    }
    for (const kind of ['goroutines', 'procs', 'threads', 'lanes'] as const) yield timeline[kind].prepare()
  }

  /** The encoded tile. Gives empty pieces while it reads generations, so that others have their turn. */
  *encoded(request: TileRequest): Generator<Uint8Array, Uint8Array> {
    return yield* this.withSpans(request, () => encodeTile(this.tile(request)))
  }

  /**
   * Reads the generations under a tile that are not here and keeps them until `make` is done: where the budget holds
   * fewer, each track of the tile would read them again. One tile reads at a time, so that no more is kept than it
   * needs; the others give empty pieces.
   */
  *withSpans<R>({ kind, level, index }: TileRequest, make: () => R): Generator<Uint8Array, R> {
    if (!this.isDeep(kind, level, index)) return make()
    const [from, to] = this.generationsOf(tileStart(level, index), tileStart(level, index + 1))
    const all = Array.from({ length: to - from + 1 }, (_, i) => from + i)
    const generations = kind === 'runtime' ? all : all.filter(generation => this.hasSpans(generation, kind))
    const isHere = (generation: number) => this.held.has(generation) || this.cache.has(generation)
    while (this.isReading && !generations.every(isHere)) yield new Uint8Array(0)
    const missing = generations.filter(generation => !isHere(generation))
    const holding: number[] = []
    const hold = (generation: number) => {
      if (this.held.has(generation)) return
      this.held.set(generation, this.spans(generation))
      holding.push(generation)
    }
    this.isReading ||= missing.length > 0
    try {
      // First, as what is read drives them out.
      for (const generation of generations.filter(isHere)) hold(generation)
      for (const generation of missing) {
        hold(generation)
        yield new Uint8Array(0)
      }
      return make()
    } finally {
      for (const generation of holding) this.held.delete(generation)
      if (missing.length > 0) this.isReading = false
    }
  }

  tile(request: TileRequest): Tile {
    const { kind, firstTrack, tracks, level, index } = request
    const texts = new Texts()
    const deep = this.isDeep(kind, level, index)
    const drawn = () => {
      if (kind === 'runtime') return tracks.map((_, i) => this.lane(firstTrack + i, level, index, texts))
      const areGroups = tracks.some(rows => rows.length !== 1)
      if (areGroups) return this.groupColumns(kind, firstTrack, tracks, level, index, deep)
      return tracks.map(rows => this.track(kind, rows, level, index, deep, texts))
    }
    return { level, index, firstTrack, tracks: drawn(), texts: texts.list }
  }

  /** Columns of groups of rows, in one walk over what there is of all rows. */
  private groupColumns(
    kind: TrackKind,
    firstTrack: number,
    groups: readonly Uint32Array[],
    level: number,
    index: number,
    deep: boolean,
  ): TileColumns[] {
    const groupOf = () => {
      // Rows behind its end have nothing; writing to them does nothing.
      const groupOf = new Int8Array(this.timeline[kind].tracks).fill(-1)
      groups.forEach((rows, group) => {
        for (const row of rows) groupOf[row] = group
      })
      return groupOf
    }
    const name = `${kind} in ${firstTrack}-${groups.length}`
    return this.columnsOfGroups(kind, { name, count: groups.length, groupOf }, level, index, deep)
  }

  /** Columns made of the coarse levels, or of single spans. */
  columns(kind: SpanKind, rows: Uint32Array, level: number, index: number, deep: boolean): TileColumns {
    const sums = new ColumnSums(level, index)
    if (deep) for (const row of rows) this.eachSpanOf(kind, row, sums.start, sums.end, span => addSpan(sums, span))
    else for (const row of rows) this.timeline[kind].addTo(sums, row)
    return sums.take()
  }

  /** Columns of all tracks together. */
  total(kind: TrackKind, level: number, index: number, deep: boolean): TileColumns {
    return this.columnsOfGroups(kind, this.all(kind), level, index, deep)[0]
  }

  private all(kind: TrackKind): TrackGroups {
    return { name: `all ${kind}`, count: 1, groupOf: () => new Int8Array(this.timeline[kind].tracks) }
  }

  private columnsOfGroups(
    kind: TrackKind,
    groups: TrackGroups,
    level: number,
    index: number,
    deep: boolean,
  ): TileColumns[] {
    if (!deep) return this.coarse.of(this.timeline[kind], groups, level, index)
    const groupOf = groups.groupOf()
    const sums = Array.from({ length: groups.count }, () => new ColumnSums(level, index))
    const turns = this.eachSpan(kind, sums[0].start, sums[0].end, (span, row) => {
      if (groupOf[row] >= 0) addSpan(sums[groupOf[row]], span)
    })
    for (const _ of turns);
    return sums.map(columns => columns.take())
  }

  /**
   * Calls back with the spans of a track that overlap or touch [start, end), in the order of time. The span is only
   * good for the call.
   */
  eachSpanOf(kind: SpanKind, row: number, start: number, end: number, visit: (span: Span) => void): void {
    if (kind === 'lanes') {
      this.eachSpanOnLane(row, start, end, visit)
      return
    }
    const [from, to] = this.generationsOf(start, end)
    const span = newSpan()
    for (let generation = from; generation <= to; generation++) {
      if (!this.hasSpans(generation, kind)) continue
      const table = this.spans(generation)[kind]
      const { starts } = table.columns
      for (const at of table.from(table.of(row), start)) {
        if (starts[at] >= end) break
        readSpan(table, at, span)
        visit(span)
      }
    }
    const { carried, starts } = this.timeline
    if (to + 1 >= starts.length) return
    if (kind === 'goroutines') {
      const open = carried.find(to + 1, row)
      if (open === undefined || open.since >= end) return
      openSpan(span, open)
      if (span.state <= TileState.Syscall) {
        carried.eachExecuting(to + 1, (goroutine, proc, _thread, worker) => {
          if (goroutine !== row) return
          span.other = proc
          span.worker = worker
        })
      }
      visit(span)
      return
    }
    this.eachOpenExecuting(kind, to + 1, end, (track, open) => {
      if (track === row) visit(open)
    })
  }

  /**
   * The same for all tracks, with a turn for others behind each generation; those of one track are in the order of
   * time.
   */
  *eachSpan(
    kind: TrackKind,
    start: number,
    end: number,
    visit: (span: Span, row: number) => void,
  ): Generator<undefined> {
    const [from, to] = this.generationsOf(start, end)
    const span = newSpan()
    for (let generation = from; generation <= to; generation++) {
      if (!this.hasSpans(generation, kind)) continue
      const table = this.spans(generation)[kind]
      const { tracks, columns } = table
      const { length, starts } = columns
      for (let at = table.firstFrom(start); at < length; at++) {
        if (tracks[at] < 0 || starts[at] >= end) continue
        readSpan(table, at, span)
        visit(span, tracks[at])
      }
      yield
    }
    const { carried, starts } = this.timeline
    if (to + 1 >= starts.length) return
    if (kind !== 'goroutines') {
      this.eachOpenExecuting(kind, to + 1, end, (track, open) => visit(open, track))
      return
    }
    const workers = new Map<number, number>()
    carried.eachExecuting(to + 1, (row, _proc, _thread, worker) => workers.set(row, worker))
    carried.each(to + 1, (row, code, since, stack) => {
      if (since >= end) return
      openSpan(span, { code, since, stack })
      span.worker = workers.get(row) ?? -1
      visit(span, row)
    })
  }

  /** Whether a span ends in a generation, which need not be read where none does. */
  private hasSpans(generation: number, kind: TrackKind): boolean {
    return this.timeline.spanCounts[generation][kind] > 0
  }

  /** The row, in its generation, of a span that went on after a generation; undefined: it did not live on. */
  closing(generation: number, row: number, start: number): { columns: SpanColumns; at: number } | undefined {
    const { carried, starts } = this.timeline
    const changed = carried.nextChange(generation + 1, row)
    const { columns, goroutines } = this.spans(Math.min(changed, starts.length - 1))
    for (const at of goroutines.of(row)) if (columns.starts[at] === start) return { columns, at }
    return undefined
  }

  /** First and last generation under a window. */
  generationsOf(start: number, end: number): [from: number, to: number] {
    const { timeline } = this
    const from = timeline.generationAt(start)
    return [from, Math.max(from, timeline.generationAt(end - 1))]
  }

  spans(generation: number): GenerationSpans {
    const held = this.held.get(generation)
    if (held !== undefined) return held
    const kept = this.cache.get(generation)
    if (kept !== undefined) return kept
    this.cache.makeRoom(spanBytes(this.timeline.spanCounts[generation]))
    const spans = this.reader.read(generation, this.spare)
    this.cache.add(generation, spans)
    this.spare = undefined
    return spans
  }

  /** Whether a tile is made of single spans. */
  isDeep(kind: SpanKind | 'runtime', level: number, index: number): boolean {
    const start = tileStart(level, index)
    if (start > this.timeline.endNs) return false
    const coarse = kind === 'runtime' ? this.quickLevel : this.timeline[kind].level
    if (level < coarse) return true
    const [from, to] = this.generationsOf(start, tileStart(level, index + 1))
    let events = 0
    for (let generation = from; generation <= to; generation++) {
      events += EVENTS_TO_OPEN + this.timeline.events[generation]
    }
    return events <= (level < coarse + FINEST_LEVELS ? EVENTS_AT_ONCE : FEW_EVENTS)
  }

  private track(
    kind: SpanKind,
    rows: Uint32Array,
    level: number,
    index: number,
    deep: boolean,
    texts: Texts,
  ): TileTrack {
    if (!deep || rows.length !== 1) return this.columns(kind, rows, level, index, deep)
    const start = tileStart(level, index)
    const end = tileStart(level, index + 1)
    const found: Span[] = []
    this.eachSpanOf(kind, rows[0], start, end, span => {
      if ((span.end > start || span.start === start) && found.length <= TILE_SPANS) found.push({ ...span })
    })
    if (found.length > TILE_SPANS) return this.columns(kind, rows, level, index, deep)
    if (kind === 'lanes') found.sort((a, b) => a.end - b.end || a.start - b.start)
    const track = newSpans(found.length)
    const { dictionary } = this.detail
    found.forEach((span, i) => {
      track.starts[i] = span.start
      track.ends[i] = Math.min(span.end, end)
      track.states[i] = span.state
      track.flags[i] = (span.worker >= 0 ? SpanFlag.GcWorker : 0) | (span.end > end ? SpanFlag.Continues : 0)
      const { ids } = kind === 'goroutines' ? dictionary.procs : dictionary.goroutines
      const text = kind === 'goroutines' || span.other < 0 ? span.reason : this.timeline.nameOf(span.other)
      track.texts[i] = text === 0 ? -1 : texts.add(dictionary.text(text))
      track.others[i] = span.other < 0 ? -1 : texts.add(dictionary.wide.signedText(ids[span.other]))
    })
    return track
  }

  private lane(lane: number, level: number, index: number, texts: Texts): TileTrack {
    if (lane === LANES.Goroutines || lane === LANES.Threads) {
      const kind = lane === LANES.Threads ? 'threads' : 'goroutines'
      return this.total(kind, level, index, level < this.timeline[kind].level)
    }
    if (lane >= LANES.Heap) return this.counter(lane === LANES.Procs ? 2 : lane - LANES.Heap, level, index)
    const deep = lane <= RuntimeLane.Stw || this.isDeep('lanes', level, index)
    return this.track('lanes', Uint32Array.of(lane), level, index, deep, texts)
  }

  private counter(counter: number, level: number, index: number): TileTrack {
    const levels = this.timeline.runtime.counters[counter]
    if (level >= levels.level) return levels.tile(level, index)
    const start = tileStart(level, index)
    const [from, to] = this.generationsOf(start, tileStart(level, index + 1))
    const columns = new CounterColumns(level, index, this.timeline.counterStarts[from][counter])
    for (let generation = from; generation <= to; generation++) {
      const { times, values } = this.spans(generation).counters[counter]
      times.forEach((time, i) => {
        columns.add(time, values[i], values[i], values[i])
      })
    }
    return columns.track()
  }

  /** What executes on procs or threads when a generation begins. */
  private eachOpenExecuting(
    kind: 'procs' | 'threads',
    generation: number,
    end: number,
    visit: (track: number, span: Span) => void,
  ): void {
    const { carried } = this.timeline
    const span = newSpan()
    carried.eachExecuting(generation, (row, proc, thread, worker) => {
      const track = kind === 'procs' ? proc : thread
      const open = carried.find(generation, row)
      if (track < 0 || open === undefined || open.since >= end) return
      openSpan(span, open)
      span.reason = 0
      span.other = row
      span.worker = worker
      visit(track, span)
    })
  }

  /** Spans of a lane of the runtime, those that were kept for the whole trace first. */
  private eachSpanOnLane(lane: number, start: number, end: number, visit: (span: Span) => void): void {
    const span = newSpan()
    const { ranges } = this.timeline.runtime
    const tellsReason = lane <= RuntimeLane.Stw
    for (let row = 0; row < ranges.length; row++) {
      if (ranges.number(row, 0) !== lane || ranges.time(row, 0) >= end || ranges.time(row, 1) < start) continue
      span.state = runtimeLanes[lane].state as number
      span.start = ranges.time(row, 0)
      span.end = ranges.time(row, 1)
      span.reason = tellsReason ? ranges.number(row, 1) : 0
      span.other = tellsReason ? -1 : ranges.number(row, 1)
      visit(span)
    }
    if (tellsReason) return
    const [from, to] = this.generationsOf(start, end)
    // What ends in a later generation is among those that were kept.
    for (let generation = from; generation <= to; generation++) {
      const { lanes } = this.spans(generation)
      for (const at of lanes.from(lanes.of(lane), start)) {
        if (lanes.columns.starts[at] >= end) continue
        readSpan(lanes, at, span)
        visit(span)
      }
    }
  }
}

function newSpans(length: number): TileSpans {
  return {
    form: 'spans',
    length,
    starts: new Float64Array(length),
    ends: new Float64Array(length),
    states: new Uint8Array(length),
    flags: new Uint8Array(length),
    texts: new Int32Array(length),
    others: new Int32Array(length),
  }
}

/** Each text of a tile once. */
class Texts {
  readonly list: string[] = []
  private readonly places = new Map<string, number>()

  add(text: string): number {
    let place = this.places.get(text)
    if (place === undefined) {
      place = this.list.push(text) - 1
      this.places.set(text, place)
    }
    return place
  }
}
