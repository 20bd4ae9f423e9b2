/**
 * The timeline's part of the first reading of a trace: coarse levels, carried states, names, the runtime. Its walk
 * keeps what the trace-event JSON needs too. Fed with every block in order.
 */
import type { Dictionary } from '../core/dictionary.js'
import type { EventBlock } from '../core/event-block.js'
import { generationAt } from '../shared/search.js'
import { NAME } from './layout.js'
import { TimelineLevels } from './levels.js'
import { RuntimeFacts } from './runtime-facts.js'
import { RuntimeWalk } from './runtime-walk.js'
import { CarriedStates } from './timeline-carry.js'
import { ViewerReading } from './viewer-reading.js'
import { FirstWalk } from './walk.js'

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
  private readonly levels: readonly TimelineLevels[]
  private counted: SpanCounts = { goroutines: 0, procs: 0, threads: 0, lanes: 0 }
  /** Row of strings of each goroutine's start function; after `finish`. */
  private names = new Int32Array(0)
  /** null: the trace has been read. What they knew of it is free then. */
  private walks: { readonly states: FirstWalk; readonly runtime: RuntimeWalk } | null

  /** @param leastWidths ns that buckets of the levels are wider than, from each generation on */
  constructor(
    dictionary: Dictionary,
    private readonly leastWidths: readonly number[] = [],
  ) {
    const [first] = leastWidths
    this.goroutines = new TimelineLevels(first)
    this.procs = new TimelineLevels(first)
    this.threads = new TimelineLevels(first)
    this.lanes = new TimelineLevels(first)
    this.levels = [this.goroutines, this.procs, this.threads, this.lanes]
    const viewer = new ViewerReading(dictionary)
    const states: FirstWalk = new FirstWalk(dictionary, this.levels, {
      other: (block, i, slot) => {
        runtime.event(block, i, slot)
        viewer.other(block, i, slot, states)
      },
      named: goroutine => viewer.named.push(goroutine),
      meetThread: thread => viewer.threads.add(thread),
      meetProc: proc => viewer.procs.add(proc),
    })
    const runtime = new RuntimeWalk(dictionary, states.clock, states, this.runtime, states)
    this.viewer = viewer
    this.walks = { states, runtime }
  }

  feed(block: EventBlock): void {
    if (this.walks === null) throw new Error('a block came after the end')
    const { states, runtime } = this.walks
    this.viewer.begin(block, states)
    if (block.length === 0 || block.generation < 0) return
    const { starts, events } = this
    if (block.generation >= starts.length) {
      const before = starts.at(-1)
      if (before !== undefined) {
        this.carried.record(states, before)
        this.countSpans(states)
      }
      starts.push(block.times[0])
      events.push(0)
      this.counterStarts.push([...this.runtime.values])
      for (const level of this.levels) level.leastWidth = this.leastWidths[block.generation] ?? 0
    }
    events[events.length - 1] += block.length
    runtime.begin(block)
    states.feed(block)
  }

  finish(): void {
    if (this.walks === null) throw new Error('the end came twice')
    const { states, runtime } = this.walks
    this.endNs = runtime.end()
    states.finish()
    this.carried.finish()
    runtime.finish()
    this.viewer.finish(states)
    this.countSpans(states)
    states.write()
    this.names = states.column(NAME)
    this.walks = null
  }

  private countSpans(walk: FirstWalk): void {
    const [goroutines, procs, threads, lanes] = [0, 1, 2, 3].map(level => walk.taken(level))
    const taken = { goroutines, procs, threads, lanes }
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
    return this.names[goroutine] ?? 0
  }

  /** The generation that a moment belongs to. */
  generationAt(time: number): number {
    return generationAt(this.starts, time)
  }
}
