/**
 * Second pass over a v1 trace: batches → typed columns, one row an event, in the order in which the batches are asked
 * for. A batch is parsed when the merge needs its first event, because Go does so: errors and redefinitions then come
 * in its order.
 */
import { type Dictionary, IdTable } from '../../core/dictionary.js'
import { goSort } from '../../core/go-sort.js'
import { NONE } from '../../core/wide.js'
import { refuse, type V1Bytes } from './bytes.js'
import { GStatus, V1_LIMIT, V1Kind, type V1Spec, v1Specs } from './event-table.js'
import { readArgumentLength, requireBytes, scanBatches, type V1Scan, type V1Stream } from './scan.js'
import { G_GC, G_NONE, G_ZERO, low32, type TakeV1Odd, V1Tables } from './tables.js'

/** A sequence number that any fits; also what all ones mean on the wire. */
export const ANY_SEQ = NONE
/** Key of events that never wait. */
export const NO_KEY = -1

export const TIME_ORDER = 'time stamps out of order'

/** Proc under which Go merges the CPU samples. */
const SAMPLES_PROC = 1000005

const MAX_VALUES = 2048

/**
 * All events, a row each in the order of parsing.
 *
 *   kinds        V1Kind; the merge turns the …Local kinds into plain ones
 *   ticks        relative to the first batch
 *   goroutines   row of tables.goroutines
 *   procs        row of procIds
 *   argStarts    place of the first slot (event-table.ts) in `args`
 */
export interface V1Events {
  readonly count: number
  readonly kinds: Uint8Array
  readonly ticks: Float64Array
  readonly goroutines: Int32Array
  readonly procs: Int32Array
  readonly argStarts: Uint32Array
  readonly args: Int32Array
}

/** One input of the merge: the rows from `next` to `end` are parsed and not merged yet. */
export interface MergeProc {
  readonly stream: V1Stream & { next: number; goroutine: number }
  next: number
  end: number
  /** Row that the columns below begin with. */
  first: number
  /** What must be in the wanted state before the event (row of tables.goroutines), NO_KEY: nothing. */
  keys: Int32Array
  /** The wanted sequence number (a code) or ANY_SEQ. */
  seqs: Float64Array
  /** The real ticks of a syscall exit, NaN: none. */
  exits: Float64Array
}

/** What an argument type (event-table.ts) makes the parser do. */
const ArgAction = {
  Skip: 0,
  Goroutine: 1,
  Context: 2,
  Seq: 3,
  Exit: 4,
  String: 5,
  Task: 6,
  Thread: 7,
  Stack: 8,
  Value: 9,
} as const
const actionOfType: Readonly<Record<string, number>> = {
  unused: ArgAction.Skip,
  g: ArgAction.Goroutine,
  context: ArgAction.Context,
  seq: ArgAction.Seq,
  ticks: ArgAction.Exit,
  string: ArgAction.String,
  task: ArgAction.Task,
  thread: ArgAction.Thread,
  stack: ArgAction.Stack,
  value: ArgAction.Value,
}
const MAX_ARGS = 3
const argCounts = Uint8Array.from({ length: V1_LIMIT }, (_, kind) => v1Specs[kind]?.args.length ?? 0)
const recordLengths = Int8Array.from({ length: V1_LIMIT }, (_, kind) => v1Specs[kind]?.argCount ?? -1)
const actions = new Uint8Array(V1_LIMIT * MAX_ARGS)
const stacks = new Uint8Array(V1_LIMIT)
/** Where the key of an event comes from. */
const KeyFrom = { Nowhere: 0, Context: 1, Target: 2, GC: 3 } as const
const keyOrigins = new Uint8Array(V1_LIMIT)
/** The wanted sequence number where the table fixes it, ANY_SEQ, or SEQ_FROM_ARG. */
const SEQ_FROM_ARG = -2
const seqRules = new Int8Array(V1_LIMIT).fill(ANY_SEQ)
/** What an event does to its proc's current goroutine. */
const Current = { Stays: 0, Starts: 1, Leaves: 2 } as const
const currents = new Uint8Array(V1_LIMIT)

for (const spec of v1Specs) {
  if (spec === undefined) continue
  const { kind, order } = spec
  spec.args.forEach(({ type }, i) => {
    actions[kind * MAX_ARGS + i] = actionOfType[type]
  })
  stacks[kind] = spec.stack ? 1 : 0
  if (spec.leaves) currents[kind] = Current.Leaves
  if (order === null) continue
  if (order.to === GStatus.Running) currents[kind] = Current.Starts
  keyOrigins[kind] = { context: KeyFrom.Context, g: KeyFrom.Target, gc: KeyFrom.GC }[order.key]
  seqRules[kind] = order.seq === 'arg' ? SEQ_FROM_ARG : order.seq === 'any' ? ANY_SEQ : order.seq
}

export class V1Parser {
  readonly tables: V1Tables
  readonly events: V1Events
  /** Ids of procs (codes) by row. */
  readonly procIds = new IdTable()
  readonly scan: V1Scan
  /** Goroutines (rows) whose unblocks are those of timers. */
  readonly timerGoroutines = new Set<number>()
  /** 0: not seen. */
  ticksPerSecond = 0

  private readonly streams: MergeProc['stream'][]
  private count = 0
  private slotCount = 0
  /** Arguments of the current record: numbers, NaN where the value is in wideValues. */
  private readonly values = new Float64Array(MAX_VALUES)
  private readonly wideValues: bigint[] = []
  /** Message of the log that was just read: a row of dictionary.strings. */
  private message = 0

  /** @param odd takes what ordering does not need; null: that is an error */
  constructor(
    private readonly bytes: V1Bytes,
    private readonly dictionary: Dictionary,
    version: number,
    odd: TakeV1Odd | null,
  ) {
    this.tables = new V1Tables(dictionary, odd)
    this.scan = scanBatches(bytes, version)
    const count = this.scan.events + this.scan.samples.length
    this.events = {
      count,
      kinds: new Uint8Array(count),
      ticks: new Float64Array(count),
      goroutines: new Int32Array(count),
      procs: new Int32Array(count),
      argStarts: new Uint32Array(count),
      args: new Int32Array(this.scan.slots + this.scan.samples.length),
    }
    this.streams = this.scan.streams.map(stream => ({ ...stream, next: 0, goroutine: G_ZERO }))
  }

  /** The inputs of the merge: procs ascending, then the CPU samples. */
  mergeProcs(): MergeProc[] {
    const procs = this.streams.map(stream => emptyProc(stream))
    const foreign = this.streams.find(stream => stream.pid === SAMPLES_PROC)
    const samples = emptyProc(foreign ?? { pid: SAMPLES_PROC, offsets: [], ends: [], next: 0, goroutine: G_ZERO })
    this.addSamples(samples)
    return [...procs, samples]
  }

  /** Parses the next batch of a proc that has no parsed events left; false when there is none. */
  load(proc: MergeProc): boolean {
    const { bytes, tables } = this
    const { stream } = proc
    if (stream.next === stream.offsets.length) return false
    const end = stream.ends[stream.next]
    bytes.at = stream.offsets[stream.next++] + 1
    this.begin(proc, end - bytes.at)
    const procRow = this.procRow(stream.pid)
    bytes.uvarint(end)
    let ticks = this.scan.base.relative(bytes, bytes.uvarint(end))
    while (bytes.at < end) {
      const offset = bytes.at
      const head = bytes.data[bytes.at++]
      const kind = head & 0x3f
      if (kind === V1Kind.String) {
        tables.readString(bytes)
        continue
      }
      const count = this.readArguments(head)
      if (kind === V1Kind.CPUSample) continue
      if (kind === V1Kind.Stack) {
        for (let i = 0; i < count; i++) this.values[i] = this.code(i)
        tables.addStack(this.values, count, offset)
        continue
      }
      if (count !== recordLengths[kind]) throw wrongArguments(v1Specs[kind]!, count, offset)
      if (kind === V1Kind.Frequency) this.setFrequency(offset)
      else if (kind === V1Kind.TimerGoroutine) this.timerGoroutines.add(tables.goroutines.add(this.code(0)))
      else {
        ticks = this.scan.base.wrapped(ticks + this.delta())
        // Not an argument of addEvent: numbers over 2^31 cost an object there.
        this.events.ticks[this.count] = ticks
        this.addEvent(proc, kind, procRow)
      }
    }
    return true
  }

  /** Row of a proc; −1 is none, other negative ones occur in damaged samples only. */
  procRow(pid: number): number {
    return this.procIds.add(this.dictionary.wide.encode(BigInt.asUintN(64, BigInt(pid))))
  }

  /** Arguments of the record whose first byte was just read into `values`; the number of them. */
  private readArguments(head: number): number {
    const { bytes } = this
    const inline = head >> 6
    if (inline < 3) {
      for (let i = 0; i <= inline; i++) this.readValue(i, bytes.data.length)
      return inline + 1
    }
    const length = readArgumentLength(bytes, head & 0x3f)
    requireBytes(bytes, length)
    const stop = bytes.at + length
    let count = 0
    while (bytes.at < stop) this.readValue(count++, stop)
    if ((head & 0x3f) === V1Kind.UserLog) this.message = this.tables.readInlineString(bytes)
    return count
  }

  private readValue(i: number, limit: number): void {
    const value = this.bytes.uvarint(limit)
    this.values[i] = value
    if (Number.isNaN(value)) this.wideValues[i] = this.bytes.wide
  }

  private code(i: number): number {
    const value = this.values[i]
    return Number.isNaN(value) ? this.dictionary.wide.encode(this.wideValues[i]) : value
  }

  private delta(): number {
    const value = this.values[0]
    return Number.isNaN(value) ? Number(BigInt.asIntN(64, this.wideValues[0])) : value
  }

  private setFrequency(offset: number): void {
    const value = this.values[0]
    this.ticksPerSecond = Number.isNaN(value) ? Number(BigInt.asIntN(64, this.wideValues[0])) : value
    if (this.ticksPerSecond <= 0) {
      const found = String(this.ticksPerSecond)
      throw refuse('TABLES', TIME_ORDER, { offset, wanted: 'a frequency over 0', found })
    }
  }

  /** Makes room in a proc's own columns for a batch of so many bytes; no event takes fewer than two. */
  private begin(proc: MergeProc, byteLength: number): void {
    const room = Math.min((byteLength >> 1) + 1, this.events.count - this.count)
    if (proc.keys.length < room) {
      proc.keys = new Int32Array(room)
      proc.seqs = new Float64Array(room)
      proc.exits = new Float64Array(room)
    }
    proc.first = this.count
    proc.next = this.count
    proc.end = this.count
  }

  private addEvent(proc: MergeProc, kind: number, procRow: number): void {
    const { events, tables } = this
    const { args } = events
    const row = this.count++
    let slot = this.slotCount
    events.kinds[row] = kind
    events.procs[row] = procRow
    events.argStarts[row] = slot
    let goroutine = proc.stream.goroutine
    let target = NO_KEY
    let seq: number = ANY_SEQ
    let exit = Number.NaN
    const argCount = argCounts[kind]
    for (let i = 0; i < argCount; i++) {
      const at = i + 1
      switch (actions[kind * MAX_ARGS + i]) {
        case ArgAction.Goroutine:
          target = tables.goroutines.add(this.code(at))
          args[slot++] = target
          break
        case ArgAction.Context:
          goroutine = tables.goroutines.add(this.code(at))
          break
        case ArgAction.Seq:
          seq = this.code(at)
          break
        case ArgAction.Exit:
          exit = this.exitTicks(at)
          break
        case ArgAction.String:
          args[slot++] = tables.stringRef(this.code(at))
          break
        case ArgAction.Task:
          args[slot++] = rowOf(this.dictionary.tasks, this.code(at))
          break
        case ArgAction.Thread:
          args[slot++] = rowOf(this.dictionary.threads, this.code(at))
          break
        case ArgAction.Stack:
          args[slot++] = this.wholeStackId(at)
          break
        case ArgAction.Value:
          this.putValue(slot, at)
          slot += 2
          break
      }
    }
    if (stacks[kind] === 1) args[slot++] = low32(this.dictionary, this.code(argCount + 1))
    if (kind === V1Kind.UserLog) args[slot++] = this.message
    this.slotCount = slot
    events.goroutines[row] = goroutine
    const current = currents[kind]
    if (current !== Current.Stays) proc.stream.goroutine = current === Current.Starts ? goroutine : G_ZERO
    const at = row - proc.first
    const rule = seqRules[kind]
    proc.keys[at] = keyOf(keyOrigins[kind], goroutine, target)
    proc.seqs[at] = rule === SEQ_FROM_ARG ? seq : rule
    proc.exits[at] = exit
    proc.end = this.count
  }
  private addSamples(proc: MergeProc): void {
    const { events, tables, scan } = this
    const { samples } = scan
    const order = Uint32Array.from(samples.keys())
    goSort(
      order,
      Float64Array.from(samples, sample => sample.ticks),
    )
    proc.keys = new Int32Array(samples.length).fill(NO_KEY)
    proc.seqs = new Float64Array(samples.length)
    proc.exits = new Float64Array(samples.length).fill(Number.NaN)
    for (const index of order) {
      const sample = samples[index]
      const row = this.count++
      events.kinds[row] = V1Kind.CPUSample
      events.ticks[row] = sample.ticks
      events.procs[row] = this.procRow(sample.proc)
      events.goroutines[row] = tables.goroutines.add(this.dictionary.wide.encode(sample.goroutine))
      events.argStarts[row] = this.slotCount
      events.args[this.slotCount++] = sample.stack
    }
    proc.end = this.count
  }

  /** The real ticks of a syscall exit; 0 on the wire means that they are unknown. */
  private exitTicks(i: number): number {
    const value = this.values[i]
    if (value === 0) return Number.NaN
    if (Number.isNaN(value)) this.bytes.wide = this.wideValues[i]
    return this.scan.base.relative(this.bytes, value)
  }

  /** A stack id that Go does not cut to 32 bits; a longer one names no stack. */
  private wholeStackId(i: number): number {
    const value = this.values[i]
    return value <= 0xffffffff ? value : 0
  }

  private putValue(slot: number, i: number): void {
    const { args } = this.events
    const value = this.values[i]
    if (Number.isNaN(value)) {
      args[slot] = Number(BigInt.asIntN(32, this.wideValues[i]))
      args[slot + 1] = Number(BigInt.asIntN(32, this.wideValues[i] >> 32n))
    } else {
      args[slot] = value | 0
      args[slot + 1] = (value / 4294967296) | 0
    }
  }
}

function emptyProc(stream: MergeProc['stream']): MergeProc {
  const none = new Float64Array(0)
  return { stream, next: 0, end: 0, first: 0, keys: new Int32Array(0), seqs: none, exits: none }
}

function keyOf(origin: number, context: number, target: number): number {
  if (origin === KeyFrom.Nowhere) return NO_KEY
  const row = origin === KeyFrom.Context ? context : origin === KeyFrom.Target ? target : G_GC
  return row === G_NONE ? NO_KEY : row
}

function rowOf(table: IdTable, id: number): number {
  return id === NONE ? -1 : table.add(id)
}

function wrongArguments(spec: V1Spec, found: number, offset: number): Error {
  return refuse('FRAMING', `${spec.name} has wrong number of arguments: want ${spec.argCount}, got ${found}`, {
    offset,
    wanted: String(spec.argCount),
    found: String(found),
  })
}
