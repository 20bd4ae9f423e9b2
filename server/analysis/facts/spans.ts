/**
 * Spans that profiles count: a goroutine's finished stay in a state, in the order in which they ended, a list a profile. Stays that no
 * profile counts (sleeping, waiting for the collector, …) are in none.
 *
 * There is one for every other event, so that they are packed: each is four varints of seven bits a byte, lowest first (time since the
 * end of the span before, duration, goroutine, stack), some 10 bytes instead of 24. They are only ever read one after the other.
 */
import { type Clock, NOW } from './clock.js'

/** The profile that counts a span; the order is that of profileKinds (trace-client.ts). */
export const SpanKind = { Io: 0, Block: 1, Syscall: 2, Sched: 3, None: 4 } as const

const CHUNK_BYTES = 1 << 16
/** Two times of up to 53 bits and two rows of up to 31. */
const LONGEST = 8 + 8 + 5 + 5

interface Chunk {
  readonly bytes: Uint8Array
  /** Bytes that are used. */
  length: number
  /** End of the span before its first, ns. */
  readonly base: number
}

export class SpanList {
  readonly chunks: Chunk[] = []
  /** End of the last span, in an array, as a field would change from integer to double. */
  private readonly last = new Float64Array(1)
  private bytes = new Uint8Array(0)
  private at = 0

  /** The span ends now (`clock`) and began at `from[at]`; doubles are passed by place, so that none is boxed. */
  append(goroutine: number, stack: number, from: Float64Array, at: number, clock: Clock): void {
    if (this.at + LONGEST > this.bytes.length) this.addChunk()
    const now = clock[NOW]
    const since = now - this.last[0]
    const length = now - from[at]
    if (since < 0x80000000) this.writeInt(since)
    else this.writeLong(since)
    if (length < 0x80000000) this.writeInt(length)
    else this.writeLong(length)
    this.writeInt(goroutine)
    this.writeInt(stack)
    this.last[0] = now
  }

  /** Reads the spans that end after `time`. */
  after(time: number): SpanCursor {
    this.close()
    let first = this.chunks.length - 1
    while (first > 0 && this.chunks[first].base > time) first--
    return new SpanCursor(this.chunks, Math.max(first, 0), time)
  }

  private addChunk(): void {
    this.close()
    this.bytes = new Uint8Array(CHUNK_BYTES)
    this.at = 0
    this.chunks.push({ bytes: this.bytes, length: 0, base: this.last[0] })
  }

  private close(): void {
    const chunk = this.chunks.at(-1)
    if (chunk !== undefined) chunk.length = this.at
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
  private chunk: number
  private at = 0

  constructor(
    private readonly chunks: readonly Chunk[],
    first: number,
    private readonly time: number,
  ) {
    // As if all before the first had been read.
    this.chunk = first - 1
    this.at = chunks[this.chunk]?.length ?? 0
  }

  /** False behind the last. */
  next(): boolean {
    do {
      while (this.at >= (this.chunks[this.chunk]?.length ?? 0)) {
        if (this.chunk + 1 >= this.chunks.length) return false
        this.chunk++
        this.at = 0
        this.end = this.chunks[this.chunk].base
      }
      this.end += this.read()
      this.start = this.end - this.read()
      this.goroutine = this.read()
      this.stack = this.read()
    } while (this.end <= this.time)
    return true
  }

  private read(): number {
    const { bytes } = this.chunks[this.chunk]
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
