/** From what a request asks for and what the analyst knows of it to the plan of its JSON. */
import type { TraceEventJob, TraceViewAnswer } from '../../contract/trace-view.js'

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
