import type { TraceEventPlan, TraceEventView } from '../../contract/trace-view.js'

export type { TraceEventPlan, TraceEventView as View }

/** Everything, by proc. */
export const wholeTrace: TraceEventPlan = {
  view: 'proc',
  fromNs: 0,
  toNs: Number.POSITIVE_INFINITY,
  firstIndex: 0,
  lastIndex: Number.POSITIVE_INFINITY,
  goroutines: null,
  focus: null,
  tasks: null,
}
