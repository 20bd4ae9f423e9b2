/** The jobs that the detail service knows, by name. */
import { type ArrowsRequest, wakesIn } from '../detail/timeline-arrows.js'
import { type RangeRequest, rangeDetail, type SpanRequest, samplesIn, spanDetail } from '../detail/timeline-facts.js'
import { type NeighboursRequest, neighboursOf } from '../detail/timeline-neighbours.js'
import { type StacksRequest, stacksOf } from '../detail/timeline-stacks.js'
import type { TileRequest } from '../detail/timeline-tiles.js'
import type { DetailJob } from './detail-service.js'
import { writeTraceEvents } from './write-trace-events.js'

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
