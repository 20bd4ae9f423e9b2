/** A list of 32-bit integers that grows by doubling; for tables of one generation. */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'

export class GrowingInts {
  values = new Int32Array(FIRST_ROWS)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      this.values = reaching(this.values, this.length)
    }
    this.values[this.length++] = value
  }
}
