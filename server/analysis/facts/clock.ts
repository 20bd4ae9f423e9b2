import { NOW, SYNC } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'

/**
 * The time of the event at hand and of the latest Sync, ns. Passes share one such array: a double that is handed to a
 * function that is not inlined is boxed on the heap, once an event (measured: a third of the analysis).
 */
export type Clock = Float64Array

export { NOW, SYNC }

/** The clock in the registers of a memory. */
export function clockOf({ numbers }: AnalysisMemory): Clock {
  return numbers.subarray(NOW, SYNC + 1)
}

/** A clock of its own. */
export function newClock(): Clock {
  return new Float64Array(2)
}
