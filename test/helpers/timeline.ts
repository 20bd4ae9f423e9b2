/**
 * The timeline of a fixture without threads: first reading, detail and tiles, with the ordered events for slow twins.
 */
import type { Dictionary } from '../../server/core/dictionary.js'
import type { EventBlock } from '../../server/core/event-block.js'
import type { Timeline } from '../../server/replay/timeline-reading.js'
import type { ViewerReading } from '../../server/replay/viewer-reading.js'
import type { Source } from '../../server/source/source.js'
import { TimelineTiles } from '../../server/timeline/tiles.js'
import type { OpenedTrace } from '../../server/trace/open.js'
import { fixture } from './fixtures.js'
import { detailOf, type LocalDetail, readDetail } from './local-detail.js'

export interface ReadTimeline {
  readonly blocks: readonly EventBlock[]
  readonly dictionary: Dictionary
  readonly timeline: Timeline
  readonly tiles: TimelineTiles
  readonly viewer: ViewerReading
  close(): void
}

export function readTimeline(name: string, budgetBytes = 1 << 30): ReadTimeline {
  return withTiles(readDetail(fixture(name).path, undefined, budgetBytes), budgetBytes)
}

/** The timeline of the first `usable` generations of a trace; of all that can be read when left out. */
export function timelineOf(source: Source, trace: OpenedTrace, budgetBytes: number, usable?: number): ReadTimeline {
  return withTiles(detailOf(source, trace, budgetBytes, usable), budgetBytes)
}

function withTiles({ blocks, detail, timeline, viewer, close }: LocalDetail, budgetBytes: number): ReadTimeline {
  const tiles = new TimelineTiles(detail, timeline, budgetBytes)
  return { blocks, dictionary: detail.dictionary, timeline, tiles, viewer, close }
}
