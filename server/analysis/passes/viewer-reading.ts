/**
 * The trace-event JSON's part of the first reading of a trace (viewer-facts.ts). The timeline's walk (timeline-walk.ts) hands it every event,
 * so that both take one from the columns together.
 *
 * It follows what the drawing (export/trace-event) does with the same events, for its three views at once and without drawing:
 * a goroutine is drawn on a proc while it runs and until its syscall loses the proc, on a thread and on itself while it executes.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'
import { type Dictionary, NO_STACK, NO_STRING } from '../../shared/dictionary.js'
import { type EventBlock, numberOf } from '../../shared/event-block.js'
import { EventKind as E, RangeName } from '../../shared/event-table.js'
import { countOf, GoState, isExecuting, ProcState } from '../../shared/states.js'
import { type Clock, NOW, newClock } from '../facts/clock.js'
import type { ViewerBorder, ViewerFacts, ViewerRange } from '../facts/viewer-facts.js'
import { ViewerRuns } from '../facts/viewer-runs.js'

const NOBODY = -1
const SEEN = 1
const CHANGED = 2
/** A range that is told to be active began at the latest when its goroutine began to run. */
const BEFORE_RUN = Number.NEGATIVE_INFINITY

export class ViewerReading implements ViewerFacts {
  readonly borders: ViewerBorder[] = []
  readonly starts: number[] = []
  readonly procs = new Set<number>()
  readonly threads = new Set<number>()
  readonly named: number[] = []
  readonly labelled: { row: number; label: number }[] = []
  endNs = 0
  /** By row of goroutines. */
  names = new Int32Array(FIRST_ROWS)
  private flags = new Uint8Array(FIRST_ROWS)
  private blockReasons = new Int32Array(FIRST_ROWS)
  private readonly runs = new ViewerRuns()
  /** Set by the walk. */
  readonly clock: Clock = newClock()
  private changed: number[] = []
  private readonly labels = new Map<number, number>()
  private readonly ranges = new Map<number, Map<string, ViewerRange>>()
  private readonly sweeps = new Map<number, ViewerRange>()
  private markPhase: ViewerRange | null = null
  private readonly syscallers: number[] = []
  private readonly counts = [0, 0, 0, 0, 0]
  private runningThreads = 0
  private allocatedLow = 0
  private allocatedHigh = 0
  private goal = 0
  private lastThread = -1
  /** 1 by row of `threads`, which would be asked at every change of threads. */
  private metThreads = new Uint8Array(FIRST_ROWS)
  private lastProc = -1

  constructor(private readonly dictionary: Dictionary) {}

  /** 1 by row of goroutines that take part; after `finish`. */
  get goroutines(): Uint8Array {
    return this.flags
  }

  /** Comes before the events of a block. */
  begin({ length, times, generation }: EventBlock): void {
    if (length === 0) return
    this.endNs = times[length - 1]
    if (generation < this.starts.length) return
    if (generation > 0) this.endGeneration()
    this.starts.push(times[0])
  }

  /** A transition of a goroutine, or a status that tells again of a state. `ownStack` is the goroutine's, `stack` that of the event. */
  transition(
    row: number,
    from: number,
    to: number,
    reason: number,
    stack: number,
    ownStack: number,
    proc: number,
    thread: number,
  ): void {
    if (thread !== this.lastThread) this.meetThread(thread)
    if (row < 0) return
    if (row >= this.flags.length) this.grow(row)
    this.flags[row] |= SEEN
    if (ownStack !== NO_STACK && this.names[row] === 0) this.nameBy(row, ownStack)
    if (from !== to) this.goroutine(row, from, to, reason, stack, proc, thread)
  }

  /** The trace ends; nothing may be fed any more. */
  finish(): void {
    this.endGeneration()
    this.flags = this.flags.map(flags => flags & SEEN)
    this.runs.clear()
    this.blockReasons = new Int32Array(0)
  }

  private goroutine(
    row: number,
    from: number,
    to: number,
    reason: number,
    stack: number,
    proc: number,
    thread: number,
  ): void {
    const { runs, clock, blockReasons } = this
    this.change(row)
    const executed = isExecuting(from)
    const executes = isExecuting(to)
    if (executed && !executes) {
      if (from === GoState.Running) runs.stopOnProc(row, stack)
      runs.stop(row, stack)
      if (to === GoState.Waiting) blockReasons[row] = reason
    }
    if (executes && !executed) {
      if (to === GoState.Running) runs.startOnProc(row, from, clock, proc)
      runs.start(row, from, clock, thread)
    }
    if (from === GoState.Waiting) blockReasons[row] = NO_STRING
    if (to === GoState.Syscall) {
      runs.beginSyscall(row, from, clock, stack)
      if (proc >= 0) {
        runs.beginSyscallOnProc(row, from, clock, proc)
        while (this.syscallers.length <= proc) this.syscallers.push(NOBODY)
        this.syscallers[proc] = row
      }
    } else if (from === GoState.Syscall) {
      runs.endSyscall(row)
      if (proc >= 0 && proc < this.syscallers.length && this.syscallers[proc] !== NOBODY) {
        runs.endSyscallOnProc(row)
        this.syscallers[proc] = NOBODY
      }
    }
    const assisting = this.ranges.size > 0 && this.ranges.get(row)?.has(RangeName.Assist) === true
    this.counts[countOf(from, assisting)]--
    this.counts[countOf(to, assisting)]++
  }

  private proc(row: number, from: number, to: number, thread: number): void {
    if (thread !== this.lastThread) this.meetThread(thread)
    if (row < 0) return
    if (row !== this.lastProc) {
      this.lastProc = row
      this.procs.add(row)
    }
    if (from === to) return
    if (to === ProcState.Running) this.runningThreads++
    if (from !== ProcState.Running) return
    this.runningThreads--
    const syscaller = this.syscallers[row] ?? NOBODY
    if (syscaller === NOBODY) return
    this.change(syscaller)
    this.runs.endSyscallOnProc(syscaller)
    this.runs.stopOnProc(syscaller, NO_STACK)
    this.syscallers[row] = NOBODY
  }

  /** An event that is no transition of a goroutine. */
  other({ kinds, slots, procs, goroutines, threads }: EventBlock, i: number, at: number): void {
    switch (kinds[i]) {
      case E.ProcStart:
        this.proc(slots[at], ProcState.Idle, ProcState.Running, threads[i])
        break
      case E.ProcStop:
        this.proc(procs[i], ProcState.Running, ProcState.Idle, threads[i])
        break
      case E.ProcSteal:
        this.proc(slots[at], slots[at + 1], ProcState.Idle, threads[i])
        break
      case E.ProcStatus:
        this.proc(slots[at], slots[at + 1], slots[at + 2], threads[i])
        break
      case E.GoLabel:
        if (goroutines[i] >= 0) this.label(goroutines[i], slots[at])
        break
      case E.HeapAlloc:
        this.allocatedLow = slots[at]
        this.allocatedHigh = slots[at + 1]
        break
      case E.HeapGoal:
        this.goal = numberOf(slots[at], slots[at + 1])
        break
      case E.GCBegin:
        this.markPhase = { since: this.clock[NOW], stack: slots[at] }
        break
      case E.GCActive:
        if (this.isFirst) this.markPhase = { since: 0, stack: NO_STACK }
        break
      case E.GCEnd:
        this.markPhase = null
        break
      case E.GCSweepBegin:
        this.sweeps.set(procs[i], { since: this.clock[NOW], stack: slots[at] })
        break
      case E.GCSweepActive:
        if (this.isFirst) this.sweeps.set(slots[at], { since: 0, stack: NO_STACK })
        break
      case E.GCSweepEnd:
        this.sweeps.delete(procs[i])
        break
      case E.STWBegin:
        this.openRange(goroutines[i], this.stwName(slots[at]), this.clock[NOW], slots[at + 1])
        break
      case E.STWEnd:
        this.closeRange(goroutines[i], this.stwName(slots[at]))
        break
      case E.GCMarkAssistBegin:
        this.openRange(goroutines[i], RangeName.Assist, this.clock[NOW], slots[at])
        break
      case E.GCMarkAssistActive:
        this.openRange(slots[at], RangeName.Assist, BEFORE_RUN, NO_STACK)
        break
      case E.GCMarkAssistEnd:
        this.closeRange(goroutines[i], RangeName.Assist)
        break
    }
  }

  /** In later generations a range that is told to be active is known already. */
  private get isFirst(): boolean {
    return this.starts.length === 1
  }

  private stwName(kind: number): string {
    return `${RangeName.STW} (${this.dictionary.strings[kind]})`
  }

  private openRange(row: number, name: string, since: number, stack: number): void {
    if (row < 0) return
    this.see(row)
    const ranges = this.ranges.get(row)
    if (ranges === undefined) this.ranges.set(row, new Map([[name, { since, stack }]]))
    else ranges.set(name, { since, stack })
  }

  private closeRange(row: number, name: string): void {
    if (row < 0) return
    this.see(row)
    const ranges = this.ranges.get(row)
    if (ranges?.delete(name) && ranges.size === 0) this.ranges.delete(row)
  }

  private label(row: number, label: number): void {
    this.see(row)
    if (this.labels.get(row) === label) return
    this.labels.set(row, label)
    this.labelled.push({ row, label })
  }

  private change(row: number): void {
    if ((this.flags[row] & CHANGED) !== 0) return
    this.flags[row] |= CHANGED
    this.changed.push(row)
  }

  private see(row: number): void {
    if (row >= this.flags.length) this.grow(row)
    this.flags[row] |= SEEN
  }

  private nameBy(row: number, stack: number): void {
    this.names[row] = 1 + this.dictionary.rootFunction(stack)
    this.named.push(row)
  }

  private meetThread(row: number): void {
    this.lastThread = row
    if (row < 0 || this.metThreads[row] === 1) return
    if (row >= this.metThreads.length) this.metThreads = reaching(this.metThreads, row)
    this.metThreads[row] = 1
    this.threads.add(row)
  }

  private endGeneration(): void {
    const { changed, runs, blockReasons, flags } = this
    for (const row of changed) flags[row] &= ~CHANGED
    this.borders.push({
      rows: Int32Array.from(changed),
      procStopStacks: Int32Array.from(changed, row => runs.procStopStackOf(row)),
      stopStacks: Int32Array.from(changed, row => runs.stopStackOf(row)),
      blockReasons: Int32Array.from(changed, row => blockReasons[row]),
      runs: runs.list(),
      ranges: new Map(Array.from(this.ranges, ([row, ranges]) => [row, new Map(ranges)])),
      sweeps: new Map(this.sweeps),
      markPhase: this.markPhase,
      syscallers: [...this.syscallers],
      counts: [...this.counts],
      runningThreads: this.runningThreads,
      allocatedLow: this.allocatedLow,
      allocatedHigh: this.allocatedHigh,
      goal: this.goal,
      named: this.named.length,
      labelled: this.labelled.length,
    })
    this.changed = []
  }

  private grow(row: number): void {
    this.names = reaching(this.names, row)
    this.blockReasons = reaching(this.blockReasons, row)
    this.flags = reaching(this.flags, row)
  }
}
