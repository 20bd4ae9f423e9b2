/**
 * Which rows of a table changed in each generation, for snapshots at the boundaries between generations: each change
 * has a place, at which others have columns of what the row was or became. A row that does not change costs nothing.
 * Places are given in the order of generations; a row may have several in one.
 */
import { FIRST_ROWS, grown, reaching } from '../shared/columns.js'
import { firstPlace } from '../shared/search.js'

export const NOWHERE = -1

export class ChangedRows {
  length = 0
  /** Rows that have a place are below it. */
  rowEnd = 0
  private rows = new Int32Array(FIRST_ROWS)
  /** Places that have a link to the one before: none until somebody asks for a single row. */
  private linked = 0
  /** By place: the place of the same row before it, −1: none. */
  private earlier = new Int32Array(0)
  /** By row: 1 + its last place, 0: it has none. */
  private newest = new Int32Array(0)
  /** Number of places before each generation. */
  private readonly starts: number[] = [0]

  /** The row changes in the present generation; gives its place. */
  add(row: number): number {
    const place = this.length++
    if (place >= this.rows.length) this.rows = reaching(this.rows, place)
    this.rowEnd = Math.max(this.rowEnd, row + 1)
    this.rows[place] = row
    return place
  }

  /** The next generation begins. */
  beginGeneration(): void {
    this.starts.push(this.length)
  }

  /** Whether the row has a place in the present generation. */
  hasChanged(row: number): boolean {
    return this.lastOf(row) >= this.starts[this.starts.length - 1]
  }

  /** The row's first place in `generation` or a later one, or NOWHERE. */
  firstFrom(generation: number, row: number): number {
    const start = this.startOf(generation)
    let found = NOWHERE
    for (let place = this.lastOf(row); place >= start; place = this.earlier[place]) found = place
    return found
  }

  /** The row's last place before `generation`, or NOWHERE. */
  lastBefore(generation: number, row: number): number {
    const start = this.startOf(generation)
    let place = this.lastOf(row)
    while (place >= start) place = this.earlier[place]
    return place
  }

  /** Calls back with the last place before `generation` of every row that has one, in no order. */
  eachBefore(generation: number, visit: (row: number, place: number) => void): void {
    const seen = new Uint8Array(this.rowEnd)
    for (let place = this.startOf(generation) - 1; place >= 0; place--) {
      const row = this.rows[place]
      if (seen[row] === 1) continue
      seen[row] = 1
      visit(row, place)
    }
  }

  /** Calls back with the changes from generation `from` on and before `generation`, in their order. */
  eachBetween(from: number, generation: number, visit: (row: number, place: number) => void): void {
    const end = this.startOf(generation)
    for (let place = this.startOf(from); place < end; place++) visit(this.rows[place], place)
  }

  /** The first generation from `generation` on in which the row changed; infinite: it did in none. */
  nextChange(generation: number, row: number): number {
    const place = this.firstFrom(generation, row)
    return place === NOWHERE ? Number.POSITIVE_INFINITY : this.generationOf(place)
  }

  /** Generations in which the row changed, the last first; one as often as it did in it. */
  generationsOf(row: number): number[] {
    const generations: number[] = []
    for (let place = this.lastOf(row); place >= 0; place = this.earlier[place]) {
      generations.push(this.generationOf(place))
    }
    return generations
  }

  /** No more come: gives back what is behind the last place. */
  finish(): void {
    this.rows = this.rows.slice(0, this.length)
  }

  private generationOf(place: number): number {
    return firstPlace(0, this.starts.length, generation => this.starts[generation] > place) - 1
  }

  private lastOf(row: number): number {
    if (this.linked < this.length) this.link()
    return row < this.newest.length ? this.newest[row] - 1 : NOWHERE
  }

  private link(): void {
    const { rows, length, rowEnd } = this
    if (length > this.earlier.length) this.earlier = grown(this.earlier, rows.length)
    if (rowEnd > this.newest.length) this.newest = reaching(this.newest, rowEnd - 1)
    for (; this.linked < length; this.linked++) {
      const row = rows[this.linked]
      this.earlier[this.linked] = this.newest[row] - 1
      this.newest[row] = this.linked + 1
    }
  }

  private startOf(generation: number): number {
    return this.starts[generation] ?? this.length
  }
}
