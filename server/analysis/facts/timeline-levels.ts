/**
 * The coarse levels of the timeline: what every track did in at most BUCKETS buckets of 2^level ns, whose width doubles whenever the trace
 * outgrows them. Exact at every level from `level` on.
 *
 * Spans inside one bucket are summed up in a cell (track, bucket); spans across a border are kept as they are. So a track without events
 * costs nothing, and a busy one at most a cell and a span a bucket.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'
import { firstPlace } from '../../shared/search.js'
import { TILE_STATES, TileState } from '../../shared/tile.js'
import { type Clock, NOW } from './clock.js'
import type { ColumnSums } from './column-sums.js'
import { groupRows, Records, type RowGroups, rowsOf } from './records.js'

/** So many that a tile of the finest level lies over a second or two of a minute: reading more than that again keeps who zooms waiting. */
export const BUCKETS = 16384
const FIRST_LEVEL = 10
/** Cells and spans up to which no bucket is widened for their number alone, and how many a track may have then. */
const FREE_ROWS = 1 << 20
const ROWS_A_TRACK = 4

/** Places in `place`. */
const WIDTH = 0
const START = 1
const END = 2

/** Sums of a track in the present bucket: times by state, then these. */
const COUNT = TILE_STATES
const LONGEST = TILE_STATES + 1
const STRIDE = TILE_STATES + 2

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

export class TimelineLevels {
  /** Spans taken. */
  taken = 0
  level = FIRST_LEVEL
  private readonly place = new Float64Array(3)
  /** 1 + where a track's sums are in `sums`; 0: it has none in the present bucket. */
  private slots = new Int32Array(FIRST_ROWS)
  private slotTracks = new Int32Array(FIRST_ROWS)
  private slotCount = 0
  private sums = new Float64Array(FIRST_ROWS * STRIDE)
  private bucket = 0
  /** Tracks of which something was taken have rows below it. */
  tracks = 0
  private buckets: Bucket[] = []
  private cellCount = 0
  private spans = newSpans()
  private made: TrackIndex | null = null
  /** Times of the cells that are being written. */
  private scratch = new Float64Array(FIRST_ROWS * STRIDE)

  /**
   * @param leastLength ns that the trace lasts at least: nothing is kept finer than that allows, only to be put together later (a third of the
   * time of this walk)
   */
  constructor(leastLength = 0) {
    while (leastLength >= 2 ** this.level * BUCKETS) this.level++
    this.place[WIDTH] = 2 ** this.level
    this.place[END] = 2 ** this.level
  }

  /** See SpanTaker (passes/timeline.ts). */
  take(track: number, state: number, sinces: Float64Array, at: number, clock: Clock): void {
    const now = clock[NOW]
    const { place } = this
    this.taken++
    if (now >= place[END]) this.advance(clock)
    const since = sinces[at]
    if (since >= place[START]) {
      const slot = this.slotOf(track)
      const { sums } = this
      const length = now - since
      sums[slot + state] += length
      sums[slot + COUNT]++
      if (length > sums[slot + LONGEST]) sums[slot + LONGEST] = length
    } else this.keep(track, state, 0, since, now)
  }

  takeWorker(track: number, since: number, clock: Clock): void {
    if (since >= this.place[START]) this.sums[this.slotOf(track) + TileState.GcWorker] += clock[NOW] - since
    else this.keep(track, TileState.GcWorker, 1, since, clock[NOW])
  }

  /** Writes the cells of the last bucket; nothing may be taken afterwards. */
  finish(): void {
    this.flush()
  }

  /** Made when a track is asked for; only after `finish`. */
  private get index(): TrackIndex {
    this.made ??= this.makeIndex()
    return this.made
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
    const sums = new Float64Array(STRIDE)
    let last = -1
    for (const cell of rowsOf(cells, track)) {
      const row = bucketOfCell[cell]
      const bucket = this.buckets[row]
      const start = bucket.bucket * this.place[WIDTH]
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
   * The same for many tracks, each to the columns of its group: `groupOf` by track, −1: it has none. In the order of memory, and with the
   * sums of a bucket in few numbers, which takes half the time of going to the columns with every cell (24 against 45 ms for a million).
   */
  addGroups(columns: readonly ColumnSums[], groupOf: Int8Array): void {
    const { buckets, spans, place } = this
    const [window] = columns
    const sums = new Float64Array(columns.length * STRIDE)
    let last = -1
    const move = () => {
      for (let group = 0; last >= 0 && group < columns.length; group++)
        moveSums(columns[group], last, sums, group * STRIDE)
    }
    for (const bucket of buckets) {
      const start = bucket.bucket * place[WIDTH]
      if (start >= window.end) break
      if (start < window.start) continue
      const column = window.columnAt(start)
      if (column !== last) move()
      last = column
      const { numbers } = bucket
      for (let n = 0; n < numbers.length; n += CELL) {
        const group = groupOf[numbers[n + CellNumber.Track]]
        if (group >= 0) addCell(sums, group * STRIDE, bucket, n)
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

  private advance(clock: Clock): void {
    const { place } = this
    const now = clock[NOW]
    this.flush()
    while (now >= place[WIDTH] * BUCKETS || this.isCrowded()) this.widen()
    this.bucket = Math.floor(now / place[WIDTH])
    place[START] = this.bucket * place[WIDTH]
    place[END] = place[START] + place[WIDTH]
  }

  private isCrowded(): boolean {
    const rows = this.cellCount + this.spans.length
    return rows > FREE_ROWS && rows > ROWS_A_TRACK * this.tracks && this.bucket > 1
  }

  /** Where a track's sums are; they are made if there are none. */
  private slotOf(track: number): number {
    if (track >= this.slots.length) this.growTracks(track)
    const slot = this.slots[track] - 1
    return slot >= 0 ? slot : this.open(track)
  }

  private open(track: number): number {
    if (track >= this.tracks) this.tracks = track + 1
    const i = this.slotCount++
    if (i === this.slotTracks.length) this.growSlots()
    this.slotTracks[i] = track
    this.slots[track] = i * STRIDE + 1
    return i * STRIDE
  }

  private keep(track: number, state: number, part: number, since: number, until: number): void {
    if (track >= this.tracks) this.tracks = track + 1
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

  /** Writes the sums of the present bucket into cells. */
  private flush(): void {
    const { slotTracks, slotCount, slots, sums, scratch } = this
    if (slotCount === 0) return
    const numbers = new Int32Array(slotCount * CELL)
    let at = 0
    let most = 0
    for (let i = 0; i < slotCount; i++) {
      const slot = i * STRIDE
      const n = i * CELL
      let mask = 0
      numbers[n + CellNumber.FirstTime] = at
      scratch[at++] = sums[slot + LONGEST]
      for (let state = 0; state < TILE_STATES; state++) {
        const time = sums[slot + state]
        if (time === 0) continue
        mask |= 1 << state
        scratch[at++] = time
        if (time > most) most = time
      }
      numbers[n + CellNumber.Track] = slotTracks[i]
      numbers[n + CellNumber.Count] = sums[slot + COUNT]
      numbers[n + CellNumber.Mask] = mask
      slots[slotTracks[i]] = 0
    }
    const times = scratch.subarray(0, at)
    const isSmall = most < 2 ** 32
    this.buckets.push({ bucket: this.bucket, numbers, times: isSmall ? new Uint32Array(times) : times.slice() })
    this.cellCount += slotCount
    sums.fill(0, 0, slotCount * STRIDE)
    this.slotCount = 0
  }

  /** Doubles the width: cells of two buckets become one, and spans that cross no border any more go into cells. */
  private widen(): void {
    const { buckets, spans, place } = this
    place[WIDTH] *= 2
    this.level++
    this.buckets = []
    this.cellCount = 0
    this.spans = newSpans()
    const width = place[WIDTH]
    let span = 0
    let row = 0
    while (row < buckets.length || span < spans.length) {
      const ofCells = row < buckets.length ? buckets[row].bucket >> 1 : BUCKETS
      const ofSpan = span < spans.length ? Math.floor(spans.time(span, 1) / width) : BUCKETS
      const bucket = Math.min(ofCells, ofSpan)
      if (bucket !== this.bucket) {
        this.flush()
        this.bucket = bucket
      }
      if (ofCells <= ofSpan) this.mergeCells(buckets[row++])
      else this.mergeSpan(spans, span++, bucket * width)
    }
    this.flush()
  }

  private mergeCells(bucket: Bucket): void {
    const { numbers } = bucket
    for (let n = 0; n < numbers.length; n += CELL) {
      const slot = this.slotOf(numbers[n + CellNumber.Track])
      addCell(this.sums, slot, bucket, n)
    }
  }

  private mergeSpan(spans: Records, span: number, bucketStart: number): void {
    const track = spans.number(span, SpanNumber.Track)
    const state = spans.number(span, SpanNumber.State)
    const part = spans.number(span, SpanNumber.Part)
    const since = spans.time(span, 0)
    const until = spans.time(span, 1)
    if (since < bucketStart) {
      this.keep(track, state, part, since, until)
      return
    }
    const slot = this.slotOf(track)
    const { sums } = this
    sums[slot + state] += until - since
    if (part === 1) return
    sums[slot + COUNT]++
    sums[slot + LONGEST] = Math.max(sums[slot + LONGEST], until - since)
  }

  private growTracks(track: number): void {
    this.slots = reaching(this.slots, track)
  }

  private growSlots(): void {
    this.slotTracks = reaching(this.slotTracks, this.slotTracks.length)
    this.sums = reaching(this.sums, this.sums.length)
    this.scratch = new Float64Array(this.sums.length)
  }
}

/** Adds a cell to the sums at `slot`. */
function addCell(sums: Float64Array, slot: number, { numbers, times }: Bucket, n: number): void {
  let at = numbers[n + CellNumber.FirstTime]
  const longest = times[at++]
  if (longest > sums[slot + LONGEST]) sums[slot + LONGEST] = longest
  sums[slot + COUNT] += numbers[n + CellNumber.Count]
  // From one state of the mask to the next: a cell has three or four of twelve.
  for (let mask = numbers[n + CellNumber.Mask]; mask !== 0; mask &= mask - 1)
    sums[slot + 31 - Math.clz32(mask & -mask)] += times[at++]
}

/** Moves the sums of a bucket, at `slot`, to a column. */
function moveSums(columns: ColumnSums, column: number, sums: Float64Array, slot: number): void {
  if (sums[slot + COUNT] > 0) columns.count(column, sums[slot + COUNT], sums[slot + LONGEST])
  for (let state = 0; state < TILE_STATES; state++) {
    if (sums[slot + state] > 0) columns.add(column, state, sums[slot + state])
  }
  sums.fill(0, slot, slot + STRIDE)
}

function newSpans(): Records {
  return new Records(2, 3)
}
