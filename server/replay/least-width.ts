import { TILE_COLUMNS } from '../shared/tile.js'
import { Clock } from '../trace/generation/clock.js'
import { BatchKind, type TraceIndex } from '../trace/index/trace-index.js'
import { startTimeOf } from '../trace/order/v2-reader.js'
import { BUCKETS } from './levels.js'

/** A trace of few generations has these. */
const LEAST_BUCKETS = 2048

/**
 * ns that buckets of the timeline begin as wide as, so that none are kept only to be put together later (a third of the
 * walk's time), or to save the reading of one generation: a tile of columns as wide as these lies over more. Finer ones
 * took 65 MiB for a trace of six generations.
 */
export function leastWidth(index: TraceIndex): number {
  const buckets = Math.min(Math.max(index.generations.length * TILE_COLUMNS, LEAST_BUCKETS), BUCKETS)
  return leastLength(index) / buckets
}

/** ns that a trace lasts at least, known before an event is read: until the last batch of events begins. */
export function leastLength({ generations, batches }: TraceIndex): number {
  if (generations.length === 0) return 0
  const start = startTimeOf(generations[0])
  let length = 0
  for (const { frequency, firstBatch, endBatch } of generations) {
    let last = 0n
    for (let row = firstBatch; row < endBatch; row++) {
      if (batches.kinds[row] === BatchKind.Events && batches.times[row] > last) last = batches.times[row]
    }
    length = Math.max(length, new Clock(frequency, start).relative(last))
  }
  return length
}
