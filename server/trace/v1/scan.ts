/**
 * First pass over a v1 trace: where each proc's batches lie, how much the second pass will keep, and the CPU samples,
 * whose place in the file means nothing (format.md §9.1, §9.3). Checks framing only; what it accepts, the second pass
 * need not check again.
 */
import type { CodedError } from '../../errors.js'
import { argumentPrefix, HEADER_BYTES, refuse, signed, TickBase, uvarintText, type V1Bytes } from './bytes.js'
import { V1_LIMIT, V1Kind, v1Specs } from './event-table.js'

const MAX_ARGUMENT_BYTES = 2048
const MAX_PROC = 0x7fffffff

/** The batches of one proc in file order: each from its offset to its end. */
export interface V1Stream {
  readonly pid: number
  readonly offsets: number[]
  readonly ends: number[]
}

/** A CPU sample; ids as they stand in the file. */
export interface V1Sample {
  readonly ticks: number
  readonly proc: number
  readonly goroutine: bigint
  readonly stack: number
}

export interface V1Scan {
  /** Ascending by proc. */
  readonly streams: readonly V1Stream[]
  readonly samples: readonly V1Sample[]
  readonly base: TickBase
  /** Events and slots that the second pass will keep, CPU samples left out. */
  readonly events: number
  readonly slots: number
}

export function scanBatches(bytes: V1Bytes, version: number): V1Scan {
  const { data } = bytes
  const streams = new Map<number, V1Stream>()
  const samples: V1Sample[] = []
  const end = data.length
  let base: TickBase | null = null
  let current: V1Stream | null = null
  let events = 0
  let slots = 0
  bytes.at = HEADER_BYTES
  while (bytes.at < end) {
    const offset = bytes.at
    const head = data[bytes.at++]
    const kind = head & 0x3f
    const spec = kind < V1_LIMIT ? v1Specs[kind] : undefined
    if (spec === undefined || spec.since > version) {
      const wanted = `an event of version 1.${version}`
      throw refuse('FRAMING', `unknown event type ${kind}`, { offset, wanted, found: String(kind) })
    }
    if (kind === V1Kind.String) {
      skipString(bytes)
      continue
    }
    if (kind === V1Kind.Batch) {
      const { pid, ticks } = readBatchHeader(bytes, head)
      base ??= new TickBase(ticks)
      current?.ends.push(offset)
      current = streams.get(pid) ?? { pid, offsets: [], ends: [] }
      streams.set(pid, current)
      current.offsets.push(offset)
      continue
    }
    const values = kind === V1Kind.CPUSample ? readSample(bytes, head) : null
    if (values === null && !skipArguments(bytes, head)) break
    if (current === null || base === null) {
      throw refuse('FRAMING', `read event ${kind} with current P of 0, but P has no batches yet`, {
        offset,
        wanted: 'a batch first',
        found: spec.name,
      })
    }
    if (values !== null) {
      samples.push(sampleOf(values, base))
    } else if (kind > V1Kind.Stack && kind !== V1Kind.TimerGoroutine) {
      events++
      slots += spec.slots
    }
  }
  current?.ends.push(end)
  return {
    streams: [...streams.values()].sort((a, b) => a.pid - b.pid),
    samples,
    base: base ?? new TickBase(0n),
    events,
    slots,
  }
}

function readBatchHeader(bytes: V1Bytes, head: number): { pid: number; ticks: bigint } {
  const offset = bytes.at - 1
  const count = (head >> 6) + 1
  if (count !== 2) {
    throw refuse('FRAMING', `EvBatch has wrong number of arguments: got ${count}, want 2`, {
      offset,
      wanted: '2',
      found: String(count),
    })
  }
  const end = bytes.data.length
  let pid = bytes.uvarint(end)
  if (Number.isNaN(pid) && bytes.wide === 0xffff_ffff_ffff_ffffn) {
    pid = -1
  } else if (!(pid <= MAX_PROC)) {
    const found = uvarintText(bytes, pid)
    throw refuse('FRAMING', `processor ID ${found} is larger than maximum of 18446744073709551615`, {
      offset,
      wanted: `at most ${MAX_PROC}`,
      found,
    })
  }
  const ticks = bytes.uvarint(end)
  return { pid, ticks: signed(bytes, ticks) }
}

function skipString(bytes: V1Bytes): void {
  const end = bytes.data.length
  bytes.skipUvarint(end)
  const length = bytes.uvarint(end)
  if (!discard(bytes, length)) throw endOfFile(bytes, uvarintText(bytes, length), 'EOF')
}

/** False when the inline string of a log is cut off, which Go's first pass takes for the end of the file. */
function skipArguments(bytes: V1Bytes, head: number): boolean {
  const kind = head & 0x3f
  const end = bytes.data.length
  const inline = head >> 6
  if (inline < 3) {
    for (let i = 0; i <= inline; i++) bytes.skipUvarint(end, kind)
    return true
  }
  const length = readArgumentLength(bytes, kind)
  if (!discard(bytes, length)) throw endOfFile(bytes, String(length), 'EOF')
  if (kind !== V1Kind.UserLog) return true
  return discard(bytes, bytes.uvarint(end))
}

/** Length in bytes of the arguments that follow. */
export function readArgumentLength(bytes: V1Bytes, kind: number): number {
  const offset = bytes.at
  const length = bytes.uvarint(bytes.data.length, kind)
  if (!(length <= MAX_ARGUMENT_BYTES)) {
    const found = uvarintText(bytes, length)
    const message = `length-prefixed argument too big: ${found} bytes, limit is ${MAX_ARGUMENT_BYTES}`
    throw refuse('FRAMING', argumentPrefix(kind) + message, { offset, wanted: `at most ${MAX_ARGUMENT_BYTES}`, found })
  }
  return length
}

/** The arguments of a CPU sample as unsigned values; the number of them is checked. */
function readSample(bytes: V1Bytes, head: number): bigint[] {
  const offset = bytes.at - 1
  const values: bigint[] = []
  if (head >> 6 < 3) {
    skipArguments(bytes, head)
  } else {
    const length = readArgumentLength(bytes, V1Kind.CPUSample)
    const stop = bytes.at + length
    requireBytes(bytes, length)
    while (bytes.at < stop) {
      const value = bytes.uvarint(stop)
      values.push(Number.isNaN(value) ? bytes.wide : BigInt(value))
    }
  }
  const wanted = v1Specs[V1Kind.CPUSample]!.argCount
  if (values.length !== wanted) {
    throw refuse('FRAMING', `CPU sample has wrong number of arguments: want ${wanted}, got ${values.length}`, {
      offset,
      wanted: String(wanted),
      found: String(values.length),
    })
  }
  return values
}

function sampleOf(values: readonly bigint[], base: TickBase): V1Sample {
  const [, ticks, proc, goroutine, stack] = values
  return {
    ticks: base.relativeExact(BigInt.asIntN(64, ticks)),
    proc: Number(BigInt.asIntN(32, proc)),
    goroutine,
    stack: Number(BigInt.asUintN(32, stack)),
  }
}

/** Passes `length` bytes by; false when there are fewer. */
function discard(bytes: V1Bytes, length: number): boolean {
  if (!(bytes.at + length <= bytes.data.length)) return false
  bytes.at += length
  return true
}

/** Fails unless `length` bytes and at least one are left. */
export function requireBytes(bytes: V1Bytes, length: number): void {
  if (bytes.at >= bytes.data.length || bytes.at + length > bytes.data.length) {
    throw endOfFile(bytes, String(length), 'unexpected EOF')
  }
}

function endOfFile(bytes: V1Bytes, length: string, reason: string): CodedError {
  return refuse('FRAMING', `failed to read trace: ${reason}`, {
    offset: bytes.at,
    wanted: `${length} bytes`,
    found: `${bytes.data.length - bytes.at} bytes`,
    cut: true,
  })
}
