/**
 * Spans that profiles count: a goroutine's finished stay in a state, in the order in which they ended, a list a
 * profile. Stays that no profile counts (sleeping, waiting for the collector, …) are in none.
 *
 * There is one for every other event, so that they are packed: four numbers (time since the end of the span before,
 * duration, goroutine, stack), lowest byte first, and before them a byte that tells how many bytes each has, two bits a
 * number: some 10 bytes instead of 24. They are only ever read one after the other. No loop writes them, as the
 * processor cannot guess how long the next number is.
 */

import { reasonOf } from '../../core/reasons.js'
import * as f from '../fast-path/fields.js'
import { LONGEST_SPAN } from '../fast-path/fields.js'
import { BASE, CHUNK, LAST, SPAN_ENDS, SPANS, USED } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'
import { type Clock, NOW } from './clock.js'
import { SEGMENT_BYTES, type SegmentOwner, SegmentStore } from './segment-store.js'

/** The profile that counts a span; the order is that of profileKinds (contract/profile.ts). */
export const SpanKind = { Io: 0, Block: 1, Syscall: f.SYSCALL_SPANS, Sched: f.SCHED_SPANS, None: f.NO_SPANS } as const

/** Bytes of a number by its code: times have up to 53 bits, rows up to 31. */
const TIME_BYTES = [2, 3, 4, 8]
const ROW_BYTES = [1, 2, 3, 4]
const TIME_CODES = codesOf(TIME_BYTES)
const ROW_CODES = codesOf(ROW_BYTES)

/** Bytes that a span takes at most. */
export { LONGEST_SPAN }

/** By the number of zero bits before a number of 32, the code of the fewest bytes that hold it. */
function codesOf(lengths: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 33 }, (_, zeros) => lengths.findIndex(bytes => bytes * 8 >= 32 - zeros))
}

/** Times from here on take eight bytes, ns. */
const WIDE = 2 ** 32
const LONG = 3

interface Chunk {
  /** null: it is put away, at `place`. */
  memory: Uint8Array | null
  place: number
  /** Bytes that are used. */
  readonly length: number
  /** End of the span before its first, ns. */
  readonly base: number
}

export class SpanList implements SegmentOwner {
  /** Those that are full. */
  private readonly chunks: Chunk[] = []
  /**
   * End of the last span, and of the last of the full chunks; in an array, as a field would change from integer to
   * double.
   */
  private readonly ends: Float64Array
  private readonly words: Uint32Array
  /** The chunk that is not full. */
  private readonly view: DataView

  /** @param list its number among the lists of spans in the memory, which the fast path appends to */
  constructor(
    memory: AnalysisMemory,
    list: number,
    private readonly store = new SegmentStore(),
  ) {
    const { buffer, byteOffset } = memory.column(Uint8Array, SEGMENT_BYTES)
    this.view = new DataView(buffer, byteOffset, SEGMENT_BYTES)
    this.ends = memory.numbers.subarray(SPAN_ENDS + 2 * list, SPAN_ENDS + 2 * list + 2)
    this.words = memory.words.subarray(SPANS + 2 * list, SPANS + 2 * list + 2)
    this.words[CHUNK] = byteOffset
  }

  /** The span ends now (`clock`) and began at `from[place]`; doubles are passed by place, so that none is boxed. */
  append(goroutine: number, stack: number, from: Float64Array, place: number, clock: Clock): void {
    if (this.words[USED] + LONGEST_SPAN > SEGMENT_BYTES) this.beginChunk()
    const { ends, view, words } = this
    const at = words[USED]
    const now = clock[NOW]
    const since = now - ends[LAST]
    const length = now - from[place]
    ends[LAST] = now
    const goroutineCode = ROW_CODES[Math.clz32(goroutine)]
    const stackCode = ROW_CODES[Math.clz32(stack)]
    const sinceCode = since < WIDE ? TIME_CODES[Math.clz32(since)] : LONG
    const lengthCode = length < WIDE ? TIME_CODES[Math.clz32(length)] : LONG
    view.setUint8(at, sinceCode | (lengthCode << 2) | (goroutineCode << 4) | (stackCode << 6))
    let to = at + 1
    view.setUint32(to, since, true)
    if (sinceCode === LONG) view.setUint32(to + 4, since / WIDE, true)
    to += TIME_BYTES[sinceCode]
    view.setUint32(to, length, true)
    if (lengthCode === LONG) view.setUint32(to + 4, length / WIDE, true)
    to += TIME_BYTES[lengthCode]
    view.setUint32(to, goroutine, true)
    to += 1 + goroutineCode
    view.setUint32(to, stack, true)
    words[USED] = to + 1 + stackCode
  }

  /** Reads the spans that end after `time`. */
  after(time: number): SpanCursor {
    let first = this.chunks.length
    while (first > 0 && this.baseOf(first) > time) first--
    return new SpanCursor(this, first, time)
  }

  /** Chunks, with the one that is not full. */
  get chunkCount(): number {
    return this.chunks.length + 1
  }

  /**
   * Copies the used bytes of a chunk to the start of `target`, which has room for SEGMENT_BYTES, and gives their
   * number.
   */
  copyChunk(index: number, target: Uint8Array): number {
    if (index === this.chunks.length) {
      target.set(this.bytes)
      return this.words[USED]
    }
    const chunk = this.chunks[index]
    chunk.memory ??= this.store.fetch(this, index, SEGMENT_BYTES, chunk.place)
    target.set(chunk.memory)
    return chunk.length
  }

  /** End of the span before a chunk's first, ns. */
  baseOf(index: number): number {
    return index === this.chunks.length ? this.ends[BASE] : this.chunks[index].base
  }

  release(index: number, place: number): void {
    this.chunks[index].memory = null
    this.chunks[index].place = place
  }

  /** Gives the bytes so far, which nobody writes to any more, to the store. */
  private beginChunk(): void {
    const { ends, words } = this
    const memory = this.store.allocate(this, this.chunks.length, SEGMENT_BYTES)
    memory.set(this.bytes)
    this.chunks.push({ memory, place: -1, length: words[USED], base: ends[BASE] })
    ends[BASE] = ends[LAST]
    words[USED] = 0
  }

  private get bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset, SEGMENT_BYTES)
  }
}

/** Goes through the spans of a list; `next` comes before the first. */
export class SpanCursor {
  goroutine = 0
  /** Stack of the event that began the span (row of stacks). */
  stack = 0
  /** ns; NaN at first, as a field would change from integer to double. */
  start = Number.NaN
  end = Number.NaN
  private readonly bytes = new Uint8Array(SEGMENT_BYTES)
  private length = 0
  private at = 0

  /** @param chunk the first that is read */
  constructor(
    private readonly list: SpanList,
    private chunk: number,
    private readonly time: number,
  ) {}

  /** False behind the last. */
  next(): boolean {
    do {
      while (this.at >= this.length) {
        if (this.chunk === this.list.chunkCount) return false
        this.length = this.list.copyChunk(this.chunk, this.bytes)
        this.end = this.list.baseOf(this.chunk++)
        this.at = 0
      }
      const codes = this.bytes[this.at++]
      this.end += this.read(TIME_BYTES[codes & 3])
      this.start = this.end - this.read(TIME_BYTES[(codes >> 2) & 3])
      this.goroutine = this.read(ROW_BYTES[(codes >> 4) & 3])
      this.stack = this.read(ROW_BYTES[codes >> 6])
    } while (this.end <= this.time)
    return true
  }

  private read(length: number): number {
    const { bytes } = this
    let value = 0
    for (let at = this.at + length - 1; at >= this.at; at--) value = value * 256 + bytes[at]
    this.at += length
    return value
  }
}

const profileKinds = { io: SpanKind.Io, block: SpanKind.Block }

/** Which profile counts a wait for this reason. */
export function kindOfReason(reason: string): number {
  const { profile } = reasonOf(reason)
  return profile === null ? SpanKind.None : profileKinds[profile]
}
