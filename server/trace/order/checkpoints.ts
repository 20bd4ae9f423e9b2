/**
 * Checkpoints: what the ordering knew at the border between two generations, kept small, so that any generation can be
 * read again without those before it.
 *
 * Per generation there is a row for each goroutine, proc, thread and task whose state at its end differs from that at
 * its beginning, and none for silent ones. The state at the start of generation k is in the newest rows of generations
 * before k.
 */
import { ChangedRows } from '../../core/changed-rows.js'
import { NONE } from '../../core/wide.js'
import { FIRST_ROWS, grown, reaching } from '../../shared/columns.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import type { Ordering } from './ordering.js'
import { SchedulerState } from './state.js'

const ASSIST = 8
const SWEEP = 8
const KNOWN = 16

/** States of one kind of resource at the ends of generations, two numbers each. */
class ResourceStates {
  readonly changed = new ChangedRows()
  private a = new Int32Array(FIRST_ROWS)
  private b = new Int32Array(FIRST_ROWS)

  append(resource: number, a: number, b: number): void {
    const place = this.changed.add(resource)
    if (place >= this.a.length) {
      this.a = reaching(this.a, place)
      this.b = reaching(this.b, place)
    }
    this.a[place] = a
    this.b[place] = b
  }

  /** The newest state before a generation of every resource that has one, in no order. */
  eachBefore(generation: number, visit: (resource: number, a: number, b: number) => void): void {
    this.changed.eachBefore(generation, (resource, place) => visit(resource, this.a[place], this.b[place]))
  }
}

/** What is one for the whole ordering, at the end of a generation. */
interface Scalars {
  readonly lastTime: number
  readonly initialGeneration: number
  readonly gcState: number
  readonly gcSeq: number
}

/** What a reader that starts at a generation needs of those before it. */
export interface Checkpoint extends Scalars {
  readonly state: SchedulerState
}

/** Columns of SchedulerState as they were at a border, each as long as there. */
class LastWritten {
  goStatus = new Uint8Array(0)
  goAssist = new Uint8Array(0)
  procKnown = new Uint8Array(0)
  procStatus = new Uint8Array(0)
  procSweep = new Uint8Array(0)
  threadKnown = new Uint8Array(0)
  threadProc = new Int32Array(0)
  threadGoroutine = new Int32Array(0)
  taskOpen = new Uint8Array(0)

  /** Makes the columns as long as those of a state; its rows are unknown there. */
  reach(state: SchedulerState): void {
    const goroutines = state.goStatus.length
    if (goroutines > this.goStatus.length) {
      this.goStatus = grown(this.goStatus, goroutines)
      this.goAssist = grown(this.goAssist, goroutines)
    }
    const procs = state.procStatus.length
    if (procs > this.procStatus.length) {
      this.procKnown = grown(this.procKnown, procs)
      this.procStatus = grown(this.procStatus, procs)
      this.procSweep = grown(this.procSweep, procs)
    }
    const threads = state.threadProc.length
    if (threads > this.threadProc.length) {
      this.threadKnown = grown(this.threadKnown, threads)
      this.threadProc = grown(this.threadProc, threads, NONE)
      this.threadGoroutine = grown(this.threadGoroutine, threads, NONE)
    }
    const tasks = state.taskOpen.length
    if (tasks > this.taskOpen.length) {
      this.taskOpen = grown(this.taskOpen, tasks)
    }
  }
}

export class Checkpoints {
  private readonly goroutines = new ResourceStates()
  private readonly procs = new ResourceStates()
  private readonly threads = new ResourceStates()
  private readonly tasks = new ResourceStates()
  private readonly scalars: Scalars[] = []
  /** Open regions at borders, innermost first: each names the one around it. */
  private readonly regionTasks: number[] = []
  private readonly regionNames: number[] = []
  private readonly regionsBelow: number[] = []
  /** Open stop-the-world ranges of a goroutine at the borders where they changed; hardly ever any. */
  private readonly stw = new Map<number, { readonly generation: number; readonly kinds: readonly number[] }[]>()

  /** What was written last, to find what changed since. */
  private readonly last = new LastWritten()

  /** Writes the checkpoint at the end of a generation. Rows are counted from 0. */
  record(generation: number, order: Ordering, lastTime: number): void {
    const { state, initialGeneration } = order
    const { gcState, gcSeq } = state
    this.scalars[generation] = { lastTime, initialGeneration, gcState, gcSeq }
    state.stackRegions()
    this.last.reach(state)
    this.recordGoroutines(generation, state)
    this.recordProcs(state)
    this.recordThreads(state)
    this.recordTasks(state)
    for (const { changed } of [this.goroutines, this.procs, this.threads, this.tasks]) changed.beginGeneration()
  }

  private recordGoroutines(generation: number, state: SchedulerState): void {
    const { last } = this
    const [status, assist, changed, oldStatus, oldAssist] = [
      state.goStatus,
      state.goAssist,
      state.goOpened,
      last.goStatus,
      last.goAssist,
    ].map(column => new Uint32Array(column.buffer, column.byteOffset, column.length / 4))
    // Four goroutines at a time, because there may be millions and most are silent.
    for (let word = 0; word < status.length; word++) {
      if (status[word] === oldStatus[word] && assist[word] === oldAssist[word] && changed[word] === 0) continue
      for (let row = word * 4; row < word * 4 + 4; row++) {
        if (
          state.goStatus[row] === last.goStatus[row] &&
          state.goAssist[row] === last.goAssist[row] &&
          state.goOpened[row] === 0
        )
          continue
        this.goroutines.append(
          row,
          state.goStatus[row] | (state.goAssist[row] === 1 ? ASSIST : 0),
          this.keepRegions(state, state.goRegion[row]),
        )
        this.keepStw(generation, row, state.goStw.get(row))
      }
    }
    last.goStatus.set(state.goStatus)
    last.goAssist.set(state.goAssist)
    state.goOpened.fill(0)
  }

  private keepStw(generation: number, row: number, kinds: readonly number[] | undefined): void {
    const kept = this.stw.get(row)
    if (kept !== undefined) kept.push({ generation, kinds: [...(kinds ?? [])] })
    else if (kinds !== undefined) this.stw.set(row, [{ generation, kinds: [...kinds] }])
  }

  /** Copies a goroutine's open regions; returns the place of the innermost, or −1. */
  private keepRegions({ regions }: SchedulerState, innermost: number): number {
    const open: number[] = []
    for (let region = innermost; region >= 0; region = regions.below(region)) open.push(region)
    let below = NONE
    for (const region of open.reverse()) {
      this.regionTasks.push(regions.task(region))
      this.regionNames.push(regions.name(region))
      below = this.regionsBelow.push(below) - 1
    }
    return below
  }

  private recordProcs(state: SchedulerState): void {
    const { last } = this
    for (let row = 0; row < state.procStatus.length; row++) {
      if (
        state.procKnown[row] === last.procKnown[row] &&
        state.procStatus[row] === last.procStatus[row] &&
        state.procSweep[row] === last.procSweep[row]
      )
        continue
      this.procs.append(
        row,
        state.procStatus[row] | (state.procSweep[row] === 1 ? SWEEP : 0) | (state.procKnown[row] === 1 ? KNOWN : 0),
        0,
      )
    }
    last.procKnown.set(state.procKnown)
    last.procStatus.set(state.procStatus)
    last.procSweep.set(state.procSweep)
  }

  private recordThreads(state: SchedulerState): void {
    const { last } = this
    for (let at = 1; at < state.threadProc.length; at++) {
      if (
        state.threadKnown[at] === last.threadKnown[at] &&
        state.threadProc[at] === last.threadProc[at] &&
        state.threadGoroutine[at] === last.threadGoroutine[at]
      )
        continue
      this.threads.append(at - 1, state.threadProc[at], state.threadGoroutine[at])
    }
    last.threadKnown.set(state.threadKnown)
    last.threadProc.set(state.threadProc)
    last.threadGoroutine.set(state.threadGoroutine)
  }

  private recordTasks(state: SchedulerState): void {
    const { last } = this
    for (let row = 0; row < state.taskOpen.length; row++) {
      const open = state.taskOpen[row] === 1
      // A task that was open may have ended and begun anew under another name.
      if (open === (last.taskOpen[row] === 1) && (!open || state.taskBegun[row] === 0)) continue
      this.tasks.append(row, open ? state.taskName[row] : NONE, open ? state.taskParent[row] : NONE)
    }
    last.taskOpen.set(state.taskOpen)
    state.taskBegun.fill(0)
  }

  /** The state at the start of a generation, made in `memory`; `undefined` for the first. */
  before(generation: number, memory?: OrderingMemory): Checkpoint | undefined {
    const scalars = this.scalars[generation - 1]
    if (scalars === undefined) return undefined
    const state = new SchedulerState(memory)
    state.gcState = scalars.gcState
    state.gcSeq = scalars.gcSeq
    state.ensureGoroutine(this.goroutines.changed.rowEnd - 1)
    state.ensureProc(this.procs.changed.rowEnd - 1)
    state.ensureThread(this.threads.changed.rowEnd - 1)
    state.ensureTask(this.tasks.changed.rowEnd - 1)
    this.goroutines.eachBefore(generation, (row, a, b) => {
      state.goStatus[row] = a & 7
      state.goAssist[row] = a & ASSIST ? 1 : 0
      state.goRegion[row] = this.restoreRegions(state, b)
    })
    for (const [row, kept] of this.stw) {
      const kinds = kept.findLast(entry => entry.generation < generation)?.kinds ?? []
      if (kinds.length > 0) state.setStw(row, kinds)
    }
    this.procs.eachBefore(generation, (row, a) => {
      state.procStatus[row] = a & 7
      state.procSweep[row] = a & SWEEP ? 1 : 0
      state.procKnown[row] = a & KNOWN ? 1 : 0
    })
    this.threads.eachBefore(generation, (row, a, b) => {
      state.threadKnown[row + 1] = 1
      state.threadProc[row + 1] = a
      state.threadGoroutine[row + 1] = b
    })
    this.tasks.eachBefore(generation, (row, a, b) => {
      state.taskOpen[row] = a >= 0 ? 1 : 0
      state.taskName[row] = Math.max(a, 0)
      state.taskParent[row] = b
    })
    return { ...scalars, state }
  }

  private restoreRegions({ regions }: SchedulerState, innermost: number): number {
    const open: number[] = []
    for (let kept = innermost; kept >= 0; kept = this.regionsBelow[kept]) open.push(kept)
    let top = NONE
    for (const kept of open.reverse()) top = regions.push(top, this.regionTasks[kept], this.regionNames[kept])
    return top
  }
}
