/**
 * What the trace view of a goroutine or of a task shows, as far as the facts know it; the question is part of `Queries`
 * in trace.ts. The events themselves are read again by who draws them.
 *
 * Ids are unsigned decimal texts and names are bytes (Latin-1), as the trace-event JSON needs them. Times are ns.
 */
import type { Id, Partial } from './common.js'

/** At most one of the three; none: the whole trace. */
export interface TraceViewParams {
  readonly goid?: Id
  readonly focustask?: Id
  readonly taskid?: Id
}

export interface TraceViewAnswer {
  readonly partial: Partial | null
  /** Generations that are served. */
  readonly generations: number
  /** Ordered events of the whole trace. */
  readonly events: number
  readonly endNs: number
  /** What the view is cut to, both ends included. */
  readonly fromNs: number
  readonly toNs: number
  /** Goroutine on top. */
  readonly focus: string | null
  /** Goroutines that take part in the tasks; null: that is not what decides. */
  readonly goroutines: readonly string[] | null
  /** The task and its descendants in the order in which they are shown; null: no tasks are. */
  readonly tasks: readonly TraceViewTask[] | null
}

export interface TraceViewTask {
  readonly id: string
  readonly name: string
  /** null: not in the trace. */
  readonly startNs: number | null
  /** The none id 18446744073709551615 when the event has no goroutine, `0` without an event. */
  readonly startGoroutine: string
  readonly endNs: number | null
  readonly endGoroutine: string
  readonly parent: string | null
  /** With `taskid` only; those that have a name. */
  readonly regions: readonly TraceViewRegion[]
}

export interface TraceViewRegion {
  readonly name: string
  readonly goroutine: string
  readonly startNs: number | null
  readonly endNs: number | null
}

export interface TraceViewQueries {
  traceView: { params: TraceViewParams; answer: TraceViewAnswer }
}
