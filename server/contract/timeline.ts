/**
 * What the timeline asks of the facts; part of `Queries` in trace.ts. The shapes of what the routes answer are in
 * shared/timeline.ts; tiles and what else needs single events come from server/detail.
 */
import type {
  SearchAnswer,
  SpanAnswer,
  TimelineRegionsAnswer,
  TimelineTrack,
  TimelineView,
} from '../shared/timeline.js'
import type { Id } from './common.js'

export interface TrackListParams {
  readonly view: TimelineView
  /** Index of the group whose goroutines are wanted. */
  readonly group?: number
  /** Text in the name or the id, any case. */
  readonly filter: string
  /** Only the track with this id, as it is shown. */
  readonly id?: string
  readonly offset: number
  readonly limit: number
}

export interface TrackRange {
  readonly view: TimelineView
  /** Indexes, both included. */
  readonly first: number
  readonly last: number
}

/** What the facts know of a goroutine at a moment. */
export interface GoroutineAt extends Pick<SpanAnswer, 'goid' | 'name' | 'track' | 'regions' | 'task' | 'startedBy'> {
  readonly row: number
}

export interface TimelineQueries {
  timelineTracks: {
    params: TrackListParams
    answer: { readonly endNs: number; readonly total: number; readonly tracks: readonly TimelineTrack[] }
  }
  /** The rows of goroutines, procs or threads that make up each track; fewer where the range passes the last track. */
  timelineRows: { params: TrackRange; answer: readonly Uint32Array[] }
  /** Indexes of the tracks of goroutine rows, −1: it has none. */
  timelineTracksOf: { params: { readonly rows: readonly number[] }; answer: readonly number[] }
  timelineRegions: {
    params: TrackRange & { readonly fromNs: number; readonly toNs: number }
    answer: Omit<TimelineRegionsAnswer, 'samples'>
  }
  timelineSearch: {
    params: { readonly text: string; readonly offset: number; readonly limit: number }
    answer: SearchAnswer
  }
  timelineGoroutine: { params: { readonly goid: Id; readonly atNs: number }; answer: GoroutineAt }
}
