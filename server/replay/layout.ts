/**
 * Where things lie in the memory of the first walk (../walk.ts). Read by TypeScript and by AssemblyScript alike, so
 * that nothing stands here but numbers. Offsets and sizes are bytes.
 */

/** Time of the event at hand and of the latest Sync, ns (facts/clock.ts). */
export const CLOCK = 64

/** Numbers of 4 bytes. Goroutines by GoCount, then procs that run. */
export const COUNTS = 128
export const RUNNING_THREADS = 148
/** Rows + 1 of the goroutines that changed in this generation: the first and the last of a list; 0: none. */
export const FIRST_CHANGED = 152
export const LAST_CHANGED = 156
/** Pages of goroutines up to the last that there is. */
export const GOROUTINE_PAGES = 160
/** Run records in use or free, and the first free one; 0: none. */
export const RUNS_USED = 164
export const FREE_RUN = 168
/** Procs up to the last on which a goroutine was in a syscall. */
export const SYSCALLERS = 172

/** One of the four levels (replay/levels.ts): end and start of its present bucket, ns, and tracks in it. */
export const GOROUTINE_LEVEL = 192
export const PROC_LEVEL = 256
export const THREAD_LEVEL = 320
export const LANE_LEVEL = 384
export const LEVEL_SHIFT = 6
export const BUCKET_END = 0
export const BUCKET_START = 8
export const OPENED = 16

/** Lane of what ends a state by TileState + 1, a byte each; 0: none. */
export const WAKE_LANES = 448
/** What to do about an event kind, 8 bytes each: its shape, the bytes of its slots, what it is. */
export const KIND_FACTS = 512
export const KIND_SHIFT = 3
export const SLOT_BYTES = 4
export const IS = 5
/** It says nothing to the walk; it is a transition of a goroutine or proc; TypeScript has the rule. */
export const NOTHING = 0
export const OF_GOROUTINE = 1
export const OF_PROC = 2
export const OTHER = 3
/** Reasons of waits that were met, 8 bytes each: row of strings, TileState + 1. */
export const WAITS = 2560
export const WAITS_MASK = 255

/**
 * Directories of the pages of records, 4 bytes a page with its place, 0: there is none; each has room for all that the
 * memory holds.
 */
export const DIRECTORY_BYTES = 524288
export const GOROUTINES = 524288
export const PROCS = 1048576
export const THREADS = 1572864
export const LANES = 2097152
export const RUNS = 2621440
/** Sums of the levels' present buckets, one after the other. */
export const SUMS = 3145728

/** Columns of a block (core/event-block.ts). */
export const TIMES = 5242880
export const KINDS = 5767168
export const EVENT_THREADS = 5832704
export const EVENT_PROCS = 6094848
export const EVENT_GOROUTINES = 6356992
export const SLOTS = 6619136
export const FIRST_PAGE = 8192000

/** Records of a page. A record has 64 bytes, as many as the processor fetches at once; that of sums has 128. */
export const PAGE_SHIFT = 9
export const PAGE_MASK = 511
export const RECORD_SHIFT = 6
export const SUMS_SHIFT = 7

/** Of a track of any kind: where its sums in the present bucket are, 0: it has none. */
export const TRACK_SUMS = 0
/** Of a goroutine: its state (replay/timeline-carry.ts), since when. */
export const CODE = 4
export const SINCE = 8
/** Rows of what it occupies while it executes, −1: none; of the stack on which it stands; of its start function. */
export const PROC = 16
export const THREAD = 20
export const STAND = 24
export const NAME = 28
/**
 * Of a goroutine, for the trace-event JSON: 1 + row of its name, why it waits, stacks of its last stops, where its run
 * is.
 */
export const DRAWN_NAME = 32
export const BLOCK_REASON = 36
export const PROC_STOP = 40
export const STOP = 44
export const RUN = 48
/** Row + 1 of the goroutine that changed next. */
export const NEXT_CHANGED = 52
export const FLAGS = 56
/**
 * It takes part; it changed in this generation; a border has a row for it in which it lives; it is in a mark assist.
 */
export const SEEN = 1
export const CHANGED = 2
export const CARRIED = 4
export const ASSISTING = 8
/**
 * Of a proc: 1 + row of the goroutine in a syscall on it, for the timeline and as drawn. Of a proc or thread: it was
 * met.
 */
export const SYSCALLER = 4
export const DRAWN_SYSCALLER = 8
export const MET = 12

/** Of a run, which is what a goroutine is drawn on (replay/viewer-facts.ts). */
export const RUN_ROW = 0
export const RUN_PROC = 4
export const RUN_THREAD = 8
export const RUN_EXECUTES = 12
export const RUN_SYSCALL_STACK = 16
export const NEXT_FREE = 20
export const RUN_PROC_SINCE = 24
export const RUN_SINCE = 32
export const RUN_PROC_SYSCALL = 40
export const RUN_SYSCALL = 48

/** Sums of a track in a bucket, 8 bytes each: times by TileState, then these; and where its record is. */
export const SUM_COUNT = 12
export const SUM_LONGEST = 13
export const SUM_TRACK = 14
export const SUM_OWNER = 15
export const SUM_STRIDE = 16

/**
 * A state's code is the row of strings of the reason << REASON_SHIFT, WORKER for a mark worker, and TileState + 1; 0:
 * it does not exist.
 */
export const REASON_SHIFT = 5
export const WORKER = 16
export const STATE_MASK = 15
