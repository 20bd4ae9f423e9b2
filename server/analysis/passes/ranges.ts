/**
 * The pass over ranges: attributes them to goroutines (endpoints.md §6.2), and keeps the stop-the-world and mark phases
 * and the assist time for the home page.
 */
import { RangeKey } from '../facts/cells.js'
import { type Clock, NOW, SYNC } from '../facts/clock.js'
import { Intervals } from '../facts/intervals.js'
import { Layer, type OverviewBuckets } from '../facts/overview.js'
import type { GoroutinePass } from './goroutines.js'
import type { UtilizationPass } from './utilization.js'

const STW = 0
const MARK = 1

export class RangePass {
  readonly stw = new Intervals()
  readonly markPhases = new Intervals()
  /** Of assists that ended, ns. */
  private endedAssistNs = 0
  /** Goroutine row by proc row, for a sweep that is open there; −1: none. */
  private readonly sweepers: number[] = []
  /** Begin of the open stop-the-world and of the open mark phase, ns; −1: none. */
  private readonly opens = new Float64Array(2).fill(-1)
  private stwReason = 0
  /** Open assists: since when, by goroutine row. As many as goroutines assist at one time. */
  private readonly assists = new Map<number, number>()
  private syncs = 0
  /** Stops and mark phases that ended, while those that are open are shown behind them. */
  private settled: readonly [number, number] = [0, 0]

  constructor(
    private readonly goroutines: GoroutinePass,
    private readonly utilization: UtilizationPass,
    private readonly overview: OverviewBuckets,
    private readonly clock: Clock,
  ) {}

  /** Who sweeps on each proc, for snapshots. */
  sweepersNow(): Int32Array {
    return Int32Array.from(this.sweepers)
  }

  /** Goes on from the start of a generation. */
  resume(sweepers: Int32Array): void {
    for (const goroutine of sweepers) this.sweepers.push(goroutine)
  }

  sync(): void {
    this.syncs++
  }

  beginStw(kind: number, proc: number, goroutine: number): void {
    this.goroutines.openRange(goroutine, kind, false)
    this.utilization.stw(true, kind, proc, goroutine)
    this.opens[STW] = this.clock[NOW]
    this.stwReason = kind
  }

  endStw(kind: number, proc: number, goroutine: number): void {
    this.goroutines.closeRange(goroutine, kind)
    this.utilization.stw(false, kind, proc, goroutine)
    this.close(STW)
  }

  beginMark(): void {
    this.opens[MARK] = this.clock[NOW]
  }

  /** Only an active phase of the first generation is news: it began before the trace. */
  markActive(): void {
    if (this.syncs <= 1 && this.opens[MARK] < 0) this.opens[MARK] = 0
  }

  endMark(): void {
    this.close(MARK)
  }

  beginSweep(proc: number, goroutine: number): void {
    this.openSweep(proc, goroutine, false)
    this.utilization.sweep(true, proc, goroutine)
  }

  /** `proc` is the range's, `actorProc` and `goroutine` the context's. */
  sweepActive(proc: number, actorProc: number, goroutine: number): void {
    this.openSweep(proc, goroutine, true)
    this.utilization.sweepActive(actorProc, goroutine)
  }

  endSweep(proc: number, goroutine: number): void {
    const sweeper = proc < this.sweepers.length && proc >= 0 ? this.sweepers[proc] : -1
    if (sweeper >= 0) {
      // It counts only when it ends on the goroutine on which it began.
      if (sweeper === goroutine) this.goroutines.closeRange(goroutine, RangeKey.Sweep)
      this.sweepers[proc] = -1
    }
    this.utilization.sweep(false, proc, goroutine)
  }

  beginAssist(proc: number, goroutine: number): void {
    this.goroutines.openRange(goroutine, RangeKey.Assist, false)
    this.utilization.assist(true, proc, goroutine)
    this.assists.set(goroutine, this.clock[NOW])
  }

  /** `goroutine` is the range's, `actor` the context's. */
  assistActive(proc: number, goroutine: number, actor: number): void {
    this.goroutines.openRange(goroutine, RangeKey.Assist, true)
    this.utilization.assistActive(proc, goroutine, actor)
    if (!this.assists.has(goroutine)) this.assists.set(goroutine, this.clock[SYNC])
  }

  endAssist(proc: number, goroutine: number): void {
    this.goroutines.closeRange(goroutine, RangeKey.Assist)
    this.utilization.assist(false, proc, goroutine)
    const since = this.assists.get(goroutine)
    if (since === undefined) return
    this.endedAssistNs += this.clock[NOW] - since
    this.assists.delete(goroutine)
  }

  /** Appends what is open as if it ended now, and adds its part of the overview to `overview`. */
  show(overview: OverviewBuckets): void {
    this.settled = [this.stw.length, this.markPhases.length]
    this.append(STW, overview)
    this.append(MARK, overview)
  }

  /** The trace goes on: takes back what was shown. */
  reopen(): void {
    this.stw.cut(this.settled[STW])
    this.markPhases.cut(this.settled[MARK])
  }

  /** Time of assists up to now, ns. */
  get assistNs(): number {
    let sum = this.endedAssistNs
    for (const since of this.assists.values()) sum += this.clock[NOW] - since
    return sum
  }

  private close(which: typeof STW | typeof MARK): void {
    this.append(which, this.overview)
    this.opens[which] = -1
  }

  /** Appends the phase that is open, if one is, up to now. */
  private append(which: typeof STW | typeof MARK, overview: OverviewBuckets): void {
    const { opens, clock } = this
    const since = opens[which]
    if (since < 0) return
    if (which === STW) this.stw.append(since, clock[NOW], this.stwReason)
    else this.markPhases.append(since, clock[NOW], 0)
    overview.addSince(which === STW ? Layer.Stw : Layer.GcOn, opens, which, clock)
  }

  private openSweep(proc: number, goroutine: number, active: boolean): void {
    if (goroutine < 0 || proc < 0) return
    this.goroutines.openRange(goroutine, RangeKey.Sweep, active)
    while (this.sweepers.length <= proc) this.sweepers.push(-1)
    this.sweepers[proc] = goroutine
  }
}
