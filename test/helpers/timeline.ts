/** The timeline of a fixture without threads: first reading, detail and tiles, with the ordered events for slow twins. */
import type { Timeline } from '../../server/analysis/passes/timeline-reading.js'
import { TimelineTiles } from '../../server/detail/timeline-tiles.js'
import type { Dictionary } from '../../server/shared/dictionary.js'
import type { EventBlock } from '../../server/shared/event-block.js'
import { fixture } from './fixtures.js'
import { readDetail } from './local-detail.js'

export interface ReadTimeline {
  readonly blocks: readonly EventBlock[]
  readonly dictionary: Dictionary
  readonly timeline: Timeline
  readonly tiles: TimelineTiles
  close(): void
}

export function readTimeline(name: string, budgetBytes = 1 << 30): ReadTimeline {
  const { blocks, detail, timeline, close } = readDetail(fixture(name).path, undefined, budgetBytes)
  const tiles = new TimelineTiles(detail, timeline, budgetBytes)
  return { blocks, dictionary: detail.dictionary, timeline, tiles, close }
}
