import { Float64Column, Int32Column } from './columns.js'

/** Finished intervals of one kind. */
export class Intervals {
  readonly starts = new Float64Column()
  readonly ends = new Float64Column()
  /** Stop-the-world: row of strings of the reason. */
  readonly reasons = new Int32Column()

  get length(): number {
    return this.starts.length
  }

  append(start: number, end: number, reason: number): void {
    this.starts.push(start)
    this.ends.push(end)
    this.reasons.push(reason)
  }
}
