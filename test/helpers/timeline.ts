/** The timeline of a fixture without threads: first reading, detail and tiles, with the ordered events for slow twins. */
import { Timeline } from '../../server/analysis/passes/timeline-reading.js'
import { Detail } from '../../server/detail/detail.js'
import { TimelineTiles } from '../../server/detail/timeline-tiles.js'
import type { Dictionary } from '../../server/shared/dictionary.js'
import type { EventBlock } from '../../server/shared/event-block.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { openSource } from '../../server/trace/source/file-source.js'
import { fixture } from './fixtures.js'

export interface ReadTimeline {
  readonly blocks: readonly EventBlock[]
  readonly dictionary: Dictionary
  readonly timeline: Timeline
  readonly tiles: TimelineTiles
  close(): void
}

export function readTimeline(name: string, budgetBytes = 1 << 30): ReadTimeline {
  const source = openSource(fixture(name).path)
  const trace = openTrace(source)
  const checkpoints = new Checkpoints()
  const reader = openReader(source, trace, undefined, checkpoints)
  const timeline = new Timeline(reader.dictionary)
  const blocks: EventBlock[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    timeline.feed(block)
    blocks.push(block)
  }
  timeline.finish()
  const { dictionary, startTime, usableGenerations: generations } = reader
  const detail = new Detail(source, trace, { dictionary, checkpoints, startTime, generations }, budgetBytes)
  const tiles = new TimelineTiles(detail, timeline, budgetBytes)
  return { blocks, dictionary, timeline, tiles, close: () => source.close() }
}
