/**
 * What the thread that has the events works with, read in this thread: the first reading of a trace, and the door to
 * its detail.
 */
import { type EventBlock, slotStarts } from '../../server/core/event-block.js'
import { leastWidths } from '../../server/replay/least-width.js'
import { Detail } from '../../server/replay/replay.js'
import { Timeline } from '../../server/replay/timeline-reading.js'
import type { ViewerReading } from '../../server/replay/viewer-reading.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { WholeGenerations } from '../../server/trace/order/whole-generations.js'
import { wholeBlocks } from './local-trace.js'

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
  return detailOf(source, openTrace(source), budgetBytes, usable)
}

export function detailOf(source: Source, trace: OpenedTrace, budgetBytes: number, usable?: number): LocalDetail {
  const checkpoints = new Checkpoints()
  const reader = openReader(source, trace, usable, checkpoints)
  const { dictionary } = reader
  const timeline = new Timeline(dictionary, trace.index === null ? [] : leastWidths(trace.index))
  const blocks: EventBlock[] = []
  for (const { block } of wholeBlocks(new WholeGenerations(reader))) {
    timeline.feed(block)
    blocks.push(trimmed(block))
  }
  const { startTime, usableGenerations: generations } = reader
  timeline.finish()
  const detail = new Detail(source, trace, { dictionary, checkpoints, startTime, generations }, budgetBytes)
  return { blocks, detail, timeline, viewer: timeline.viewer, close: () => source.close() }
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
