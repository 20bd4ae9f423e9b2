/**
 * Where things lie in the memory that the ordering and its fast path share (../memory.ts). Read by TypeScript and by
 * AssemblyScript alike, so that nothing stands here but numbers.
 */

/**
 * Arguments after the time delta by event number, a byte each; NOT_TIMED where the event may not stand in a thread's
 * stream.
 */
export const ARG_COUNTS = 1280
export const NOT_TIMED = 255
/** State that people see by status on the wire, a byte each (format.md §4.2). */
export const SHOWN_STATES = 1536
/** Columns begin here. */
export const FIRST_COLUMN = 2048

/** Words: where columns begin, in bytes, and how many rows some of them have. */
export const GO_STATUS = 0
export const GO_SEQ_GEN = 1
export const GO_SEQ = 2
export const GO_OPENED = 3
export const GO_ASSIST = 4
export const GO_REGION = 5
export const PROC_STATUS = 6
export const PROC_KNOWN = 7
export const PROC_SEQ_GEN = 8
export const PROC_SEQ = 9
export const PROC_SWEEP = 10
export const THREAD_KNOWN = 11
export const THREAD_PROC = 12
export const THREAD_GOROUTINE = 13
export const TASK_OPEN = 14
export const TASK_BEGUN = 15
export const TASK_NAME = 16
export const TASK_PARENT = 17
export const REGION_TASKS = 18
export const REGION_NAMES = 19
export const REGION_OUTER = 20
export const REGION_ROWS = 21
export const STRING_ROWS = 22
export const STRING_IDS = 23
export const STACK_ROWS = 24
export const STACK_IDS = 25
export const MESSAGE_ROWS = 26
export const MESSAGE_IDS = 27
export const CURSORS = 28
export const HEAP = 29
export const KEYS = 30
export const TIMES = 31
export const KINDS = 32
export const THREADS = 33
export const PROCS = 34
export const GOROUTINES = 35
export const SLOTS = 36
/** Words: what a block has room for. */
export const EVENTS_LIMIT = 37
export const SLOTS_LIMIT = 38
/** Words that change with events. */
export const REGION_USED = 39
export const REGION_FREE = 40
export const STW_GOROUTINES = 41
export const CURSORS_LEFT = 42
export const EVENTS = 43
export const SLOTS_USED = 44
export const MARKED_EVENTS = 45
export const MARKED_SLOTS = 46
/**
 * Words about the ids of goroutines, of tasks and of procs begin there. Some rows are remembered, in a table: where it
 * begins, and its entries less one. A bit says whether an id below a limit has a row. New ids, in the order of their
 * rows, wait for the dictionary: where, how many, and for how many there is room; the first of them gets the next row,
 * and there is room for rows below another limit.
 */
export const GOROUTINE_IDS = 64
export const TASK_IDS = 80
export const PROC_IDS = 96
/** The same about strings that are messages; of these there are NEW_IDS, NEW_COUNT, NEW_ROOM and NEXT_ROW alone. */
export const MESSAGES = 112
export const TABLE = 0
export const MASK = 1
export const SEEN = 2
export const SEEN_LIMIT = 3
export const NEW_IDS = 4
export const NEW_COUNT = 5
export const NEW_ROOM = 6
export const NEXT_ROW = 7
export const ROWS_LIMIT = 8

/** Numbers. */
export const LAST_TIME = 0
export const SAMPLE_TIME = 1
export const GENERATION = 2
export const FACTOR = 3
export const PLAIN_LIMIT = 4
export const EARLIEST_SERVED = 5
export const LATEST_SERVED = 6
export const INITIAL_GENERATION = 7

/** A cursor: bytes of each, and where its fields are. */
export const CURSOR_BYTES = 80
export const TIME = 0
export const ARGS = 8
export const TYPE = 48
export const THREAD = 52
export const POS = 56
export const END = 60
export const EVENT_POS = 64

/** In place of a message's row: the generation has it, and it has none yet. */
export const UNREAD = -2

/** A remembered row: its id as a number, then the row + 1. */
export const ENTRY_BYTES = 16
export const ENTRY_ROW = 8

/**
 * Why the fast path returns. FULL: the block is. STEP: the next step is not one of its own. FOLLOW: it delivered an
 * event and could not read the one after it.
 */
export const FULL = 0
export const STEP = 1
export const FOLLOW = 2
