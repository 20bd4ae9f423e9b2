/**
 * States of goroutines and procs as Go's trace API numbers them (not the numbers on the wire).
 */
import * as n from '../wasm/numbers.js'

export const GoState = {
  Undetermined: n.UNDETERMINED,
  NotExist: n.NOT_EXIST,
  Runnable: n.RUNNABLE,
  Running: n.RUNNING,
  Waiting: n.WAITING,
  Syscall: n.SYSCALL,
} as const
export type GoState = (typeof GoState)[keyof typeof GoState]

/** The same by the status that stands on the wire (format.md §4.2). */
export const shownGoStates = [GoState.Undetermined, GoState.Runnable, GoState.Running, GoState.Syscall, GoState.Waiting]

export const goStateNames: readonly string[] = ['Undetermined', 'NotExist', 'Runnable', 'Running', 'Waiting', 'Syscall']

export const ProcState = {
  Undetermined: n.UNDETERMINED,
  NotExist: n.NOT_EXIST,
  Running: n.PROC_RUNNING,
  Idle: n.PROC_IDLE,
} as const
export type ProcState = (typeof ProcState)[keyof typeof ProcState]

export const procStateNames: readonly string[] = ['Undetermined', 'NotExist', 'Running', 'Idle']

/** Whether a goroutine in this state occupies a thread. */
export function isExecuting(state: number): boolean {
  return state === GoState.Running || state === GoState.Syscall
}

/** How the viewer's Goroutines counter counts a goroutine. */
export const GoCount = {
  Dead: n.COUNT_DEAD,
  Runnable: n.COUNT_RUNNABLE,
  Running: n.COUNT_RUNNING,
  Waiting: n.COUNT_WAITING,
  WaitingGc: n.COUNT_WAITING_GC,
} as const

/** `assisting`: whether the goroutine is in a GC mark assist. */
export function countOf(state: number, assisting: boolean): number {
  if (state === GoState.Runnable) return GoCount.Runnable
  if (isExecuting(state)) return GoCount.Running
  if (state === GoState.Waiting) return assisting ? GoCount.WaitingGc : GoCount.Waiting
  return GoCount.Dead
}
