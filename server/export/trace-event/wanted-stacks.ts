/** Finds the stacks of events that are known by their times. */

import { NO_STACK } from '../../core/dictionary.js'
import { type EventBlock, slotStarts } from '../../core/event-block.js'
import { stackOf } from '../../core/events.js'
import { firstPlace } from '../../shared/search.js'

export class WantedStacks {
  private readonly times: Float64Array
  private readonly found = new Map<number, number>()

  /** `times` in any order. */
  constructor(times: readonly number[]) {
    this.times = Float64Array.from(new Set(times)).sort()
  }

  /** Takes what is wanted of a block; blocks may come in any order. */
  take(block: EventBlock): void {
    const { times, found } = this
    const last = block.times[block.length - 1]
    let starts: Uint32Array | undefined
    for (let i = firstFrom(times, times.length, block.times[0]); i < times.length && times[i] <= last; i++) {
      const at = firstFrom(block.times, block.length, times[i])
      if (block.times[at] !== times[i]) continue
      starts ??= slotStarts(block)
      found.set(times[i], stackOf(block.kinds[at], block.slots, starts[at]))
    }
  }

  /** Times of the events that have not been seen, ascending. */
  missing(): number[] {
    return Array.from(this.times).filter(time => !this.found.has(time))
  }

  /** Row of stacks. */
  at(time: number | null): number {
    return time === null ? NO_STACK : (this.found.get(time) ?? NO_STACK)
  }
}

/** Place of the first of `length` ascending times that is not before a time. */
function firstFrom(times: Float64Array, length: number, time: number): number {
  return firstPlace(0, length, place => times[place] >= time)
}
