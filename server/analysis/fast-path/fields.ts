/**
 * Fields of the records that the passes and their fast path share, and other numbers of theirs. Read by TypeScript and
 * by AssemblyScript alike, so that nothing stands here but numbers.
 */

/** Fields of goroutines (facts/goroutines.ts): times, then numbers. */
export const ENTERED = 0
export const CREATION = 1
export const START = 2
export const TOTAL = 4
export const EXEC = 5
export const SCHED_WAIT = 6
export const SYSCALL_TIME = 7
export const SYSCALL_BLOCK = 8
export const LOST_PROC = 9
export const WORKER_SINCE = 10
export const TIME_FIELDS = 13
export const STATE = 0
export const REASON = 1
export const STACK = 2
export const NAME = 3
export const FIRST_REASON = 4
export const FIRST_RANGE = 5
export const SYSCALL_PROC = 6
export const UNTOUCHED = 12
export const OWN_STACK = 13
export const NUMBER_FIELDS = 14

/** Fields of cells (facts/cells.ts). */
export const CELL_TIME_FIELDS = 2
export const CELL_NUMBER_FIELDS = 3
export const SUM = 0
export const OPEN = 1
export const KEY = 0
export const NEXT = 1
export const SHAPE = 2

/** The shape of an empty list (facts/shapes.ts). */
export const NO_KEYS = 0

/** A region's figures before those of its reasons and ranges (facts/region-stats.ts). */
export const REGION_STATS = 5

/** Rows of a page of a table (facts/records.ts), as a power of two. */
export const PAGE_SHIFT = 9

/** SpanKind. */
export const SYSCALL_SPANS = 2
export const SCHED_SPANS = 3
export const NO_SPANS = 4
/** A reason that counts as death (passes/goroutines.ts). */
export const FOREVER = 5

/** Layers of the overview (facts/overview.ts), and its buckets. */
export const RUNNING_LAYER = 0
export const SYSCALL_LAYER = 1
export const OVERVIEW_BUCKETS = 1200

/** Bits of the utilisation pass (passes/utilization.ts). */
export const IN_ASSIST = 1
export const WORKER = 2
export const EXECUTING = 4

/** Bytes of a chunk of spans (facts/segment-store.ts), and the most that one takes. */
export const CHUNK_BYTES = 81920
export const LONGEST_SPAN = 25
