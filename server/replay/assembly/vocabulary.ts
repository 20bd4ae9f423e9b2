/**
 * Numbers of the vocabulary that the first walk needs (server/core/states.ts, tile.ts and dictionary.ts), because
 * AssemblyScript can't import those. test/replay/walk.test.ts holds them against each other.
 */

/** GoState. */
export const UNDETERMINED = 0
export const NOT_EXIST = 1
export const RUNNABLE = 2
export const RUNNING = 3
export const WAITING = 4
export const SYSCALL = 5

/** ProcState. */
export const PROC_RUNNING = 2
export const PROC_IDLE = 3

/** TileState. */
export const IN_RUNNING = 0
export const IN_SYSCALL = 1
export const IN_RUNNABLE = 2
export const IN_GC_WORKER = 9

/** GoCount. */
export const COUNT_DEAD = 0
export const COUNT_RUNNABLE = 1
export const COUNT_RUNNING = 2
export const COUNT_WAITING = 3
export const COUNT_WAITING_GC = 4

/** Rows of the dictionary. */
export const NO_STRING = 0
export const NO_STACK = 0
export const EMPTY_STACK = 1
