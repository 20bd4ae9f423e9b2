import { Clock } from '../trace/generation/clock.js'
import { BatchKind, type TraceIndex } from '../trace/index/trace-index.js'
import { startTimeOf } from '../trace/order/v2-reader.js'

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
