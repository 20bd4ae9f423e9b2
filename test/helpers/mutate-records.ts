/**
 * Edits of a stretch of records (events, table entries) of either format: their arguments, their data, their sequence.
 */
import type { Random } from './mutate-random.js'
import { varint } from './trace-bytes.js'

/** A record as it stands in the bytes, from `start` to `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface TraceRecord {
  readonly kind: number
  readonly args: readonly bigint[]
  /** Bytes that follow the arguments behind their length. */
  readonly data: Uint8Array | null
}

/** What the edits need to know of a format. */
export interface RecordFormat {
  /** Null for what cannot be read. */
  readonly decode: (bytes: Uint8Array, span: Span) => TraceRecord | null
  readonly encode: (record: TraceRecord) => number[]
  /** A record of a random kind. */
  readonly invent: (random: Random) => TraceRecord
}

/** Reads a varint; null where there is none. */
export function readVarint(bytes: Uint8Array, at: number): { readonly value: bigint; readonly next: number } | null {
  let value = 0n
  for (let length = 0; length < 10; length++) {
    if (at + length >= bytes.length) return null
    const byte = bytes[at + length]
    value |= BigInt(byte & 127) << BigInt(7 * length)
    if (byte < 128) return { value: BigInt.asUintN(64, value), next: at + length + 1 }
  }
  return null
}

export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** One edit at one of the spans, which lie in `bytes` in ascending order. */
export function editRecords(
  bytes: Uint8Array,
  spans: readonly Span[],
  format: RecordFormat,
  random: Random,
): Uint8Array {
  if (spans.length === 0) return bytes
  const index = random.below(spans.length)
  const span = spans[index]
  const self = bytes.subarray(span.start, span.end)
  const before = bytes.subarray(0, span.start)
  const after = bytes.subarray(span.end)
  const other = random.pick(spans)
  switch (random.below(10)) {
    case 0:
      return joined(before, after)
    case 1:
      return joined(before, ...new Array(random.chance(8) ? 400 : 2).fill(self), after)
    case 2: {
      const next = spans[index + 1]
      if (next === undefined) return joined(before, self)
      return joined(before, bytes.subarray(next.start, next.end), self, bytes.subarray(next.end))
    }
    case 3:
      return joined(before, bytes.subarray(other.start, other.end), self, after)
    case 4:
      return joined(before, format.encode(format.invent(random)), self, after)
    default: {
      const record = format.decode(bytes, span)
      if (record === null) return joined(before, random.bytes(4), after)
      return joined(before, changedRecord(record, format.decode(bytes, other), format, random), after)
    }
  }
}

/** The bytes of a record of which one thing was changed. */
function changedRecord(
  record: TraceRecord,
  other: TraceRecord | null,
  format: RecordFormat,
  random: Random,
): readonly number[] {
  const { kind, args, data } = record
  const at = random.below(args.length)
  if (data !== null && random.chance(2)) return format.encode({ kind, args, data: changedData(data, random) })
  if (args.length === 0 || random.chance(8)) return format.encode({ kind: format.invent(random).kind, args, data })
  if (random.chance(8)) {
    const bytes = format.encode(record)
    bytes[random.below(bytes.length)] = random.below(256)
    return bytes
  }
  const from = other !== null && random.chance(3) ? (other.args[at] ?? 0n) : random.wide(args[at])
  return format.encode({ kind, args: args.map((arg, i) => (i === at ? from : arg)), data })
}

function changedData(data: Uint8Array, random: Random): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return random.bytes(random.below(40))
    case 1:
      return new Uint8Array(random.pick([0, 1, 1023, 1024, 1025, 5000])).fill(random.below(256))
    case 2:
      return Buffer.from('<script>alert(1)</script>" onclick=\'x\0\ud83d\udca5')
    default:
      return joined(data, random.bytes(2))
  }
}

/** Kind, arguments, and data behind its length: the form that both formats share. */
export function plainBytes(head: number, { args, data }: TraceRecord): number[] {
  const numbers = args.flatMap(arg => varint(arg))
  return data === null ? [head, ...numbers] : [head, ...numbers, ...varint(data.length), ...data]
}
