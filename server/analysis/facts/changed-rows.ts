/**
 * Which rows of a table changed in each generation, as places of columns that somebody else has: what a row was or
 * became is at its place. Places are given in the order of generations; a row may have several in one.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'

export const NOWHERE = -1

export class ChangedRows {
  length = 0
  private rows = new Int32Array(FIRST_ROWS)
  /** By place: the place of the same row before it, −1: none. */
  private earlier = new Int32Array(FIRST_ROWS)
  /** By row: 1 + its last place, 0: it has none. */
  private newest = new Int32Array(FIRST_ROWS)
  /** Number of places before each generation. */
  private readonly starts: number[] = [0]

  /** The row changes in the present generation; gives its place. */
  add(row: number): number {
    const place = this.length++
    if (place >= this.rows.length) {
      this.rows = reaching(this.rows, place)
      this.earlier = reaching(this.earlier, place)
    }
    if (row >= this.newest.length) this.newest = reaching(this.newest, row)
    this.rows[place] = row
    this.earlier[place] = this.newest[row] - 1
    this.newest[row] = place + 1
    return place
  }

  /** The next generation begins. */
  beginGeneration(): void {
    this.starts.push(this.length)
  }

  /** Whether the row has a place in the present generation. */
  hasChanged(row: number): boolean {
    return row < this.newest.length && this.newest[row] > this.starts[this.starts.length - 1]
  }

  /** The row's first place in `generation` or a later one, or NOWHERE. */
  firstFrom(generation: number, row: number): number {
    const start = this.starts[generation] ?? this.length
    let found = NOWHERE
    let place = row < this.newest.length ? this.newest[row] - 1 : NOWHERE
    for (; place >= start; place = this.earlier[place]) found = place
    return found
  }
}
