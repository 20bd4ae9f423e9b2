/** Ordered blocks in a form that can be compared, however the stream is cut into blocks. */
import type { Dictionary } from '../../server/core/dictionary.js'
import { type EventBlock, slotStarts } from '../../server/core/event-block.js'
import { EventKind, slotOf } from '../../server/core/event-table.js'

const MESSAGE = slotOf(EventKind.UserLog, 'message')

/**
 * The used part of each column of a block. Messages may stand in the dictionary more than once, so that theirs are
 * given by the first row of that text.
 */
export function columnsOf(block: EventBlock, dictionary: Dictionary): Buffer[] {
  const starts = slotStarts(block)
  const slots = block.slots.slice(0, starts[block.length])
  for (let i = 0; i < block.length; i++) {
    if (block.kinds[i] !== EventKind.UserLog) continue
    slots[starts[i] + MESSAGE] = dictionary.strings.indexOf(dictionary.strings[slots[starts[i] + MESSAGE]])
  }
  const { length, times, kinds, threads, procs, goroutines } = block
  const events = [times, kinds, threads, procs, goroutines].map(column => column.slice(0, length))
  return [...events, slots].map(column => Buffer.from(column.buffer, column.byteOffset, column.byteLength))
}
