/** From what a request asks for and what the analyst knows of it to the plan of its JSON. */
import type { Readable } from 'node:stream'
import type { TraceViewAnswer } from '../../contract/trace-view.js'
import type { TraceEventPlan } from './plan.js'

/** How the view of `TraceViewAnswer` is to be cut; what is undefined is not asked for. */
export interface TraceEventRequest {
  /** Ignored for the views of a goroutine or of a task's goroutines. */
  readonly view: 'proc' | 'thread'
  /** Positions in the sequence of events, both included. */
  readonly indexes?: { readonly first: number; readonly last: number }
  /** ns; `to` is excluded. They take the place of the view's own window. */
  readonly from?: number
  readonly to?: number
}

/** What is asked of who has the events. */
export interface TraceEventJob {
  readonly plan: TraceEventPlan
  /** A goroutine whose related goroutines are the plan's `goroutines`; the events tell them. */
  readonly relatedTo: string | null
}

/**
 * Starts to write the JSON of a job: a stream of its bytes (UTF-8), which destroys itself when the signal is aborted.
 * Rejects with a CodedError when nothing could be read.
 */
export type TraceEventSource = (job: TraceEventJob, signal: AbortSignal) => Promise<Readable>

export function traceEventJob(answer: TraceViewAnswer, request: TraceEventRequest): TraceEventJob {
  const { focus, goroutines, tasks } = answer
  const { view, indexes, from, to } = request
  const cut = from !== undefined || to !== undefined
  return {
    plan: {
      view: focus === null ? view : 'goroutine',
      fromNs: cut ? (from ?? 0) : answer.fromNs,
      toNs: cut ? (to ?? Number.POSITIVE_INFINITY) - 1 : answer.toNs,
      firstIndex: indexes?.first ?? 0,
      lastIndex: indexes?.last ?? Number.POSITIVE_INFINITY,
      goroutines,
      focus,
      tasks,
    },
    relatedTo: focus !== null && goroutines === null ? focus : null,
  }
}
