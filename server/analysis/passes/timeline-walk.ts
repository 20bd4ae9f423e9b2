/**
 * Walks ordered events for the timeline: the states of goroutines, procs and threads (timeline.ts), the names of goroutines, and the lanes
 * and figures of the runtime. In the first reading of a trace it hands on every event for the trace-event JSON. Blocks come in order, from the
 * first of the trace or, after `resume`, of a generation.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'
import { type Dictionary, EMPTY_STACK, NO_STRING } from '../../shared/dictionary.js'
import { type EventBlock, numberOf } from '../../shared/event-block.js'
import { EventKind as E, slotCounts } from '../../shared/event-table.js'
import { GoState, ProcState } from '../../shared/states.js'
import { type Clock, NOW, newClock, SYNC } from '../facts/clock.js'
import type { CarriedStates } from '../facts/timeline-carry.js'
import {
  NO_TRANSITION,
  ownStackOf,
  reasonOf,
  stackOf,
  stateAfter,
  stateBefore,
  subjectOf,
  transitionShapes,
} from '../facts/transitions.js'
import { type SpanTaker, TimelinePass } from './timeline.js'
import { LaneSpans, RuntimeLane } from './timeline-lanes.js'
import type { ViewerReading } from './viewer-reading.js'

/** Takes what is no state of a goroutine. */
export interface RuntimeTaker {
  /** A figure (COUNTERS) has a value from now on. */
  counter(counter: number, time: number, value: number): void
  /**
   * A stop-the-world or a mark phase, with its reason's row of strings; or an assist or a sweep from an earlier generation, with the row of
   * its goroutine.
   */
  range(lane: number, start: number, end: number, about: number): void
  /** A CPU sample; rows of the goroutine, −1: none, and of the stack. */
  sample(time: number, goroutine: number, stack: number): void
}

export const Counter = { Heap: 0, HeapGoal: 1, Procs: 2 } as const

export class TimelineWalk<S extends SpanTaker> {
  readonly clock: Clock
  readonly pass: TimelinePass<S>
  /** Row of strings of each goroutine's start function; NO_STRING: not known. */
  names = new Int32Array(FIRST_ROWS)
  private lastKind: number = E.Sync
  private stwSince = -1
  private markSince = -1
  private syncs = 0
  private readonly assists: LaneSpans<S>
  private readonly sweeps: LaneSpans<S>

  constructor(
    private readonly dictionary: Dictionary,
    goroutines: S,
    procs: S,
    threads: S,
    lanes: S,
    private readonly runtime: RuntimeTaker,
    /** Gets every event too, in the first reading of a trace. */
    private readonly viewer: ViewerReading | null = null,
  ) {
    this.clock = viewer === null ? newClock() : viewer.clock
    this.pass = new TimelinePass(dictionary, this.clock, goroutines, procs, threads, lanes)
    this.assists = new LaneSpans(RuntimeLane.Assist, lanes, runtime)
    this.sweeps = new LaneSpans(RuntimeLane.Sweep, lanes, runtime)
  }

  /** Begins with a generation instead of the first. */
  resume(carried: CarriedStates, generation: number): void {
    this.pass.resume(carried, generation)
    this.syncs = generation
  }

  feed(block: EventBlock): void {
    const { length, times, kinds, threads, procs, goroutines, slots } = block
    const { clock, pass, viewer } = this
    if (length > 0) this.lastKind = kinds[length - 1]
    let at = 0
    for (let i = 0; i < length; i++) {
      const kind = kinds[i]
      clock[NOW] = times[i]
      const shape = transitionShapes[kind]
      if (shape !== NO_TRANSITION) {
        const row = subjectOf(shape, slots, at, goroutines[i])
        const from = stateBefore(shape, slots, at)
        const to = stateAfter(shape, slots, at)
        const reason = reasonOf(shape, slots, at)
        const stack = ownStackOf(shape, slots, at)
        const proc = procs[i]
        const thread = threads[i]
        if (row >= 0) {
          if (from === GoState.NotExist && row < this.names.length) this.names[row] = NO_STRING
          if (from !== to) this.nameBy(row, stack)
          pass.transition(row, from, to, reason, proc, thread, stack)
        }
        if (viewer !== null) viewer.transition(row, from, to, reason, stackOf(shape, slots, at), stack, proc, thread)
      } else {
        this.other(block, i, at)
        if (viewer !== null) viewer.other(block, i, at)
      }
      at += slotCounts[kind]
    }
  }

  /** An event that is no transition of a goroutine; apart from the loop for the reason given in analyst.ts. */
  private other({ times, kinds, procs, goroutines, slots }: EventBlock, i: number, at: number): void {
    const { clock, pass, runtime } = this
    switch (kinds[i]) {
      case E.ProcStop:
        pass.procIdle(procs[i])
        break
      case E.ProcSteal:
        if (slots[at + 1] !== ProcState.Idle) pass.procIdle(slots[at])
        break
      case E.ProcStatus:
        if (slots[at + 2] === ProcState.Idle && slots[at + 1] !== ProcState.Idle) pass.procIdle(slots[at])
        break
      case E.Sync:
        clock[SYNC] = times[i]
        this.syncs++
        break
      case E.GoLabel:
        if (this.dictionary.strings[slots[at]].startsWith('GC ')) pass.beginWorker(goroutines[i])
        break
      case E.CpuSample:
        runtime.sample(times[i], goroutines[i], slots[at])
        break
      case E.HeapAlloc:
        runtime.counter(Counter.Heap, times[i], numberOf(slots[at], slots[at + 1]))
        break
      case E.HeapGoal:
        runtime.counter(Counter.HeapGoal, times[i], numberOf(slots[at], slots[at + 1]))
        break
      case E.ProcsChange:
        runtime.counter(Counter.Procs, times[i], numberOf(slots[at], slots[at + 1]))
        break
      case E.GCMarkAssistBegin:
        this.assists.begin(goroutines[i], goroutines[i], times[i], this.syncs)
        break
      case E.GCMarkAssistActive:
        this.assists.active(slots[at], slots[at], this.syncs)
        break
      case E.GCMarkAssistEnd:
        this.assists.end(goroutines[i], clock, this.syncs)
        break
      case E.GCSweepBegin:
        this.sweeps.begin(procs[i], goroutines[i], times[i], this.syncs)
        break
      case E.GCSweepActive:
        this.sweeps.active(slots[at], -1, this.syncs)
        break
      case E.GCSweepEnd:
        this.sweeps.end(procs[i], clock, this.syncs)
        break
      case E.STWBegin:
        this.stwSince = times[i]
        break
      case E.STWEnd:
        if (this.stwSince >= 0) runtime.range(RuntimeLane.Stw, this.stwSince, times[i], slots[at])
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

  /** The trace ends: closes what is open. Gives the end, which is that of the analysis. */
  finish(): number {
    const { clock, runtime } = this
    if (this.lastKind !== E.Sync) clock[NOW]++
    const end = clock[NOW]
    this.pass.finish()
    this.assists.finish(clock, this.syncs)
    this.sweeps.finish(clock, this.syncs)
    if (this.stwSince >= 0) runtime.range(RuntimeLane.Stw, this.stwSince, end, NO_STRING)
    if (this.markSince >= 0) runtime.range(RuntimeLane.Mark, this.markSince, end, NO_STRING)
    return end
  }

  private nameBy(row: number, stack: number): void {
    if (stack <= EMPTY_STACK) return
    if (row >= this.names.length) this.names = reaching(this.names, row)
    if (this.names[row] !== NO_STRING) return
    const { stackParents, stackFrames, frameFunctions } = this.dictionary
    let at = stack
    while (stackFrames[stackParents[at]] >= 0) at = stackParents[at]
    this.names[row] = frameFunctions[stackFrames[at]]
  }
}
