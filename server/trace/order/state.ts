/**
 * The scheduler as the ordering knows it: what every goroutine, proc and thread is doing, and what is open on them (format.md
 * §6.2). One column a fact, indexed by the rows of the dictionary; everything survives generation borders.
 */
import { NONE } from '../../shared/wide.js'

/** Statuses as on the wire (format.md §4.2); 0 is a goroutine or proc that is not known. */
export const GoStatus = { Unknown: 0, Runnable: 1, Running: 2, Syscall: 3, Waiting: 4 } as const
export const goStatusNames = ['Bad', 'Runnable', 'Running', 'Syscall', 'Waiting']
/** A proc's status 0 (Bad) may stand on the wire, so that "known" is a column of its own. */
export const ProcStatus = { Bad: 0, Running: 1, Idle: 2, Syscall: 3, Abandoned: 4 } as const
export const procStatusNames = ['Bad', 'Running', 'Idle', 'Syscall', 'Bad']

export const GCState = { Undetermined: 0, NotRunning: 1, Running: 2 } as const

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

function grown<T extends Int32Array | Uint8Array | Float64Array>(column: T, length: number): T {
  const copy = new (column.constructor as new (length: number) => T)(length)
  copy.set(column as never)
  return copy
}

export class SchedulerState {
  goStatus = new Uint8Array(1024)
  /** Sequence counter: generation (as a code) and number. */
  goSeqGen = new Float64Array(1024)
  goSeq = new Float64Array(1024)
  /** 1 where regions or stop-the-world ranges changed since the last checkpoint. */
  goOpened = new Uint8Array(1024)
  /** 1 while a mark assist is open. */
  goAssist = new Uint8Array(1024)
  /** Top of the goroutine's region stack, −1 for none. */
  goRegion = new Int32Array(1024).fill(NO_REGION)
  readonly regions = new RegionStacks()
  /** Open stop-the-world ranges of a goroutine: string rows of their kinds, in Go's order. */
  readonly goStw = new Map<number, number[]>()

  procKnown = new Uint8Array(16)
  procStatus = new Uint8Array(16)
  procSeqGen = new Float64Array(16)
  procSeq = new Float64Array(16)
  procSweep = new Uint8Array(16)

  /** Per thread, at row + 1, so that thread −1 reads none without a branch. */
  threadKnown = new Uint8Array(64)
  threadProc = new Int32Array(64).fill(NONE)
  threadGoroutine = new Int32Array(64).fill(NONE)

  /** 1 while the task is open; its name and parent are kept for its end. */
  taskOpen = new Uint8Array(64)
  taskName = new Int32Array(64)
  taskParent = new Int32Array(64)

  gcState: number = GCState.Undetermined
  gcSeq = 0

  /** Makes room for a goroutine row. */
  ensureGoroutine(row: number): void {
    if (row < this.goStatus.length) return
    const length = roomFor(row)
    const before = this.goRegion.length
    this.goStatus = grown(this.goStatus, length)
    this.goSeqGen = grown(this.goSeqGen, length)
    this.goSeq = grown(this.goSeq, length)
    this.goAssist = grown(this.goAssist, length)
    this.goOpened = grown(this.goOpened, length)
    this.goRegion = grown(this.goRegion, length).fill(NO_REGION, before)
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
    const before = this.threadProc.length
    this.threadKnown = grown(this.threadKnown, length)
    this.threadProc = grown(this.threadProc, length).fill(NONE, before)
    this.threadGoroutine = grown(this.threadGoroutine, length).fill(NONE, before)
  }

  ensureTask(row: number): void {
    if (row < this.taskOpen.length) return
    const length = roomFor(row)
    this.taskOpen = grown(this.taskOpen, length)
    this.taskName = grown(this.taskName, length)
    this.taskParent = grown(this.taskParent, length)
  }

  /** Forgets a goroutine that ended, with whatever is open on it. */
  forgetGoroutine(row: number): void {
    this.goStatus[row] = GoStatus.Unknown
    this.goAssist[row] = 0
    while (this.goRegion[row] !== NO_REGION) this.goRegion[row] = this.regions.pop(this.goRegion[row])
    if (this.goStw.size > 0 && this.goStw.delete(row)) this.goOpened[row] = 1
  }
}

function roomFor(row: number): number {
  return 2 ** (32 - Math.clz32(row)) * 2
}
