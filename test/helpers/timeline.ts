/** The timeline of a fixture without threads: first reading, detail and tiles, with the ordered events for slow twins. */
import { Timeline } from '../../server/analysis/passes/timeline-reading.js'
import { Detail } from '../../server/detail/detail.js'
import { TimelineTiles } from '../../server/detail/timeline-tiles.js'
import type { Dictionary } from '../../server/shared/dictionary.js'
import { type EventBlock, slotStarts } from '../../server/shared/event-block.js'
import { type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { openSource } from '../../server/trace/source/file-source.js'
import type { Source } from '../../server/trace/source/source.js'
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
  return timelineOf(source, openTrace(source), budgetBytes)
}

/** The timeline of the first `usable` generations of a trace; of all that can be read when left out. */
export function timelineOf(source: Source, trace: OpenedTrace, budgetBytes: number, usable?: number): ReadTimeline {
  const checkpoints = new Checkpoints()
  const reader = openReader(source, trace, usable, checkpoints)
  const timeline = new Timeline(reader.dictionary)
  const blocks: EventBlock[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    timeline.feed(block)
    blocks.push(trimmed(block))
    reader.recycle(block)
  }
  timeline.finish()
  const { dictionary, startTime, usableGenerations: generations } = reader
  const detail = new Detail(source, trace, { dictionary, checkpoints, startTime, generations }, budgetBytes)
  const tiles = new TimelineTiles(detail, timeline, budgetBytes)
  return { blocks, dictionary, timeline, tiles, close: () => source.close() }
}

/** A copy without the room behind the last event, which in a small generation is most of a block. */
function trimmed(block: EventBlock): EventBlock {
  const { length, times, kinds, threads, procs, goroutines, slots } = block
  return {
    ...block,
    times: times.slice(0, length),
    kinds: kinds.slice(0, length),
    threads: threads.slice(0, length),
    procs: procs.slice(0, length),
    goroutines: goroutines.slice(0, length),
    slots: slots.slice(0, slotStarts(block)[length]),
  }
}
