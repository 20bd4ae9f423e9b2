/**
 * What ordered events tell of the runtime: the lanes of stops, mark phases, assists and sweeps, the figures, the CPU
 * samples, and who is a mark worker. The walks of the timeline (replay/walk.ts, timeline-walk.ts) hand it what is no
 * transition.
 */
import { type Clock, NOW, SYNC } from '../analysis/facts/clock.js'
import { type Dictionary, NO_STRING } from '../core/dictionary.js'
import { type EventBlock, valueAt } from '../core/event-block.js'
import { EventKind as E } from '../core/event-table.js'
import { slot } from '../core/events.js'
import { LaneSpans, RuntimeLane } from './lanes.js'
import type { LaneSink, RuntimeSink, WorkerSink } from './span-sink.js'

const Counter = { Heap: 0, HeapGoal: 1, Procs: 2 } as const

export class RuntimeWalk {
  private lastKind: number = E.Sync
  private stwSince = -1
  private markSince = -1
  private readonly assists: LaneSpans
  private readonly sweeps: LaneSpans

  constructor(
    private readonly dictionary: Dictionary,
    private readonly clock: Clock,
    lanes: LaneSink,
    private readonly runtime: RuntimeSink,
    private readonly workers: WorkerSink,
    /** Syncs so far. */
    private syncs = 0,
  ) {
    this.assists = new LaneSpans(RuntimeLane.Assist, lanes, runtime)
    this.sweeps = new LaneSpans(RuntimeLane.Sweep, lanes, runtime)
  }

  /** Comes with each block. */
  begin({ length, kinds }: EventBlock): void {
    if (length > 0) this.lastKind = kinds[length - 1]
  }

  /** The i-th event of a block, with its first slot at `at`. The clock has its time. */
  event({ times, kinds, procs, goroutines, slots }: EventBlock, i: number, at: number): void {
    const { clock, runtime } = this
    switch (kinds[i]) {
      case E.Sync:
        clock[SYNC] = times[i]
        this.syncs++
        break
      case E.GoLabel:
        if (this.dictionary.strings[slots[at + slot.GoLabel.label]].startsWith('GC '))
          this.workers.beginWorker(goroutines[i])
        break
      case E.CpuSample:
        runtime.sample(times[i], goroutines[i], slots[at + slot.CpuSample.stack])
        break
      case E.HeapAlloc:
        runtime.counter(Counter.Heap, times[i], valueAt(slot.HeapAlloc, slots, at))
        break
      case E.HeapGoal:
        runtime.counter(Counter.HeapGoal, times[i], valueAt(slot.HeapGoal, slots, at))
        break
      case E.ProcsChange:
        runtime.counter(Counter.Procs, times[i], valueAt(slot.ProcsChange, slots, at))
        break
      case E.GCMarkAssistBegin:
        this.assists.begin(goroutines[i], goroutines[i], times[i], this.syncs)
        break
      case E.GCMarkAssistActive:
        this.assistActive(slots[at + slot.GCMarkAssistActive.g])
        break
      case E.GCMarkAssistEnd:
        this.assists.end(goroutines[i], clock, this.syncs)
        break
      case E.GCSweepBegin:
        this.sweeps.begin(procs[i], goroutines[i], times[i], this.syncs)
        break
      case E.GCSweepActive:
        this.sweeps.active(slots[at + slot.GCSweepActive.p], -1, this.syncs)
        break
      case E.GCSweepEnd:
        this.sweeps.end(procs[i], clock, this.syncs)
        break
      case E.STWBegin:
        this.stwSince = times[i]
        break
      case E.STWEnd:
        if (this.stwSince >= 0) runtime.range(RuntimeLane.Stw, this.stwSince, times[i], slots[at + slot.STWEnd.stwKind])
        this.stwSince = -1
        break
      case E.GCBegin:
        this.markSince = times[i]
        break
      case E.GCActive:
        // Only in the first generation is that news: the phase began before the trace.
        if (this.syncs <= 1 && this.markSince < 0) this.markSince = 0
        break
      case E.GCEnd:
        if (this.markSince >= 0) runtime.range(RuntimeLane.Mark, this.markSince, times[i], NO_STRING)
        this.markSince = -1
        break
    }
  }

  private assistActive(goroutine: number): void {
    this.assists.active(goroutine, goroutine, this.syncs)
  }

  /** The trace ends: puts the clock to its end, which is that of the analysis, and gives it. */
  end(): number {
    if (this.lastKind !== E.Sync) this.clock[NOW]++
    return this.clock[NOW]
  }

  /** Closes what is open, after `end`. */
  finish(): void {
    const { clock, runtime } = this
    this.assists.finish(clock, this.syncs)
    this.sweeps.finish(clock, this.syncs)
    if (this.stwSince >= 0) runtime.range(RuntimeLane.Stw, this.stwSince, clock[NOW], NO_STRING)
    if (this.markSince >= 0) runtime.range(RuntimeLane.Mark, this.markSince, clock[NOW], NO_STRING)
  }
}
