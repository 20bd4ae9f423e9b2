/** A list of 32-bit integers that grows by doubling; for tables of one generation. */
import { reaching } from '../../shared/columns.js'
export class GrowingInts {
  values = new Int32Array(64)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      this.values = reaching(this.values, this.length)
    }
    this.values[this.length++] = value
  }
}
