/** Mutations of traces with generations, which know batches, generations, tables and events. */
import { EventKind, eventSpecs } from '../../server/core/event-table.js'
import type { Random } from './mutate-random.js'
import {
  editRecords,
  joined,
  plainBytes,
  type RecordFormat,
  readVarint,
  type Span,
  type TraceRecord,
} from './mutate-records.js'
import { varint } from './trace-bytes.js'

const HEADER_BYTES = 16

interface Batch {
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

interface Framing {
  readonly batches: readonly Batch[]
  /** What stands behind the last batch that can be read. */
  readonly rest: Uint8Array
}

const framings = new WeakMap<Uint8Array, Framing>()
const kinds = eventSpecs.flatMap(spec => (spec === undefined ? [] : [spec.kind]))

/** A copy with one or a few things changed; `bytes` is a trace whose framing can be read, more or less. */
export function mutateV2(bytes: Uint8Array, random: Random): Uint8Array {
  let framing = framings.get(bytes)
  if (framing === undefined) {
    framing = readFraming(bytes)
    framings.set(bytes, framing)
  }
  let { batches } = framing
  for (let edits = 1 + random.below(3); edits > 0 && batches.length > 0; edits--) batches = edit(batches, random)
  const head = random.chance(30)
    ? Buffer.from(`go 1.${random.pick([5, 11, 19, 21, 22, 23, 25, 26, 27])} trace\0\0\0`.slice(0, 16))
    : bytes.subarray(0, HEADER_BYTES)
  return joined(head, ...batches.map(batchBytes), framing.rest)
}

function edit(batches: readonly Batch[], random: Random): readonly Batch[] {
  const at = random.below(batches.length)
  const batch = batches[at]
  const replaced = (changes: Partial<Batch>) => batches.with(at, { ...batch, ...changes })
  switch (random.below(24)) {
    case 0:
      return batches.toSpliced(at, 1)
    case 1:
      return batches.toSpliced(at, 0, batch)
    case 2: {
      const other = random.below(batches.length)
      return batches.with(at, batches[other]).with(other, batch)
    }
    case 3:
      return replaced({ generation: random.wide(batch.generation) })
    case 4:
      return replaced({ thread: random.chance(2) ? random.pick(batches).thread : random.wide(batch.thread) })
    case 5:
      return replaced({ time: random.chance(2) ? random.pick(batches).time : random.wide(batch.time) })
    case 6:
      return replaced({ size: random.wide(BigInt(batch.payload.length)) })
    case 7:
      return replaced({ ends: random.below(3) })
    case 8:
      return batches.filter(({ generation }) => generation !== batch.generation)
    case 9: {
      const shift = random.pick([0n, 1n, 2n, 100n])
      const last = batches[batches.length - 1].generation
      const again = batches.filter(({ generation }) => generation === batch.generation)
      return [...batches, ...again.map(copy => ({ ...copy, generation: last + shift }))]
    }
    case 10: {
      const shift = random.wide(0n)
      return batches.map(copy => ({ ...copy, generation: BigInt.asUintN(64, copy.generation + shift) }))
    }
    case 11: {
      const thread = random.pick(batches).thread
      return batches.map(copy => (copy.thread === batch.thread ? { ...copy, thread } : copy))
    }
    case 12:
      return replaced({ experiment: batch.experiment === null ? random.below(4) : null })
    case 13:
      return [...batches].sort((a, b) => (a.thread < b.thread ? -1 : a.thread > b.thread ? 1 : 0))
    default: {
      let payload = batch.payload
      for (let edits = 1 + random.below(2); edits > 0; edits--) {
        payload = editRecords(payload, recordSpans(payload), v2Records, random)
      }
      return replaced({ payload })
    }
  }
}

const v2Records: RecordFormat = {
  decode: decodeRecord,
  encode: record => plainBytes(record.kind, record),
  invent: random => {
    const kind = random.pick(kinds)
    return {
      kind,
      args: Array.from({ length: argumentCount(kind) }, () => random.wide(0n)),
      data: kind === EventKind.String ? random.bytes(random.below(9)) : null,
    }
  },
}

function argumentCount(kind: number): number {
  const spec = eventSpecs[kind]
  return spec === undefined ? 0 : spec.args.length + (spec.timed ? 1 : 0)
}

function decodeRecord(bytes: Uint8Array, { start }: Span): TraceRecord | null {
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
function recordSpans(payload: Uint8Array): Span[] {
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

function readFraming(bytes: Uint8Array): Framing {
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

function batchBytes({ experiment, generation, thread, time, size, payload, ends }: Batch): Uint8Array {
  const head = experiment === null ? [EventKind.EventBatch] : [EventKind.ExperimentalBatch, experiment]
  const fields = [generation, thread, time, size ?? BigInt(payload.length)].flatMap(field => varint(field))
  return joined(head, fields, payload, new Array(ends).fill(EventKind.EndOfGeneration))
}
