/**
 * The statistics of a goroutine at one moment, as figures one after the other: those of RegionStat, its reasons, its
 * ranges. Definition: endpoints.md §6.3.
 *
 * A goroutine's lists only ever get new cells, at their front. So the figures of an earlier snapshot are the last of a
 * later one's reasons and of its ranges, and no keys need be compared. A wait that is open counts as its reason's; if
 * that is new, it stands where its cell will.
 */
import { GoState } from '../../core/states.js'
import { GrowingColumn } from '../../wasm/growing-column.js'
import { NO_CELL } from '../facts/cells.js'
import { type Clock, NOW } from '../facts/clock.js'
import { G, N } from '../facts/goroutines.js'
import { REGION_STATS, RegionStat } from '../facts/region-stats.js'
import type { FastPath } from '../fast-path/fast-path.js'
import { FIGURES, RANGE_COUNT, RANGE_SHAPE, REASON_COUNT, REASON_SHAPE } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'
import type { GoroutinePass } from './goroutines.js'

/** Figures of a snapshot with as many reasons and ranges. */
export function figuresOf(reasons: number, ranges: number): number {
  return REGION_STATS + reasons + ranges
}

export class Snapshot {
  private readonly column: GrowingColumn<Float64Array>
  private readonly words: Uint32Array

  constructor(
    private readonly pass: GoroutinePass,
    private readonly clock: Clock,
    memory: AnalysisMemory,
    private readonly fastPath: FastPath,
  ) {
    this.column = new GrowingColumn(memory, Float64Array, FIGURES)
    this.words = memory.words
  }

  /** ns; with room for more. */
  get figures(): Float64Array {
    return this.column.rows
  }

  /** Which reasons and ranges the figures are of (Cells.shapes), and how many. */
  get reasonShape(): number {
    return this.words[REASON_SHAPE]
  }

  get rangeShape(): number {
    return this.words[RANGE_SHAPE]
  }

  get reasons(): number {
    return this.words[REASON_COUNT]
  }

  get ranges(): number {
    return this.words[RANGE_COUNT]
  }

  get length(): number {
    return figuresOf(this.reasons, this.ranges)
  }

  /** Takes a goroutine's statistics now. */
  take(goroutine: number): void {
    const { reasons, ranges } = this.pass
    // One more, as a wait that is open may be for a new reason.
    this.column.reach(figuresOf(reasons.shapes.longest + 1, ranges.shapes.longest))
    if (!this.fastPath.take(goroutine)) this.takeSlowly(goroutine)
  }

  private takeSlowly(goroutine: number): void {
    const { figures, pass, clock } = this
    const { rows } = pass.goroutines
    const times = rows.timesOf(goroutine)
    const t = rows.timeAt(goroutine)
    const numbers = rows.numbersOf(goroutine)
    const n = rows.numberAt(goroutine)
    this.takeTimes(times, t)
    const now = clock[NOW]
    if (times[t + G.Total] === 0) figures[RegionStat.Total] = now - times[t + G.Creation]
    const stay = now - times[t + G.Entered]
    switch (numbers[n + N.State]) {
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
        this.takeWaiting(numbers, n, stay)
        return
    }
    this.takeCells(numbers, n)
  }

  /** The same for a goroutine that is final: nothing of it is open. */
  takeFinal(goroutine: number): void {
    const { rows } = this.pass.goroutines
    this.takeTimes(rows.timesOf(goroutine), rows.timeAt(goroutine))
    this.takeCells(rows.numbersOf(goroutine), rows.numberAt(goroutine))
  }

  /** Keeps the figures with those of open regions (OpenRegions), from one on. */
  keep(first: number): void {
    this.fastPath.keep(first)
  }

  /** Makes it what happened since an earlier snapshot, which was kept there. */
  subtract(first: number, reasons: number, ranges: number): void {
    this.fastPath.subtract(first, reasons, ranges)
  }

  private takeTimes(times: Float64Array, t: number): void {
    const { figures } = this
    figures[RegionStat.Exec] = times[t + G.Exec]
    figures[RegionStat.SchedWait] = times[t + G.SchedWait]
    figures[RegionStat.Syscall] = times[t + G.Syscall]
    figures[RegionStat.SyscallBlock] = times[t + G.SyscallBlock]
    figures[RegionStat.Total] = times[t + G.Total]
  }

  private takeCells(numbers: Int32Array, n: number): void {
    const { reasons, ranges } = this.pass
    const firstReason = numbers[n + N.FirstReason]
    this.shape(reasons.shapeOf(firstReason), numbers[n + N.FirstRange])
    reasons.copySums(firstReason, this.figures, REGION_STATS, this.clock)
    ranges.copySums(numbers[n + N.FirstRange], this.figures, REGION_STATS + this.reasons, this.clock)
  }

  /** The same for a goroutine in a wait that has lasted `stay`. */
  private takeWaiting(numbers: Int32Array, n: number, stay: number): void {
    const { reasons, ranges } = this.pass
    const first = numbers[n + N.FirstReason]
    const reason = numbers[n + N.Reason]
    const known = reasons.find(first, reason)
    const shape = reasons.shapeOf(first)
    this.shape(known === NO_CELL ? reasons.shapes.child(shape, reason) : shape, numbers[n + N.FirstRange])
    const { figures } = this
    let at = REGION_STATS
    if (known === NO_CELL) figures[at++] = stay
    reasons.copySums(first, figures, at, this.clock)
    for (let cell = first; cell !== NO_CELL; cell = reasons.next(cell), at++) if (cell === known) figures[at] += stay
    ranges.copySums(numbers[n + N.FirstRange], figures, REGION_STATS + this.reasons, this.clock)
  }

  /** What the figures are of. */
  private shape(reasonShape: number, firstRange: number): void {
    const { reasons, ranges } = this.pass
    const { words } = this
    const rangeShape = ranges.shapeOf(firstRange)
    words[REASON_SHAPE] = reasonShape
    words[RANGE_SHAPE] = rangeShape
    words[REASON_COUNT] = reasons.shapes.lengthOf(reasonShape)
    words[RANGE_COUNT] = ranges.shapes.lengthOf(rangeShape)
  }
}
