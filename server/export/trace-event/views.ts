/**
 * The three views: which transition of a goroutine or proc draws what, on which lane (endpoints.md §9.6).
 */
import type { Dictionary } from '../../core/dictionary.js'
import { RangeName } from '../../core/event-table.js'
import { countOf, GoState, isExecuting, ProcState } from '../../core/states.js'
import { type Emitter, opening } from './emitter.js'
import type { GoroutineDrawing } from './goroutine-drawing.js'
import { NONE_ID } from './json-text.js'
import type { View } from './plan.js'

const { Undetermined, NotExist, Runnable, Running, Waiting, Syscall } = GoState

const procStart = opening('proc start')
const procStop = opening('proc stop')

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

export function viewRules(view: View, emitter: Emitter, drawing: GoroutineDrawing, dictionary: Dictionary): ViewRules {
  if (view === 'proc') return new ProcView(emitter, drawing, dictionary)
  return view === 'thread' ? new ThreadView(emitter, drawing, dictionary) : new GoroutineView(emitter, drawing)
}

function count(emitter: Emitter, drawing: GoroutineDrawing, { row, time, from, to }: Transition): void {
  const assisting = drawing.hasRange(row, RangeName.Assist)
  emitter.countGoroutine(time, countOf(from, assisting), countOf(to, assisting))
}

/** When a state was entered: a state from before the trace counts from its start. */
function sinceOf({ from, time }: Transition): number {
  return from === Undetermined ? TRACE_START : time
}

function stopOrBlock(drawing: GoroutineDrawing, { row, to, time, stack, reason }: Transition): void {
  if (to === Waiting) drawing.block(row, time, stack, reason)
  else drawing.stop(row, time, stack)
}

function drawProc(emitter: Emitter, transition: Transition, lane: number, dictionary: Dictionary): void {
  const { from, to, time, thread, row, stack } = transition
  const starts = to === ProcState.Running
  const stops = from === ProcState.Running
  if (!starts && !stops) return
  const { wide, threads, procs } = dictionary
  const members: string[] = []
  const threadId = thread < 0 ? NONE_ID : wide.text(threads.ids[thread])
  const procId = wide.text(procs.ids[row])
  if (threadId !== '0') members.push(`"thread":${threadId}`)
  if (procId !== '0') members.push(`"proc":${procId}`)
  const at = starts && from === ProcState.Undetermined ? TRACE_START : time
  emitter.instant(starts ? procStart : procStop, at, lane, stack, `{${members.join(',')}}`, '')
}

class ProcView implements ViewRules {
  /** Goroutine whose syscall a proc waits for, by proc row. */
  private readonly syscallers: number[] = []

  constructor(
    private readonly emitter: Emitter,
    private readonly drawing: GoroutineDrawing,
    private readonly dictionary: Dictionary,
  ) {}

  goroutine(transition: Transition): void {
    const { drawing } = this
    const { row, from, to, time, stack, proc } = transition
    if (from === Running && !isExecuting(to)) stopOrBlock(drawing, transition)
    if (to === Running && !isExecuting(from)) drawing.start(row, sinceOf(transition), proc)
    if (from === Waiting) drawing.unblock(row, time, stack, proc)
    if (from === NotExist && to === Runnable) drawing.create(row, time, proc, stack)
    if (from === Syscall && to !== Running) drawing.exitBlockedSyscall(row, time, stack)
    if (to === Syscall && proc >= 0) {
      drawing.beginSyscall(row, sinceOf(transition), proc, stack)
      this.syscallers[proc] = row
    }
    if (from === Syscall && proc >= 0 && this.syscallerOf(proc) !== NOBODY) {
      drawing.endSyscall(row, time, false)
      this.syscallers[proc] = NOBODY
    }
    count(this.emitter, drawing, transition)
  }

  proc(transition: Transition): void {
    const { emitter, drawing } = this
    const { row, from, to, time, stack } = transition
    if (to === ProcState.Running) emitter.countThread(sinceOf(transition), 1)
    if (from === ProcState.Running) {
      emitter.countThread(time, -1)
      const syscaller = this.syscallerOf(row)
      if (syscaller !== NOBODY) {
        // The syscall blocked, and only the time for which it held the proc is drawn.
        drawing.endSyscall(syscaller, time, true)
        drawing.stop(syscaller, time, stack)
        this.syscallers[row] = NOBODY
      }
    }
    drawProc(emitter, transition, row, this.dictionary)
  }

  resume(syscallers: readonly number[]): void {
    this.syscallers.splice(0, this.syscallers.length, ...syscallers)
  }

  private syscallerOf(proc: number): number {
    return this.syscallers[proc] ?? NOBODY
  }
}

class ThreadView implements ViewRules {
  constructor(
    private readonly emitter: Emitter,
    private readonly drawing: GoroutineDrawing,
    private readonly dictionary: Dictionary,
  ) {}

  goroutine(transition: Transition): void {
    const { drawing } = this
    const { row, from, to, time, stack, thread } = transition
    if (isExecuting(from) && !isExecuting(to)) stopOrBlock(drawing, transition)
    if (isExecuting(to) && !isExecuting(from)) drawing.start(row, sinceOf(transition), thread)
    if (from === Waiting) drawing.unblock(row, time, stack, thread)
    if (from === NotExist && to === Runnable) drawing.create(row, time, thread, stack)
    if (from === Syscall) drawing.endSyscall(row, time, to !== Running)
    if (to === Syscall) drawing.beginSyscall(row, sinceOf(transition), thread, stack)
    count(this.emitter, drawing, transition)
  }

  proc(transition: Transition): void {
    const { from, to, time, thread } = transition
    if (to === ProcState.Running) this.emitter.countThread(sinceOf(transition), 1)
    if (from === ProcState.Running) this.emitter.countThread(time, -1)
    drawProc(this.emitter, transition, thread, this.dictionary)
  }

  resume(): void {}
}

class GoroutineView implements ViewRules {
  constructor(
    private readonly emitter: Emitter,
    private readonly drawing: GoroutineDrawing,
  ) {}

  goroutine(transition: Transition): void {
    const { drawing } = this
    const { row, from, to, time, stack, goroutine } = transition
    if (isExecuting(from) && !isExecuting(to)) stopOrBlock(drawing, transition)
    if (isExecuting(to) && !isExecuting(from)) drawing.start(row, sinceOf(transition), row)
    if (from === Waiting) drawing.unblock(row, time, stack, goroutine)
    if (from === NotExist && to === Runnable) drawing.create(row, time, goroutine, stack)
    if (from === Syscall) drawing.endSyscall(row, time, to !== Running)
    if (from === Syscall && to !== Running) drawing.exitBlockedSyscall(row, time, stack)
    if (to === Syscall) drawing.beginSyscall(row, sinceOf(transition), row, stack)
    count(this.emitter, drawing, transition)
  }

  /** Procs are not drawn. */
  proc(): void {}

  resume(): void {}
}
