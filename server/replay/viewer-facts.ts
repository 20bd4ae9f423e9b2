/**
 * What the first reading of a trace leaves for its trace-event JSON: how all that is drawn stood at the borders between
 * generations, so that a window is drawn from its own generations alone, and what only the whole trace tells: its end,
 * who took part, their names.
 *
 * Of the past a window needs what draws something in it: since when and on what goroutines run, the stack of each one's
 * last stop, why it waits, which ranges are open, the counters. Arrows and finished syscalls that belong to the past
 * alone are not kept: they lie outside every window that begins later.
 */
import type { ChangedRows } from '../core/changed-rows.js'

/** A range that has begun. Times are ns; −Infinity: at the latest when its goroutine began to run. */
export interface ViewerRange {
  readonly since: number
  /** Row of stacks. */
  readonly stack: number
}

/** A goroutine that is drawn on something. Rows are −1 and times NaN where there is none. */
export interface ViewerRun {
  readonly row: number
  /** By proc: the proc, since when it runs there, since when it is in a syscall. */
  readonly proc: number
  readonly procSince: number
  readonly procSyscall: number
  /** By thread and by goroutine: whether it executes, the thread, since when, since when it is in a syscall. */
  readonly executes: boolean
  readonly thread: number
  readonly since: number
  readonly syscall: number
  readonly syscallStack: number
}

/** The end of one generation. */
export interface ViewerBorder {
  readonly runs: readonly ViewerRun[]
  /** Open ranges of goroutines by their full name (bytes). */
  readonly ranges: ReadonlyMap<number, ReadonlyMap<string, ViewerRange>>
  /** Open sweeps by row of procs. */
  readonly sweeps: ReadonlyMap<number, ViewerRange>
  readonly markPhase: ViewerRange | null
  /** Row of the goroutine whose syscall holds a proc, by row of procs; −1: none. */
  readonly syscallers: readonly number[]
  /** Goroutines by GoCount (states.ts); procs that run. */
  readonly counts: readonly number[]
  readonly runningThreads: number
  /** Halves of the bytes of heap objects; the heap goal, bytes. */
  readonly allocatedLow: number
  readonly allocatedHigh: number
  readonly goal: number
  /** How many of `named` and `labelled` were told. */
  readonly named: number
  readonly labelled: number
}

export interface ViewerFacts {
  /** After each generation. */
  readonly borders: readonly ViewerBorder[]
  /**
   * Goroutines that changed their state or lost a proc in each generation, and by place: the stacks of their last stop,
   * by proc and otherwise, and why they wait.
   */
  readonly changed: ChangedRows
  readonly procStopStacks: Int32Array
  readonly stopStacks: Int32Array
  readonly blockReasons: Int32Array
  /** Time of each generation's first event; of the last event of the trace. */
  readonly starts: readonly number[]
  readonly endNs: number
  /** Rows that take part: of procs and threads in the order in which they were met, of goroutines 1 by row. */
  readonly procs: ReadonlySet<number>
  readonly threads: ReadonlySet<number>
  readonly goroutines: Uint8Array
  /** Goroutines in the order in which they got their names; 1 + row of the name by goroutine, 0: it has none. */
  readonly named: readonly number[]
  readonly names: Int32Array
  readonly labelled: readonly { readonly row: number; readonly label: number }[]
}
