/**
 * Rows of a few 32-bit numbers of which every combination is kept once: what many rows of another table have in common.
 */
import { Records } from './records.js'

const FIRST_SIZE = 64

export class DistinctRows {
  private readonly rows: Records
  /** Row + 1 by hash, open addressing; 0: free. */
  private places = new Int32Array(FIRST_SIZE)

  constructor(private readonly stride: number) {
    this.rows = new Records(0, stride)
  }

  get length(): number {
    return this.rows.length
  }

  number(row: number, field: number): number {
    return this.rows.number(row, field)
  }

  /** The row of these numbers (`stride` of them), which is added when it is new. */
  add(numbers: Int32Array): number {
    const { rows, places, stride } = this
    const mask = places.length - 1
    let at = this.hashOf(numbers, 0) & mask
    for (; places[at] !== 0; at = (at + 1) & mask) {
      const row = places[at] - 1
      const known = rows.numbersOf(row)
      const n = rows.numberAt(row)
      let same = 0
      while (same < stride && known[n + same] === numbers[same]) same++
      if (same === stride) return row
    }
    const row = rows.add()
    rows.numbersOf(row).set(numbers, rows.numberAt(row))
    places[at] = row + 1
    if (rows.length * 2 > places.length) this.grow()
    return row
  }

  private hashOf(numbers: Int32Array, first: number): number {
    let hash = 0
    for (let i = 0; i < this.stride; i++) hash = Math.imul(hash ^ numbers[first + i], 0x9e3779b1)
    return hash ^ (hash >>> 15)
  }

  private grow(): void {
    const places = new Int32Array(this.places.length * 2)
    const mask = places.length - 1
    for (let row = 0; row < this.length; row++) {
      let at = this.hashOf(this.rows.numbersOf(row), this.rows.numberAt(row)) & mask
      while (places[at] !== 0) at = (at + 1) & mask
      places[at] = row + 1
    }
    this.places = places
  }
}
