/**
 * The statistics of a goroutine at one moment, as figures one after the other: those of RegionStat, its reasons, its ranges. Definition:
 * endpoints.md §6.3.
 *
 * A goroutine's lists only ever get new cells, at their front. So the figures of an earlier snapshot are the last of a later one's reasons
 * and of its ranges, and no keys need be compared. A wait that is open counts as its reason's; if that is new, it stands where its cell will.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'
import { GoState } from '../../shared/states.js'
import { NO_CELL, NOT_OPEN } from '../facts/cells.js'
import { type Clock, NOW } from '../facts/clock.js'
import { G, N } from '../facts/goroutines.js'
import { NO_KEYS, REGION_STATS, RegionStat, type RegionStats } from '../facts/region-stats.js'
import type { GoroutinePass } from './goroutines.js'

const NO_REASON = -1

/** Figures of a snapshot with as many reasons and ranges. */
export function figuresOf(reasons: number, ranges: number): number {
  return REGION_STATS + reasons + ranges
}

export class Snapshot {
  /** ns; with room for more. */
  figures = new Float64Array(FIRST_ROWS)
  /** Which reasons and ranges the figures are of (RegionStats). */
  shape = NO_KEYS
  reasons = 0
  ranges = 0

  constructor(
    private readonly pass: GoroutinePass,
    private readonly stats: RegionStats,
    private readonly clock: Clock,
  ) {}

  get length(): number {
    return figuresOf(this.reasons, this.ranges)
  }

  /** Takes a goroutine's statistics now. */
  take(goroutine: number): void {
    const { figures, pass, clock } = this
    const { rows } = pass.goroutines
    const times = rows.timesOf(goroutine)
    const t = rows.timeAt(goroutine)
    this.takeTimes(times, t)
    const now = clock[NOW]
    if (times[t + G.Total] === 0) figures[RegionStat.Total] = now - times[t + G.Creation]
    const stay = now - times[t + G.Entered]
    let reason = NO_REASON
    switch (rows.number(goroutine, N.State)) {
      case GoState.Running:
        figures[RegionStat.Exec] += stay
        break
      case GoState.Runnable:
        figures[RegionStat.SchedWait] += stay
        break
      case GoState.Syscall:
        figures[RegionStat.Syscall] += stay
        if (times[t + G.LostProc] >= 0) figures[RegionStat.SchedWait] += now - times[t + G.LostProc]
        break
      case GoState.Waiting:
        reason = rows.number(goroutine, N.Reason)
    }
    this.takeCells(goroutine, reason, stay)
  }

  /** The same for a goroutine that is final: nothing of it is open. */
  takeFinal(goroutine: number): void {
    const { rows } = this.pass.goroutines
    this.takeTimes(rows.timesOf(goroutine), rows.timeAt(goroutine))
    this.takeCells(goroutine, NO_REASON, 0)
  }

  /** Makes it what happened since an earlier snapshot, whose figures are `earlier[first]` and the following. */
  subtract(earlier: Float64Array, first: number, reasons: number, ranges: number): void {
    const { figures } = this
    for (let i = 0; i < REGION_STATS; i++) figures[i] -= earlier[first + i]
    let at = first + REGION_STATS
    const endOfReasons = REGION_STATS + this.reasons
    for (let i = endOfReasons - reasons; i < endOfReasons; i++) figures[i] -= earlier[at++]
    const end = endOfReasons + this.ranges
    for (let i = end - ranges; i < end; i++) figures[i] -= earlier[at++]
  }

  private takeTimes(times: Float64Array, t: number): void {
    const { figures } = this
    figures[RegionStat.Exec] = times[t + G.Exec]
    figures[RegionStat.SchedWait] = times[t + G.SchedWait]
    figures[RegionStat.Syscall] = times[t + G.Syscall]
    figures[RegionStat.SyscallBlock] = times[t + G.SyscallBlock]
    figures[RegionStat.Total] = times[t + G.Total]
  }

  /** `reason` is that of an open wait, which has lasted `stay`. */
  private takeCells(goroutine: number, reason: number, stay: number): void {
    const { stats, clock } = this
    const { goroutines, reasons, ranges } = this.pass
    const first = goroutines.number(goroutine, N.FirstReason)
    let shape = NO_KEYS
    let at = REGION_STATS
    if (reason !== NO_REASON && reasons.find(first, reason) === NO_CELL) {
      shape = stats.withReason(shape, reason)
      this.put(at++, stay)
    }
    for (let cell = first; cell !== NO_CELL; cell = reasons.next(cell)) {
      const key = reasons.key(cell)
      const sum = reasons.sum(cell)
      shape = stats.withReason(shape, key)
      this.put(at++, key === reason ? sum + stay : sum)
    }
    this.reasons = at - REGION_STATS
    for (let cell = goroutines.number(goroutine, N.FirstRange); cell !== NO_CELL; cell = ranges.next(cell)) {
      const since = ranges.open(cell)
      const sum = ranges.sum(cell)
      shape = stats.withRange(shape, ranges.key(cell))
      this.put(at++, since === NOT_OPEN ? sum : sum + (clock[NOW] - since))
    }
    this.ranges = at - REGION_STATS - this.reasons
    this.shape = shape
  }

  private put(at: number, figure: number): void {
    if (at >= this.figures.length) this.figures = reaching(this.figures, at)
    this.figures[at] = figure
  }
}
