/** What the thread that has the events works with, read in this thread: the first reading of a trace, and the door to its detail. */
import { Timeline } from '../../server/analysis/passes/timeline-reading.js'
import { ViewerReading } from '../../server/analysis/passes/viewer-reading.js'
import { Detail } from '../../server/detail/detail.js'
import type { EventBlock } from '../../server/shared/event-block.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { openSource } from '../../server/trace/source/file-source.js'

export interface LocalDetail {
  /** All of the first reading. */
  readonly blocks: readonly EventBlock[]
  readonly detail: Detail
  readonly timeline: Timeline
  readonly viewer: ViewerReading
  close(): void
}

/** Reads the usable generations of a trace, all whose number is not given. */
export function readDetail(path: string, usable?: number, budgetBytes = 1 << 30): LocalDetail {
  const source = openSource(path)
  const trace = openTrace(source)
  const checkpoints = new Checkpoints()
  const reader = openReader(source, trace, usable, checkpoints)
  const { dictionary } = reader
  const timeline = new Timeline(dictionary)
  const viewer = new ViewerReading(dictionary)
  const blocks: EventBlock[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    timeline.feed(block)
    viewer.feed(block)
    blocks.push(block)
  }
  const { startTime, usableGenerations: generations } = reader
  if (reader.generations.length > generations) {
    source.close()
    return readDetail(path, generations, budgetBytes)
  }
  timeline.finish()
  viewer.finish()
  const detail = new Detail(source, trace, { dictionary, checkpoints, startTime, generations }, budgetBytes)
  return { blocks, detail, timeline, viewer, close: () => source.close() }
}
