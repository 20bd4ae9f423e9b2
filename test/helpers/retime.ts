/** Real traces with other times: the same content over a longer while, or with a silence in it. */
import { EventKind, eventSpecs } from '../../server/core/event-table.js'
import { V1Kind, v1Specs } from '../../server/trace/v1/event-table.js'
import { joined, plainBytes, type TraceRecord } from './mutate-records.js'
import * as v1 from './v1-records.js'
import * as v2 from './v2-records.js'

/** From ticks since the start of a trace to others; must never fall. */
export type Retiming = (ticks: bigint) => bigint

/** Batches of Go's writer are no longer. */
const MAX_BATCH_BYTES = 65_536
/** Where the new times begin. */
const START = 1000n

export function stretched(factor: number): Retiming {
  return ticks => ticks * BigInt(factor)
}

/** Nothing happens for so many ticks from that time on. */
export function silent(at: bigint, length: bigint): Retiming {
  return ticks => (ticks < at ? ticks : ticks + length)
}

/** The trace with its times changed; what of it cannot be read stays as it is. */
export function retimed(bytes: Uint8Array, format: 'v1' | 'v2', retiming: Retiming): Uint8Array {
  return format === 'v1' ? retimedV1(bytes, retiming) : retimedV2(bytes, retiming)
}

/** Ticks from the first to the last event, and how many of them a second has. */
export function ticksOf(
  bytes: Uint8Array,
  format: 'v1' | 'v2',
): { readonly length: bigint; readonly perSecond: bigint } {
  let length = 0n
  retimed(bytes, format, ticks => {
    if (ticks > length) length = ticks
    return ticks
  })
  return { length, perSecond: format === 'v1' ? frequencyOfV1(bytes) : frequencyOfV2(bytes) }
}

function retimedV2(bytes: Uint8Array, retiming: Retiming): Uint8Array {
  const { batches, rest } = v2.readFraming(bytes)
  const first = least(batches.map(({ time }) => time))
  const place = (ticks: bigint) => START + retiming(ticks - first)
  const changed = batches.flatMap(batch => retimedBatch(batch, place))
  return joined(bytes.subarray(0, v2.HEADER_BYTES), ...changed.map(v2.batchBytes), rest)
}

/** In two batches or more where one would get too long. */
function retimedBatch(batch: v2.Batch, place: Retiming): v2.Batch[] {
  const { payload } = batch
  const whole = { ...batch, time: place(batch.time) }
  if (batch.experiment !== null) return [whole]
  const parts: v2.Batch[] = []
  let start = whole.time
  let written: number[] = []
  let now = batch.time
  for (const span of v2.recordSpans(payload)) {
    const record = v2.decodeRecord(payload, span)
    if (record === null) return [whole]
    const before = now
    if (eventSpecs[record.kind]?.timed) now += record.args[0]
    const bytes = plainBytes(record.kind, retimedRecord(record, before, place))
    if (written.length + bytes.length > MAX_BATCH_BYTES) {
      parts.push({ ...whole, time: start, payload: Uint8Array.from(written), ends: 0 })
      start = place(before)
      written = []
    }
    written.push(...bytes)
  }
  return [...parts, { ...whole, time: start, payload: Uint8Array.from(written) }]
}

/** @param before absolute ticks of the event before it */
function retimedRecord(record: TraceRecord, before: bigint, place: Retiming): TraceRecord {
  const { kind, args } = record
  if (kind === EventKind.CpuSample) return { ...record, args: args.with(0, place(args[0])) }
  if (!eventSpecs[kind]?.timed && kind !== EventKind.ClockSnapshot) return record
  return { ...record, args: args.with(0, place(before + args[0]) - place(before)) }
}

function frequencyOfV2(bytes: Uint8Array): bigint {
  for (const { payload } of v2.readFraming(bytes).batches) {
    for (const span of v2.recordSpans(payload)) {
      const record = v2.decodeRecord(payload, span)
      if (record?.kind === EventKind.Frequency) return record.args[0]
    }
  }
  throw new Error('a trace without a frequency')
}

function retimedV1(bytes: Uint8Array, retiming: Retiming): Uint8Array {
  const records = recordsOfV1(bytes)
  const starts = records.filter(({ kind }) => kind === V1Kind.Batch).map(({ args }) => args[1])
  const first = least(starts)
  const place = (ticks: bigint) => START + retiming(ticks - first)
  let now = 0n
  const changed = records.map(record => {
    const { kind, args } = record
    if (kind === V1Kind.Batch) {
      now = args[1]
      return { ...record, args: args.with(1, place(now)) }
    }
    // Its own time is absolute, and that of its batch does not count.
    if (kind === V1Kind.CPUSample) return { ...record, args: args.with(1, place(args[1])) }
    if (!isTimedV1(kind)) return record
    const before = now
    now += args[0]
    const later = args.with(0, place(now) - place(before))
    const exit = kind === V1Kind.GoSysExit && args[3] !== 0n
    return { ...record, args: exit ? later.with(3, place(args[3])) : later }
  })
  return joined(bytes.subarray(0, v1.HEADER_BYTES), ...changed.map(v1.encodeRecord))
}

function isTimedV1(kind: number): boolean {
  return kind > V1Kind.Stack && kind !== V1Kind.TimerGoroutine && kind !== V1Kind.String && v1Specs[kind] !== undefined
}

function recordsOfV1(bytes: Uint8Array): TraceRecord[] {
  return v1.recordSpans(bytes).map(span => {
    const record = v1.decodeRecord(bytes, span)
    if (record === null) throw new Error(`no record at ${span.start}`)
    return record
  })
}

function frequencyOfV1(bytes: Uint8Array): bigint {
  const found = recordsOfV1(bytes).find(({ kind }) => kind === V1Kind.Frequency)
  if (found === undefined) throw new Error('a trace without a frequency')
  return found.args[0]
}

function least(times: readonly bigint[]): bigint {
  let found = times[0]
  for (const time of times) if (time < found) found = time
  return found
}
