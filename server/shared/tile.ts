/**
 * The timeline's tiles, on their way from the server to the browser: what happens on at most TILE_TRACKS tracks in
 * TILE_COLUMNS columns of 2^level ns. Column c of tile `index` is [(index × TILE_COLUMNS + c) × 2^level, + 2^level), in
 * ns since the first event.
 *
 * A track comes in one of three forms:
 *   columns   what falls into each column; a column in which the track does not exist is left out
 *   spans     the track's states one by one, where there are few of them
 *   counter   the values of a figure such as the heap's size
 *
 * Columns add up: those of two neighbours give that of the next level exactly. Times are clipped to the column; a span
 * is counted, and its whole length is considered for `longest`, in the column in which it ends.
 *
 * Bytes: varints (7 bits a byte, low first) and UTF-8, columns one after the other. The first byte is the version.
 */
import { IN_GC_WORKER, IN_RUNNABLE, IN_RUNNING, IN_SYSCALL } from '../wasm/numbers.js'
import { reaching } from './columns.js'
export const TILE_VERSION = 1
export const TILE_TRACKS = 32
export const TILE_COLUMNS = 512
export const MAX_LEVEL = 44
/** A track with more spans than this in a tile comes as columns. */
export const TILE_SPANS = 512

/** Frames of stacks that are drawn under a span, the outermost; and how many columns the shortest of them takes. */
export const STACK_DEPTH = 8
export const STACK_COLUMNS = 2

/** What a track is in, or what a column's time is spent on. */
export const TileState = {
  Running: IN_RUNNING,
  Syscall: IN_SYSCALL,
  Runnable: IN_RUNNABLE,
  Sync: 3,
  Chan: 4,
  Network: 5,
  Sleep: 6,
  GcWait: 7,
  OtherWait: 8,
  /** In columns: the part of Running in which a background mark worker runs. In spans a flag says so. */
  GcWorker: IN_GC_WORKER,
  /** Lanes of the runtime: a GC mark phase, a stop-the-world. */
  Mark: 10,
  Stw: 11,
} as const
export type TileState = (typeof TileState)[keyof typeof TileState]

/** Values a column has in `times`. */
export const TILE_STATES = 12

export const SpanFlag = {
  /** A background mark worker, for part of the span at least. */
  GcWorker: 1,
  /** Goes on behind the tile, where `end` is cut. */
  Continues: 2,
  /** Began before the trace, or nobody knows when. */
  Untold: 4,
} as const

export interface TileColumns {
  readonly form: 'columns'
  readonly length: number
  /** Column numbers, ascending. */
  readonly columns: Uint16Array
  /** TILE_STATES times a column, ns: that of state s in the i-th column is times[i × TILE_STATES + s]. */
  readonly times: Float64Array
  /** Spans that end in the column, and the length of the longest of them, ns. */
  readonly counts: Uint32Array
  readonly longest: Float64Array
}

export interface TileSpans {
  readonly form: 'spans'
  readonly length: number
  /** Ascending, ns. A start may lie before the tile; an end is cut at the tile's end. */
  readonly starts: Float64Array
  readonly ends: Float64Array
  readonly states: Uint8Array
  readonly flags: Uint8Array
  /**
   * Index into `texts` of the reason of a wait or of a stop-the-world, or of the start function on a proc, thread or
   * lane; −1: none.
   */
  readonly texts: Int32Array
  /**
   * Index into `texts` of the id of the proc that it runs on; on a proc, thread or lane that of the goroutine. −1:
   * none.
   */
  readonly others: Int32Array
}

export interface TileCounter {
  readonly form: 'counter'
  readonly length: number
  /** Columns in which the value was told, ascending; before the first of them the value is `before`, −1: not known. */
  readonly columns: Uint16Array
  readonly smallest: Float64Array
  readonly largest: Float64Array
  readonly last: Float64Array
  readonly before: number
}

export type TileTrack = TileColumns | TileSpans | TileCounter

export interface Tile {
  readonly level: number
  readonly index: number
  readonly firstTrack: number
  readonly tracks: readonly TileTrack[]
  readonly texts: readonly string[]
}

/** Start and length of a tile, ns. */
export function tileStart(level: number, index: number): number {
  return index * tileLength(level)
}

export function tileLength(level: number): number {
  return TILE_COLUMNS * 2 ** level
}

const Form = { columns: 0, spans: 1, counter: 2 } as const

export function encodeTile(tile: Tile): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter()
  out.put(TILE_VERSION)
  out.put(tile.level)
  out.put(tile.index)
  out.put(tile.firstTrack)
  out.put(tile.texts.length)
  for (const text of tile.texts) out.putText(text)
  out.put(tile.tracks.length)
  const start = tileStart(tile.level, tile.index)
  for (const track of tile.tracks) {
    out.put(Form[track.form])
    out.put(track.length)
    if (track.form === 'columns') encodeColumns(out, track)
    else if (track.form === 'spans') encodeSpans(out, track, start)
    else encodeCounter(out, track)
  }
  return out.bytes()
}

/** Throws an Error for bytes of another version. */
export function decodeTile(bytes: Uint8Array): Tile {
  const from = new ByteReader(bytes)
  const version = from.take()
  if (version !== TILE_VERSION) throw new Error(`a tile of version ${version}, wanted ${TILE_VERSION}`)
  const level = from.take()
  const index = from.take()
  const firstTrack = from.take()
  const texts = Array.from({ length: from.take() }, () => from.takeText())
  const tracks = Array.from({ length: from.take() }, (): TileTrack => {
    const form = from.take()
    const length = from.take()
    if (form === Form.columns) return decodeColumns(from, length)
    return form === Form.spans ? decodeSpans(from, length, tileStart(level, index)) : decodeCounter(from, length)
  })
  return { level, index, firstTrack, tracks, texts }
}

function encodeColumns(out: ByteWriter, track: TileColumns): void {
  const { length, columns, times, counts, longest } = track
  putAscending(out, columns, length)
  for (let i = 0; i < length; i++) {
    let mask = 0
    for (let s = 0; s < TILE_STATES; s++) if (times[i * TILE_STATES + s] > 0) mask |= 1 << s
    out.put(mask)
  }
  for (let s = 0; s < TILE_STATES; s++) {
    for (let i = 0; i < length; i++) {
      const time = times[i * TILE_STATES + s]
      if (time > 0) out.put(time)
    }
  }
  for (let i = 0; i < length; i++) out.put(counts[i])
  for (let i = 0; i < length; i++) if (counts[i] > 0) out.put(longest[i])
}

function decodeColumns(from: ByteReader, length: number): TileColumns {
  const columns = takeAscending(from, length)
  const masks = Array.from({ length }, () => from.take())
  const times = new Float64Array(length * TILE_STATES)
  for (let s = 0; s < TILE_STATES; s++) {
    for (let i = 0; i < length; i++) if (masks[i] & (1 << s)) times[i * TILE_STATES + s] = from.take()
  }
  const counts = Uint32Array.from({ length }, () => from.take())
  const longest = Float64Array.from({ length }, (_, i) => (counts[i] > 0 ? from.take() : 0))
  return { form: 'columns', length, columns, times, counts, longest }
}

function encodeSpans(out: ByteWriter, track: TileSpans, start: number): void {
  const { length, starts, ends, states, flags, texts, others } = track
  let last = start
  for (let i = 0; i < length; i++) {
    out.putSigned(starts[i] - last)
    out.put(ends[i] - starts[i])
    last = ends[i]
  }
  for (let i = 0; i < length; i++) out.put(states[i] | (flags[i] << 4))
  for (let i = 0; i < length; i++) out.put(texts[i] + 1)
  for (let i = 0; i < length; i++) out.put(others[i] + 1)
}

function decodeSpans(from: ByteReader, length: number, start: number): TileSpans {
  const starts = new Float64Array(length)
  const ends = new Float64Array(length)
  let last = start
  for (let i = 0; i < length; i++) {
    starts[i] = last + from.takeSigned()
    last = starts[i] + from.take()
    ends[i] = last
  }
  const states = new Uint8Array(length)
  const flags = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const code = from.take()
    states[i] = code & 15
    flags[i] = code >> 4
  }
  const texts = Int32Array.from({ length }, () => from.take() - 1)
  const others = Int32Array.from({ length }, () => from.take() - 1)
  return { form: 'spans', length, starts, ends, states, flags, texts, others }
}

function encodeCounter(out: ByteWriter, track: TileCounter): void {
  const { length, columns, smallest, largest, last, before } = track
  out.put(before + 1)
  putAscending(out, columns, length)
  let value = Math.max(before, 0)
  for (let i = 0; i < length; i++) {
    out.putSigned(last[i] - value)
    out.put(last[i] - smallest[i])
    out.put(largest[i] - last[i])
    value = last[i]
  }
}

function decodeCounter(from: ByteReader, length: number): TileCounter {
  const before = from.take() - 1
  const columns = takeAscending(from, length)
  const smallest = new Float64Array(length)
  const largest = new Float64Array(length)
  const last = new Float64Array(length)
  let value = Math.max(before, 0)
  for (let i = 0; i < length; i++) {
    value += from.takeSigned()
    last[i] = value
    smallest[i] = value - from.take()
    largest[i] = value + from.take()
  }
  return { form: 'counter', length, columns, smallest, largest, last, before }
}

function putAscending(out: ByteWriter, numbers: Uint16Array, length: number): void {
  let last = 0
  for (let i = 0; i < length; i++) {
    out.put(numbers[i] - last)
    last = numbers[i]
  }
}

function takeAscending(from: ByteReader, length: number): Uint16Array {
  let last = 0
  return Uint16Array.from({ length }, () => {
    last += from.take()
    return last
  })
}

/** Whole numbers from 0 to 2^53 − 1, and the signed ones of 52 bits. */
class ByteWriter {
  private buffer = new Uint8Array(4096)
  private length = 0

  put(value: number): void {
    if (this.length + 8 > this.buffer.length) this.grow(8)
    let rest = value
    while (rest >= 128) {
      this.buffer[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.buffer[this.length++] = rest
  }

  putSigned(value: number): void {
    this.put(value < 0 ? -value * 2 - 1 : value * 2)
  }

  putText(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.put(bytes.length)
    if (this.length + bytes.length > this.buffer.length) this.grow(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length)
  }

  private grow(more: number): void {
    this.buffer = reaching(this.buffer, this.length + more - 1)
  }
}

class ByteReader {
  private at = 0

  constructor(private readonly buffer: Uint8Array) {}

  take(): number {
    const { buffer } = this
    let byte = this.byte()
    let value = byte & 127
    for (let unit = 128; byte >= 128; unit *= 128) {
      byte = this.byte()
      value += (byte & 127) * unit
    }
    if (this.at > buffer.length) throw new Error('a tile that breaks off')
    return value
  }

  takeSigned(): number {
    const value = this.take()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  takeText(): string {
    const length = this.take()
    const bytes = this.buffer.subarray(this.at, this.at + length)
    this.at += length
    return new TextDecoder().decode(bytes)
  }

  private byte(): number {
    if (this.at >= this.buffer.length) throw new Error('a tile that breaks off')
    return this.buffer[this.at++]
  }
}
