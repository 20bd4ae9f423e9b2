/**
 * The scheduler as the ordering knows it: what every goroutine, proc and thread is doing, and what is open on them
 * (format.md §6.2). One column a fact, indexed by the rows of the dictionary; everything survives generation borders.
 */
import { NO_STRING } from '../../core/dictionary.js'
import { LooseRegions } from '../../core/loose-regions.js'
import { NONE } from '../../core/wide.js'
import * as n from '../../wasm/numbers.js'
import * as at from '../fast-path/layout.js'
import { OrderingMemory } from '../fast-path/memory.js'

/**
 * Statuses as on the wire (format.md §4.2), but for 0, which may stand there too: here it is a goroutine that is not
 * known.
 */
export const GoStatus = {
  Unknown: n.STATUS_UNKNOWN,
  Runnable: n.STATUS_RUNNABLE,
  Running: n.STATUS_RUNNING,
  Syscall: n.STATUS_SYSCALL,
  Waiting: n.STATUS_WAITING,
  Bad: 5,
} as const
export const goStatusNames = ['Bad', 'Runnable', 'Running', 'Syscall', 'Waiting', 'Bad']
/** A proc's status 0 (Bad) may stand on the wire, so that "known" is a column of its own. */
export const ProcStatus = {
  Bad: 0,
  Running: n.PROC_STATUS_RUNNING,
  Idle: n.PROC_STATUS_IDLE,
  Syscall: n.PROC_STATUS_SYSCALL,
  Abandoned: 4,
} as const
export const procStatusNames = ['Bad', 'Running', 'Idle', 'Syscall', 'SyscallAbandoned']

export const GCState = { Undetermined: 0, NotRunning: 1, Running: 2 } as const

const NO_REGION = -1
/** In place of a stack's top: a region of the goroutine ended out of turn, and those that are open are in `loose`. */
const LOOSE = -2

/** The stacks of open regions of all goroutines, as linked entries in columns; freed entries are used again. */
export class RegionStacks {
  private tasks: Int32Array
  private names: Int32Array
  private outer: Int32Array

  constructor(private readonly memory: OrderingMemory) {
    this.tasks = memory.column(Int32Array, FIRST_REGIONS)
    this.names = memory.column(Int32Array, FIRST_REGIONS)
    this.outer = memory.column(Int32Array, FIRST_REGIONS)
    memory.words[at.REGION_USED] = 0
    this.free = NO_REGION
    this.tellPlaces()
  }

  /** The first of the freed entries, which are linked; −1 for none. */
  private get free(): number {
    return this.memory.words[at.REGION_FREE] | 0
  }

  private set free(region: number) {
    this.memory.words[at.REGION_FREE] = region
  }

  /** Puts a region on the stack whose top is `top`; returns the new top. */
  push(top: number, task: number, name: number): number {
    let region = this.free
    if (region >= 0) this.free = this.outer[region]
    else {
      region = this.memory.words[at.REGION_USED]++
      if (region === this.tasks.length) this.grow()
    }
    this.tasks[region] = task
    this.names[region] = name
    this.outer[region] = top
    return region
  }

  private grow(): void {
    const { memory } = this
    const length = this.tasks.length * 2
    this.tasks = memory.grown(this.tasks, length)
    this.names = memory.grown(this.names, length)
    this.outer = memory.grown(this.outer, length)
    this.tellPlaces()
  }

  private tellPlaces(): void {
    const { words } = this.memory
    words[at.REGION_TASKS] = this.tasks.byteOffset
    words[at.REGION_NAMES] = this.names.byteOffset
    words[at.REGION_OUTER] = this.outer.byteOffset
    words[at.REGION_ROWS] = this.tasks.length
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
const FIRST_GOROUTINES = 1024
const FIRST_PROCS = 16
const FIRST_THREADS = 64
const FIRST_TASKS = 64
const FIRST_REGIONS = 64

export class SchedulerState {
  goStatus: Uint8Array
  /** Sequence counter: generation (as a code) and number. */
  goSeqGen: Float64Array
  goSeq: Float64Array
  /** 1 where regions or stop-the-world ranges changed since the last checkpoint. */
  goOpened: Uint8Array
  /** 1 while a mark assist is open. */
  goAssist: Uint8Array
  /** Top of the goroutine's region stack, −1 for none, −2 for loose ones. */
  goRegion: Int32Array
  readonly regions: RegionStacks
  private readonly loose = new Map<number, LooseRegions<null>>()
  /** Open stop-the-world ranges of a goroutine: string rows of their kinds, in Go's order. */
  readonly goStw = new Map<number, number[]>()

  procKnown: Uint8Array
  procStatus: Uint8Array
  procSeqGen: Float64Array
  procSeq: Float64Array
  procSweep: Uint8Array

  /** Per thread, at row + 1, so that thread −1 reads none without a branch. */
  threadKnown: Uint8Array
  threadProc: Int32Array
  threadGoroutine: Int32Array

  /** 1 while the task is open; its name and parent are kept for its end. */
  taskOpen: Uint8Array
  /** 1: it began in the generation. */
  taskBegun: Uint8Array
  taskName: Int32Array
  taskParent: Int32Array

  gcState: number = GCState.Undetermined
  gcSeq = 0

  /** @param memory where its columns lie; it may hold one state */
  constructor(readonly memory = new OrderingMemory()) {
    const flags = (rows: number): Uint8Array => memory.column(Uint8Array, rows)
    const rows = (count: number): Int32Array => memory.column(Int32Array, count)
    const numbers = (count: number): Float64Array => memory.column(Float64Array, count)
    this.goStatus = flags(FIRST_GOROUTINES)
    this.goSeqGen = numbers(FIRST_GOROUTINES)
    this.goSeq = numbers(FIRST_GOROUTINES)
    this.goOpened = flags(FIRST_GOROUTINES)
    this.goAssist = flags(FIRST_GOROUTINES)
    this.goRegion = rows(FIRST_GOROUTINES).fill(NO_REGION)
    this.procKnown = flags(FIRST_PROCS)
    this.procStatus = flags(FIRST_PROCS)
    this.procSeqGen = numbers(FIRST_PROCS)
    this.procSeq = numbers(FIRST_PROCS)
    this.procSweep = flags(FIRST_PROCS)
    this.threadKnown = flags(FIRST_THREADS)
    this.threadProc = rows(FIRST_THREADS).fill(NONE)
    this.threadGoroutine = rows(FIRST_THREADS).fill(NONE)
    this.taskOpen = flags(FIRST_TASKS)
    this.taskBegun = flags(FIRST_TASKS)
    this.taskName = rows(FIRST_TASKS)
    this.taskParent = rows(FIRST_TASKS)
    this.regions = new RegionStacks(memory)
    this.tellPlaces()
    memory.words[at.STW_GOROUTINES] = 0
  }

  /** Makes room for a goroutine row. */
  ensureGoroutine(row: number): void {
    if (row < this.goStatus.length) return
    const { memory } = this
    const length = roomFor(row)
    this.goStatus = memory.grown(this.goStatus, length)
    this.goSeqGen = memory.grown(this.goSeqGen, length)
    this.goSeq = memory.grown(this.goSeq, length)
    this.goAssist = memory.grown(this.goAssist, length)
    this.goOpened = memory.grown(this.goOpened, length)
    this.goRegion = memory.grown(this.goRegion, length, NO_REGION)
    this.tellPlaces()
  }

  ensureProc(row: number): void {
    if (row < this.procStatus.length) return
    const { memory } = this
    const length = roomFor(row)
    this.procKnown = memory.grown(this.procKnown, length)
    this.procStatus = memory.grown(this.procStatus, length)
    this.procSeqGen = memory.grown(this.procSeqGen, length)
    this.procSeq = memory.grown(this.procSeq, length)
    this.procSweep = memory.grown(this.procSweep, length)
    this.tellPlaces()
  }

  ensureThread(row: number): void {
    if (row + 1 < this.threadProc.length) return
    const { memory } = this
    const length = roomFor(row + 1)
    this.threadKnown = memory.grown(this.threadKnown, length)
    this.threadProc = memory.grown(this.threadProc, length, NONE)
    this.threadGoroutine = memory.grown(this.threadGoroutine, length, NONE)
    this.tellPlaces()
  }

  ensureTask(row: number): void {
    if (row < this.taskOpen.length) return
    const { memory } = this
    const length = roomFor(row)
    this.taskOpen = memory.grown(this.taskOpen, length)
    this.taskBegun = memory.grown(this.taskBegun, length)
    this.taskName = memory.grown(this.taskName, length)
    this.taskParent = memory.grown(this.taskParent, length)
    this.tellPlaces()
  }

  /** Tells the fast path where the columns begin. */
  private tellPlaces(): void {
    const { words } = this.memory
    words[at.GO_STATUS] = this.goStatus.byteOffset
    words[at.GO_SEQ_GEN] = this.goSeqGen.byteOffset
    words[at.GO_SEQ] = this.goSeq.byteOffset
    words[at.GO_OPENED] = this.goOpened.byteOffset
    words[at.GO_ASSIST] = this.goAssist.byteOffset
    words[at.GO_REGION] = this.goRegion.byteOffset
    words[at.PROC_KNOWN] = this.procKnown.byteOffset
    words[at.PROC_STATUS] = this.procStatus.byteOffset
    words[at.PROC_SEQ_GEN] = this.procSeqGen.byteOffset
    words[at.PROC_SEQ] = this.procSeq.byteOffset
    words[at.PROC_SWEEP] = this.procSweep.byteOffset
    words[at.THREAD_KNOWN] = this.threadKnown.byteOffset
    words[at.THREAD_PROC] = this.threadProc.byteOffset
    words[at.THREAD_GOROUTINE] = this.threadGoroutine.byteOffset
    words[at.TASK_OPEN] = this.taskOpen.byteOffset
    words[at.TASK_BEGUN] = this.taskBegun.byteOffset
    words[at.TASK_NAME] = this.taskName.byteOffset
    words[at.TASK_PARENT] = this.taskParent.byteOffset
    words[at.GOROUTINE_IDS + at.ROWS_LIMIT] = this.goStatus.length
    words[at.TASK_IDS + at.ROWS_LIMIT] = this.taskOpen.length
  }

  /** Opens a stop-the-world range; false when one of that kind is open on the goroutine. */
  openStw(goroutine: number, kind: number): boolean {
    const open = this.goStw.get(goroutine)
    if (open?.includes(kind)) return false
    if (open) open.push(kind)
    else this.goStw.set(goroutine, [kind])
    this.memory.words[at.STW_GOROUTINES] = this.goStw.size
    this.goOpened[goroutine] = 1
    return true
  }

  /** Takes over what stop-the-world ranges are open on a goroutine. */
  setStw(goroutine: number, kinds: readonly number[]): void {
    this.goStw.set(goroutine, [...kinds])
    this.memory.words[at.STW_GOROUTINES] = this.goStw.size
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
    this.memory.words[at.STW_GOROUTINES] = this.goStw.size
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
    const top = this.goRegion[goroutine]
    if (top === LOOSE) this.loose.get(goroutine)?.push(task, name, null)
    else this.goRegion[goroutine] = this.regions.push(top, task, name)
    this.goOpened[goroutine] = 1
  }

  /**
   * Closes a region; false when another one is the inner-most that is open. One that began before the trace is not
   * open.
   */
  closeRegion(goroutine: number, task: number, name: number): boolean {
    const top = this.goRegion[goroutine]
    if (top === NO_REGION) return true
    if (top === LOOSE) {
      const inner = this.innermostRegion(goroutine)
      return inner.task === task && inner.name === name && this.closeOuterRegion(goroutine, task, name)
    }
    if (!this.regions.matches(top, task, name)) return false
    this.goRegion[goroutine] = this.regions.pop(top)
    this.goOpened[goroutine] = 1
    return true
  }

  /** The innermost region that is open, of which there must be one. */
  innermostRegion(goroutine: number): { readonly task: number; readonly name: number } {
    const top = this.goRegion[goroutine]
    if (top !== LOOSE) return { task: this.regions.task(top), name: this.regions.name(top) }
    const inner = this.loose.get(goroutine)?.top
    if (inner === undefined) throw new Error('loose regions without any')
    return inner
  }

  /** Closes the innermost region of a task and name, wherever it is; false when none is open. */
  closeOuterRegion(goroutine: number, task: number, name: number): boolean {
    const regions = this.loose.get(goroutine) ?? this.loosen(goroutine)
    if (regions.take(task, name) === undefined) return false
    this.goOpened[goroutine] = 1
    if (regions.top === undefined) {
      this.loose.delete(goroutine)
      this.goRegion[goroutine] = NO_REGION
    }
    return true
  }

  private loosen(goroutine: number): LooseRegions<null> {
    const stack: { task: number; name: number }[] = []
    for (let top = this.goRegion[goroutine]; top >= 0; top = this.regions.pop(top)) {
      stack.push({ task: this.regions.task(top), name: this.regions.name(top) })
    }
    const regions = new LooseRegions<null>()
    for (const { task, name } of stack.reverse()) regions.push(task, name, null)
    this.loose.set(goroutine, regions)
    this.goRegion[goroutine] = LOOSE
    return regions
  }

  /** Puts loose regions on stacks again, which is how checkpoints keep them. */
  stackRegions(): void {
    for (const [goroutine, regions] of this.loose) {
      let top = NO_REGION
      for (const { task, name } of regions.open()) top = this.regions.push(top, task, name)
      this.goRegion[goroutine] = top
    }
    this.loose.clear()
  }

  /** Forgets a goroutine that ended, with whatever is open on it. */
  forgetGoroutine(row: number): void {
    this.goStatus[row] = GoStatus.Unknown
    this.goAssist[row] = 0
    if (this.loose.delete(row)) this.goRegion[row] = NO_REGION
    while (this.goRegion[row] !== NO_REGION) this.goRegion[row] = this.regions.pop(this.goRegion[row])
    if (!this.goStw.delete(row)) return
    this.memory.words[at.STW_GOROUTINES] = this.goStw.size
    this.goOpened[row] = 1
  }
}

/** Rows to have room for when one is reached: a power of two. */
function roomFor(row: number): number {
  return 2 ** (32 - Math.clz32(row))
}
