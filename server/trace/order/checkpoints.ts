/**
 * Checkpoints: what the ordering knew at the border between two generations, kept small, so that any generation can be
 * read again without those before it.
 *
 * Per generation there is a row for each goroutine, proc, thread and task whose state at its end differs from that at
 * its beginning, and none for silent ones. The state at the start of generation k is in the newest rows of generations
 * before k.
 */
import { NONE } from '../../core/wide.js'
import { grown, reaching } from '../../shared/columns.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import type { Ordering } from './ordering.js'
import { SchedulerState } from './state.js'

const ASSIST = 8
const SWEEP = 8
const KNOWN = 16

/** Rows of one kind of resource, generation by generation. `a` and `b` hold its state. */
class ChangedRows {
  private resources = new Int32Array(64)
  private a = new Int32Array(64)
  private b = new Int32Array(64)
  private length = 0
  /** Number of rows up to the end of each generation. */
  private readonly ends: number[] = []
  /** Resources that rows may name: those below. */
  resourceEnd = 0

  append(resource: number, a: number, b: number): void {
    if (this.length === this.resources.length) this.grow()
    const row = this.length++
    this.resources[row] = resource
    this.a[row] = a
    this.b[row] = b
    this.resourceEnd = Math.max(this.resourceEnd, resource + 1)
  }

  /** The rows of a generation are complete. */
  endGeneration(generation: number): void {
    this.ends[generation] = this.length
  }

  /** The newest state before a generation of every resource that has one, in no order. */
  forEachBefore(generation: number, visit: (resource: number, a: number, b: number) => void): void {
    const seen = new Uint8Array(this.resourceEnd)
    for (let row = this.ends[generation - 1] - 1; row >= 0; row--) {
      const resource = this.resources[row]
      if (seen[resource] === 1) continue
      seen[resource] = 1
      visit(resource, this.a[row], this.b[row])
    }
  }

  private grow(): void {
    this.resources = reaching(this.resources, this.length)
    this.a = reaching(this.a, this.length)
    this.b = reaching(this.b, this.length)
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
  private readonly goroutines = new ChangedRows()
  private readonly procs = new ChangedRows()
  private readonly threads = new ChangedRows()
  private readonly tasks = new ChangedRows()
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
    for (const rows of [this.goroutines, this.procs, this.threads, this.tasks]) rows.endGeneration(generation)
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
  private keepRegions(state: SchedulerState, top: number): number {
    if (top < 0) return NONE
    const below = this.keepRegions(state, state.regions.below(top))
    this.regionTasks.push(state.regions.task(top))
    this.regionNames.push(state.regions.name(top))
    return this.regionsBelow.push(below) - 1
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
    state.ensureGoroutine(this.goroutines.resourceEnd - 1)
    state.ensureProc(this.procs.resourceEnd - 1)
    state.ensureThread(this.threads.resourceEnd - 1)
    state.ensureTask(this.tasks.resourceEnd - 1)
    this.goroutines.forEachBefore(generation, (row, a, b) => {
      state.goStatus[row] = a & 7
      state.goAssist[row] = a & ASSIST ? 1 : 0
      state.goRegion[row] = this.restoreRegions(state, b)
    })
    for (const [row, kept] of this.stw) {
      const kinds = kept.findLast(entry => entry.generation < generation)?.kinds ?? []
      if (kinds.length > 0) state.setStw(row, kinds)
    }
    this.procs.forEachBefore(generation, (row, a) => {
      state.procStatus[row] = a & 7
      state.procSweep[row] = a & SWEEP ? 1 : 0
      state.procKnown[row] = a & KNOWN ? 1 : 0
    })
    this.threads.forEachBefore(generation, (row, a, b) => {
      state.threadKnown[row + 1] = 1
      state.threadProc[row + 1] = a
      state.threadGoroutine[row + 1] = b
    })
    this.tasks.forEachBefore(generation, (row, a, b) => {
      state.taskOpen[row] = a >= 0 ? 1 : 0
      state.taskName[row] = Math.max(a, 0)
      state.taskParent[row] = b
    })
    return { ...scalars, state }
  }

  private restoreRegions(state: SchedulerState, kept: number): number {
    if (kept < 0) return NONE
    const below = this.restoreRegions(state, this.regionsBelow[kept])
    return state.regions.push(below, this.regionTasks[kept], this.regionNames[kept])
  }
}
