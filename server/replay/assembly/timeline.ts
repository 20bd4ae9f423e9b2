/** States of goroutines, and what they occupy: the rules of TimelinePass (../../passes/timeline.ts), on records. */

import {
  IN_RUNNABLE,
  IN_RUNNING,
  IN_SYSCALL,
  NO_STACK,
  RUNNABLE,
  RUNNING,
  SYSCALL,
  UNDETERMINED,
  WAITING,
} from '../../wasm/numbers'
import {
  CLOCK,
  CODE,
  GOROUTINE_LEVEL,
  LANE_LEVEL,
  LANES,
  PROC,
  PROC_LEVEL,
  PROCS,
  REASON_SHIFT,
  SINCE,
  STAND,
  STATE_MASK,
  SYSCALLER,
  THREAD,
  THREAD_LEVEL,
  THREADS,
  WAITS,
  WAITS_MASK,
  WAKE_LANES,
  WORKER,
} from '../layout'
import { endWorker, waitOf } from './host'
import { take, takeWorker } from './levels'
import { goroutineOf, recordOf } from './records'

/** `from` and `to` differ; the goroutine's record is at `g`, `stack` is its own. */
export function changeState(
  g: u32,
  row: i32,
  from: i32,
  to: i32,
  reason: i32,
  proc: i32,
  thread: i32,
  stack: i32,
  now: f64,
): void {
  const before = load<i32>(g, CODE) & STATE_MASK
  if (before !== 0) {
    const lane: i32 = load<u8>(WAKE_LANES + before)
    if (lane !== 0 && to !== RUNNING) take(LANE_LEVEL, recordOf(LANES, lane), lane, before - 1, now, now)
    leave(g, row, now)
  }
  // What does not run stays where it stands: who is woken goes on there.
  if (to === RUNNING) store<i32>(g, NO_STACK, STAND)
  else if (stack !== NO_STACK || before <= IN_RUNNING + 1) store<i32>(g, stack, STAND)
  store<f64>(g, from === UNDETERMINED ? load<f64>(CLOCK, 8) : now, SINCE)
  switch (to) {
    case RUNNING:
      store<i32>(g, IN_RUNNING + 1, CODE)
      store<i32>(g, proc, PROC)
      store<i32>(g, thread, THREAD)
      // A syscall that was on it has lost it without a word.
      if (proc >= 0) loseProc(proc, now)
      break
    case SYSCALL:
      store<i32>(g, IN_SYSCALL + 1, CODE)
      store<i32>(g, proc, PROC)
      store<i32>(g, thread, THREAD)
      if (proc >= 0) {
        loseProc(proc, now)
        store<i32>(recordOf(PROCS, proc), row + 1, SYSCALLER)
      }
      break
    case RUNNABLE:
      store<i32>(g, (reason << REASON_SHIFT) | (IN_RUNNABLE + 1), CODE)
      break
    case WAITING:
      store<i32>(g, (reason << REASON_SHIFT) | waitState(reason), CODE)
      break
    default:
      store<i32>(g, 0, CODE)
  }
}

/** A syscall that is still on a proc loses it. */
export function loseProc(proc: i32, now: f64): void {
  const p = recordOf(PROCS, proc)
  const row = load<i32>(p, SYSCALLER) - 1
  if (row < 0) return
  const g = goroutineOf(row)
  take(PROC_LEVEL, p, proc, IN_SYSCALL, load<f64>(g, SINCE), now)
  store<i32>(g, -1, PROC)
  store<i32>(p, 0, SYSCALLER)
}

/** Whether the goroutine runs, so that it is a background mark worker now. */
export function beginWorker(row: i32): bool {
  const g = goroutineOf(row)
  if (load<i32>(g, CODE) !== IN_RUNNING + 1) return false
  store<i32>(g, (IN_RUNNING + 1) | WORKER, CODE)
  return true
}

/** The state that a goroutine is in ends. */
export function leave(g: u32, row: i32, now: f64): void {
  const code = load<i32>(g, CODE)
  const state = (code & STATE_MASK) - 1
  const since = load<f64>(g, SINCE)
  take(GOROUTINE_LEVEL, g, row, state, since, now)
  if (state > IN_SYSCALL) return
  const proc = load<i32>(g, PROC)
  const thread = load<i32>(g, THREAD)
  if (proc >= 0) {
    const p = recordOf(PROCS, proc)
    take(PROC_LEVEL, p, proc, state, since, now)
    if (state === IN_SYSCALL) store<i32>(p, 0, SYSCALLER)
  }
  if (thread >= 0) take(THREAD_LEVEL, recordOf(THREADS, thread), thread, state, since, now)
  if ((code & WORKER) !== 0) {
    const workerSince = endWorker(row)
    takeWorker(GOROUTINE_LEVEL, g, row, workerSince, now)
    if (proc >= 0) takeWorker(PROC_LEVEL, recordOf(PROCS, proc), proc, workerSince, now)
    if (thread >= 0) takeWorker(THREAD_LEVEL, recordOf(THREADS, thread), thread, workerSince, now)
  }
}

function waitState(reason: i32): i32 {
  const entry = WAITS + ((reason & WAITS_MASK) << 3)
  const state = load<i32>(entry, 4)
  if (load<i32>(entry) === reason && state !== 0) return state
  const told = waitOf(reason)
  store<i32>(entry, reason)
  store<i32>(entry, told, 4)
  return told
}
