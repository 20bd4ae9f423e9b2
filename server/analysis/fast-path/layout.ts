/**
 * Where things lie in the memory that the passes and their fast path share (../memory.ts). Read by TypeScript and by
 * AssemblyScript alike, so that nothing stands here but numbers.
 */

/** Columns begin here. */
export const FIRST_COLUMN = 2048

/**
 * Words: the block's columns, in bytes; how many events it has; the first slot of the event where the fast path
 * stopped.
 */
export const TIMES = 0
export const KINDS = 1
export const PROCS = 2
export const GOROUTINES = 3
export const SLOTS = 4
export const LENGTH = 5
export const SLOT = 6
/** Words: columns that grow, each with its length in the word behind it. */
export const GOROUTINE_PAGES = 8
export const REASON_PAGES = 10
export const REASON_KINDS = 12
export const REASON_COUNTS = 14
export const RUN_COUNTS = 16
export const SYSCALLERS = 18
export const HOLDERS = 20
export const UTILIZATION_BITS = 22
/** Word: 0, or what the utilisation pass wants to know of transitions. */
export const WATCHING = 24
export const WATCHED_ONLY = 1
export const EXECUTING_TOO = 2
/** Words that change with events. */
export const STAYS = 25
export const WAKEUPS = 26
/** Words of the overview: its sums, and the bucket of the present. */
export const OVERVIEW = 27
export const BUCKET = 28
/** Words: by event number, how many slots it has; buckets of histograms (facts/histogram.ts). */
export const SLOT_COUNTS = 29
export const HISTOGRAM_FIRSTS = 30
export const HISTOGRAM_POWERS = 31
/** Two words for each list of spans. */
export const SPANS = 32
export const CHUNK = 0
export const USED = 1

/**
 * Words of a snapshot (passes/snapshot.ts): its figures, and the shapes and numbers of reasons and ranges that they are
 * of.
 */
export const FIGURES = 40
export const REASON_SHAPE = 42
export const RANGE_SHAPE = 43
export const REASON_COUNT = 44
export const RANGE_COUNT = 45
/** Words of columns that grow: the second holds the figures of regions that are open. */
export const RANGE_PAGES = 46
export const OPEN_FIGURES = 48

/** Numbers. The clock comes first (facts/clock.ts). */
export const NOW = 0
export const SYNC = 1
/** Where the present bucket of the overview ends. */
export const UNTIL = 2
/** Times of all runs, of the runs of mark workers and of syscalls that hold a proc. */
export const RUNNING_SUM = 3
export const WORKER_SUM = 4
export const SYSCALL_SUM = 5
/** Width of a bucket of the overview, and start of the present one. */
export const OVERVIEW_PLACE = 6
export const BUCKET_START = 7
/** Two numbers for each list of spans. */
export const SPAN_ENDS = 8
export const LAST = 0
export const BASE = 1
/** Time of the first event of the present generation. */
export const GENERATION_START = 16
