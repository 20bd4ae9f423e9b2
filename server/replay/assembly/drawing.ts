/**
 * What the trace-event JSON draws of goroutines and procs (../../passes/viewer-reading.ts): on what, since when, and
 * how many there are of each kind.
 */

import {
  COUNT_DEAD,
  COUNT_RUNNABLE,
  COUNT_RUNNING,
  COUNT_WAITING,
  COUNT_WAITING_GC,
  NO_STACK,
  NO_STRING,
  PROC_RUNNING,
  RUNNABLE,
  RUNNING,
  SYSCALL,
  UNDETERMINED,
  WAITING,
} from '../../wasm/numbers'
import {
  ASSISTING,
  BLOCK_REASON,
  CHANGED,
  COUNTS,
  DRAWN_SYSCALLER,
  FIRST_CHANGED,
  FLAGS,
  FREE_RUN,
  LAST_CHANGED,
  MET,
  NEXT_CHANGED,
  NEXT_FREE,
  PROC_STOP,
  PROCS,
  RUN,
  RUN_EXECUTES,
  RUN_PROC,
  RUN_PROC_SINCE,
  RUN_PROC_SYSCALL,
  RUN_ROW,
  RUN_SINCE,
  RUN_SYSCALL,
  RUN_SYSCALL_STACK,
  RUN_THREAD,
  RUNNING_THREADS,
  RUNS,
  RUNS_USED,
  STOP,
  SYSCALLERS,
  THREADS,
} from '../layout'
import { meetProc, meetThread } from './host'
import { goroutineOf, recordOf } from './records'

const NO_LANE: i32 = -1

let lastThread: i32 = -1

/** A thread has an event that is drawn. */
export function meet(thread: i32): void {
  if (thread === lastThread) return
  lastThread = thread
  if (thread < 0) return
  const record = recordOf(THREADS, thread)
  if (load<u8>(record, MET) === 1) return
  store<u8>(record, 1, MET)
  meetThread(thread)
}

/** `from` and `to` differ; the goroutine's record is at `g`, `stack` is that of the event. */
export function drawGoroutine(
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
  change(g, row)
  // A state from before the trace counts from its start.
  const since = from === UNDETERMINED ? 0 : now
  const executed = from === RUNNING || from === SYSCALL
  const executes = to === RUNNING || to === SYSCALL
  if (executed && !executes) {
    if (from === RUNNING) stopOnProc(g, stack)
    stop(g, stack)
    if (to === WAITING) store<i32>(g, reason, BLOCK_REASON)
  }
  if (executes && !executed) {
    if (to === RUNNING) startOnProc(g, row, since, proc)
    const run = runOf(g, row)
    store<i32>(run, 1, RUN_EXECUTES)
    store<i32>(run, thread, RUN_THREAD)
    store<f64>(run, since, RUN_SINCE)
  }
  if (from === WAITING) store<i32>(g, NO_STRING, BLOCK_REASON)
  if (to === SYSCALL) {
    const run = runOf(g, row)
    store<f64>(run, since, RUN_SYSCALL)
    store<i32>(run, stack, RUN_SYSCALL_STACK)
    if (proc >= 0) {
      if (load<i32>(run, RUN_PROC) === NO_LANE) startOnProc(g, row, since, proc)
      store<f64>(run, since, RUN_PROC_SYSCALL)
      if (proc >= load<i32>(SYSCALLERS)) store<i32>(SYSCALLERS, proc + 1)
      store<i32>(recordOf(PROCS, proc), row + 1, DRAWN_SYSCALLER)
    }
  } else if (from === SYSCALL) {
    const run = load<u32>(g, RUN)
    if (run !== 0) {
      store<f64>(run, NaN, RUN_SYSCALL)
      giveBack(g)
    }
    if (proc >= 0) {
      const p = recordOf(PROCS, proc)
      if (load<i32>(p, DRAWN_SYSCALLER) !== 0) {
        endSyscallOnProc(g)
        store<i32>(p, 0, DRAWN_SYSCALLER)
      }
    }
  }
  const assisting = (load<u8>(g, FLAGS) & ASSISTING) !== 0
  count(from, assisting, -1)
  count(to, assisting, 1)
}

/** What a proc that is in a state goes into. */
export function drawProc(row: i32, from: i32, to: i32): void {
  const p = recordOf(PROCS, row)
  if (load<u8>(p, MET) === 0) {
    store<u8>(p, 1, MET)
    meetProc(row)
  }
  if (from === to) return
  if (to === PROC_RUNNING) store<i32>(RUNNING_THREADS, load<i32>(RUNNING_THREADS) + 1)
  if (from !== PROC_RUNNING) return
  store<i32>(RUNNING_THREADS, load<i32>(RUNNING_THREADS) - 1)
  const syscaller = load<i32>(p, DRAWN_SYSCALLER) - 1
  if (syscaller < 0) return
  const g = goroutineOf(syscaller)
  change(g, syscaller)
  endSyscallOnProc(g)
  stopOnProc(g, NO_STACK)
  store<i32>(p, 0, DRAWN_SYSCALLER)
}

function change(g: u32, row: i32): void {
  const flags = load<u8>(g, FLAGS)
  if ((flags & CHANGED) !== 0) return
  store<u8>(g, flags | CHANGED, FLAGS)
  const last = load<i32>(LAST_CHANGED) - 1
  if (last < 0) store<i32>(FIRST_CHANGED, row + 1)
  else store<i32>(goroutineOf(last), row + 1, NEXT_CHANGED)
  store<i32>(LAST_CHANGED, row + 1)
}

/** Forgets which goroutines changed. */
export function clearChanged(): void {
  let next = load<i32>(FIRST_CHANGED)
  while (next !== 0) {
    const g = goroutineOf(next - 1)
    next = load<i32>(g, NEXT_CHANGED)
    store<i32>(g, 0, NEXT_CHANGED)
    store<u8>(g, load<u8>(g, FLAGS) & ~CHANGED, FLAGS)
  }
  store<i32>(FIRST_CHANGED, 0)
  store<i32>(LAST_CHANGED, 0)
}

function count(state: i32, assisting: bool, by: i32): void {
  let kind = COUNT_DEAD
  if (state === RUNNABLE) kind = COUNT_RUNNABLE
  else if (state === RUNNING || state === SYSCALL) kind = COUNT_RUNNING
  else if (state === WAITING) kind = assisting ? COUNT_WAITING_GC : COUNT_WAITING
  const at = COUNTS + (kind << 2)
  store<i32>(at, load<i32>(at) + by)
}

function startOnProc(g: u32, row: i32, since: f64, proc: i32): void {
  const run = runOf(g, row)
  store<i32>(run, proc, RUN_PROC)
  store<f64>(run, since, RUN_PROC_SINCE)
}

function stopOnProc(g: u32, stack: i32): void {
  const run: u32 = load<u32>(g, RUN)
  if (run === 0 || load<i32>(run, RUN_PROC) === NO_LANE) return
  store<i32>(g, stack, PROC_STOP)
  store<i32>(run, NO_LANE, RUN_PROC)
  giveBack(g)
}

function stop(g: u32, stack: i32): void {
  const run: u32 = load<u32>(g, RUN)
  if (run === 0 || load<i32>(run, RUN_EXECUTES) === 0) return
  store<i32>(g, stack, STOP)
  store<i32>(run, 0, RUN_EXECUTES)
  giveBack(g)
}

function endSyscallOnProc(g: u32): void {
  const run: u32 = load<u32>(g, RUN)
  if (run === 0) return
  store<f64>(run, NaN, RUN_PROC_SYSCALL)
  giveBack(g)
}

/** Where a goroutine's run is; it gets one if it has none, that given back last. */
function runOf(g: u32, row: i32): u32 {
  const present: u32 = load<u32>(g, RUN)
  if (present !== 0) return present
  let run: u32 = load<u32>(FREE_RUN)
  if (run !== 0) store<u32>(FREE_RUN, load<u32>(run, NEXT_FREE))
  else run = addRun()
  store<u32>(g, run, RUN)
  store<i32>(run, row, RUN_ROW)
  store<i32>(run, NO_LANE, RUN_THREAD)
  store<i32>(run, NO_STACK, RUN_SYSCALL_STACK)
  return run
}

/** A run in which nothing is drawn, as it is when it is given back. */
function addRun(): u32 {
  const place = load<i32>(RUNS_USED)
  store<i32>(RUNS_USED, place + 1)
  const run = recordOf(RUNS, place)
  store<i32>(run, NO_LANE, RUN_PROC)
  store<f64>(run, NaN, RUN_PROC_SYSCALL)
  store<f64>(run, NaN, RUN_SYSCALL)
  return run
}

/** Gives the run back when nothing is drawn any more. */
function giveBack(g: u32): void {
  const run: u32 = load<u32>(g, RUN)
  if (load<i32>(run, RUN_EXECUTES) !== 0 || load<i32>(run, RUN_PROC) !== NO_LANE) return
  if (!isNaN(load<f64>(run, RUN_PROC_SYSCALL)) || !isNaN(load<f64>(run, RUN_SYSCALL))) return
  store<u32>(g, 0, RUN)
  store<u32>(run, load<u32>(FREE_RUN), NEXT_FREE)
  store<u32>(FREE_RUN, run)
}
