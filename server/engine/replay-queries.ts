/** What the thread that has the events answers, by name: a part of the trace's questions, and what the facts lack. */
import { GoroutineHistory, type HistoryData } from '../analysis/passes/history.js'
import type { TimeRange } from '../contract/timeline.js'
import type { Queries, Streams } from '../contract/trace.js'
import { writeTraceEvents } from '../export/trace-event/write-trace-events.js'
import type { Detail } from '../replay/replay.js'
import type { ViewerFacts } from '../replay/viewer-facts.js'
import { arrowsIn } from '../timeline/arrows.js'
import { neighboursOf } from '../timeline/neighbours.js'
import {
  type RangeDetail,
  rangeDetail,
  type SampleMarks,
  type SamplesRequest,
  type SpanDetail,
  type SpanRequest,
  samplesIn,
  spanDetail,
} from '../timeline/range.js'
import { stacksOf } from '../timeline/stacks.js'
import type { TimelineTiles } from '../timeline/tiles.js'
import type { Tracks } from '../timeline/tracks.js'
import type { Handlers } from './rpc-server.js'

export interface ReplayContext {
  readonly detail: Detail
  readonly tiles: TimelineTiles
  readonly tracks: Tracks
  readonly viewer: ViewerFacts
  /** Checksums of the file; throws FILE_CHANGED when it is not what was read. */
  fileSums(): Float64Array
}

/** Questions of the trace that need no facts. */
export const replayQueryNames = ['timelineTile', 'timelineStacks', 'timelineNeighbours', 'timelineArrows'] as const
export type ReplayQueryName = (typeof replayQueryNames)[number]

/** What the thread of the facts asks for answers that are of both. */
export interface ReplayParts {
  /** The states of one goroutine (a row) in generations `from` to `to`; `endNs` is the end of the trace. */
  history: {
    params: { readonly goroutine: number; readonly from: number; readonly to: number; readonly endNs: number }
    answer: HistoryData
  }
  span: { params: SpanRequest; answer: SpanDetail }
  samples: { params: SamplesRequest; answer: SampleMarks }
  range: { params: TimeRange; answer: RangeDetail }
}

/** What the main thread asks beside the questions of the trace. */
interface FileMethods {
  fileSums: { params: null; answer: Float64Array }
}

export interface ReplayMethods extends FileMethods, Pick<Queries, ReplayQueryName>, Streams, ReplayParts {}

export const replayHandlers: Handlers<ReplayContext, ReplayMethods> = {
  timelineTile: ({ tiles, tracks }, { level, index, ...range }) =>
    tiles.encoded({ ...tracks.rowsOf(range), level, index }),
  timelineStacks: ({ tiles, tracks }, { level, index, ...range }) =>
    stacksOf(tiles, { ...tracks.rowsOf(range), level, index }),
  timelineNeighbours: ({ tiles, tracks }, { view, id, atNs }) =>
    neighboursOf(tiles, { kind: view === 'proc' ? 'procs' : 'threads', row: tracks.rowOfId(view, id), atNs }),
  timelineArrows: ({ tiles, tracks }, range) => arrowsIn(tiles, tracks, range),
  traceEvents: writeTraceEvents,
  fileSums: ({ fileSums }) => fileSums(),
  history: function* ({ detail }, { goroutine, from, to, endNs }) {
    const history = new GoroutineHistory(goroutine)
    for (const block of detail.blocks(from, to)) {
      history.feed(block)
      yield new Uint8Array(0)
    }
    history.finish(endNs)
    return history.toData()
  },
  span: ({ tiles }, request) => spanDetail(tiles, request),
  samples: ({ tiles }, request) => samplesIn(tiles, request),
  range: ({ tiles }, range) => rangeDetail(tiles, range),
}
