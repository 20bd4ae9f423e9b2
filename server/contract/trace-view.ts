/**
 * What the trace view of a goroutine or of a task shows, as far as the facts know it, and what its trace-event JSON is
 * made of; part of `Queries` and `Streams` in trace.ts. The events themselves are read again for the JSON.
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

export type TraceEventView = 'proc' | 'thread' | 'goroutine'

/** What the trace-event JSON of one request shows. */
export interface TraceEventPlan {
  /** What a lane is. */
  readonly view: TraceEventView
  /** Only events within this window are given out, both ends included; slices that overlap it. */
  readonly fromNs: number
  readonly toNs: number
  /**
   * Only events with these positions in the sequence of events that are within the window and the filter, both ends
   * included.
   */
  readonly firstIndex: number
  readonly lastIndex: number
  /** View by goroutine: the lanes to show, and the one that stands on top; null: all, none. */
  readonly goroutines: readonly string[] | null
  readonly focus: string | null
  /** In the order in which they are shown; null: tasks are not shown. */
  readonly tasks: readonly TraceViewTask[] | null
}

export interface TraceEventJob {
  readonly plan: TraceEventPlan
  /** A goroutine whose related goroutines are the plan's `goroutines`; the events tell them. */
  readonly relatedTo: string | null
}
