/** What of a block changes its owner when it is sent to another thread. */
import type { EventBlock } from '../core/event-block.js'

export function blockBuffers({ times, kinds, threads, procs, goroutines, slots }: EventBlock): ArrayBuffer[] {
  return [times.buffer, kinds.buffer, threads.buffer, procs.buffer, goroutines.buffer, slots.buffer] as ArrayBuffer[]
}
