/**
 * Sparse cells: (owner, key) → time, kept as linked lists so that a goroutine without any costs nothing.
 *
 * An owner (a goroutine) holds the row of its first cell, NO_CELL when it has none. Lists are short (the reasons or
 * ranges that one goroutine has met), and a new cell is always put first.
 */

import type { GrowingColumn } from '../../wasm/growing-column.js'
import * as f from '../fast-path/fields.js'
import { type Clock, NOW } from './clock.js'
import { Records } from './records.js'
import type { SegmentStore } from './segment-store.js'
import { NO_KEYS, Shapes } from './shapes.js'

export const NO_CELL = -1

/** A range cell that is not open. */
export const NOT_OPEN = -1

export const CellTime = {
  Sum: f.SUM,
  /** Since when the range is open, ns; NOT_OPEN: it is not. Reasons leave it so. */
  Open: f.OPEN,
} as const
export const CellNumber = {
  Key: f.KEY,
  Next: f.NEXT,
  /** Of the list that begins with this cell. */
  Shape: f.SHAPE,
} as const
const { Sum, Open } = CellTime
const { Key, Next, Shape } = CellNumber

/** Keys of range cells: a row of strings ≥ 0 is the kind of a stop-the-world range. */
export const RangeKey = { Assist: -1, Sweep: -2 } as const

export class Cells {
  readonly shapes = new Shapes()
  private readonly cells: Records
  /** @param directory tells the fast path where the pages are */
  constructor(store?: SegmentStore, directory?: GrowingColumn<Uint32Array>) {
    this.cells = new Records(f.CELL_TIME_FIELDS, f.CELL_NUMBER_FIELDS, store)
    if (directory !== undefined) this.cells.tellPages(directory)
  }

  /** Puts a cell before `next` and gives its row. */
  append(key: number, sum: number, next: number): number {
    const { cells } = this
    const shape = this.shapes.child(this.shapeOf(next), key)
    const cell = cells.add()
    const times = cells.timesOf(cell)
    const t = cells.timeAt(cell)
    times[t + Sum] = sum
    times[t + Open] = NOT_OPEN
    const numbers = cells.numbersOf(cell)
    const n = cells.numberAt(cell)
    numbers[n + Key] = key
    numbers[n + Next] = next
    numbers[n + Shape] = shape
    return cell
  }

  /** The cell of `key` in the list, or NO_CELL. */
  find(first: number, key: number): number {
    const { cells } = this
    let cell = first
    while (cell !== NO_CELL) {
      const numbers = cells.numbersOf(cell)
      const n = cells.numberAt(cell)
      if (numbers[n + Key] === key) break
      cell = numbers[n + Next]
    }
    return cell
  }

  /** Adds the time from `from[at]` until now to the sum of `key`; false: the list has no such cell. */
  addSince(first: number, key: number, from: Float64Array, at: number, clock: Clock): boolean {
    const cell = this.find(first, key)
    if (cell === NO_CELL) return false
    const { cells } = this
    cells.timesOf(cell)[cells.timeAt(cell) + Sum] += clock[NOW] - from[at]
    return true
  }

  /** Which keys the list has, in which order. */
  shapeOf(first: number): number {
    return first === NO_CELL ? NO_KEYS : this.cells.number(first, Shape)
  }

  /** Writes the sums of a list to `into[at]` and the following; what is open counts until now. */
  copySums(first: number, into: Float64Array, at: number, clock: Clock): void {
    const { cells } = this
    for (let cell = first, to = at; cell !== NO_CELL; to++) {
      const times = cells.timesOf(cell)
      const t = cells.timeAt(cell)
      const since = times[t + Open]
      into[to] = since === NOT_OPEN ? times[t + Sum] : times[t + Sum] + (clock[NOW] - since)
      cell = cells.numbersOf(cell)[cells.numberAt(cell) + Next]
    }
  }

  key(cell: number): number {
    return this.cells.number(cell, Key)
  }

  next(cell: number): number {
    return this.cells.number(cell, Next)
  }

  sum(cell: number): number {
    return this.cells.time(cell, Sum)
  }

  /** The same with what is open, up to `now`. */
  sumAt(cell: number, now: number): number {
    const since = this.open(cell)
    return since === NOT_OPEN ? this.sum(cell) : this.sum(cell) + (now - since)
  }

  addSum(cell: number, time: number): void {
    this.cells.addTime(cell, Sum, time)
  }

  open(cell: number): number {
    return this.cells.time(cell, Open)
  }

  setOpen(cell: number, since: number): void {
    this.cells.setTime(cell, Open, since)
  }

  /** Sum of `key` in the list, 0 when it is not there. */
  sumOf(first: number, key: number): number {
    const cell = this.find(first, key)
    return cell === NO_CELL ? 0 : this.sum(cell)
  }
}
