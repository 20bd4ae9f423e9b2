/**
 * Spans that profiles count: a goroutine's finished stay in a state, in the order in which they ended, a list a profile. Stays that no
 * profile counts (sleeping, waiting for the collector, …) are in none.
 *
 * There is one for every other event, so that they are packed: each is four varints of seven bits a byte, lowest first (time since the
 * end of the span before, duration, goroutine, stack), some 10 bytes instead of 24. They are only ever read one after the other.
 */
import { type Clock, NOW } from './clock.js'
import { SEGMENT_BYTES, type SegmentOwner, SegmentStore } from './segment-store.js'

/** The profile that counts a span; the order is that of profileKinds (trace-client.ts). */
export const SpanKind = { Io: 0, Block: 1, Syscall: 2, Sched: 3, None: 4 } as const

/** Two times of up to 53 bits and two rows of up to 31. */
const LONGEST = 8 + 8 + 5 + 5

/** Places in `ends`. */
const LAST = 0
const BASE = 1

interface Chunk {
  /** null: it is put away, at `place`. */
  memory: ArrayBuffer | null
  place: number
  /** Bytes that are used. */
  readonly length: number
  /** End of the span before its first, ns. */
  readonly base: number
}

export class SpanList implements SegmentOwner {
  /** Those that are full. */
  private readonly chunks: Chunk[] = []
  /** End of the last span, and of the last of the full chunks; in an array, as a field would change from integer to double. */
  private readonly ends = new Float64Array(2)
  private bytes = new Uint8Array(0)
  private at = 0

  constructor(private readonly store = new SegmentStore()) {}

  /** The span ends now (`clock`) and began at `from[at]`; doubles are passed by place, so that none is boxed. */
  append(goroutine: number, stack: number, from: Float64Array, at: number, clock: Clock): void {
    if (this.at + LONGEST > this.bytes.length) this.beginChunk()
    const { ends } = this
    const now = clock[NOW]
    const since = now - ends[LAST]
    const length = now - from[at]
    if (since < 0x80000000) this.writeInt(since)
    else this.writeLong(since)
    if (length < 0x80000000) this.writeInt(length)
    else this.writeLong(length)
    this.writeInt(goroutine)
    this.writeInt(stack)
    ends[LAST] = now
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

  /** Copies the used bytes of a chunk to the start of `target`, which has room for SEGMENT_BYTES, and gives their number. */
  copyChunk(index: number, target: Uint8Array): number {
    if (index === this.chunks.length) {
      target.set(this.bytes)
      return this.at
    }
    const chunk = this.chunks[index]
    chunk.memory ??= this.store.fetch(this, index, SEGMENT_BYTES, chunk.place)
    target.set(new Uint8Array(chunk.memory))
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
    const { ends } = this
    if (this.bytes.length === 0) this.bytes = new Uint8Array(SEGMENT_BYTES)
    else {
      const memory = this.store.allocate(this, this.chunks.length, SEGMENT_BYTES)
      new Uint8Array(memory).set(this.bytes)
      this.chunks.push({ memory, place: -1, length: this.at, base: ends[BASE] })
    }
    ends[BASE] = ends[LAST]
    this.at = 0
  }

  private writeInt(value: number): void {
    const { bytes } = this
    let at = this.at
    let rest = value
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[at++] = rest
    this.at = at
  }

  private writeLong(value: number): void {
    let rest = value
    while (rest > 127) {
      this.bytes[this.at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.at++] = rest
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
      this.end += this.read()
      this.start = this.end - this.read()
      this.goroutine = this.read()
      this.stack = this.read()
    } while (this.end <= this.time)
    return true
  }

  private read(): number {
    const { bytes } = this
    let byte = bytes[this.at++]
    if (byte < 128) return byte
    let value = byte & 127
    let scale = 128
    do {
      byte = bytes[this.at++]
      value += (byte & 127) * scale
      scale *= 128
    } while (byte > 127)
    return value
  }
}

/** Which profile counts a wait for this reason, as cmd/trace decides: io by the whole text, block by a part of it. */
export function kindOfReason(reason: string): number {
  if (reason === 'network') return SpanKind.Io
  if (reason.includes('chan') || reason.includes('sync') || reason.includes('select')) return SpanKind.Block
  return SpanKind.None
}
