/**
 * The walk of the first reading, in AssemblyScript: takes the events of a block one after the other, and keeps what the
 * timeline and the trace-event JSON need of goroutines and procs. Each goroutine, proc, thread and lane is a record.
 * What is rare it hands to TypeScript (host.ts).
 */

import { EMPTY_STACK, IN_SYSCALL, NO_STACK, NO_STRING, NOT_EXIST, PROC_IDLE } from '../../wasm/numbers'
import { AFTER, BEFORE, IN_SLOT, OWN_STACK, REASON, STACK, SUBJECT } from '../../wasm/transition-shape'
import * as at from '../layout'
import { drawGoroutine, drawProc, meet } from './drawing'
import { named, other, rootFunction } from './host'
import { take } from './levels'
import { goroutineOf, now, pageOf, recordOf } from './records'
import { changeState, leave, loseProc } from './timeline'

export { clearChanged } from './drawing'
export { clearSums } from './levels'
export { beginWorker } from './timeline'

/** Takes the events that stand in the columns of the block. */
export function feed(length: i32): void {
  let slots: u32 = at.SLOTS
  for (let i = 0; i < length; i++) {
    const facts = at.KIND_FACTS + ((<u32>load<u8>(at.KINDS + i)) << at.KIND_SHIFT)
    const now = load<f64>(at.TIMES + ((<u32>i) << 3))
    store<f64>(at.CLOCK, now)
    switch (<i32>load<u8>(facts, at.IS)) {
      case at.OF_GOROUTINE:
        goroutine(load<i32>(facts), slots, (<u32>i) << 2, now)
        break
      case at.OF_PROC:
        proc(load<i32>(facts), slots, (<u32>i) << 2, now)
        break
      case at.OTHER:
        other(i, <i32>((slots - at.SLOTS) >> 2))
        break
    }
    slots += load<u8>(facts, at.SLOT_BYTES)
  }
}

/** A slot that the shape names, or `none`. */
function slotOf(shape: i32, field: i32, slots: u32, none: i32): i32 {
  const slot = (shape >> field) & 7
  return slot === 0 ? none : load<i32>(slots + ((<u32>slot) << 2) - 4)
}

function stateOf(shape: i32, field: i32, slots: u32): i32 {
  const state = (shape >> field) & 15
  return state < IN_SLOT ? state : load<i32>(slots + ((<u32>(state - IN_SLOT)) << 2))
}

/** A transition of a goroutine, or a status that tells again of a state; `i` is four times its place in the block. */
function goroutine(shape: i32, slots: u32, i: u32, now: f64): void {
  const thread = load<i32>(at.EVENT_THREADS + i)
  meet(thread)
  const row = slotOf(shape, SUBJECT, slots, load<i32>(at.EVENT_GOROUTINES + i))
  if (row < 0) return
  const from = stateOf(shape, BEFORE, slots)
  const to = stateOf(shape, AFTER, slots)
  const ownStack = slotOf(shape, OWN_STACK, slots, NO_STACK)
  const g = goroutineOf(row)
  store<u8>(g, load<u8>(g, at.FLAGS) | at.SEEN, at.FLAGS)
  if (from === NOT_EXIST) store<i32>(g, NO_STRING, at.NAME)
  if (ownStack !== NO_STACK) name(g, row, ownStack, from !== to)
  if (from === to) return
  const reason = slotOf(shape, REASON, slots, NO_STRING)
  const proc = load<i32>(at.EVENT_PROCS + i)
  changeState(g, row, from, to, reason, proc, thread, ownStack, now)
  drawGoroutine(g, row, from, to, reason, proc, thread, slotOf(shape, STACK, slots, NO_STACK), now)
}

/**
 * The root of its first stack names a goroutine: drawn once and for all; on the timeline that of its present life, if
 * it changes.
 */
function name(g: u32, row: i32, stack: i32, changes: bool): void {
  if (load<i32>(g, at.DRAWN_NAME) === 0) {
    store<i32>(g, 1 + rootFunction(stack), at.DRAWN_NAME)
    named(row)
  }
  if (changes && stack > EMPTY_STACK && load<i32>(g, at.NAME) === NO_STRING) store<i32>(g, rootFunction(stack), at.NAME)
}

function proc(shape: i32, slots: u32, i: u32, now: f64): void {
  const row = slotOf(shape, SUBJECT, slots, load<i32>(at.EVENT_PROCS + i))
  const from = stateOf(shape, BEFORE, slots)
  const to = stateOf(shape, AFTER, slots)
  if (row >= 0 && to === PROC_IDLE && from !== PROC_IDLE) loseProc(row, now)
  meet(load<i32>(at.EVENT_THREADS + i))
  if (row >= 0) drawProc(row, from, to)
}

/** A lane of the runtime was in a state since that time. */
export function takeLane(lane: i32, state: i32, since: f64): void {
  take(at.LANE_LEVEL, recordOf(at.LANES, lane), lane, state, since, now())
}

/** A goroutine takes part. */
export function see(row: i32): void {
  const g = goroutineOf(row)
  store<u8>(g, load<u8>(g, at.FLAGS) | at.SEEN, at.FLAGS)
}

export function setAssisting(row: i32, assisting: bool): void {
  const g = goroutineOf(row)
  const flags = load<u8>(g, at.FLAGS)
  store<u8>(g, assisting ? flags | at.ASSISTING : flags & ~at.ASSISTING, at.FLAGS)
}

/** The first goroutine from `row` on that executes, or whose state is another since `start`; −1: none. */
export function nextToCarry(row: i32, start: f64): i32 {
  const end = load<i32>(at.GOROUTINE_PAGES) << at.PAGE_SHIFT
  for (; row < end; row++) {
    if (pageOf(at.GOROUTINES, row) === 0) {
      row |= at.PAGE_MASK
      continue
    }
    const g = goroutineOf(row)
    const code = load<i32>(g, at.CODE)
    const isThere = code !== 0 || (load<u8>(g, at.FLAGS) & at.CARRIED) !== 0
    if (isThere && load<f64>(g, at.SINCE) >= start) return row
    if (code !== 0 && (code & at.STATE_MASK) - 1 <= IN_SYSCALL) return row
  }
  return -1
}

/** Ends every state that is open. */
export function finish(): void {
  const end = load<i32>(at.GOROUTINE_PAGES) << at.PAGE_SHIFT
  for (let row = 0; row < end; row++) {
    if (pageOf(at.GOROUTINES, row) === 0) {
      row |= at.PAGE_MASK
      continue
    }
    const g = goroutineOf(row)
    if (load<i32>(g, at.CODE) !== 0) leave(g, row, now())
  }
}
