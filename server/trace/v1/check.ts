/**
 * What Go does between merging and converting v1 events: ticks become times, some events move to procs of their own,
 * and the whole is checked; one contradiction refuses the file (format.md §9.3, appendix B), but for those of
 * annotations and ranges (core/oddities.ts).
 */

import type { Dictionary, IdTable } from '../../core/dictionary.js'
import { exactOf } from '../../core/event-block.js'
import { LooseRegions } from '../../core/loose-regions.js'
import { Odd } from '../../core/oddities.js'
import type { CodedError } from '../../errors.js'
import { refuse } from './bytes.js'
import { GStatus, LEFT_OUT, V1Kind, v1Specs } from './event-table.js'
import type { V1Events, V1Parser } from './parse.js'
import { G_ZERO, type TakeV1Odd, type V1Tables } from './tables.js'

/** Procs that exist in the reader only. */
export const FakeProc = {
  Timer: 1000001,
  Network: 1000002,
  Syscall: 1000003,
  GC: 1000004,
} as const

/** What lies between the opening Sync, which has time 0 in the blocks, and the first event. */
export const SYNC_TIME = 1

/** Turns the ticks of merged events into times, ns after the first one. */
export class V1Clock {
  private readonly first: number
  private readonly factor: number
  private readonly ticks: Float64Array

  constructor(parser: V1Parser, order: Uint32Array) {
    const { ticks } = parser.events
    this.ticks = ticks
    if (parser.ticksPerSecond === 0) throw refuse('TABLES', 'no EvFrequency event', { wanted: 'an event of type 2' })
    this.first = order.length === 0 ? 0 : ticks[order[0]]
    this.factor = 1e9 / parser.ticksPerSecond
  }

  /** Rows that are not too late to be told exactly, of those in order, and the error of the first that is. */
  servedRows(order: Uint32Array): { readonly order: Uint32Array; readonly error: CodedError | null } {
    let [served, end] = [0, order.length]
    while (served < end) {
      const middle = (served + end) >>> 1
      if (this.time(this.ticks[order[middle]]) < Number.MAX_SAFE_INTEGER) served = middle + 1
      else end = middle
    }
    if (served === order.length) return { order, error: null }
    const found = `${(this.time(this.ticks[order[served]]) / 86_400e9).toFixed(1)} days`
    const message = 'the trace is longer than 2^53 ns, 104 days'
    const error = refuse('ORDER', message, { wanted: 'at most 104 days', found })
    return { order: order.subarray(0, served), error }
  }

  time(ticks: number): number {
    return Math.trunc((ticks - this.first) * this.factor)
  }
}

/**
 * Checks the events in order; moves those of timers, network, syscall exits and GC starts to their fake procs.
 *
 * @param odd takes what ordering does not need: those events get the kind LEFT_OUT where they can't be told; null: they
 * are errors
 */
export function checkEvents(
  parser: V1Parser,
  dictionary: Dictionary,
  clock: V1Clock,
  order: Uint32Array,
  odd: TakeV1Odd | null,
): void {
  new Check(parser, dictionary, clock, odd).run(order)
}

const NO_EVENT = -1

class Check {
  private readonly events: V1Events
  private readonly tables: V1Tables
  private readonly procIds: IdTable
  private readonly timerProc: number
  private readonly networkProc: number
  private readonly syscallProc: number
  private readonly gcProc: number

  // per goroutine row
  private readonly states: Uint8Array
  private readonly known: Uint8Array
  private readonly assisting: Uint8Array
  /** Kind of the event that told the state last, 0: none. */
  private readonly lastKinds: Uint8Array

  // per proc row
  private readonly running: Uint8Array
  private readonly current: Int32Array
  private readonly sweeping: Uint8Array

  private inGC = false
  private stopped = false
  private readonly tasks = new Map<number, number>()
  private readonly regions = new Map<number, number[]>()
  /** The same of goroutines that ended one out of turn. */
  private readonly loose = new Map<number, LooseRegions<number>>()

  constructor(
    private readonly parser: V1Parser,
    private readonly dictionary: Dictionary,
    private readonly clock: V1Clock,
    private readonly odd: TakeV1Odd | null,
  ) {
    this.events = parser.events
    this.tables = parser.tables
    this.procIds = parser.procIds
    this.timerProc = parser.procRow(FakeProc.Timer)
    this.networkProc = parser.procRow(FakeProc.Network)
    this.syscallProc = parser.procRow(FakeProc.Syscall)
    this.gcProc = parser.procRow(FakeProc.GC)
    const goroutineCount = parser.tables.goroutines.length
    const procCount = parser.procIds.length
    this.states = new Uint8Array(goroutineCount)
    this.known = new Uint8Array(goroutineCount)
    this.assisting = new Uint8Array(goroutineCount)
    this.lastKinds = new Uint8Array(goroutineCount)
    this.running = new Uint8Array(procCount)
    this.current = new Int32Array(procCount).fill(G_ZERO)
    this.sweeping = new Uint8Array(procCount)
    this.states[G_ZERO] = GStatus.Running
    this.known[G_ZERO] = 1
  }

  run(order: Uint32Array): void {
    const { kinds, procs, goroutines } = this.events
    const timers = this.parser.timerGoroutines
    for (const row of order) {
      const kind = kinds[row]
      if (kind === V1Kind.GoSysExit) procs[row] = this.syscallProc
      else if (kind === V1Kind.GoUnblock && timers.size > 0 && timers.has(goroutines[row])) procs[row] = this.timerProc
      this.check(row, kind, procs[row], goroutines[row])
    }
  }

  private check(row: number, kind: number, p: number, g: number): void {
    switch (kind) {
      case V1Kind.ProcStart:
        if (this.running[p] === 1) throw this.fail(row, `p ${this.p(p)} is running before start`)
        this.running[p] = 1
        break
      case V1Kind.ProcStop:
        if (this.running[p] === 0) throw this.fail(row, `p ${this.p(p)} is not running before stop`)
        if (this.current[p] !== G_ZERO) {
          throw this.fail(row, `p ${this.p(p)} is running a goroutine ${this.g(this.current[p])} during stop`)
        }
        this.running[p] = 0
        break
      case V1Kind.GCStart:
        if (this.inGC) this.leaveOut(row, 'previous GC is not ended before a new one')
        else {
          this.inGC = true
          this.events.procs[row] = this.gcProc
        }
        break
      case V1Kind.GCDone:
        if (!this.inGC) this.leaveOut(row, 'bogus GC end')
        else this.inGC = false
        break
      case V1Kind.GCSTWStart:
        if (this.stopped) this.leaveOut(row, 'previous STW is not ended before a new one')
        else this.stopped = true
        break
      case V1Kind.GCSTWDone:
        if (!this.stopped) this.leaveOut(row, 'bogus STW end')
        else this.stopped = false
        break
      case V1Kind.GCSweepStart:
        if (this.sweeping[p] === 1) this.leaveOut(row, 'previous sweeping is not ended before a new one')
        else this.sweeping[p] = 1
        break
      case V1Kind.GCSweepDone:
        if (this.sweeping[p] === 0) this.leaveOut(row, 'bogus sweeping end')
        else this.sweeping[p] = 0
        break
      case V1Kind.GCMarkAssistStart:
        if (this.assisting[g] === 1) this.leaveOut(row, 'previous mark assist is not ended before a new one')
        else {
          this.assisting[g] = 1
          this.known[g] = 1
        }
        break
      case V1Kind.GCMarkAssistDone:
        this.assisting[g] = 0
        this.known[g] = 1
        break
      case V1Kind.GoWaiting:
      case V1Kind.GoInSyscall:
        this.wantState(row, g, GStatus.Runnable, `runnable before Ev${v1Specs[kind]!.name}`)
        this.setState(g, GStatus.Waiting, kind)
        break
      case V1Kind.GoCreate:
        this.checkCreate(row, p, g)
        break
      case V1Kind.GoStart:
      case V1Kind.GoStartLabel:
        this.wantState(row, g, GStatus.Runnable, 'runnable before start')
        if (this.current[p] !== G_ZERO) {
          throw this.fail(
            row,
            `p ${this.p(p)} is already running g ${this.g(this.current[p])} while start g ${this.g(g)}`,
          )
        }
        this.setState(g, GStatus.Running, 0)
        this.current[p] = g
        break
      case V1Kind.GoEnd:
      case V1Kind.GoStop:
        this.wantRunning(row, p, g, false)
        this.states[g] = GStatus.Dead
        this.current[p] = G_ZERO
        if (kind === V1Kind.GoEnd) this.forgetRegions(g)
        break
      case V1Kind.GoSched:
      case V1Kind.GoPreempt:
        this.wantRunning(row, p, g, false)
        this.setState(g, GStatus.Runnable, kind)
        this.current[p] = G_ZERO
        break
      case V1Kind.GoUnblock:
        this.checkUnblock(row, p, g)
        break
      case V1Kind.GoSysCall:
        this.wantRunning(row, p, g, false)
        this.lastKinds[g] = kind
        break
      case V1Kind.GoSysBlock:
        this.wantRunning(row, p, g, false)
        this.states[g] = GStatus.Waiting
        this.current[p] = G_ZERO
        break
      case V1Kind.GoSysExit:
        this.wantState(row, g, GStatus.Waiting, 'waiting during syscall exit')
        this.setState(g, GStatus.Runnable, kind)
        break
      case V1Kind.GoSleep:
      case V1Kind.GoBlock:
      case V1Kind.GoBlockSend:
      case V1Kind.GoBlockRecv:
      case V1Kind.GoBlockSelect:
      case V1Kind.GoBlockSync:
      case V1Kind.GoBlockCond:
      case V1Kind.GoBlockNet:
      case V1Kind.GoBlockGC:
        this.wantRunning(row, p, g, false)
        this.setState(g, GStatus.Waiting, kind)
        this.current[p] = G_ZERO
        break
      case V1Kind.UserTaskCreate:
        this.checkTask(row)
        break
      case V1Kind.UserTaskEnd:
        this.tasks.delete(this.arg(row, 0))
        break
      case V1Kind.UserRegion:
        this.checkRegion(row, g)
        break
    }
  }

  private checkCreate(row: number, p: number, g: number): void {
    this.wantRunning(row, p, g, true)
    const created = this.arg(row, 0)
    if (this.known[created] === 1) throw this.fail(row, `g ${this.g(created)} already exists`)
    this.known[created] = 1
    this.setState(created, GStatus.Runnable, V1Kind.GoCreate)
  }

  private checkUnblock(row: number, p: number, g: number): void {
    this.wantState(row, g, GStatus.Running, 'running while unpark')
    if (p !== this.timerProc && this.current[p] !== g) {
      throw this.fail(row, `p ${this.p(p)} is not running g ${this.g(g)} while unpark`)
    }
    const woken = this.arg(row, 0)
    this.wantState(row, woken, GStatus.Waiting, 'waiting before unpark')
    if (this.lastKinds[woken] === V1Kind.GoBlockNet) this.events.procs[row] = this.networkProc
    this.setState(woken, GStatus.Runnable, V1Kind.GoUnblock)
  }

  private checkTask(row: number): void {
    const task = this.arg(row, 0)
    const previous = this.tasks.get(task)
    if (previous !== undefined) {
      const message = `task id conflicts (id:${this.taskText(task)}), ${this.quoted(row, row)} vs ${this.quoted(previous, row)}`
      if (this.odd === null) throw refuse('ORDER', message, { wanted: 'a new task id', found: this.taskText(task) })
      this.takeOdd(Odd.TaskBegunTwice, row, message)
    }
    this.tasks.set(task, row)
  }

  private checkRegion(row: number, g: number): void {
    const mode = exactOf(this.arg(row, 1), this.arg(row, 2))
    if (mode > 1n) {
      const message = `invalid user region mode: ${this.quoted(row, row)}`
      if (this.odd === null) throw refuse('ORDER', message, { wanted: '0 or 1', found: String(mode) })
      this.takeOdd(Odd.LeftOut, row, message)
      this.events.kinds[row] = LEFT_OUT
      return
    }
    const loose = this.loose.get(g)
    const open = this.regions.get(g)
    if (mode === 0n) {
      if (loose !== undefined) loose.push(this.arg(row, 0), this.arg(row, 3), row)
      else if (open === undefined) this.regions.set(g, [row])
      else open.push(row)
      return
    }
    const start = loose === undefined ? (open?.at(-1) ?? NO_EVENT) : (loose.top?.value ?? NO_EVENT)
    if (start === NO_EVENT) return
    if (this.arg(start, 0) !== this.arg(row, 0) || this.arg(start, 3) !== this.arg(row, 3))
      this.endOutOfTurn(row, g, start)
    else if (loose === undefined) open?.pop()
    else loose.take(this.arg(row, 0), this.arg(row, 3))
  }

  /** @param start the begin of the innermost region that is open, which is another one */
  private endOutOfTurn(row: number, g: number, start: number): void {
    const what = `span end ${this.quoted(row, row)} when the inner-most active span start event is ${this.quoted(start, row)}`
    const message = `misuse of region in goroutine ${this.g(g)}: ${what}`
    if (this.odd === null) {
      throw refuse('ORDER', message, { wanted: this.quoted(start, row), found: this.quoted(row, row) })
    }
    let loose = this.loose.get(g)
    if (loose === undefined) {
      loose = new LooseRegions()
      for (const begin of this.regions.get(g) ?? []) loose.push(this.arg(begin, 0), this.arg(begin, 3), begin)
      this.regions.delete(g)
      this.loose.set(g, loose)
    }
    if (loose.take(this.arg(row, 0), this.arg(row, 3)) !== undefined) this.takeOdd(Odd.RegionOutOfTurn, row, message)
    else {
      this.takeOdd(Odd.RegionNotOpen, row, message)
      this.events.kinds[row] = LEFT_OUT
    }
  }

  private forgetRegions(g: number): void {
    this.regions.delete(g)
    this.loose.delete(g)
  }

  /** Leaves out an event of a range that contradicts what is known. */
  private leaveOut(row: number, message: string): void {
    const error = this.fail(row, message)
    if (this.odd === null) throw error
    this.takeOdd(Odd.LeftOut, row, error.message)
    this.events.kinds[row] = LEFT_OUT
  }

  private takeOdd(kind: Odd, row: number, message: string): void {
    const g = this.events.goroutines[row]
    this.odd?.(kind, message, {
      timeNs: this.clock.time(this.events.ticks[row]) + SYNC_TIME,
      goroutine: g === G_ZERO ? null : this.g(g),
    })
  }

  private wantState(row: number, g: number, state: number, what: string): void {
    if (this.states[g] !== state) throw this.fail(row, `g ${this.g(g)} is not ${what}`)
  }

  /** The proc must run the goroutine of the event. */
  private wantRunning(row: number, p: number, g: number, allowZero: boolean): void {
    if (this.states[g] === GStatus.Running && this.current[p] === g && (allowZero || g !== G_ZERO)) return
    const { name } = v1Specs[this.events.kinds[row]]!
    this.wantState(row, g, GStatus.Running, `running while ${name}`)
    if (this.current[p] !== g) throw this.fail(row, `p ${this.p(p)} is not running g ${this.g(g)} while ${name}`)
    throw this.fail(row, `g 0 did ${name}`)
  }

  private setState(g: number, state: number, kind: number): void {
    this.states[g] = state
    this.lastKinds[g] = kind
  }

  private arg(row: number, slot: number): number {
    return this.events.args[this.events.argStarts[row] + slot]
  }

  private fail(row: number, message: string): Error {
    const { name } = v1Specs[this.events.kinds[row]]!
    return refuse('ORDER', `${message} (time ${this.clock.time(this.events.ticks[row])})`, { found: name })
  }

  private p(row: number): string {
    return this.dictionary.wide.signedText(this.procIds.ids[row])
  }

  private g(row: number): string {
    return this.dictionary.wide.text(this.tables.goroutines.ids[row])
  }

  private taskText(task: number): string {
    const { wide, tasks } = this.dictionary
    return wide.text(task < 0 ? -1 : tasks.ids[task])
  }

  /** A task or region event as Go prints it, in quotes; `at` is the event that is being checked. */
  private quoted(row: number, at: number): string {
    const { kinds, ticks, procs, goroutines } = this.events
    const spec = v1Specs[kinds[row]]!
    const texts: string[] = []
    let slot = 0
    for (const { name, type } of spec.args) {
      const value = this.arg(row, slot)
      if (type === 'task') texts.push(`${name}=${this.taskText(value)}`)
      else if (type === 'string') texts.push(`${name}=${this.tables.stringIdText(value)}`)
      else texts.push(`${name}=${exactOf(value, this.arg(row, slot + 1))}`)
      slot += type === 'value' ? 2 : 1
    }
    const id = this.arg(row, slot) >>> 0
    const stack = row !== at && !this.tables.hasFrames(id) ? 0 : id
    const head = `${this.clock.time(ticks[row])} ${spec.name} p=${this.p(procs[row])} g=${this.g(goroutines[row])} stk=${stack}`
    return `"${[head, ...texts].join(' ')}"`
  }
}
