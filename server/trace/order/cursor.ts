/**
 * A cursor over one thread's events in one generation: reads the thread's batches one at a time and holds its next
 * event decoded, in memory that the fast path shares. That decodes what follows; here is how the first event of a batch
 * is decoded, every number that is no plain one, and what is wrong.
 */
import { NONE, type WideTable } from '../../core/wide.js'
import { CodedError } from '../../errors.js'
import type { Source } from '../../source/source.js'
import { ARG_COUNTS, ARGS, END, EVENT_POS, NOT_TIMED, POS, THREAD, TIME, TYPE } from '../fast-path/layout.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import type { Clock } from '../generation/clock.js'
import type { BatchColumns, GenerationEntry } from '../index/trace-index.js'

/** Bytes behind a batch that a broken last event may touch before the bounds check finds it: 1 + 6 varints. */
const SLACK = 64

/** What all cursors of a generation share. */
export interface CursorContext {
  readonly source: Source
  readonly batches: BatchColumns
  readonly entry: GenerationEntry
  readonly clock: Clock
  readonly wide: WideTable
}

export class ThreadCursor {
  /** Arguments of the next event after the time delta, as codes (wide.ts). */
  readonly args: Float64Array

  private readonly numbers: Float64Array
  private readonly words: Uint32Array
  private readonly argCounts: Uint8Array
  /** The batch, and where it begins in the file. */
  private readonly bytes: Uint8Array
  private batchOffset = 0
  /** Place in the batch, while an event is decoded. */
  private pos = 0
  private nextRow = 0

  /**
   * @param thread row of the thread in the dictionary, −1 for none
   * @param rows the thread's batches in file order, rows of the index
   * @param place where its fields lie in the memory
   */
  constructor(
    private readonly context: CursorContext,
    readonly thread: number,
    private readonly rows: readonly number[],
    private readonly memory: OrderingMemory,
    place: number,
  ) {
    let largest = 0
    for (const row of rows) largest = Math.max(largest, context.batches.sizes[row])
    this.bytes = memory.column(Uint8Array, largest + SLACK)
    const { buffer } = memory.memory
    this.numbers = new Float64Array(buffer, place, TYPE / 8)
    this.args = this.numbers.subarray(ARGS / 8)
    this.words = new Uint32Array(buffer, place, (EVENT_POS + 4) / 4)
    this.argCounts = new Uint8Array(buffer, ARG_COUNTS, 256)
    this.words[THREAD / 4] = thread
  }

  /** Type of the next event. */
  get type(): number {
    return this.words[TYPE / 4]
  }

  /** Its time before adjustment: ns since the trace start. */
  get time(): number {
    return this.numbers[TIME / 8]
  }

  /** Gives back the memory of the batch. */
  free(): void {
    this.memory.free(this.bytes)
  }

  /** Decodes the next event of the batch; false at its end. Throws CodedError ORDER for bytes that are no event. */
  next(): boolean {
    const { bytes, words } = this
    const start = bytes.byteOffset
    const end = words[END / 4] - start
    this.pos = words[POS / 4] - start
    if (this.pos >= end) return false
    words[EVENT_POS / 4] = words[POS / 4]
    const type = bytes[this.pos++]
    const count = this.argCounts[type]
    if (count === NOT_TIMED) throw this.broken(type > 136 ? 'a known event type' : 'a timed event', `type ${type}`)
    const { clock, wide } = this.context
    const delta = this.varint()
    const isPlain = delta >= 0 && delta < plainLimit(clock)
    this.numbers[TIME / 8] += isPlain ? Math.floor(delta * clock.factor) : clock.wideDelta(delta, wide)
    for (let i = 0; i < count; i++) this.args[i] = this.varint()
    if (this.pos > end) throw this.broken('a whole event', 'the end of its batch')
    words[TYPE / 4] = type
    words[POS / 4] = start + this.pos
    return true
  }

  /** File offset of the next event. */
  get offset(): number {
    return this.batchOffset + this.words[EVENT_POS / 4] - this.bytes.byteOffset
  }

  /** Bytes from the next event to the end of the thread's events. */
  get bytesLeft(): number {
    const { sizes } = this.context.batches
    let bytes = this.words[END / 4] - this.words[EVENT_POS / 4]
    for (const row of this.rows.slice(this.nextRow)) bytes += sizes[row]
    return bytes
  }

  /**
   * Decodes the first event of the thread's next batch that has one; false when there is none left. Throws as `next`
   * does.
   */
  nextBatch(): boolean {
    const { batches, source, clock } = this.context
    const { bytes, words } = this
    while (this.nextRow < this.rows.length) {
      const row = this.rows[this.nextRow++]
      const size = batches.sizes[row]
      this.batchOffset = batches.offsets[row]
      source.read(this.batchOffset, size, bytes)
      // The bytes behind the batch may be an older batch's; a varint must not run on into them.
      bytes.fill(0, size, size + SLACK)
      words[POS / 4] = bytes.byteOffset
      words[END / 4] = bytes.byteOffset + size
      this.numbers[TIME / 8] = clock.relative(batches.times[row])
      if (this.next()) return true
    }
    return false
  }

  /** Reads a varint at `pos`, as a code. */
  private varint(): number {
    const { bytes } = this
    let low = 0
    let high = 0
    let top = 0
    let byte = 128
    for (let shift = 0; byte > 127 && shift < 28; shift += 7) {
      byte = bytes[this.pos++]
      low |= (byte & 127) << shift
    }
    for (let shift = 0; byte > 127 && shift < 28; shift += 7) {
      byte = bytes[this.pos++]
      high |= (byte & 127) << shift
    }
    if (byte > 127) {
      byte = bytes[this.pos++]
      top = byte & 127
      if (byte > 127) {
        byte = bytes[this.pos++]
        if (byte > 1) throw this.broken('a varint of at most 64 bits', 'more')
        top |= byte << 7
      }
    }
    if (top === 0 && high < 0x2000000) return high * 0x10000000 + low
    if (top === 0xff && high === 0xfffffff && low === 0xfffffff) return NONE
    return this.context.wide.encode((BigInt(top) << 56n) | (BigInt(high) << 28n) | BigInt(low))
  }

  private broken(wanted: string, found: string): CodedError {
    const { batches, entry } = this.context
    return new CodedError(
      'ORDER',
      `wanted ${wanted} at offset ${this.offset}, found ${found} (generation ${entry.number}, thread ${BigInt.asIntN(64, batches.threads[this.rows[this.nextRow - 1]])})`,
      {
        offset: this.offset,
        generation: String(entry.number),
        thread: String(BigInt.asIntN(64, batches.threads[this.rows[this.nextRow - 1]])),
        wanted,
        found,
      },
    )
  }
}

/** Deltas below this need no check for 64-bit overflow when scaled. */
export function plainLimit(clock: Clock): number {
  return clock.factor <= 1e9 ? 0x100000000 : 0
}
