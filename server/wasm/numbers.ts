/**
 * Numbers of the vocabulary that TypeScript and the modules of AssemblyScript share; what they mean is said where
 * TypeScript names them. Read by both alike, so that nothing stands here but numbers. Those of events are in
 * event-kinds.ts.
 */

/** Registers of a shared memory begin here, in bytes: words of 4, then numbers of 8; and where they end. */
export const WORDS = 64
export const NUMBERS = 1024
export const REGISTERS_END = 1280

/** GoState (core/states.ts). The first two are those of procs too. */
export const UNDETERMINED = 0
export const NOT_EXIST = 1
export const RUNNABLE = 2
export const RUNNING = 3
export const WAITING = 4
export const SYSCALL = 5

/** ProcState (core/states.ts). */
export const PROC_RUNNING = 2
export const PROC_IDLE = 3

/** GoStatus (trace/order/state.ts): what stands on the wire. */
export const STATUS_UNKNOWN = 0
export const STATUS_RUNNABLE = 1
export const STATUS_RUNNING = 2
export const STATUS_SYSCALL = 3
export const STATUS_WAITING = 4

/** ProcStatus (trace/order/state.ts): what stands on the wire. */
export const PROC_STATUS_RUNNING = 1
export const PROC_STATUS_IDLE = 2
export const PROC_STATUS_SYSCALL = 3

/** TileState (shared/tile.ts). */
export const IN_RUNNING = 0
export const IN_SYSCALL = 1
export const IN_RUNNABLE = 2
export const IN_GC_WORKER = 9

/** GoCount (core/states.ts). */
export const COUNT_DEAD = 0
export const COUNT_RUNNABLE = 1
export const COUNT_RUNNING = 2
export const COUNT_WAITING = 3
export const COUNT_WAITING_GC = 4

/** Rows of the dictionary (core/dictionary.ts). */
export const NO_STRING = 0
export const NO_STACK = 0
export const EMPTY_STACK = 1
