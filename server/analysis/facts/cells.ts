/**
 * Sparse cells: (owner, key) → time, kept as linked lists so that a goroutine without any costs nothing.
 *
 * An owner (a goroutine or a region) holds the row of its first cell, NO_CELL when it has none. Lists are short: the reasons or
 * ranges that one goroutine has met.
 */
import { Float64Column, Int32Column } from './columns.js'

export const NO_CELL = -1

/** A range cell that is not open. */
export const NOT_OPEN = -1

export class Cells {
  readonly keys = new Int32Column()
  readonly sums = new Float64Column()
  /** Since when the range is open, ns; NOT_OPEN: it is not. Reasons leave it so. */
  readonly opens = new Float64Column()
  readonly nexts = new Int32Column()

  append(key: number, sum: number, next: number): number {
    const cell = this.keys.length
    this.keys.push(key)
    this.sums.push(sum)
    this.opens.push(NOT_OPEN)
    this.nexts.push(next)
    return cell
  }

  /** The cell of `key` in the list, or NO_CELL. */
  find(first: number, key: number): number {
    let cell = first
    while (cell !== NO_CELL && this.keys.get(cell) !== key) cell = this.nexts.get(cell)
    return cell
  }

  /** Calls back with every cell's key and sum. */
  each(first: number, visit: (key: number, sum: number) => void): void {
    for (let cell = first; cell !== NO_CELL; cell = this.nexts.get(cell)) {
      visit(this.keys.get(cell), this.sums.get(cell))
    }
  }
}

/** Keys of range cells: a row of strings ≥ 0 is the kind of a stop-the-world range. */
export const RangeKey = { Assist: -1, Sweep: -2, Mark: -3 } as const
