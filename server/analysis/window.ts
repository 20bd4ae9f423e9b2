/**
 * Figures of goroutines at any time: how all stood at the start of its generation, and the events of that generation up
 * to it, which are read again. So a window costs two generations at most, however long it is.
 */
import type { EventBlock } from '../core/event-block.js'
import { Analyst } from './analyst.js'
import { FiguresAt } from './facts/clean-figures.js'
import type { TraceFacts } from './facts/trace-facts.js'

/** Gives the blocks of a generation, by its row. */
export type Replay = (generation: number) => Iterable<EventBlock>

/** What goroutines had spent at `time`, ns. */
export function figuresAt(facts: TraceFacts, time: number, replay: Replay): FiguresAt {
  const { snapshots, dictionary, header, generations, endNs } = facts
  if (time >= endNs) return new FiguresAt(snapshots, generations.length, endNs, null)
  const { generation, isStart } = snapshots.generationAt(time)
  if (isStart) return new FiguresAt(snapshots, generation, time, null)
  const analyst = new Analyst(dictionary, header)
  analyst.resume(snapshots, generation)
  for (const block of replay(generation)) {
    const { times } = block
    let length = 0
    while (length < block.length && times[length] < time) length++
    // It is the only generation that this analyst gets.
    analyst.feed({ ...block, generation: 0, length }, generations[generation])
    analyst.lookAhead(block, length)
  }
  return new FiguresAt(snapshots, generation, time, analyst.tables)
}
