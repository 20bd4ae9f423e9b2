/**
 * The time of the event at hand and of the latest Sync, ns. Passes share one such array: a double that is handed to a
 * function that is not inlined is boxed on the heap, once an event (measured: a third of the analysis).
 */
export type Clock = Float64Array

export const NOW = 0
export const SYNC = 1

export function newClock(): Clock {
  return new Float64Array(2)
}
