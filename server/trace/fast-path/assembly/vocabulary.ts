/**
 * Numbers of the vocabulary that the fast path needs (server/core/event-table.ts, states.ts and dictionary.ts,
 * ../../order/state.ts), because AssemblyScript can't import those. test/trace/fast-path.test.ts holds them against
 * each other.
 */

/** EventKind. */
export const ProcStart = 10
export const ProcStop = 11
export const GoCreate = 14
export const GoStart = 16
export const GoDestroy = 17
export const GoStop = 19
export const GoBlock = 20
export const GoUnblock = 21
export const GoSyscallBegin = 22
export const GoSyscallEnd = 23
export const GoSyscallEndBlocked = 24
export const GoStatus = 25
export const GCSweepBegin = 32
export const GCSweepEnd = 33
export const GCMarkAssistBegin = 35
export const GCMarkAssistEnd = 36
export const HeapAlloc = 37
export const HeapGoal = 38
export const UserTaskBegin = 40
export const UserTaskEnd = 41
export const UserRegionBegin = 42
export const UserRegionEnd = 43
export const UserLog = 44
export const GoSwitch = 45
export const GoCreateBlocked = 47
export const GoStatusStack = 48

/** GoStatus. */
export const UNKNOWN = 0
export const RUNNABLE = 1
export const RUNNING = 2
export const SYSCALL = 3
export const WAITING = 4

/** ProcStatus. */
export const PROC_RUNNING = 1
export const PROC_IDLE = 2
export const PROC_SYSCALL = 3

/** GoState. */
export const UNDETERMINED = 0

/** Rows of the dictionary. */
export const NO_STRING = 0
export const NO_STACK = 0
export const EMPTY_STACK = 1
