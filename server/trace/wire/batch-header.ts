/** One batch header (format.md §2): type, experiment, generation, thread, base time, size. */
import { EventKind } from '../../core/event-table.js'
import { Varint, type VarintCursor } from './varint.js'

/** Bytes of the longest header: two single bytes and four varints of ten. */
export const MAX_HEADER_BYTES = 42
export const MAX_PAYLOAD_BYTES = 65_536

export const HeaderResult = {
  Batch: 0,
  /** The byte that ends a generation; no other field is set. */
  EndOfGeneration: 1,
  /** The input ended at a place where Go takes it for the end of the trace: before the type or the experiment. */
  EndOfInput: 2,
  /** `wanted` and `found` say what is wrong; the fields before it are set. */
  Fault: 3,
} as const
export type HeaderResult = (typeof HeaderResult)[keyof typeof HeaderResult]

export class BatchHeader {
  experiment = 0
  /** 0 is no valid number; it stands here when the header broke before the number. */
  generation = 0n
  thread = 0n
  time = 0n
  size = 0
  /** Whether all fields were read. */
  whole = false
  wanted = ''
  found = ''
  /** Whether the input ended inside the header. */
  cut = false

  /** Reads the header at the cursor, which then stands at the payload (or at the fault). */
  read(cursor: VarintCursor): HeaderResult {
    this.experiment = 0
    this.generation = 0n
    this.whole = false
    this.cut = false
    if (cursor.pos >= cursor.end) return HeaderResult.EndOfInput
    const type = cursor.bytes[cursor.pos]
    if (type !== EventKind.EventBatch && type !== EventKind.ExperimentalBatch) {
      if (type === EventKind.EndOfGeneration) {
        cursor.pos++
        return HeaderResult.EndOfGeneration
      }
      return this.fault('a batch (type 1 or 49)', `type ${type}`)
    }
    cursor.pos++
    if (type === EventKind.ExperimentalBatch) {
      if (cursor.pos >= cursor.end) return HeaderResult.EndOfInput
      this.experiment = cursor.bytes[cursor.pos++]
    }
    let code = cursor.next()
    if (isFault(code)) return this.varintFault('generation number', code)
    this.generation = cursor.value(code)
    code = cursor.next()
    if (isFault(code)) return this.varintFault('thread id', code)
    this.thread = cursor.value(code)
    code = cursor.next()
    if (isFault(code)) return this.varintFault('base time', code)
    this.time = cursor.value(code)
    code = cursor.next()
    if (isFault(code)) return this.varintFault('size', code)
    if (code === Varint.Wide || code > MAX_PAYLOAD_BYTES) {
      return this.fault(`a batch of at most ${MAX_PAYLOAD_BYTES} bytes`, `one of ${cursor.value(code)}`)
    }
    this.size = code
    this.whole = true
    return HeaderResult.Batch
  }

  private varintFault(field: string, code: number): HeaderResult {
    this.cut = code !== Varint.Overflow
    return this.fault(`the ${field} of a batch`, varintFaultText(code))
  }

  private fault(wanted: string, found: string): HeaderResult {
    this.wanted = wanted
    this.found = found
    return HeaderResult.Fault
  }
}

/** Whether `VarintCursor.next` gave no value. */
export function isFault(code: number): boolean {
  return code < 0 && code !== Varint.Wide
}

/** What was found where a varint should stand. */
export function varintFaultText(code: number): string {
  return code === Varint.Overflow ? 'a number of more than 64 bits' : 'the end of the file'
}
