/**
 * Reads a v2 trace as the plain sequence of events that its bytes are, framing and tables included: no order, no
 * checks, and only the events that the version's own table has. For the dumps; the reader of traces does not pass here.
 *
 * Memory does not grow with the file.
 */
import { EventKind, eventSpecs } from '../../core/event-table.js'
import { formats } from '../../core/formats.js'
import { CodedError, type Place } from '../../errors.js'
import type { Source } from '../../source/source.js'
import { Varint, VarintCursor } from './varint.js'

const BUFFER_BYTES = 262_144
/** More than any event without its frames and data needs. */
const EVENT_BYTES = 64
const FRAME_BYTES = 40

/** Last event type of a version's table; of versions with no table every type is invalid. */
const lastTypes = new Map(
  formats.map(({ version }): [number, number] => [
    version,
    eventSpecs.findLastIndex(spec => (spec?.since ?? 99) <= version),
  ]),
)

/** Names of all arguments by event type, time delta included; a type in the table's gap has none. */
export const wireArgs: readonly (readonly string[])[] = Array.from(eventSpecs, spec =>
  spec === undefined ? [] : spec.timed ? ['dt', ...spec.args] : spec.args,
)

/** Types up to this one are in the table of a version. */
export function lastWireType(version: number): number {
  return lastTypes.get(version) ?? -1
}

export class WireReader {
  /** The event's type, once `next` was true. */
  kind = 0
  /** Arguments, and the fields of a stack's frames behind them; a value over 2^53−1 is −1−i, where `wide[i]` has it. */
  args = new Float64Array(256)
  argCount = 0
  wide: bigint[] = []
  /** Bytes of data that follow the arguments; `takeData` gives them. */
  dataLength = 0

  /** Whether the event is of a type with data, be it empty. */
  hasData = false

  private readonly cursor = new VarintCursor(new Uint8Array(BUFFER_BYTES), 0)
  /** Offset in the file of the buffer's end. */
  private readTo: number
  private dataLeft = 0
  private readonly lastType: number

  constructor(
    private readonly source: Source,
    version: number,
    offset: number,
  ) {
    this.readTo = offset
    this.lastType = lastWireType(version)
  }

  /**
   * Reads the next event up to its data. False where the file ends before a byte that begins an event, an argument or
   * the data: the event that is cut there does not count. Throws CodedError FRAMING.
   */
  next(): boolean {
    while (this.dataLeft > 0) this.takeData()
    const { cursor } = this
    if (cursor.end - cursor.pos < EVENT_BYTES) this.refill()
    if (cursor.pos >= cursor.end) return false
    const kind = cursor.bytes[cursor.pos]
    if (kind === 0 || kind > this.lastType) {
      throw this.error('an event type of this version', `invalid event type ${kind}`)
    }
    cursor.pos++
    this.kind = kind
    this.argCount = 0
    if (this.wide.length > 0) this.wide = []
    this.dataLength = 0
    this.hasData = kind === EventKind.String || kind === EventKind.ExperimentalBatch
    for (let left = wireArgs[kind].length; left > 0; left--) {
      if (!this.readArg()) return false
    }
    if (kind === EventKind.Stack) return this.readFrames()
    return this.hasData ? this.readDataLength() : true
  }

  /** The next piece of the event's data, which is valid until the next call; empty when there is no more. */
  takeData(): Uint8Array {
    const { cursor } = this
    if (cursor.pos >= cursor.end) this.refill()
    const length = Math.min(this.dataLeft, cursor.end - cursor.pos)
    const piece = cursor.bytes.subarray(cursor.pos, cursor.pos + length)
    cursor.pos += length
    this.dataLeft -= length
    return piece
  }

  private readArg(): boolean {
    const code = this.cursor.next()
    if (code >= 0) this.args[this.argCount++] = code
    else if (code === Varint.Wide) this.args[this.argCount++] = -this.wide.push(this.cursor.wide)
    else if (code === Varint.End) return false
    else if (code === Varint.Cut) throw this.error('a number', 'the end of the file', { cut: true })
    else throw this.error('a number', 'one of more than 64 bits')
    return true
  }

  private readFrames(): boolean {
    const { cursor } = this
    for (let left = this.count(this.args[1]); left > 0; left--) {
      if (cursor.end - cursor.pos < FRAME_BYTES) this.refill()
      if (this.argCount + 4 > this.args.length) this.growArgs()
      for (let field = 0; field < 4; field++) {
        if (!this.readArg()) return false
      }
    }
    return true
  }

  private readDataLength(): boolean {
    if (!this.readArg()) return false
    this.dataLength = this.count(this.args[--this.argCount])
    const { cursor, source } = this
    // Longer than the rest of the file: the event is cut.
    if (this.dataLength > source.sizeBytes - this.readTo + cursor.end - cursor.pos) return false
    this.dataLeft = this.dataLength
    return true
  }

  /** A number of things to read. Go takes it for a signed number: over 2^63 it is none. */
  private count(arg: number): number {
    return arg >= 0 ? arg : Math.max(0, Number(BigInt.asIntN(64, this.wide[-1 - arg])))
  }

  private growArgs(): void {
    const args = new Float64Array(this.args.length * 2)
    args.set(this.args)
    this.args = args
  }

  /** Moves what is left of the buffer to its start and fills the rest. */
  private refill(): void {
    const { cursor, source } = this
    const rest = cursor.end - cursor.pos
    cursor.bytes.copyWithin(0, cursor.pos, cursor.end)
    const length = Math.min(BUFFER_BYTES - rest, source.sizeBytes - this.readTo)
    source.read(this.readTo, length, cursor.bytes.subarray(rest))
    this.readTo += length
    cursor.pos = 0
    cursor.end = rest + length
  }

  private error(wanted: string, found: string, more: Place = {}): CodedError {
    const offset = this.readTo - this.cursor.end + this.cursor.pos
    const place = { offset, wanted, found, ...more }
    return new CodedError('FRAMING', `wanted ${wanted} at offset ${offset}, found ${found}`, place)
  }
}
