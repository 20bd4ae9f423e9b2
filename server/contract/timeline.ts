/**
 * What the timeline asks of a trace; part of `Queries` in trace.ts. The shapes of the answers are in
 * shared/timeline.ts, but for tiles, whose bytes shared/tile.ts decodes.
 */
import type {
  ArrowsAnswer,
  NeighboursAnswer,
  RangeAnswer,
  SearchAnswer,
  SpanAnswer,
  StacksAnswer,
  TimelineRegionsAnswer,
  TimelineView,
  TracksAnswer,
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

/** Views whose tracks are drawn from spans. */
export type DrawnView = Exclude<TimelineView, 'task'>

/** A tile's address. */
export interface TileParams<V extends DrawnView = DrawnView> extends TrackRange {
  readonly view: V
  readonly level: number
  readonly index: number
}

/** From a moment to before another, ns. */
export interface TimeRange {
  readonly fromNs: number
  readonly toNs: number
}

/** What does not exist, a track for one, is refused with NOT_FOUND. */
export interface TimelineQueries {
  timelineTracks: { params: TrackListParams; answer: TracksAnswer }
  timelineTile: { params: TileParams; answer: Uint8Array }
  timelineStacks: { params: TileParams<'goroutine' | 'proc' | 'thread'>; answer: StacksAnswer }
  timelineSpan: { params: { readonly goid: Id; readonly atNs: number }; answer: SpanAnswer }
  timelineNeighbours: {
    params: { readonly view: 'proc' | 'thread'; readonly id: string; readonly atNs: number }
    answer: NeighboursAnswer
  }
  timelineArrows: { params: TimeRange; answer: ArrowsAnswer }
  timelineRegions: { params: TrackRange & TimeRange; answer: TimelineRegionsAnswer }
  timelineRange: { params: TimeRange; answer: RangeAnswer }
  timelineSearch: {
    params: { readonly text: string; readonly offset: number; readonly limit: number }
    answer: SearchAnswer
  }
}

/** The rows that the tracks of the views are made of, in their order; it never changes. */
export interface TrackOrder {
  readonly goroutines: Uint32Array
  /** Group g is made of goroutines[groupStarts[g]] … goroutines[groupStarts[g + 1] − 1]. */
  readonly groupStarts: Uint32Array
  readonly procs: Uint32Array
  readonly threads: Uint32Array
}
