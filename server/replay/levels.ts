/**
 * The coarse levels of the timeline: what every track did in at most BUCKETS buckets of 2^level ns, whose width doubles
 * whenever the trace outgrows them. Exact at every level from `level` on.
 *
 * Spans inside one bucket are summed up in a cell (track, bucket); spans across a border are kept as they are. So a
 * track without events costs nothing, and a busy one at most a cell and a span a bucket.
 */
import { groupRows, Records, type RowGroups, rowsOf } from '../analysis/facts/records.js'
import { FIRST_ROWS, reaching } from '../shared/columns.js'
import { firstPlace } from '../shared/search.js'
import { TILE_STATES } from '../shared/tile.js'
import type { ColumnSums } from './column-sums.js'
import { SUM_COUNT, SUM_LONGEST, SUM_STRIDE, SUM_TRACK } from './layout.js'

/**
 * So many that a tile of the finest level lies over a second or two of a minute: reading more than that again keeps who
 * zooms waiting.
 */
export const BUCKETS = 16384
const FIRST_LEVEL = 10
/** Cells and spans up to which no bucket is widened for their number alone, and how many a track may have then. */
const FREE_ROWS = 1 << 20
const ROWS_A_TRACK = 4

/** Numbers of a cell. Its times are the longest span's and those of the states in the mask, ascending. */
const CELL = 4
const CellNumber = { Track: 0, Count: 1, Mask: 2, FirstTime: 3 } as const
/** `Part` 1: that of a mark worker in a run, which is not counted. */
const SpanNumber = { Track: 0, State: 1, Part: 2 } as const

interface Bucket {
  readonly bucket: number
  readonly numbers: Int32Array
  /** In 32 bits where all are below 2^32 ns. */
  readonly times: Uint32Array | Float64Array
}

/** Where the cells and spans of each track are, once there are no more. */
interface TrackIndex {
  /** Cells are counted through all buckets. */
  readonly cells: RowGroups
  readonly spans: RowGroups
  /** Row of `buckets` of each cell, and its first cell. */
  readonly bucketOfCell: Uint16Array
  readonly firstCells: Uint32Array
}

/**
 * What tracks did in one bucket: SUM_STRIDE numbers each, times by state and what layout.ts names. In one array or
 * several; of a track once.
 */
export type BucketSums = readonly Float64Array[]

/** Spans in the sums of a bucket. */
export function countSpans(sums: BucketSums): number {
  let count = 0
  for (const array of sums) for (let row = SUM_COUNT; row < array.length; row += SUM_STRIDE) count += array[row]
  return count
}

export class TimelineLevels {
  /** Spans before the present bucket, and those that were kept. */
  taken = 0
  level = FIRST_LEVEL
  /** First moment of the present bucket and the first behind it, ns. */
  start = 0
  end: number
  /** Tracks that have anything have rows below it. */
  tracks = 0
  private bucket = 0
  private buckets: Bucket[] = []
  private cellCount = 0
  private spans = newSpans()
  private made: TrackIndex | null = null
  /** Times of the cells that are being written. */
  private scratch = new Float64Array(FIRST_ROWS * SUM_STRIDE)

  /** @param leastWidth ns that buckets are wider than; when it grows, those are from the next bucket on */
  constructor(public leastWidth = 0) {
    while (this.width <= leastWidth) this.level++
    this.end = this.width
  }

  /** The present bucket has passed, with these sums: it becomes the one of `now`, ns. */
  advance(now: number, sums: BucketSums): void {
    this.taken += countSpans(sums)
    this.write(sums)
    while (now >= this.width * BUCKETS || this.width <= this.leastWidth || this.isCrowded()) this.widen()
    this.bucket = Math.floor(now / this.width)
    this.start = this.bucket * this.width
    this.end = this.start + this.width
  }

  /**
   * A span, or with `part` 1 the part of a mark worker in one, that began before the present bucket and ended in it.
   */
  keep(track: number, state: number, part: number, since: number, until: number): void {
    this.taken += 1 - part
    this.addSpan(track, state, part, since, until)
  }

  private addSpan(track: number, state: number, part: number, since: number, until: number): void {
    this.tracks = Math.max(this.tracks, track + 1)
    const { spans } = this
    const span = spans.add()
    const times = spans.timesOf(span)
    const t = spans.timeAt(span)
    times[t] = since
    times[t + 1] = until
    const numbers = spans.numbersOf(span)
    const n = spans.numberAt(span)
    numbers[n + SpanNumber.Track] = track
    numbers[n + SpanNumber.State] = state
    numbers[n + SpanNumber.Part] = part
  }

  /** Writes the sums of the last bucket; nothing may come afterwards. */
  finish(sums: BucketSums): void {
    this.write(sums)
  }

  /** Of a bucket, ns. */
  private get width(): number {
    return 2 ** this.level
  }

  /** Made when a track is asked for; only after `finish`. */
  private get index(): TrackIndex {
    this.made ??= this.makeIndex()
    return this.made
  }

  /** Makes what the first question about a track would wait for; only after `finish`. */
  prepare(): void {
    void this.index
  }

  private makeIndex(): TrackIndex {
    const { buckets, spans, tracks, cellCount } = this
    const bucketOfCell = new Uint16Array(cellCount)
    const firstCells = new Uint32Array(buckets.length)
    let cell = 0
    buckets.forEach(({ numbers }, row) => {
      firstCells[row] = cell
      bucketOfCell.fill(row, cell, cell + numbers.length / CELL)
      cell += numbers.length / CELL
    })
    const trackOfCell = (cell: number) => {
      const row = bucketOfCell[cell]
      return buckets[row].numbers[(cell - firstCells[row]) * CELL + CellNumber.Track]
    }
    return {
      cells: groupRows(cellCount, tracks, trackOfCell),
      spans: groupRows(spans.length, tracks, span => spans.number(span, SpanNumber.Track)),
      bucketOfCell,
      firstCells,
    }
  }

  /** Adds a track's time and counts to columns of this level or a higher one. Only after `finish`. */
  addTo(columns: ColumnSums, track: number): void {
    if (track >= this.tracks) return
    const { cells, spans, bucketOfCell, firstCells } = this.index
    const sums = new Float64Array(SUM_STRIDE)
    let last = -1
    for (const cell of rowsOf(cells, track)) {
      const row = bucketOfCell[cell]
      const bucket = this.buckets[row]
      const start = bucket.bucket * this.width
      if (start >= columns.end) break
      if (start < columns.start) continue
      const column = columns.columnAt(start)
      if (column !== last && last >= 0) moveSums(columns, last, sums, 0)
      last = column
      addCell(sums, 0, bucket, (cell - firstCells[row]) * CELL)
    }
    if (last >= 0) moveSums(columns, last, sums, 0)
    for (const span of rowsOf(spans, track)) {
      if (this.spans.time(span, 1) >= columns.start) this.addLong(columns, span)
    }
  }

  /**
   * The same for many tracks, each to the columns of its group: `groupOf` by track, −1: it has none. In the order of
   * memory, and with the sums of a bucket in few numbers, which takes half the time of going to the columns with every
   * cell (24 against 45 ms for a million).
   */
  addGroups(columns: readonly ColumnSums[], groupOf: Int8Array): void {
    const { buckets, spans, width } = this
    const [window] = columns
    const sums = new Float64Array(columns.length * SUM_STRIDE)
    let last = -1
    const move = () => {
      for (let group = 0; last >= 0 && group < columns.length; group++)
        moveSums(columns[group], last, sums, group * SUM_STRIDE)
    }
    for (const bucket of buckets) {
      const start = bucket.bucket * width
      if (start >= window.end) break
      if (start < window.start) continue
      const column = window.columnAt(start)
      if (column !== last) move()
      last = column
      const { numbers } = bucket
      for (let n = 0; n < numbers.length; n += CELL) {
        const group = groupOf[numbers[n + CellNumber.Track]]
        if (group >= 0) addCell(sums, group * SUM_STRIDE, bucket, n)
      }
    }
    move()
    // They come in the order of their ends.
    const first = firstPlace(0, spans.length, span => spans.time(span, 1) >= window.start)
    for (let span = first; span < spans.length; span++) {
      if (spans.time(span, 0) >= window.end) continue
      const group = groupOf[spans.number(span, SpanNumber.Track)]
      if (group >= 0) this.addLong(columns[group], span)
    }
  }

  /** Adds a span that crosses a border of buckets. */
  private addLong(columns: ColumnSums, span: number): void {
    const { spans } = this
    const since = spans.time(span, 0)
    const until = spans.time(span, 1)
    const state = spans.number(span, SpanNumber.State)
    if (spans.number(span, SpanNumber.Part) === 1) columns.addTime(state, since, until)
    else columns.addSpan(state, since, until)
  }

  /** Whether a track has anything. Only after `finish`. */
  has(track: number): boolean {
    const { cells, spans } = this.index
    return track < this.tracks && rowsOf(cells, track).length + rowsOf(spans, track).length > 0
  }

  private isCrowded(): boolean {
    const rows = this.cellCount + this.spans.length
    return rows > FREE_ROWS && rows > ROWS_A_TRACK * this.tracks && this.bucket > 1
  }

  /** Writes the sums of the present bucket into cells. */
  private write(sums: BucketSums): void {
    let count = 0
    for (const array of sums) count += array.length / SUM_STRIDE
    if (count === 0) return
    if (this.scratch.length < count * SUM_STRIDE) this.scratch = reaching(this.scratch, count * SUM_STRIDE)
    const { scratch } = this
    const numbers = new Int32Array(count * CELL)
    let n = 0
    let at = 0
    let longest = 0
    for (const array of sums) {
      for (let row = 0; row < array.length; row += SUM_STRIDE) {
        let mask = 0
        numbers[n + CellNumber.FirstTime] = at
        scratch[at++] = array[row + SUM_LONGEST]
        for (let state = 0; state < TILE_STATES; state++) {
          const time = array[row + state]
          if (time === 0) continue
          mask |= 1 << state
          scratch[at++] = time
          if (time > longest) longest = time
        }
        const track = array[row + SUM_TRACK]
        if (track >= this.tracks) this.tracks = track + 1
        numbers[n + CellNumber.Track] = track
        numbers[n + CellNumber.Count] = array[row + SUM_COUNT]
        numbers[n + CellNumber.Mask] = mask
        n += CELL
      }
    }
    const times = scratch.subarray(0, at)
    // A span is not longer than the time of its state.
    const small = longest < 2 ** 32
    this.buckets.push({ bucket: this.bucket, numbers, times: small ? new Uint32Array(times) : times.slice() })
    this.cellCount += count
  }

  /** Doubles the width: cells of two buckets become one, and spans that cross no border any more go into cells. */
  private widen(): void {
    const { buckets, spans } = this
    this.level++
    this.buckets = []
    this.cellCount = 0
    this.spans = newSpans()
    const { width } = this
    const merged = new MergedSums(this.tracks)
    let span = 0
    let row = 0
    while (row < buckets.length || span < spans.length) {
      const ofCells = row < buckets.length ? buckets[row].bucket >> 1 : BUCKETS
      const ofSpan = span < spans.length ? Math.floor(spans.time(span, 1) / width) : BUCKETS
      const bucket = Math.min(ofCells, ofSpan)
      if (bucket !== this.bucket) {
        this.write(merged.take())
        this.bucket = bucket
      }
      if (ofCells <= ofSpan) merged.addCells(buckets[row++])
      else this.mergeSpan(merged, spans, span++, bucket * width)
    }
    this.write(merged.take())
  }

  private mergeSpan(merged: MergedSums, spans: Records, span: number, bucketStart: number): void {
    const track = spans.number(span, SpanNumber.Track)
    const state = spans.number(span, SpanNumber.State)
    const part = spans.number(span, SpanNumber.Part)
    const since = spans.time(span, 0)
    const until = spans.time(span, 1)
    if (since < bucketStart) this.addSpan(track, state, part, since, until)
    else merged.addSpan(track, state, part, until - since)
  }
}

/** Sums of the tracks in a bucket that is put together from others. */
class MergedSums {
  /** 1 + where a track's sums are; 0: it has none. */
  private readonly places: Int32Array
  private sums = new Float64Array(FIRST_ROWS * SUM_STRIDE)
  private used = 0
  private readonly tracks: number[] = []

  constructor(tracks: number) {
    this.places = new Int32Array(tracks)
  }

  addCells(bucket: Bucket): void {
    const { numbers } = bucket
    for (let n = 0; n < numbers.length; n += CELL) {
      const place = this.placeOf(numbers[n + CellNumber.Track])
      addCell(this.sums, place, bucket, n)
    }
  }

  addSpan(track: number, state: number, part: number, length: number): void {
    const place = this.placeOf(track)
    const { sums } = this
    sums[place + state] += length
    if (part === 1) return
    sums[place + SUM_COUNT]++
    sums[place + SUM_LONGEST] = Math.max(sums[place + SUM_LONGEST], length)
  }

  /** The sums; begins anew. They hold until something is added. */
  take(): BucketSums {
    for (const track of this.tracks) this.places[track] = 0
    this.tracks.length = 0
    const taken = this.sums.subarray(0, this.used)
    this.used = 0
    return [taken]
  }

  private placeOf(track: number): number {
    const place = this.places[track] - 1
    if (place >= 0) return place
    const at = this.used
    this.used += SUM_STRIDE
    if (this.used > this.sums.length) this.sums = reaching(this.sums, this.used)
    this.sums.fill(0, at, this.used)
    this.sums[at + SUM_TRACK] = track
    this.places[track] = at + 1
    this.tracks.push(track)
    return at
  }
}

/** Adds a cell to the sums at `slot`. */
function addCell(sums: Float64Array, slot: number, { numbers, times }: Bucket, n: number): void {
  let at = numbers[n + CellNumber.FirstTime]
  const longest = times[at++]
  if (longest > sums[slot + SUM_LONGEST]) sums[slot + SUM_LONGEST] = longest
  sums[slot + SUM_COUNT] += numbers[n + CellNumber.Count]
  // From one state of the mask to the next: a cell has three or four of twelve.
  for (let mask = numbers[n + CellNumber.Mask]; mask !== 0; mask &= mask - 1)
    sums[slot + 31 - Math.clz32(mask & -mask)] += times[at++]
}

/** Moves the sums of a bucket, at `slot`, to a column. */
function moveSums(columns: ColumnSums, column: number, sums: Float64Array, slot: number): void {
  if (sums[slot + SUM_COUNT] > 0) columns.count(column, sums[slot + SUM_COUNT], sums[slot + SUM_LONGEST])
  for (let state = 0; state < TILE_STATES; state++) {
    if (sums[slot + state] > 0) columns.add(column, state, sums[slot + state])
  }
  sums.fill(0, slot, slot + SUM_STRIDE)
}

function newSpans(): Records {
  return new Records(2, 3)
}
