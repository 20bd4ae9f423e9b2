/** The timeline's part of the first reading of a trace: coarse levels, carried states, names, the runtime. Fed with every block in order. */
import type { Dictionary } from '../../shared/dictionary.js'
import type { EventBlock } from '../../shared/event-block.js'
import { CarriedStates } from '../facts/timeline-carry.js'
import { TimelineLevels } from '../facts/timeline-levels.js'
import { RuntimeFacts } from '../facts/timeline-runtime.js'
import { TimelineWalk } from './timeline-walk.js'

export class Timeline {
  readonly goroutines = new TimelineLevels()
  readonly procs = new TimelineLevels()
  readonly threads = new TimelineLevels()
  /** Lanes of the runtime by RuntimeLane, but for the first two. */
  readonly lanes = new TimelineLevels()
  readonly runtime = new RuntimeFacts()
  readonly carried = new CarriedStates()
  /** Time of each generation's first event, and its number of events. */
  readonly starts: number[] = []
  readonly events: number[] = []
  /** Values of the counters at each generation's start. */
  readonly counterStarts: (readonly number[])[] = []
  /** Known once `finish` was called, ns. */
  endNs = 0
  private readonly walk: TimelineWalk<TimelineLevels>

  constructor(dictionary: Dictionary) {
    this.walk = new TimelineWalk(dictionary, this.goroutines, this.procs, this.threads, this.lanes, this.runtime)
  }

  feed(block: EventBlock): void {
    if (block.length === 0 || block.generation < 0) return
    const { starts, events } = this
    if (block.generation >= starts.length) {
      const before = starts.at(-1)
      if (before !== undefined) this.carried.record(this.walk.pass.states, before)
      starts.push(block.times[0])
      events.push(0)
      this.counterStarts.push([...this.runtime.values])
    }
    events[events.length - 1] += block.length
    this.walk.feed(block)
  }

  finish(): void {
    this.endNs = this.walk.finish()
    for (const levels of [this.goroutines, this.procs, this.threads, this.lanes]) levels.finish()
  }

  /** Row of strings of a goroutine's start function. */
  nameOf(goroutine: number): number {
    return this.walk.names[goroutine] ?? 0
  }

  /** The generation that a moment belongs to. */
  generationAt(time: number): number {
    let generation = 0
    while (generation + 1 < this.starts.length && this.starts[generation + 1] <= time) generation++
    return generation
  }
}
