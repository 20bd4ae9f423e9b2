/**
 * Sparse cells: (owner, key) → time, kept as linked lists so that a goroutine without any costs nothing.
 *
 * An owner (a goroutine or a region) holds the row of its first cell, NO_CELL when it has none. Lists are short (the reasons or
 * ranges that one goroutine has met), and a new cell is always put first.
 */
import { Records } from './records.js'
import type { SegmentStore } from './segment-store.js'

export const NO_CELL = -1

/** A range cell that is not open. */
export const NOT_OPEN = -1

const Sum = 0
/** Since when the range is open, ns; NOT_OPEN: it is not. Reasons leave it so. */
const Open = 1
const Key = 0
const Next = 1

/** Keys of range cells: a row of strings ≥ 0 is the kind of a stop-the-world range. */
export const RangeKey = { Assist: -1, Sweep: -2 } as const

export class Cells {
  private readonly cells: Records

  constructor(store?: SegmentStore) {
    this.cells = new Records(2, 2, store)
  }

  /** Puts a cell before `next` and gives its row. */
  append(key: number, sum: number, next: number): number {
    const cell = this.cells.add()
    this.cells.setTime(cell, Sum, sum)
    this.cells.setTime(cell, Open, NOT_OPEN)
    this.cells.setNumber(cell, Key, key)
    this.cells.setNumber(cell, Next, next)
    return cell
  }

  /** The cell of `key` in the list, or NO_CELL. */
  find(first: number, key: number): number {
    let cell = first
    while (cell !== NO_CELL && this.cells.number(cell, Key) !== key) cell = this.cells.number(cell, Next)
    return cell
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

  /** Calls back with every cell's key and sum. */
  each(first: number, visit: (key: number, sum: number) => void): void {
    for (let cell = first; cell !== NO_CELL; cell = this.next(cell)) visit(this.key(cell), this.sum(cell))
  }
}
