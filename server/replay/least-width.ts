import { MAX_LEVEL, TILE_COLUMNS } from '../shared/tile.js'
import { Clock } from '../trace/generation/clock.js'
import { BatchKind, type TraceIndex } from '../trace/index/trace-index.js'
import { startTimeOf } from '../trace/order/v2-reader.js'
import { BUCKETS } from './levels.js'

/** A trace of few generations has these. */
const LEAST_BUCKETS = 2048

/** Buckets that are wider than this, ns, are those of the highest level that tiles have. */
const WIDEST = 2 ** MAX_LEVEL - 1

/** As many times as long as up to a generation a trace may be expected to become. */
const FORESIGHT = 8

/**
 * ns that buckets of the timeline are at least as wide as from each generation on, so that few are kept only to be put
 * together later (a third of the walk's time), or to save the reading of one generation: a tile of columns as wide as
 * these lies over more. Finer ones took 65 MiB for a trace of six generations.
 *
 * A generation that is much later than those before counts only once it comes: it may be damaged, and its time wrong.
 */
export function leastWidths(index: TraceIndex): number[] {
  const lengths = leastLengths(index)
  let last = 0
  return lengths.map((length, row) => {
    last = Math.max(last, row)
    while (last + 1 < lengths.length && lengths[last + 1] <= length * FORESIGHT) last++
    const buckets = Math.min(Math.max((last + 1) * TILE_COLUMNS, LEAST_BUCKETS), BUCKETS)
    return Math.min(lengths[last] / buckets, WIDEST)
  })
}

/**
 * ns that a trace lasts at least at the end of each generation, known before an event is read: until the last batch of
 * events begins.
 */
export function leastLengths({ generations, batches }: TraceIndex): number[] {
  let length = 0
  return generations.map(({ frequency, firstBatch, endBatch }) => {
    let last = 0n
    for (let row = firstBatch; row < endBatch; row++) {
      if (batches.kinds[row] === BatchKind.Events && batches.times[row] > last) last = batches.times[row]
    }
    length = Math.max(length, new Clock(frequency, startTimeOf(generations[0])).relative(last))
    return length
  })
}
