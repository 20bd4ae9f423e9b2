/**
 * Traces with generations as batches and records, and back into bytes: for tests that change something in a real trace.
 */
import { EventKind, eventSpecs } from '../../server/core/event-table.js'
import { joined, readVarint, type Span, type TraceRecord } from './mutate-records.js'
import { varint } from './trace-bytes.js'

export const HEADER_BYTES = 16

export interface Batch {
  readonly experiment: number | null
  readonly generation: bigint
  readonly thread: bigint
  readonly time: bigint
  /** What the header says; that of the payload when null. */
  readonly size: bigint | null
  readonly payload: Uint8Array
  /** Type bytes of ends of generations that follow. */
  readonly ends: number
}

export interface Framing {
  readonly batches: readonly Batch[]
  /** What stands behind the last batch that can be read. */
  readonly rest: Uint8Array
}

export function argumentCount(kind: number): number {
  const spec = eventSpecs[kind]
  return spec === undefined ? 0 : spec.args.length + (spec.timed ? 1 : 0)
}

export function decodeRecord(bytes: Uint8Array, { start }: Span): TraceRecord | null {
  const kind = bytes[start]
  if (eventSpecs[kind] === undefined) return null
  const args: bigint[] = []
  let at = start + 1
  let wanted = argumentCount(kind)
  while (args.length < wanted) {
    const arg = readVarint(bytes, at)
    if (arg === null) return null
    args.push(arg.value)
    at = arg.next
    if (kind === EventKind.Stack && args.length === 2) wanted += 4 * Math.min(Number(args[1]), 1000)
  }
  if (kind !== EventKind.String) return { kind, args, data: null }
  const length = readVarint(bytes, at)
  if (length === null || length.value > bytes.length) return null
  return { kind, args, data: bytes.subarray(length.next, length.next + Number(length.value)) }
}

/** The records of a payload up to the first that cannot be read. */
export function recordSpans(payload: Uint8Array): Span[] {
  const spans: Span[] = []
  let start = 0
  while (start < payload.length) {
    const end = recordEnd(payload, start)
    if (end === null) break
    spans.push({ start, end })
    start = end
  }
  return spans
}

function recordEnd(bytes: Uint8Array, start: number): number | null {
  const kind = bytes[start]
  if (eventSpecs[kind] === undefined) return null
  let at = start + 1
  let left = argumentCount(kind) + (kind === EventKind.String ? 1 : 0)
  for (let read = 1; left > 0; left--, read++) {
    const arg = readVarint(bytes, at)
    if (arg === null) return null
    at = arg.next
    if (kind === EventKind.Stack && read === 2) left += 4 * Math.min(Number(arg.value), 1000)
    if (kind === EventKind.String && read === 2) at += Math.min(Number(arg.value), bytes.length)
  }
  return at <= bytes.length ? at : null
}

export function readFraming(bytes: Uint8Array): Framing {
  const batches: Batch[] = []
  let at = HEADER_BYTES
  while (at < bytes.length) {
    if (bytes[at] === EventKind.EndOfGeneration && batches.length > 0) {
      const last = batches[batches.length - 1]
      batches[batches.length - 1] = { ...last, ends: last.ends + 1 }
      at++
      continue
    }
    const batch = readBatch(bytes, at)
    if (batch === null) break
    batches.push(batch.batch)
    at = batch.end
  }
  return { batches, rest: bytes.subarray(at) }
}

function readBatch(bytes: Uint8Array, start: number): { readonly batch: Batch; readonly end: number } | null {
  const experimental = bytes[start] === EventKind.ExperimentalBatch
  if (!experimental && bytes[start] !== EventKind.EventBatch) return null
  const fields: bigint[] = []
  let at = start + (experimental ? 2 : 1)
  while (fields.length < 4) {
    const field = readVarint(bytes, at)
    if (field === null) return null
    fields.push(field.value)
    at = field.next
  }
  const [generation, thread, time, size] = fields
  if (size > bytes.length - at) return null
  const end = at + Number(size)
  const payload = bytes.subarray(at, end)
  const experiment = experimental ? bytes[start + 1] : null
  return { batch: { experiment, generation, thread, time, size: null, payload, ends: 0 }, end }
}

export function batchBytes({ experiment, generation, thread, time, size, payload, ends }: Batch): Uint8Array {
  const head = experiment === null ? [EventKind.EventBatch] : [EventKind.ExperimentalBatch, experiment]
  const fields = [generation, thread, time, size ?? BigInt(payload.length)].flatMap(field => varint(field))
  return joined(head, fields, payload, new Array(ends).fill(EventKind.EndOfGeneration))
}
