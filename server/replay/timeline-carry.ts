/**
 * The states in which goroutines pass from one generation to the next, so that the spans of a generation can be made
 * from its events alone, and the present ones while that is done. A generation has a row for each goroutine whose state
 * changed in it and that lives on, or died after it had been carried; the newest row before a generation counts. What
 * executes, which are few, is listed anew at each border.
 */
import { ChangedRows, NOWHERE } from '../core/changed-rows.js'
import { FIRST_ROWS, grown, resized } from '../shared/columns.js'
import { TileState } from '../shared/tile.js'
import {
  CARRIED,
  CODE,
  FLAGS,
  GOROUTINES,
  PROC,
  REASON_SHIFT,
  SINCE,
  STAND,
  STATE_MASK,
  THREAD,
  WORKER,
} from './layout.js'
import type { FirstWalk } from './walk.js'

export { REASON_SHIFT, STATE_MASK, WORKER }

/** By row of goroutines. */
export class GoroutineStates {
  sinces = new Float64Array(FIRST_ROWS)
  codes = new Int32Array(FIRST_ROWS)
  /** Rows of what an executing goroutine occupies, −1: none. */
  procs = new Int32Array(FIRST_ROWS)
  threads = new Int32Array(FIRST_ROWS)
  /** Rows of the stacks on which they stand; of one that runs, and where none is told, NO_STACK. */
  stacks = new Int32Array(FIRST_ROWS)
  /** Since when it is a mark worker. */
  readonly workers = new Map<number, number>()

  grow(row: number): void {
    const size = Math.max(row + 1, this.sinces.length * 2)
    this.sinces = grown(this.sinces, size)
    this.codes = grown(this.codes, size)
    this.procs = grown(this.procs, size)
    this.threads = grown(this.threads, size)
    this.stacks = grown(this.stacks, size)
  }

  /** Forgets all rows, and gives their memory back. */
  clear(): void {
    this.sinces = new Float64Array(0)
    this.codes = new Int32Array(0)
    this.procs = new Int32Array(0)
    this.threads = new Int32Array(0)
    this.stacks = new Int32Array(0)
  }
}

/** What executes at the end of a generation. */
interface Executing {
  /** EXECUTING numbers each: row, row of the proc, row of the thread. */
  readonly rows: Int32Array
  /** Since when each is a mark worker, ns; −1: it is none. */
  readonly workers: Float64Array
}
const EXECUTING = 3

export interface CarriedState {
  readonly code: number
  readonly since: number
  readonly stack: number
}

export class CarriedStates {
  private readonly changed = new ChangedRows()
  /** By place; a code of 0: the goroutine had ended. */
  private codes = new Int32Array(FIRST_ROWS)
  private sinces = new Float64Array(FIRST_ROWS)
  private stacks = new Int32Array(FIRST_ROWS)
  /** After each generation but the last. */
  private readonly executing: Executing[] = []

  /** Writes what passes from the generation that began at `start` to the next. */
  record(walk: FirstWalk, start: number): void {
    const { ints, doubles } = walk
    const executing: number[] = []
    for (let row = walk.nextToCarry(0, start); row >= 0; row = walk.nextToCarry(row + 1, start)) {
      const record = walk.recordOf(GOROUTINES, row)
      const code = ints[(record + CODE) >>> 2]
      const since = doubles[(record + SINCE) >>> 3]
      const state = code & STATE_MASK
      if (state === TileState.Running + 1 || state === TileState.Syscall + 1) executing.push(row)
      if (since < start && (code & WORKER) === 0) continue
      const flags = (record + FLAGS) >>> 2
      if (state === 0) ints[flags] &= ~CARRIED
      else ints[flags] |= CARRIED
      const place = this.changed.add(row)
      if (place >= this.codes.length) this.resize(place * 2)
      this.codes[place] = code
      this.sinces[place] = since
      this.stacks[place] = ints[(record + STAND) >>> 2]
    }
    this.changed.beginGeneration()
    this.executing.push({
      rows: Int32Array.from(executing.flatMap(row => [row, walk.number(row, PROC), walk.number(row, THREAD)])),
      workers: Float64Array.from(executing, row => walk.workerSince(row)),
    })
  }

  /** No more are recorded. */
  finish(): void {
    this.changed.finish()
    this.resize(this.changed.length)
  }

  private resize(length: number): void {
    this.codes = resized(this.codes, length)
    this.sinces = resized(this.sinces, length)
    this.stacks = resized(this.stacks, length)
  }

  /** Calls back with what lives at the start of a generation. */
  each(generation: number, visit: (row: number, code: number, since: number, stack: number) => void): void {
    const { codes, sinces, stacks } = this
    this.changed.eachBefore(generation, (row, place) => {
      if (codes[place] !== 0) visit(row, codes[place], sinces[place], stacks[place])
    })
  }

  /** Calls back with what changed from the start of a generation to that of a later one; code 0: it no longer lives. */
  eachChanged(
    from: number,
    generation: number,
    visit: (row: number, code: number, since: number, stack: number) => void,
  ): void {
    const { codes, sinces, stacks } = this
    this.changed.eachBetween(from, generation, (row, place) => visit(row, codes[place], sinces[place], stacks[place]))
  }

  eachExecuting(generation: number, visit: (row: number, proc: number, thread: number, worker: number) => void): void {
    if (generation === 0) return
    const { rows, workers } = this.executing[generation - 1]
    for (let i = 0; i < workers.length; i++) {
      const at = i * EXECUTING
      visit(rows[at], rows[at + 1], rows[at + 2], workers[i])
    }
  }

  /** State of a goroutine at the start of a generation; undefined: it does not exist then. */
  find(generation: number, row: number): CarriedState | undefined {
    const place = this.changed.lastBefore(generation, row)
    if (place === NOWHERE || this.codes[place] === 0) return undefined
    return { code: this.codes[place], since: this.sinces[place], stack: this.stacks[place] }
  }

  /**
   * The first generation from `generation` on at whose end a goroutine that was carried into it is told anew; infinite:
   * there is none.
   */
  nextChange(generation: number, row: number): number {
    return this.changed.nextChange(generation, row)
  }
}
