/**
 * Walks the ordered events of a generation that is read again, for the timeline: the states of goroutines, procs and
 * threads (timeline-pass.ts), and the lanes and figures of the runtime. Blocks come in order, from the first of the
 * generation, or of the trace.
 */
import { NOW, newClock } from '../analysis/facts/clock.js'
import type { Dictionary } from '../core/dictionary.js'
import type { EventBlock } from '../core/event-block.js'
import { slotCounts } from '../core/event-table.js'
import {
  NO_TRANSITION,
  ownStackOf,
  procShapes,
  reasonOf,
  stateAfter,
  stateBefore,
  subjectOf,
  transitionShapes,
} from '../core/events.js'
import { ProcState } from '../core/states.js'
import { RuntimeWalk } from './runtime-walk.js'
import type { RuntimeSink, SpanSink } from './span-sink.js'
import type { CarriedStates } from './timeline-carry.js'
import { TimelinePass } from './timeline-pass.js'

export class TimelineWalk {
  readonly pass: TimelinePass
  private readonly clock = newClock()
  private runtime: RuntimeWalk
  private readonly runtimeFrom: (generation: number) => RuntimeWalk

  /** Begins with a generation: how all stood then is in `carried`. */
  constructor(
    dictionary: Dictionary,
    goroutines: SpanSink,
    procs: SpanSink,
    threads: SpanSink,
    lanes: SpanSink,
    runtime: RuntimeSink,
    private readonly carried: CarriedStates,
    generation: number,
  ) {
    this.pass = new TimelinePass(dictionary, this.clock, goroutines, procs, threads, lanes)
    // Once, instead of each time that a row comes that is higher than those before.
    this.pass.states.grow(dictionary.goroutines.length)
    this.pass.resume(carried, generation, 0)
    this.runtimeFrom = from => new RuntimeWalk(dictionary, this.clock, lanes, runtime, this.pass, from)
    this.runtime = this.runtimeFrom(generation)
  }

  /**
   * Goes on with a generation as if it began with it: what is open on lanes is forgotten, as the first reading has kept
   * what ends in a later generation than it begins.
   *
   * @param behind the one that was fed last
   */
  enter(generation: number, behind: number): void {
    if (generation > behind + 1) this.pass.resume(this.carried, generation, behind + 1)
    this.runtime = this.runtimeFrom(generation)
  }

  feed(block: EventBlock): void {
    const { length, times, kinds, threads, procs, goroutines, slots } = block
    const { clock, pass } = this
    this.runtime.begin(block)
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
        if (row >= 0) pass.transition(row, from, to, reason, procs[i], threads[i], ownStackOf(shape, slots, at))
      } else this.other(block, i, at)
      at += slotCounts[kind]
    }
  }

  /** An event that is no transition of a goroutine; apart from the loop for the reason given in analyst.ts. */
  private other(block: EventBlock, i: number, at: number): void {
    const { kinds, procs, slots } = block
    const shape = procShapes[kinds[i]]
    if (shape === NO_TRANSITION) this.runtime.event(block, i, at)
    else if (stateAfter(shape, slots, at) === ProcState.Idle && stateBefore(shape, slots, at) !== ProcState.Idle)
      this.pass.procIdle(subjectOf(shape, slots, at, procs[i]))
  }

  /** The trace ends: closes what is open. */
  finish(): void {
    this.runtime.end()
    this.pass.finish()
    this.runtime.finish()
  }
}
