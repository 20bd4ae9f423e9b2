/**
 * A cursor over one thread's events in one generation: reads the thread's batches one at a time and holds its next
 * event decoded. This is the hot loop of the reader: plain numbers, no allocation per event.
 */
import { CodedError } from '../../errors.js'
import { eventSpecs } from '../../shared/event-table.js'
import { NONE, type WideTable } from '../../shared/wide.js'
import type { Clock } from '../generation/clock.js'
import type { BatchColumns, GenerationEntry } from '../index/trace-index.js'
import type { Source } from '../source/source.js'

const NOT_TIMED = 255

/** Arguments after the time delta, by type byte; NOT_TIMED where the type may not stand in a thread's stream. */
const argCounts = new Uint8Array(256).fill(NOT_TIMED)
for (const spec of eventSpecs) if (spec?.timed) argCounts[spec.kind] = spec.args.length
// A clock snapshot passes the decoder (it carries a time) and is refused by the ordering.
argCounts[51] = 3

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
  /** Type of the next event. */
  type = 0
  /** Its time before adjustment: ns since the trace start. NaN at first, for the reason given at BlockWriter.lastTime. */
  time = Number.NaN
  /** Its arguments after the time delta, as codes (wide.ts). */
  readonly args = new Float64Array(5)

  private bytes: Uint8Array
  private pos = 0
  private end = 0
  private nextRow = 0
  private batchOffset = 0
  private eventPos = 0
  private readonly factor: number
  /** Deltas below this need no check for 64-bit overflow when scaled. */
  private readonly plainLimit: number

  /**
   * @param thread row of the thread in the dictionary, −1 for none
   * @param rows the thread's batches in file order, rows of the index
   */
  constructor(
    private readonly context: CursorContext,
    readonly thread: number,
    private readonly rows: readonly number[],
  ) {
    let largest = 0
    for (const row of rows) largest = Math.max(largest, context.batches.sizes[row])
    this.bytes = new Uint8Array(largest + SLACK)
    this.factor = context.clock.factor
    this.plainLimit = this.factor <= 1e9 ? 0x100000000 : 0
  }

  /** Decodes the next event of the batch; false at its end. Throws CodedError ORDER for bytes that are no event. */
  next(): boolean {
    if (this.pos >= this.end) return false
    const bytes = this.bytes
    let pos = this.pos
    this.eventPos = pos
    const type = bytes[pos]
    const count = argCounts[type]
    if (count === NOT_TIMED) throw this.broken(type > 136 ? 'a known event type' : 'a timed event', `type ${type}`)
    // Most deltas and arguments take one or two bytes.
    let value = bytes[pos + 1]
    pos += 2
    if (value > 127) {
      const second = bytes[pos]
      if (second < 128) {
        value = (value & 127) | (second << 7)
        pos++
      } else {
        this.pos = pos
        value = this.longVarint(value)
        pos = this.pos
      }
    }
    this.time +=
      value >= 0 && value < this.plainLimit
        ? Math.floor(value * this.factor)
        : this.context.clock.wideDelta(value, this.context.wide)
    const args = this.args
    for (let i = 0; i < count; i++) {
      value = bytes[pos++]
      if (value > 127) {
        const second = bytes[pos]
        if (second < 128) {
          value = (value & 127) | (second << 7)
          pos++
        } else {
          this.pos = pos
          value = this.longVarint(value)
          pos = this.pos
        }
      }
      args[i] = value
    }
    if (pos > this.end) throw this.broken('a whole event', 'the end of its batch')
    this.pos = pos
    this.type = type
    return true
  }

  /** File offset of the next event. */
  get offset(): number {
    return this.batchOffset + this.eventPos
  }

  /** Decodes the first event of the thread's next batch that has one; false when there is none left. Throws as `next` does. */
  nextBatch(): boolean {
    const { batches, source, clock } = this.context
    while (this.nextRow < this.rows.length) {
      const row = this.rows[this.nextRow++]
      this.end = batches.sizes[row]
      this.pos = 0
      this.batchOffset = batches.offsets[row]
      source.read(this.batchOffset, this.end, this.bytes)
      // The bytes behind the batch may be an older batch's; a varint must not run on into them.
      this.bytes.fill(0, this.end, this.end + SLACK)
      this.time = clock.relative(batches.times[row])
      if (this.next()) return true
    }
    return false
  }

  /** The rest of a varint of three bytes or more, whose first byte is given; this.pos stands behind that. */
  private longVarint(first: number): number {
    const bytes = this.bytes
    let pos = this.pos
    let low = (first & 127) | ((bytes[pos++] & 127) << 7)
    let byte = bytes[pos++]
    low |= (byte & 127) << 14
    if (byte > 127) {
      byte = bytes[pos++]
      low |= (byte & 127) << 21
    }
    if (byte < 128) {
      this.pos = pos
      return low
    }
    // Bits 28 to 55.
    let high = 0
    for (let shift = 0; shift < 28 && byte > 127; shift += 7) {
      byte = bytes[pos++]
      high |= (byte & 127) << shift
    }
    let top = 0
    if (byte > 127) {
      byte = bytes[pos++]
      top = byte & 127
      if (byte > 127) {
        byte = bytes[pos++]
        if (byte > 1) throw this.broken('a varint of at most 64 bits', 'more')
        top |= byte << 7
      }
    }
    this.pos = pos
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
