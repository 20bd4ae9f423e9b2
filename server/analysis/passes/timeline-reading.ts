/**
 * The timeline's part of the first reading of a trace: coarse levels, carried states, names, the runtime. Its walk makes that of the trace-event
 * JSON too. Fed with every block in order.
 */
import type { Dictionary } from '../../shared/dictionary.js'
import type { EventBlock } from '../../shared/event-block.js'
import { CarriedStates } from '../facts/timeline-carry.js'
import { TimelineLevels } from '../facts/timeline-levels.js'
import { RuntimeFacts } from '../facts/timeline-runtime.js'
import { TimelineWalk } from './timeline-walk.js'
import { ViewerReading } from './viewer-reading.js'

/** Spans that end in a generation; of lanes, those that began in an earlier one are not met when it is read again. */
export type SpanCounts = Readonly<Record<'goroutines' | 'procs' | 'threads' | 'lanes', number>>

export class Timeline {
  readonly goroutines: TimelineLevels
  readonly procs: TimelineLevels
  readonly threads: TimelineLevels
  /** Lanes of the runtime by RuntimeLane, but for the first two. */
  readonly lanes: TimelineLevels
  readonly runtime = new RuntimeFacts()
  readonly carried = new CarriedStates()
  readonly viewer: ViewerReading
  /** Time of each generation's first event, and its number of events. */
  readonly starts: number[] = []
  readonly events: number[] = []
  readonly spanCounts: SpanCounts[] = []
  /** Values of the counters at each generation's start. */
  readonly counterStarts: (readonly number[])[] = []
  /** Known once `finish` was called, ns. */
  endNs = 0
  private counted: SpanCounts = { goroutines: 0, procs: 0, threads: 0, lanes: 0 }
  private readonly walk: TimelineWalk<TimelineLevels>

  /** @param leastLength ns that the trace lasts at least */
  constructor(dictionary: Dictionary, leastLength = 0) {
    this.goroutines = new TimelineLevels(leastLength)
    this.procs = new TimelineLevels(leastLength)
    this.threads = new TimelineLevels(leastLength)
    this.lanes = new TimelineLevels(leastLength)
    this.viewer = new ViewerReading(dictionary)
    const { goroutines, procs, threads, lanes, runtime, viewer } = this
    this.walk = new TimelineWalk(dictionary, goroutines, procs, threads, lanes, runtime, viewer)
  }

  feed(block: EventBlock): void {
    this.viewer.begin(block)
    if (block.length === 0 || block.generation < 0) return
    const { starts, events } = this
    if (block.generation >= starts.length) {
      const before = starts.at(-1)
      if (before !== undefined) {
        this.carried.record(this.walk.pass.states, before)
        this.countSpans()
      }
      starts.push(block.times[0])
      events.push(0)
      this.counterStarts.push([...this.runtime.values])
    }
    events[events.length - 1] += block.length
    this.walk.feed(block)
  }

  finish(): void {
    this.endNs = this.walk.finish()
    this.viewer.finish()
    this.countSpans()
    for (const levels of [this.goroutines, this.procs, this.threads, this.lanes]) levels.finish()
  }

  private countSpans(): void {
    const taken = {
      goroutines: this.goroutines.taken,
      procs: this.procs.taken,
      threads: this.threads.taken,
      lanes: this.lanes.taken,
    }
    const { counted } = this
    this.spanCounts.push({
      goroutines: taken.goroutines - counted.goroutines,
      procs: taken.procs - counted.procs,
      threads: taken.threads - counted.threads,
      lanes: taken.lanes - counted.lanes,
    })
    this.counted = taken
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
