/**
 * States of goroutines and procs as Go's trace API numbers them (not the numbers on the wire).
 */
export const GoState = {
  Undetermined: 0,
  NotExist: 1,
  Runnable: 2,
  Running: 3,
  Waiting: 4,
  Syscall: 5,
} as const
export type GoState = (typeof GoState)[keyof typeof GoState]

/** The same by the status that stands on the wire (format.md §4.2). */
export const shownGoStates = [GoState.Undetermined, GoState.Runnable, GoState.Running, GoState.Syscall, GoState.Waiting]

export const goStateNames: readonly string[] = ['Undetermined', 'NotExist', 'Runnable', 'Running', 'Waiting', 'Syscall']

export const ProcState = {
  Undetermined: 0,
  NotExist: 1,
  Running: 2,
  Idle: 3,
} as const
export type ProcState = (typeof ProcState)[keyof typeof ProcState]

export const procStateNames: readonly string[] = ['Undetermined', 'NotExist', 'Running', 'Idle']

/** Whether a goroutine in this state occupies a thread. */
export function isExecuting(state: number): boolean {
  return state === GoState.Running || state === GoState.Syscall
}

/** How the viewer's Goroutines counter counts a goroutine. */
export const GoCount = { Dead: 0, Runnable: 1, Running: 2, Waiting: 3, WaitingGc: 4 } as const

/** `assisting`: whether the goroutine is in a GC mark assist. */
export function countOf(state: number, assisting: boolean): number {
  if (state === GoState.Runnable) return GoCount.Runnable
  if (isExecuting(state)) return GoCount.Running
  if (state === GoState.Waiting) return assisting ? GoCount.WaitingGc : GoCount.Waiting
  return GoCount.Dead
}
