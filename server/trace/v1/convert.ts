/** Converts checked v1 events into the ordered columns of today's events (format.md §9.2, §9.4). */
import { type CodesByRow, type Dictionary, NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { EventKind } from '../../core/event-table.js'
import { stwReasons } from '../../core/reasons.js'
import { GoState, ProcState } from '../../core/states.js'
import { NONE } from '../../core/wide.js'
import type { CodedError } from '../../errors.js'
import type { BlockWriter } from '../order/block-writer.js'
import { refuse } from './bytes.js'
import { SYNC_TIME, type V1Clock } from './check.js'
import { LEFT_OUT, V1_LIMIT, V1Kind, v1Specs } from './event-table.js'
import type { V1Events, V1Parser } from './parse.js'
import { G_NONE, G_ZERO, type V1Tables } from './tables.js'

/** Kind that marks a syscall which blocks. */
const BLOCKING_SYSCALL = V1_LIMIT

const NO_ROW = -1
/** In tables of rows, where NO_ROW means something. */
const UNKNOWN = -2

const blockReasons: Readonly<Record<number, string>> = {
  [V1Kind.GoStop]: 'forever',
  [V1Kind.GoSleep]: 'sleep',
  [V1Kind.GoBlock]: '',
  [V1Kind.GoBlockSend]: 'chan send',
  [V1Kind.GoBlockRecv]: 'chan receive',
  [V1Kind.GoBlockSelect]: 'select',
  [V1Kind.GoBlockSync]: 'sync',
  [V1Kind.GoBlockCond]: 'sync.(*Cond).Wait',
  [V1Kind.GoBlockNet]: 'network',
  [V1Kind.GoBlockGC]: 'GC mark assist wait for work',
}

const stopReasons: Readonly<Record<number, string>> = {
  [V1Kind.GoSched]: 'runtime.Gosched',
  [V1Kind.GoPreempt]: 'preempted',
}

/** Marks the syscalls whose goroutine's next event says that they blocked. */
export function markBlockingSyscalls(events: V1Events, order: Uint32Array, goroutineCount: number): void {
  const { kinds, goroutines } = events
  const following = new Uint8Array(goroutineCount)
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]
    const goroutine = goroutines[row]
    const kind = kinds[row]
    if (kind === V1Kind.GoSysCall && following[goroutine] === V1Kind.GoSysBlock) kinds[row] = BLOCKING_SYSCALL
    following[goroutine] = kind
  }
}

type Handler = (converter: V1Converter, row: number) => void

/** Writes events one by one; carries what the conversion must remember between them. */
export class V1Converter {
  private readonly events: V1Events
  private readonly tables: V1Tables
  /** Ids (codes) by proc row. */
  private readonly procIds: CodesByRow
  /** Dictionary rows by goroutine and proc row; UNKNOWN until first used. */
  private readonly goroutineRows: Int32Array
  private readonly procRows: Int32Array
  /** Thread (dictionary row) that each proc runs on; UNKNOWN: not told. */
  private readonly procThreads: Int32Array
  private readonly seenProcs: Uint8Array
  /** Row of the creation of each open task. */
  private readonly tasks = new Map<number, number>()
  private readonly reasons: Int32Array
  private stwKind = NO_STRING
  /** Goroutines listed before the first Gomaxprocs of which nothing else is known; null after it. */
  private listed: Set<number> | null = new Set()
  /** Those of them that wait to be told as runnable, last one first. */
  private runnable: number[] = []
  private runnableTime = 0
  /**
   * Time in the blocks of the event that is being converted; a field, because numbers over 2^31 cost an object as
   * arguments.
   */
  time = 0

  constructor(
    parser: V1Parser,
    private readonly dictionary: Dictionary,
    private readonly clock: V1Clock,
    private readonly writer: BlockWriter,
    private readonly version: number,
  ) {
    this.events = parser.events
    this.tables = parser.tables
    const goroutineCount = parser.tables.goroutines.length
    const procCount = parser.procIds.length
    this.goroutineRows = new Int32Array(goroutineCount).fill(UNKNOWN)
    this.goroutineRows[G_ZERO] = NO_ROW
    this.goroutineRows[G_NONE] = NO_ROW
    this.procIds = parser.procIds.ids
    this.procRows = new Int32Array(procCount).fill(UNKNOWN)
    this.procThreads = new Int32Array(procCount).fill(UNKNOWN)
    this.seenProcs = new Uint8Array(procCount)
    this.reasons = new Int32Array(V1_LIMIT)
    for (const [kind, reason] of Object.entries({ ...blockReasons, ...stopReasons })) {
      this.reasons[Number(kind)] = dictionary.addString(reason)
    }
  }

  /** Whether events that stand between the last converted one and the next are still to be written. */
  get hasMore(): boolean {
    return this.runnable.length > 0
  }

  /** Writes the next of those. */
  writeMore(): void {
    const goroutine = this.runnable.pop()!
    this.writer.event(EventKind.GoStatus, this.runnableTime, NO_ROW, NO_ROW, NO_ROW)
    this.status(goroutine, GoState.Runnable)
  }

  /** Writes none, one or two events for a row; gives the error of an event that today's events cannot express. */
  convert(row: number): CodedError | null {
    const kind = this.events.kinds[row]
    const handler = handlers[kind]
    if (handler === undefined) {
      const found = v1Specs[kind]!.name
      return refuse('ORDER', `unexpected event type ${kind}`, { wanted: 'an event that can be converted', found })
    }
    this.time = this.clock.time(this.events.ticks[row]) + SYNC_TIME
    handler(this, row)
    return null
  }

  /** Begins an event in the context of a row. */
  begin(kind: number, row: number): void {
    const proc = this.events.procs[row]
    this.writer.event(kind, this.time, this.thread(proc), this.proc(proc), this.goroutine(this.events.goroutines[row]))
  }

  /** Like `begin`, for the events to which Go gives thread 0 when their proc has none. */
  beginOnThread(kind: number, row: number): void {
    const proc = this.events.procs[row]
    const known = this.procThreads[proc]
    const thread = known === UNKNOWN ? this.dictionary.threads.add(0) : known
    this.writer.event(kind, this.time, thread, this.proc(proc), this.goroutine(this.events.goroutines[row]))
  }

  slot(value: number): void {
    this.writer.slot(value)
  }

  arg(row: number, slot: number): number {
    return this.events.args[this.events.argStarts[row] + slot]
  }

  /** Writes the stack whose id is in a slot. */
  stack(row: number, slot: number): void {
    this.writer.slot(this.tables.stack(this.arg(row, slot) >>> 0))
  }

  stackHandle(row: number, slot: number): void {
    this.writer.slot(this.tables.stackHandle(this.arg(row, slot) >>> 0))
  }

  string(row: number, slot: number): void {
    this.writer.slot(this.tables.string(this.arg(row, slot)))
  }

  goroutineArg(row: number, slot: number): void {
    this.writer.slot(this.goroutine(this.arg(row, slot)))
  }

  contextGoroutine(row: number): void {
    this.writer.slot(this.goroutine(this.events.goroutines[row]))
  }

  reason(row: number): void {
    this.writer.slot(this.reasons[this.events.kinds[row]])
  }

  status(goroutine: number, to: number): void {
    this.writer.slot(this.goroutine(goroutine))
    this.writer.slot(GoState.Undetermined)
    this.writer.slot(to)
  }

  /** A status that the trace tells while it lists the goroutines, or at any time for those that wait. */
  tellStatus(row: number, to: number): void {
    const goroutine = this.events.goroutines[row]
    this.listed?.delete(goroutine)
    this.begin(EventKind.GoStatus, row)
    this.status(goroutine, to)
  }

  changeProcs(row: number): void {
    if (this.listed === null) {
      this.begin(EventKind.ProcsChange, row)
      this.slot(this.arg(row, 0))
      this.slot(this.arg(row, 1))
      this.stack(row, 2)
      return
    }
    const { ids } = this.tables.goroutines
    const exact = (goroutine: number): bigint => BigInt.asIntN(64, this.dictionary.wide.decode(ids[goroutine]))
    this.runnable = [...this.listed].sort((a, b) => (exact(a) < exact(b) ? 1 : -1))
    this.runnableTime = this.time
    this.listed = null
  }

  createGoroutine(row: number): void {
    if (this.listed !== null) {
      this.listed.add(this.arg(row, 0))
      return
    }
    this.begin(EventKind.GoCreate, row)
    this.goroutineArg(row, 0)
    this.stackHandle(row, 1)
    this.stack(row, 2)
  }

  startGoroutine(row: number): void {
    if (this.listed !== null) {
      this.tellStatus(row, GoState.Running)
      return
    }
    this.begin(EventKind.GoStart, row)
    this.contextGoroutine(row)
  }

  startProc(row: number): void {
    this.procThreads[this.events.procs[row]] = this.arg(row, 0)
    this.changeProc(row, EventKind.ProcStart, ProcState.Running)
  }

  stopProc(row: number): void {
    this.changeProc(row, EventKind.ProcStop, ProcState.Idle)
    this.procThreads[this.events.procs[row]] = UNKNOWN
  }

  beginStw(row: number): void {
    this.stwKind = this.dictionary.addString(this.stwName(row))
    this.begin(EventKind.STWBegin, row)
    this.slot(this.stwKind)
    this.slot(NO_STACK)
  }

  endStw(row: number): void {
    this.begin(EventKind.STWEnd, row)
    this.slot(this.stwKind)
  }

  beginTask(row: number): void {
    const parent = this.arg(row, 1)
    this.tasks.set(this.arg(row, 0), row)
    this.begin(EventKind.UserTaskBegin, row)
    this.slot(this.arg(row, 0))
    this.slot(parent >= 0 && this.dictionary.tasks.ids[parent] === 0 ? NO_ROW : parent)
    this.string(row, 2)
    this.stack(row, 3)
  }

  /** The end repeats parent and name of the begin; unlike there, parent 0 stays. */
  endTask(row: number): void {
    const task = this.arg(row, 0)
    const begin = this.tasks.get(task)
    this.tasks.delete(task)
    this.begin(EventKind.UserTaskEnd, row)
    this.slot(task)
    this.slot(begin === undefined ? NO_ROW : this.arg(begin, 1))
    this.slot(begin === undefined ? NO_STRING : this.tables.string(this.arg(begin, 2)))
    this.stack(row, 1)
  }

  sample(row: number): void {
    const { procs, goroutines } = this.events
    this.writer.event(EventKind.CpuSample, this.time, NO_ROW, this.proc(procs[row]), this.goroutine(goroutines[row]))
    this.stackHandle(row, 0)
  }

  /** The first word of a proc is its status. */
  private changeProc(row: number, kind: number, status: number): void {
    const proc = this.events.procs[row]
    const first = this.seenProcs[proc] === 0
    this.seenProcs[proc] = 1
    this.begin(first ? EventKind.ProcStatus : kind, row)
    if (first) {
      this.slot(this.proc(proc))
      this.slot(ProcState.Undetermined)
      this.slot(status)
    } else if (kind === EventKind.ProcStart) {
      this.slot(this.proc(proc))
    }
  }

  private stwName(row: number): string {
    const number = this.arg(row, 1) === 0 ? this.arg(row, 0) >>> 0 : stwReasons.length
    if (this.version >= 21) return stwReasons[number] ?? ''
    return number <= 1 ? stwReasons[number + 1] : ''
  }

  private thread(proc: number): number {
    const thread = this.procIds[proc] === NONE ? UNKNOWN : this.procThreads[proc]
    return thread === UNKNOWN ? NO_ROW : thread
  }

  private proc(row: number): number {
    if (this.procRows[row] === UNKNOWN) {
      const id = this.procIds[row]
      this.procRows[row] = id === NONE ? NO_ROW : this.dictionary.procs.add(id)
    }
    return this.procRows[row]
  }

  private goroutine(row: number): number {
    if (this.goroutineRows[row] === UNKNOWN) {
      this.goroutineRows[row] = this.dictionary.goroutines.add(this.tables.goroutines.ids[row])
    }
    return this.goroutineRows[row]
  }
}

/** An event that only changes its number. */
function plain(kind: number): Handler {
  return (c, row) => c.begin(kind, row)
}

/** An event whose only argument is the stack in its first slot. */
function withStack(kind: number): Handler {
  return (c, row) => {
    c.begin(kind, row)
    c.stack(row, 0)
  }
}

function withReason(kind: number): Handler {
  return (c, row) => {
    c.begin(kind, row)
    c.reason(row)
    c.stack(row, 0)
  }
}

/** An event whose arguments are `count` slots that stay as they are. */
function withSlots(kind: number, count: number): Handler {
  return (c, row) => {
    c.begin(kind, row)
    for (let slot = 0; slot < count; slot++) c.slot(c.arg(row, slot))
  }
}

const K = V1Kind
const E = EventKind
const handlers: (Handler | undefined)[] = new Array(V1_LIMIT + 1).fill(undefined)
handlers[K.Gomaxprocs] = (c, row) => c.changeProcs(row)
handlers[K.ProcStart] = (c, row) => c.startProc(row)
handlers[K.ProcStop] = (c, row) => c.stopProc(row)
handlers[K.GCStart] = withStack(E.GCBegin)
handlers[K.GCDone] = plain(E.GCEnd)
handlers[K.GCSTWStart] = (c, row) => c.beginStw(row)
handlers[K.GCSTWDone] = (c, row) => c.endStw(row)
handlers[K.GCSweepStart] = withStack(E.GCSweepBegin)
handlers[K.GCSweepDone] = withSlots(E.GCSweepEnd, 4)
handlers[K.GoCreate] = (c, row) => c.createGoroutine(row)
handlers[K.GoStart] = (c, row) => c.startGoroutine(row)
handlers[K.GoStartLabel] = (c, row) => {
  c.beginOnThread(E.GoStart, row)
  c.contextGoroutine(row)
  c.beginOnThread(E.GoLabel, row)
  c.string(row, 0)
}
handlers[K.GoEnd] = plain(E.GoDestroy)
handlers[K.GoUnblock] = (c, row) => {
  c.begin(E.GoUnblock, row)
  c.goroutineArg(row, 0)
  c.stack(row, 1)
}
for (const kind of Object.keys(blockReasons)) handlers[Number(kind)] = withReason(E.GoBlock)
for (const kind of Object.keys(stopReasons)) handlers[Number(kind)] = withReason(E.GoStop)
handlers[BLOCKING_SYSCALL] = withStack(E.GoSyscallBegin)
handlers[K.GoSysCall] = (c, row) => {
  c.beginOnThread(E.GoSyscallBegin, row)
  c.stack(row, 0)
  c.time++
  c.beginOnThread(E.GoSyscallEnd, row)
}
handlers[K.GoSysExit] = plain(E.GoSyscallEndBlocked)
handlers[K.GoSysBlock] = () => {}
handlers[LEFT_OUT] = () => {}
handlers[K.GoWaiting] = (c, row) => c.tellStatus(row, GoState.Waiting)
handlers[K.GoInSyscall] = (c, row) => c.tellStatus(row, GoState.Syscall)
handlers[K.HeapAlloc] = withSlots(E.HeapAlloc, 2)
handlers[K.HeapGoal] = withSlots(E.HeapGoal, 2)
handlers[K.GCMarkAssistStart] = withStack(E.GCMarkAssistBegin)
handlers[K.GCMarkAssistDone] = plain(E.GCMarkAssistEnd)
handlers[K.UserTaskCreate] = (c, row) => c.beginTask(row)
handlers[K.UserTaskEnd] = (c, row) => c.endTask(row)
handlers[K.UserRegion] = (c, row) => {
  c.begin(c.arg(row, 1) === 0 ? E.UserRegionBegin : E.UserRegionEnd, row)
  c.slot(c.arg(row, 0))
  c.string(row, 3)
  c.stack(row, 4)
}
handlers[K.UserLog] = (c, row) => {
  c.begin(E.UserLog, row)
  c.slot(c.arg(row, 0))
  c.string(row, 1)
  c.slot(c.arg(row, 3))
  c.stack(row, 2)
}
handlers[K.CPUSample] = (c, row) => c.sample(row)
