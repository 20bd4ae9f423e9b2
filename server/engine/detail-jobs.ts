/** The jobs that the detail service knows, by name. */
import { writeTraceEvents } from '../export/trace-event/write-trace-events.js'
import { type ArrowsRequest, wakesIn } from '../timeline/arrows.js'
import { type NeighboursRequest, neighboursOf } from '../timeline/neighbours.js'
import { type RangeRequest, rangeDetail, type SpanRequest, samplesIn, spanDetail } from '../timeline/range.js'
import { type StacksRequest, stacksOf } from '../timeline/stacks.js'
import type { TileRequest } from '../timeline/tiles.js'
import type { DetailJob } from './detail-service.js'

export const detailJobs: Readonly<Record<string, DetailJob>> = {
  timelineTile: ({ timeline }, request: TileRequest) => timeline.encoded(request),
  timelineLevels: function* ({ timeline }) {
    yield jsonBytes({ quickLevel: timeline.quickLevel, emptyLanes: timeline.emptyLanes })
  },
  timelineSpan: function* ({ timeline }, request: SpanRequest) {
    yield jsonBytes(spanDetail(timeline, request))
  },
  timelineNeighbours: function* ({ timeline }, request: NeighboursRequest) {
    yield jsonBytes(yield* neighboursOf(timeline, request))
  },
  timelineSamples: function* ({ timeline }, request: Parameters<typeof samplesIn>[1]) {
    yield jsonBytes(samplesIn(timeline, request))
  },
  timelineArrows: function* ({ timeline }, request: ArrowsRequest) {
    yield jsonBytes(yield* wakesIn(timeline, request))
  },
  timelineStacks: function* ({ timeline }, request: StacksRequest) {
    yield jsonBytes(yield* stacksOf(timeline, request))
  },
  timelineRange: function* ({ timeline }, request: RangeRequest) {
    yield jsonBytes(yield* rangeDetail(timeline, request))
  },
  traceEvents: writeTraceEvents,
}

function jsonBytes(answer: object): Uint8Array {
  return Uint8Array.from(Buffer.from(JSON.stringify(answer)))
}
