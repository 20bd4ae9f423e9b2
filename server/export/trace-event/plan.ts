/**
 * What the trace-event JSON of one request shows. Plain data: it passes between threads.
 *
 * Ids of goroutines and tasks are unsigned decimal texts, as the JSON prints them. Times are ns since the first event.
 */
import type { TraceViewTask } from '../../contract/trace-view.js'

export type View = 'proc' | 'thread' | 'goroutine'

export interface TraceEventPlan {
  /** What a lane is. */
  readonly view: View
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
