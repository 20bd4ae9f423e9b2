/** A sink that hands on what the plan's window and its choice of goroutines show. */
import type { Counter, EventSink, Flow, Instant, Slice, Track } from '../sinks.js'
import type { TraceEventPlan } from './plan.js'
import type { Tracks } from './tracks.js'

export class Selection implements EventSink {
  private readonly fromNs: number
  private readonly toNs: number

  constructor(
    { fromNs, toNs }: TraceEventPlan,
    private readonly tracks: Tracks,
    private readonly sink: EventSink,
  ) {
    this.fromNs = fromNs
    this.toNs = toNs
  }

  get isFull(): boolean {
    return this.sink.isFull
  }

  slice(slice: Slice): void {
    if (this.shows(slice.track) && this.overlaps(slice.start, slice.end)) this.sink.slice(slice)
  }

  instant(instant: Instant): void {
    if (this.within(instant.time) && this.shows(instant.track)) this.sink.instant(instant)
  }

  flow(flow: Flow): void {
    const { from, to, start, end } = flow
    if (this.within(start) && this.within(end) && this.shows(from) && this.shows(to)) this.sink.flow(flow)
  }

  counter(counter: Counter): void {
    if (this.within(counter.time)) this.sink.counter(counter)
  }

  shows(track: Track): boolean {
    return this.tracks.shows(track)
  }

  /** A slice of no length outside the window does not; one that is longer than the window does. */
  overlaps(start: number, end: number): boolean {
    return this.within(start) || this.within(end) || (start < this.fromNs && end > this.toNs)
  }

  private within(time: number): boolean {
    return time >= this.fromNs && time <= this.toNs
  }
}
