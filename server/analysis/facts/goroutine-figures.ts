/**
 * What goroutines had spent at a time t: the sums of their table, with what is open then counted up to t. Nothing is
 * changed, so that events may go on to come.
 */
import { GoState } from '../../core/states.js'
import { type Cells, NO_CELL } from './cells.js'
import { G, type Goroutines, N } from './goroutines.js'

type Visit = (key: number, sum: number) => void

export class GoroutineFigures {
  /** @param now t, ns: no earlier than the last event that the tables know */
  constructor(
    protected readonly goroutines: Goroutines,
    protected readonly reasons: Cells,
    protected readonly ranges: Cells,
    protected readonly now: number,
  ) {}

  exec(row: number): number {
    return this.goroutines.time(row, G.Exec) + this.openIn(row, GoState.Running)
  }

  /**
   * As in cmd/trace, a syscall that is open after it lost its proc counts here from the loss on, besides in `syscall`.
   */
  schedWait(row: number): number {
    const { goroutines, now } = this
    const sum = goroutines.time(row, G.SchedWait) + this.openIn(row, GoState.Runnable)
    if (goroutines.number(row, N.State) !== GoState.Syscall) return sum
    const lost = goroutines.time(row, G.LostProc)
    return lost < 0 ? sum : sum + (now - lost)
  }

  syscall(row: number): number {
    return this.goroutines.time(row, G.Syscall) + this.openIn(row, GoState.Syscall)
  }

  syscallBlock(row: number): number {
    return this.goroutines.time(row, G.SyscallBlock)
  }

  total(row: number): number {
    return this.goroutines.time(row, G.Total) || this.now - this.goroutines.time(row, G.Creation)
  }

  /** All block times together. */
  sumOfReasons(row: number): number {
    const { reasons } = this
    let sum = this.openIn(row, GoState.Waiting)
    for (let cell = this.firstReason(row); cell !== NO_CELL; cell = reasons.next(cell)) sum += reasons.sum(cell)
    return sum
  }

  /** Block time by reason (row of strings). */
  reason(row: number, key: number): number {
    return this.reasons.sumOf(this.firstReason(row), key) + this.openWait(row, key)
  }

  /** Calls back with every reason that the goroutine has met, the newest first. */
  eachReason(row: number, visit: Visit): void {
    const { reasons } = this
    const first = this.firstReason(row)
    if (this.goroutines.number(row, N.State) === GoState.Waiting) {
      const why = this.goroutines.number(row, N.Reason)
      if (reasons.find(first, why) === NO_CELL) visit(why, this.openWait(row, why))
    }
    for (let cell = first; cell !== NO_CELL; cell = reasons.next(cell)) {
      const key = reasons.key(cell)
      visit(key, reasons.sum(cell) + this.openWait(row, key))
    }
  }

  /** Time in ranges by RangeKey. */
  range(row: number, key: number): number {
    const cell = this.ranges.find(this.goroutines.number(row, N.FirstRange), key)
    return cell === NO_CELL ? 0 : this.ranges.sumAt(cell, this.now)
  }

  /** Calls back with every range that the goroutine has met, the newest first. */
  eachRange(row: number, visit: Visit): void {
    const { ranges } = this
    for (let cell = this.goroutines.number(row, N.FirstRange); cell !== NO_CELL; cell = ranges.next(cell))
      visit(ranges.key(cell), ranges.sumAt(cell, this.now))
  }

  private firstReason(row: number): number {
    return this.goroutines.number(row, N.FirstReason)
  }

  /** How long a goroutine has been in its state, if that is `state`. */
  protected openIn(row: number, state: number): number {
    const { goroutines, now } = this
    return goroutines.number(row, N.State) === state ? now - goroutines.time(row, G.Entered) : 0
  }

  private openWait(row: number, reason: number): number {
    return this.goroutines.number(row, N.Reason) === reason ? this.openIn(row, GoState.Waiting) : 0
  }
}
