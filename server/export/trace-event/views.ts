/**
 * The three views: which transition of a goroutine or proc shows what, on which lane (endpoints.md §9.6).
 */
import { RangeName } from '../../core/event-table.js'
import { countOf, GoState, isExecuting, ProcState } from '../../core/states.js'
import { NONE } from '../../core/wide.js'
import type { Name } from '../sinks.js'
import type { Counters } from './counters.js'
import type { GoroutineSlices, SliceParts } from './goroutine-slices.js'
import type { View } from './plan.js'

const { Undetermined, NotExist, Runnable, Running, Waiting, Syscall } = GoState

/** Time 0 is that of the first event. */
const TRACE_START = 0
const NOBODY = -1

/** One transition; the same object for all of them. Ids are rows, −1 none. */
export interface Transition {
  time: number
  /** What changes. */
  row: number
  from: number
  to: number
  /** Stack of the event. */
  stack: number
  /** Row of strings. */
  reason: number
  thread: number
  proc: number
  goroutine: number
}

export interface ViewRules {
  goroutine(transition: Transition): void
  proc(transition: Transition): void
  /** Takes up whose syscalls hold procs at a border; rows by row of procs. */
  resume(syscallers: readonly number[]): void
}

/** What the views have in common. */
export interface ViewParts extends SliceParts {
  readonly counters: Counters
  readonly goroutines: GoroutineSlices
}

export function viewRules(view: View, parts: ViewParts): ViewRules {
  if (view === 'proc') return new ProcView(parts)
  return view === 'thread' ? new ThreadView(parts) : new GoroutineView(parts)
}

function count({ counters, goroutines }: ViewParts, { row, time, from, to }: Transition): void {
  const assisting = goroutines.hasRange(row, RangeName.Assist)
  counters.goroutine(time, countOf(from, assisting), countOf(to, assisting))
}

/** When a state was entered: a state from before the trace counts from its start. */
function sinceOf({ from, time }: Transition): number {
  return from === Undetermined ? TRACE_START : time
}

function stopOrBlock(goroutines: GoroutineSlices, { row, to, time, stack, reason }: Transition): void {
  if (to === Waiting) goroutines.block(row, time, stack, reason)
  else goroutines.stop(row, time, stack)
}

/** The instants at which procs start and stop; ids that are 0 are left out, as cmd/trace does. */
class ProcInstants {
  private readonly start: Name
  private readonly stop: Name

  constructor(private readonly parts: ViewParts) {
    this.start = parts.names.of('proc start')
    this.stop = parts.names.of('proc stop')
  }

  take({ from, to, time, thread, row, stack }: Transition, lane: number): void {
    const starts = to === ProcState.Running
    const stops = from === ProcState.Running
    if (!starts && !stops) return
    const { tracks, sink, dictionary } = this.parts
    const { wide, threads, procs } = dictionary
    const threadId = wide.value(thread < 0 ? NONE : threads.ids[thread])
    const procId = wide.value(procs.ids[row])
    const args: [string, number | bigint][] = []
    if (threadId !== 0) args.push(['thread', threadId])
    if (procId !== 0) args.push(['proc', procId])
    sink.instant({
      name: starts ? this.start : this.stop,
      track: tracks.of(lane),
      time: starts && from === ProcState.Undetermined ? TRACE_START : time,
      stack,
      args,
      category: null,
    })
  }
}

class ProcView implements ViewRules {
  /** Goroutine whose syscall a proc waits for, by proc row. */
  private syscallers: number[] = []

  private readonly procs: ProcInstants

  constructor(private readonly parts: ViewParts) {
    this.procs = new ProcInstants(parts)
  }

  goroutine(transition: Transition): void {
    const { goroutines } = this.parts
    const { row, from, to, time, stack, proc } = transition
    if (from === Running && !isExecuting(to)) stopOrBlock(goroutines, transition)
    if (to === Running && !isExecuting(from)) goroutines.start(row, sinceOf(transition), proc)
    if (from === Waiting) goroutines.unblock(row, time, stack, proc)
    if (from === NotExist && to === Runnable) goroutines.create(row, time, proc, stack)
    if (from === Syscall && to !== Running) goroutines.exitBlockedSyscall(row, time, stack)
    if (to === Syscall && proc >= 0) {
      goroutines.beginSyscall(row, sinceOf(transition), proc, stack)
      this.syscallers[proc] = row
    }
    if (from === Syscall && proc >= 0 && this.syscallerOf(proc) !== NOBODY) {
      goroutines.endSyscall(row, time, false)
      this.syscallers[proc] = NOBODY
    }
    count(this.parts, transition)
  }

  proc(transition: Transition): void {
    const { counters, goroutines } = this.parts
    const { row, from, to, time, stack } = transition
    if (to === ProcState.Running) counters.thread(sinceOf(transition), 1)
    if (from === ProcState.Running) {
      counters.thread(time, -1)
      const syscaller = this.syscallerOf(row)
      if (syscaller !== NOBODY) {
        // The syscall blocked, and only the time for which it held the proc is shown.
        goroutines.endSyscall(syscaller, time, true)
        goroutines.stop(syscaller, time, stack)
        this.syscallers[row] = NOBODY
      }
    }
    this.procs.take(transition, row)
  }

  resume(syscallers: readonly number[]): void {
    this.syscallers = [...syscallers]
  }

  private syscallerOf(proc: number): number {
    return this.syscallers[proc] ?? NOBODY
  }
}

class ThreadView implements ViewRules {
  private readonly procs: ProcInstants

  constructor(private readonly parts: ViewParts) {
    this.procs = new ProcInstants(parts)
  }

  goroutine(transition: Transition): void {
    const { goroutines } = this.parts
    const { row, from, to, time, stack, thread } = transition
    if (isExecuting(from) && !isExecuting(to)) stopOrBlock(goroutines, transition)
    if (isExecuting(to) && !isExecuting(from)) goroutines.start(row, sinceOf(transition), thread)
    if (from === Waiting) goroutines.unblock(row, time, stack, thread)
    if (from === NotExist && to === Runnable) goroutines.create(row, time, thread, stack)
    if (from === Syscall) goroutines.endSyscall(row, time, to !== Running)
    if (to === Syscall) goroutines.beginSyscall(row, sinceOf(transition), thread, stack)
    count(this.parts, transition)
  }

  proc(transition: Transition): void {
    const { from, to, time, thread } = transition
    if (to === ProcState.Running) this.parts.counters.thread(sinceOf(transition), 1)
    if (from === ProcState.Running) this.parts.counters.thread(time, -1)
    this.procs.take(transition, thread)
  }

  resume(): void {}
}

class GoroutineView implements ViewRules {
  constructor(private readonly parts: ViewParts) {}

  goroutine(transition: Transition): void {
    const { goroutines } = this.parts
    const { row, from, to, time, stack, goroutine } = transition
    if (isExecuting(from) && !isExecuting(to)) stopOrBlock(goroutines, transition)
    if (isExecuting(to) && !isExecuting(from)) goroutines.start(row, sinceOf(transition), row)
    if (from === Waiting) goroutines.unblock(row, time, stack, goroutine)
    if (from === NotExist && to === Runnable) goroutines.create(row, time, goroutine, stack)
    if (from === Syscall) goroutines.endSyscall(row, time, to !== Running)
    if (from === Syscall && to !== Running) goroutines.exitBlockedSyscall(row, time, stack)
    if (to === Syscall) goroutines.beginSyscall(row, sinceOf(transition), row, stack)
    count(this.parts, transition)
  }

  /** Procs are not shown. */
  proc(): void {}

  resume(): void {}
}
