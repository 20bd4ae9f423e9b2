/**
 * Lanes of the runtime that tell of goroutines: mark assist and sweep as spans, which may overlap, and the moments at
 * which the network poller, a timer or the end of a syscall that had lost its proc let a goroutine go on, as spans of
 * no length.
 */
import { type Clock, NOW } from '../analysis/facts/clock.js'
import { NO_STACK } from '../core/dictionary.js'
import { grown } from '../shared/columns.js'
import { TileState } from '../shared/tile.js'
import type { LaneSink, LongSpanSink } from './span-sink.js'

/** Lanes of the runtime but for its figures; see runtimeLanes (shared/timeline.ts). */
export const RuntimeLane = { Mark: 0, Stw: 1, Assist: 2, Sweep: 3, Network: 4, Timers: 5, Syscalls: 6 } as const

/** Lane of what ends a state, by TileState + 1; 0: none. */
export const wakeLanes = new Uint8Array(16)
wakeLanes[TileState.Network + 1] = RuntimeLane.Network
wakeLanes[TileState.Sleep + 1] = RuntimeLane.Timers
wakeLanes[TileState.Syscall + 1] = RuntimeLane.Syscalls

/** Assists by goroutine, or sweeps by proc. */
export class LaneSpans {
  /** Since when each row is at it, −1: it is not; and the number of Syncs at that time. */
  private sinces = new Float64Array(0)
  private syncs = new Int32Array(0)
  private goroutines = new Int32Array(0)

  constructor(
    private readonly lane: number,
    private readonly sink: LaneSink,
    private readonly long: LongSpanSink,
  ) {}

  begin(row: number, goroutine: number, since: number, syncs: number): void {
    if (row < 0) return
    if (row >= this.sinces.length) this.grow(row)
    this.sinces[row] = since
    this.syncs[row] = syncs
    this.goroutines[row] = goroutine
  }

  /** In the first generation it is news that something goes on: it began before the trace. */
  active(row: number, goroutine: number, syncs: number): void {
    if (syncs <= 1 && !(this.sinces[row] >= 0)) this.begin(row, goroutine, 0, syncs)
  }

  end(row: number, clock: Clock, syncs: number): void {
    if (!(this.sinces[row] >= 0)) return
    const { lane, sinces, goroutines } = this
    this.sink.take(lane, TileState.Mark, sinces, row, clock, 0, goroutines[row], NO_STACK)
    if (this.syncs[row] < syncs) this.long.range(lane, sinces[row], clock[NOW], goroutines[row])
    sinces[row] = -1
  }

  /** The trace ends. */
  finish(clock: Clock, syncs: number): void {
    for (let row = 0; row < this.sinces.length; row++) this.end(row, clock, syncs)
  }

  private grow(row: number): void {
    const size = Math.max(row + 1, this.sinces.length * 2, 64)
    this.sinces = grown(this.sinces, size, -1)
    this.syncs = grown(this.syncs, size)
    this.goroutines = grown(this.goroutines, size)
  }
}
