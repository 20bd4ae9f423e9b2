import { Records } from './records.js'

/** Finished intervals of one kind, in the order in which they ended. */
export class Intervals {
  private readonly rows = new Records(2, 1)

  get length(): number {
    return this.rows.length
  }

  /** `reason` is a row of strings. */
  append(start: number, end: number, reason: number): void {
    const row = this.rows.add()
    this.rows.setTime(row, 0, start)
    this.rows.setTime(row, 1, end)
    this.rows.setNumber(row, 0, reason)
  }

  /** Drops the intervals from `length` on. */
  cut(length: number): void {
    this.rows.cut(length)
  }

  start(row: number): number {
    return this.rows.time(row, 0)
  }

  end(row: number): number {
    return this.rows.time(row, 1)
  }

  reason(row: number): number {
    return this.rows.number(row, 0)
  }
}
