/**
 * The pass over ranges: attributes them to goroutines (endpoints.md §6.2), and keeps the stop-the-world and mark phases and
 * the assist time for the home page.
 */
import { RangeKey } from '../facts/cells.js'
import { Intervals } from '../facts/intervals.js'
import { Layer, type OverviewBuckets } from '../facts/overview.js'
import type { GoroutinePass } from './goroutines.js'
import type { UtilizationPass } from './utilization.js'

export class RangePass {
  readonly stw = new Intervals()
  readonly markPhases = new Intervals()
  assistNs = 0
  /** Goroutine row by proc row, for a sweep that is open there; −1: none. */
  private readonly sweepers: number[] = []
  private stwStart = -1
  private stwReason = 0
  private markStart = -1
  /** Open assists: since when, by goroutine row. As many as goroutines assist at one time. */
  private readonly assists = new Map<number, number>()
  private syncs = 0

  constructor(
    private readonly goroutines: GoroutinePass,
    private readonly utilization: UtilizationPass,
    private readonly overview: OverviewBuckets,
  ) {}

  sync(): void {
    this.syncs++
  }

  beginStw(kind: number, proc: number, goroutine: number, time: number): void {
    this.goroutines.openRange(goroutine, kind, time, false)
    this.utilization.stw(true, kind, proc, goroutine, time)
    this.stwStart = time
    this.stwReason = kind
  }

  endStw(kind: number, proc: number, goroutine: number, time: number): void {
    this.goroutines.closeRange(goroutine, kind, time)
    this.utilization.stw(false, kind, proc, goroutine, time)
    if (this.stwStart >= 0) this.keepStw(time)
    this.stwStart = -1
  }

  beginMark(time: number): void {
    this.markStart = time
  }

  /** Only an active phase of the first generation is news: it began before the trace. */
  markActive(): void {
    if (this.syncs <= 1 && this.markStart < 0) this.markStart = 0
  }

  endMark(time: number): void {
    if (this.markStart >= 0) this.keepMark(time)
    this.markStart = -1
  }

  beginSweep(proc: number, goroutine: number, time: number): void {
    if (goroutine >= 0) {
      this.goroutines.openRange(goroutine, RangeKey.Sweep, time, false)
      this.setSweeper(proc, goroutine)
    }
    this.utilization.sweep(true, proc, goroutine, time)
  }

  /** `proc` is the range's, `actorProc` and `goroutine` the context's. */
  sweepActive(proc: number, actorProc: number, goroutine: number, sync: number, time: number): void {
    if (goroutine >= 0) {
      this.goroutines.openRange(goroutine, RangeKey.Sweep, sync, true)
      this.setSweeper(proc, goroutine)
    }
    this.utilization.sweepActive(actorProc, goroutine, time)
  }

  endSweep(proc: number, goroutine: number, time: number): void {
    const sweeper = proc < this.sweepers.length && proc >= 0 ? this.sweepers[proc] : -1
    if (sweeper >= 0) {
      // It counts only when it ends on the goroutine on which it began.
      if (sweeper === goroutine) this.goroutines.closeRange(goroutine, RangeKey.Sweep, time)
      this.sweepers[proc] = -1
    }
    this.utilization.sweep(false, proc, goroutine, time)
  }

  beginAssist(proc: number, goroutine: number, time: number): void {
    this.goroutines.openRange(goroutine, RangeKey.Assist, time, false)
    this.utilization.assist(true, proc, goroutine, time)
    this.assists.set(goroutine, time)
  }

  assistActive(proc: number, goroutine: number, actor: number, sync: number, time: number): void {
    this.goroutines.openRange(goroutine, RangeKey.Assist, sync, true)
    this.utilization.assistActive(proc, goroutine, actor, time)
    if (!this.assists.has(goroutine)) this.assists.set(goroutine, sync)
  }

  endAssist(proc: number, goroutine: number, time: number): void {
    this.goroutines.closeRange(goroutine, RangeKey.Assist, time)
    this.utilization.assist(false, proc, goroutine, time)
    const since = this.assists.get(goroutine)
    if (since === undefined) return
    this.assistNs += time - since
    this.assists.delete(goroutine)
  }

  /** Closes what is open at the end of the trace. */
  finish(time: number): void {
    if (this.stwStart >= 0) this.keepStw(time)
    if (this.markStart >= 0) this.keepMark(time)
    for (const since of this.assists.values()) this.assistNs += time - since
  }

  private keepStw(time: number): void {
    this.stw.append(this.stwStart, time, this.stwReason)
    this.overview.addInterval(Layer.Stw, this.stwStart, time)
  }

  private keepMark(time: number): void {
    this.markPhases.append(this.markStart, time, 0)
    this.overview.addInterval(Layer.GcOn, this.markStart, time)
  }

  private setSweeper(proc: number, goroutine: number): void {
    if (proc < 0) return
    while (this.sweepers.length <= proc) this.sweepers.push(-1)
    this.sweepers[proc] = goroutine
  }
}
