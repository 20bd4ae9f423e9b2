/** What one step of a run may take: reading, analysing and asking is one, each page, export or tile is another. */

/**
 * Of the processor: the clock on the wall counts what else a busy machine does, so that the same seed would pass today
 * and fail tomorrow.
 */
export const TIME_BUDGET_MS = 5000
/** On the wall: a step that waits for what never comes takes nothing of the processor. */
export const WAIT_BUDGET_MS = 60_000
/** Of array buffers that a run leaves, beside those of the facts that stay. */
export const BUFFER_BUDGET = 256 << 20
/** Heap of the thread: a trace of a quarter of a megabyte needs a tenth of it. */
export const HEAP_BUDGET_MB = 512
/** Resident set of the whole program at any time, with the garbage of the runs before and 22 MB of fixtures. */
export const RESIDENT_BUDGET = 1024 << 20

/** Processor time of the program, ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
