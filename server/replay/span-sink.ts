/** What takes the spans, and what else events tell, from who reads them. */
import type { Clock } from '../analysis/facts/clock.js'

/** Takes what a track was in, when it ends. */
export interface SpanSink {
  /**
   * It began at `sinces[at]` and ends now. `reason` is a row of strings; `other` that of the proc, or on procs and
   * threads of the goroutine; `stack` that on which the goroutine stands, or with which it stops running.
   */
  take(
    track: number,
    state: number,
    sinces: Float64Array,
    at: number,
    clock: Clock,
    reason: number,
    other: number,
    stack: number,
  ): void
  /** The goroutine of the span taken last was a mark worker since that time. */
  takeWorker(track: number, since: number, clock: Clock): void
}

export type LaneSink = Pick<SpanSink, 'take'>

/** Takes a span that began in an earlier generation, which a later reading of one generation can't tell. */
export interface LongSpanSink {
  range(lane: number, start: number, end: number, goroutine: number): void
}

/** Takes what is no state of a goroutine. */
export interface RuntimeSink {
  /** A figure (COUNTERS) has a value from now on. */
  counter(counter: number, time: number, value: number): void
  /**
   * A stop-the-world or a mark phase, with its reason's row of strings; or an assist or a sweep from an earlier
   * generation, with the row of its goroutine.
   */
  range(lane: number, start: number, end: number, about: number): void
  /** A CPU sample; rows of the goroutine, −1: none, and of the stack. */
  sample(time: number, goroutine: number, stack: number): void
}

/** Takes who is labelled as a background mark worker for its present run. */
export interface WorkerSink {
  beginWorker(goroutine: number): void
}
