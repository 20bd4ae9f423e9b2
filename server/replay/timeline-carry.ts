/**
 * The states in which goroutines pass from one generation to the next, so that the spans of a generation can be made
 * from its events alone, and the present ones while that is done. A generation has a row for each goroutine whose state
 * changed in it and that lives on, or died after it had been carried; the newest row before a generation counts. What
 * executes, which are few, is listed anew at each border.
 *
 * The columns of borders are shared memory: the thread that reads generations again looks at them where they are.
 */

import { FIRST_ROWS, grown } from '../shared/columns.js'
import { firstPlace } from '../shared/search.js'
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

/** Goroutines at the end of one generation, ascending by row. */
export interface Border {
  readonly rows: Int32Array
  readonly codes: Int32Array
  readonly sinces: Float64Array
  readonly stacks: Int32Array
  /** EXECUTING numbers each: row, row of the proc, row of the thread. */
  readonly executing: Int32Array
  /** Since when each of those is a mark worker, ns; −1: it is none. */
  readonly workers: Float64Array
}
const EXECUTING = 3

export interface CarriedState {
  readonly code: number
  readonly since: number
  readonly stack: number
}

export class CarriedStates {
  /** Those borders that have rows: of many short generations, most have none. */
  private readonly filled: number[] = []

  /** After each generation but the last; plain data for a message. */
  constructor(readonly borders: Border[] = []) {
    for (const [k, { rows }] of borders.entries()) if (rows.length > 0) this.filled.push(k)
  }

  /** Writes what passes from the generation that began at `start` to the next. */
  record(walk: FirstWalk, start: number): void {
    const { ints, doubles } = walk
    const changed: number[] = []
    const executing: number[] = []
    for (let row = walk.nextToCarry(0, start); row >= 0; row = walk.nextToCarry(row + 1, start)) {
      const record = walk.recordOf(GOROUTINES, row)
      const code = ints[(record + CODE) >>> 2]
      const state = code & STATE_MASK
      if (state === TileState.Running + 1 || state === TileState.Syscall + 1) executing.push(row)
      if (doubles[(record + SINCE) >>> 3] < start && (code & WORKER) === 0) continue
      const flags = (record + FLAGS) >>> 2
      if (state === 0) ints[flags] &= ~CARRIED
      else ints[flags] |= CARRIED
      changed.push(row)
    }
    const border = {
      rows: shared(Int32Array, changed.length),
      codes: shared(Int32Array, changed.length),
      sinces: shared(Float64Array, changed.length),
      stacks: shared(Int32Array, changed.length),
      executing: shared(Int32Array, executing.length * EXECUTING),
      workers: shared(Float64Array, executing.length),
    }
    changed.forEach((row, i) => {
      const record = walk.recordOf(GOROUTINES, row)
      border.rows[i] = row
      border.codes[i] = ints[(record + CODE) >>> 2]
      border.sinces[i] = doubles[(record + SINCE) >>> 3]
      border.stacks[i] = ints[(record + STAND) >>> 2]
    })
    executing.forEach((row, i) => {
      border.executing.set([row, walk.number(row, PROC), walk.number(row, THREAD)], i * EXECUTING)
      border.workers[i] = walk.workerSince(row)
    })
    if (changed.length > 0) this.filled.push(this.borders.length)
    this.borders.push(border)
  }

  /** Calls back with what lives at the start of a generation. */
  each(generation: number, visit: (row: number, code: number, since: number, stack: number) => void): void {
    const { borders, filled } = this
    const before = this.filledBefore(generation)
    let rows = 0
    for (let i = 0; i < before; i++) rows = Math.max(rows, (borders[filled[i]].rows.at(-1) ?? -1) + 1)
    const seen = new Uint8Array(rows)
    for (let at = before - 1; at >= 0; at--) {
      const { rows, codes, sinces, stacks } = borders[filled[at]]
      for (let i = 0; i < rows.length; i++) {
        if (seen[rows[i]] === 1) continue
        seen[rows[i]] = 1
        if (codes[i] !== 0) visit(rows[i], codes[i], sinces[i], stacks[i])
      }
    }
  }

  /** Calls back with what changed from the start of a generation to that of a later one; code 0: it no longer lives. */
  eachChanged(
    from: number,
    generation: number,
    visit: (row: number, code: number, since: number, stack: number) => void,
  ): void {
    const { borders, filled } = this
    for (let at = this.filledBefore(from); filled[at] < generation; at++) {
      const { rows, codes, sinces, stacks } = borders[filled[at]]
      for (let i = 0; i < rows.length; i++) visit(rows[i], codes[i], sinces[i], stacks[i])
    }
  }

  eachExecuting(generation: number, visit: (row: number, proc: number, thread: number, worker: number) => void): void {
    if (generation === 0) return
    const { executing, workers } = this.borders[generation - 1]
    for (let i = 0; i < workers.length; i++) {
      const at = i * EXECUTING
      visit(executing[at], executing[at + 1], executing[at + 2], workers[i])
    }
  }

  /** State of a goroutine at the start of a generation; undefined: it does not exist then. */
  find(generation: number, row: number): CarriedState | undefined {
    const { borders, filled } = this
    for (let at = this.filledBefore(generation) - 1; at >= 0; at--) {
      const { rows, codes, sinces, stacks } = borders[filled[at]]
      const i = placeOf(rows, row)
      if (i < 0) continue
      return codes[i] === 0 ? undefined : { code: codes[i], since: sinces[i], stack: stacks[i] }
    }
    return undefined
  }

  /**
   * The first generation from `generation` on at whose end a goroutine that was carried into it is told anew, or −1.
   */
  nextChange(generation: number, row: number): number {
    const { borders, filled } = this
    for (let at = this.filledBefore(generation); at < filled.length; at++) {
      if (placeOf(borders[filled[at]].rows, row) >= 0) return filled[at]
    }
    return -1
  }

  /** How many of `filled` are before a generation. */
  private filledBefore(generation: number): number {
    const { filled } = this
    return firstPlace(0, filled.length, at => filled[at] >= generation)
  }
}

function placeOf(rows: Int32Array, row: number): number {
  const place = firstPlace(0, rows.length, place => rows[place] >= row)
  return rows[place] === row ? place : -1
}

function shared<A>(type: { BYTES_PER_ELEMENT: number; new (buffer: SharedArrayBuffer): A }, length: number): A {
  return new type(new SharedArrayBuffer(length * type.BYTES_PER_ELEMENT))
}
