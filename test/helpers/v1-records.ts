/** Traces without generations as records, and back into bytes: for tests that change something in a real trace. */
import { V1Kind } from '../../server/trace/v1/event-table.js'
import { plainBytes, readVarint, type Span, type TraceRecord } from './mutate-records.js'
import { longRecord } from './v1-bytes.js'

export const HEADER_BYTES = 16

export function encodeRecord(record: TraceRecord): number[] {
  const { kind, args, data } = record
  if (kind === V1Kind.String) return plainBytes(kind, record)
  if (args.length >= 1 && args.length <= 3) return plainBytes(kind | ((args.length - 1) << 6), record)
  return data === null
    ? longRecord(kind, ...args)
    : [...longRecord(kind, ...args), ...plainBytes(0, { ...record, args: [] }).slice(1)]
}

export function decodeRecord(bytes: Uint8Array, { start, end }: Span): TraceRecord | null {
  const kind = bytes[start] & 63
  const args: bigint[] = []
  const long = kind !== V1Kind.String && bytes[start] >> 6 === 3
  const length = long ? readVarint(bytes, start + 1) : null
  let at = length?.next ?? start + 1
  const stop = length === null ? end : at + Number(length.value)
  const wanted = kind === V1Kind.String ? 1 : long ? Number.POSITIVE_INFINITY : (bytes[start] >> 6) + 1
  while (args.length < wanted && at < stop) {
    const arg = readVarint(bytes, at)
    if (arg === null) return null
    args.push(arg.value)
    at = arg.next
  }
  if (at >= end) return { kind, args, data: null }
  const dataLength = readVarint(bytes, at)
  return dataLength === null ? null : { kind, args, data: bytes.subarray(dataLength.next, end) }
}

/** The records of a file up to the first that cannot be read. */
export function recordSpans(bytes: Uint8Array): Span[] {
  const spans: Span[] = []
  let start = HEADER_BYTES
  while (start < bytes.length) {
    const end = recordEnd(bytes, start)
    if (end === null || end > bytes.length) break
    spans.push({ start, end })
    start = end
  }
  return spans
}

function recordEnd(bytes: Uint8Array, start: number): number | null {
  const kind = bytes[start] & 63
  let at = start + 1
  const skip = (): number | null => {
    const arg = readVarint(bytes, at)
    if (arg === null) return null
    at = arg.next
    return Number(arg.value)
  }
  const skipData = (): number | null => {
    const length = skip()
    return length === null ? null : at + length
  }
  if (kind === V1Kind.String) return skip() === null ? null : skipData()
  if (bytes[start] >> 6 === 3) {
    const end = skipData()
    if (end === null) return null
    at = end
    return kind === V1Kind.UserLog ? skipData() : at
  }
  for (let left = (bytes[start] >> 6) + 1; left > 0; left--) {
    if (skip() === null) return null
  }
  return at
}
