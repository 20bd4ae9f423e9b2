/**
 * The scheduler as the ordering knows it: what every goroutine, proc and thread is doing, and what is open on them (format.md
 * §6.2). One column a fact, indexed by the rows of the dictionary; everything survives generation borders.
 */
import { grown } from '../../shared/columns.js'
import { NO_STRING } from '../../shared/dictionary.js'
import { NONE } from '../../shared/wide.js'

/** Statuses as on the wire (format.md §4.2); 0 is a goroutine or proc that is not known. */
export const GoStatus = { Unknown: 0, Runnable: 1, Running: 2, Syscall: 3, Waiting: 4 } as const
export const goStatusNames = ['Bad', 'Runnable', 'Running', 'Syscall', 'Waiting']
/** A proc's status 0 (Bad) may stand on the wire, so that "known" is a column of its own. */
export const ProcStatus = { Bad: 0, Running: 1, Idle: 2, Syscall: 3, Abandoned: 4 } as const
export const procStatusNames = ['Bad', 'Running', 'Idle', 'Syscall', 'Bad']

export const GCState = { Undetermined: 0, NotRunning: 1, Running: 2, Assumed: 3 } as const

/** What a thread holds in a run with an assumed start (seams.ts) until the run tells: whatever it held before. */
export const ASSUMED = -2
/** A range of a run with an assumed start that may be open or closed: a begin passes as well as an end. */
export const MAYBE_OPEN = 2

/** What a run with an assumed start used of the state before it and its events do not show. */
export class Assumptions {
  /** Status of each proc at its first mention in the run, in that order. */
  procStatuses: number[] = []
  /** Threads that abandoned procs were said to be stolen from, in order. */
  victims: bigint[] = []
  /** The garbage collector before its first event in the run; null without one. */
  gc: { readonly state: number; readonly seq: number } | null = null

  /** What was noted since the last call. */
  take(): Assumed {
    const { procStatuses, victims, gc } = this
    this.procStatuses = []
    this.victims = []
    this.gc = null
    return { procStatuses, victims, gc }
  }
}

export type Assumed = Readonly<Pick<Assumptions, 'procStatuses' | 'victims' | 'gc'>>

const NO_REGION = -1

/** The stacks of open regions of all goroutines, as linked entries in columns; freed entries are used again. */
export class RegionStacks {
  private tasks = new Int32Array(64)
  private names = new Int32Array(64)
  private outer = new Int32Array(64)
  private used = 0
  private free = NO_REGION

  /** Puts a region on the stack whose top is `top`; returns the new top. */
  push(top: number, task: number, name: number): number {
    let at = this.free
    if (at >= 0) this.free = this.outer[at]
    else {
      at = this.used++
      if (at === this.tasks.length) {
        this.tasks = grown(this.tasks, at * 2)
        this.names = grown(this.names, at * 2)
        this.outer = grown(this.outer, at * 2)
      }
    }
    this.tasks[at] = task
    this.names[at] = name
    this.outer[at] = top
    return at
  }

  matches(top: number, task: number, name: number): boolean {
    return this.tasks[top] === task && this.names[top] === name
  }

  /** Takes the top away; returns the one below it, or −1. */
  pop(top: number): number {
    const below = this.outer[top]
    this.outer[top] = this.free
    this.free = top
    return below
  }

  /** The one around the region `top`, −1 for none. */
  below(top: number): number {
    return this.outer[top]
  }

  task(top: number): number {
    return this.tasks[top]
  }

  name(top: number): number {
    return this.names[top]
  }
}

/** Rows that there is room for at first. */
const FIRST_GOROUTINES = 1023
const FIRST_PROCS = 15
const FIRST_THREADS = 63

export class SchedulerState {
  goStatus = new Uint8Array(0)
  /** Sequence counter: generation (as a code) and number. */
  goSeqGen = new Float64Array(0)
  goSeq = new Float64Array(0)
  /** 1 where regions or stop-the-world ranges changed since the last checkpoint. */
  goOpened = new Uint8Array(0)
  /** 1 while a mark assist is open. */
  goAssist = new Uint8Array(0)
  /** Top of the goroutine's region stack, −1 for none. */
  goRegion = new Int32Array(0)
  readonly regions = new RegionStacks()
  /** Open stop-the-world ranges of a goroutine: string rows of their kinds, in Go's order. */
  readonly goStw = new Map<number, number[]>()

  procKnown = new Uint8Array(0)
  procStatus = new Uint8Array(0)
  procSeqGen = new Float64Array(0)
  procSeq = new Float64Array(0)
  procSweep = new Uint8Array(0)

  /** Per thread, at row + 1, so that thread −1 reads none without a branch. */
  threadKnown = new Uint8Array(1)
  threadProc = new Int32Array(1).fill(NONE)
  threadGoroutine = new Int32Array(1).fill(NONE)

  /** 1 while the task is open; its name and parent are kept for its end. */
  taskOpen = new Uint8Array(0)
  /** 1: it began in the generation. */
  taskBegun = new Uint8Array(0)
  taskName = new Int32Array(0)
  taskParent = new Int32Array(0)

  gcState: number = GCState.Undetermined
  gcSeq = 0

  /** @param assumptions takes what is used of the state before, when that is not known */
  constructor(readonly assumptions: Assumptions | null = null) {
    // The compiler takes a field that was set once for a constant, and throws code away when that ends.
    this.ensureGoroutine(FIRST_GOROUTINES)
    this.ensureProc(FIRST_PROCS)
    this.ensureThread(FIRST_THREADS)
    this.ensureTask(FIRST_THREADS)
    if (assumptions !== null) this.gcState = GCState.Assumed
  }

  /** Makes room for a goroutine row. */
  ensureGoroutine(row: number): void {
    if (row < this.goStatus.length) return
    const length = roomFor(row)
    this.goStatus = grown(this.goStatus, length)
    this.goSeqGen = grown(this.goSeqGen, length)
    this.goSeq = grown(this.goSeq, length)
    this.goAssist = grown(this.goAssist, length)
    this.goOpened = grown(this.goOpened, length)
    this.goRegion = grown(this.goRegion, length, NO_REGION)
  }

  ensureProc(row: number): void {
    if (row < this.procStatus.length) return
    const length = roomFor(row)
    this.procKnown = grown(this.procKnown, length)
    this.procStatus = grown(this.procStatus, length)
    this.procSeqGen = grown(this.procSeqGen, length)
    this.procSeq = grown(this.procSeq, length)
    this.procSweep = grown(this.procSweep, length)
  }

  ensureThread(row: number): void {
    if (row + 1 < this.threadProc.length) return
    const length = roomFor(row + 1)
    const held = this.assumptions === null ? NONE : ASSUMED
    this.threadKnown = grown(this.threadKnown, length)
    this.threadProc = grown(this.threadProc, length, held)
    this.threadGoroutine = grown(this.threadGoroutine, length, held)
  }

  ensureTask(row: number): void {
    if (row < this.taskOpen.length) return
    const length = roomFor(row)
    this.taskOpen = grown(this.taskOpen, length)
    this.taskBegun = grown(this.taskBegun, length)
    this.taskName = grown(this.taskName, length)
    this.taskParent = grown(this.taskParent, length)
  }

  /** Opens a stop-the-world range; false when one of that kind is open on the goroutine. */
  openStw(goroutine: number, kind: number): boolean {
    const open = this.goStw.get(goroutine)
    if (open?.includes(kind)) return false
    if (open) open.push(kind)
    else this.goStw.set(goroutine, [kind])
    this.goOpened[goroutine] = 1
    return true
  }

  /** Closes a stop-the-world range of a goroutine and returns its kind, −1 when none is open. */
  closeStw(goroutine: number): number {
    const open = this.goStw.get(goroutine)
    if (open === undefined) return NONE
    // Go closes the first and puts the last in its place.
    const kind = open[0]
    const last = open.pop() as number
    if (open.length === 0) this.goStw.delete(goroutine)
    else open[0] = last
    this.goOpened[goroutine] = 1
    return kind
  }

  openTask(task: number, parent: number, name: number): void {
    this.taskOpen[task] = 1
    this.taskBegun[task] = 1
    this.taskParent[task] = parent
    this.taskName[task] = name
  }

  /** Parent of a task that is open, else −1. */
  parentOf(task: number): number {
    return this.taskOpen[task] === 1 ? this.taskParent[task] : NONE
  }

  /** Name of a task that is open, else the empty string. */
  nameOf(task: number): number {
    return this.taskOpen[task] === 1 ? this.taskName[task] : NO_STRING
  }

  openRegion(goroutine: number, task: number, name: number): void {
    this.goRegion[goroutine] = this.regions.push(this.goRegion[goroutine], task, name)
    this.goOpened[goroutine] = 1
  }

  /** Closes a region; false when another one is the inner-most that is open. One that began before the trace is not open. */
  closeRegion(goroutine: number, task: number, name: number): boolean {
    const top = this.goRegion[goroutine]
    if (top < 0) return true
    if (!this.regions.matches(top, task, name)) return false
    this.goRegion[goroutine] = this.regions.pop(top)
    this.goOpened[goroutine] = 1
    return true
  }

  /** Forgets a goroutine that ended, with whatever is open on it. */
  forgetGoroutine(row: number): void {
    this.goStatus[row] = GoStatus.Unknown
    this.goAssist[row] = 0
    while (this.goRegion[row] !== NO_REGION) this.goRegion[row] = this.regions.pop(this.goRegion[row])
    if (this.goStw.size > 0 && this.goStw.delete(row)) this.goOpened[row] = 1
  }
}

/** Rows to have room for when one is reached: a power of two. */
function roomFor(row: number): number {
  return 2 ** (32 - Math.clz32(row))
}
