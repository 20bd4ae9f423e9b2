/**
 * The fast path of the analysis, in AssemblyScript: transitions of goroutines that come all the time. It takes those of
 * a goroutine that the trace knows, in the state that the event leaves, which neither begins nor ends, has its name,
 * has waited for this reason before and changed in this generation already; and events that are only counted. At
 * whatever else it stops with nothing of it changed: every rule is in ../../passes/goroutines.ts, and what is done here
 * is done in the order in which it is done there.
 */

import {
  intAt,
  NONE,
  number,
  numberAt,
  setInt,
  setNumber,
  setNumberAt,
  setWord,
  word,
} from '../../../wasm/assembly/registers'
import * as E from '../../../wasm/event-kinds'
import * as N from '../../../wasm/numbers'
import * as F from '../fields'
import * as at from '../layout'
import { addTime, numbersIn, pageOf, timesIn } from './records'

export { keep, subtract, take } from './snapshot'

const WIDE: f64 = 4294967296

/** Where the sum of a reason's cell is; 0: the list has none, or it is not in the memory. */
function sumOf(first: i32, reason: i32): u32 {
  let cell = first
  while (cell !== NONE) {
    const page = pageOf(at.REASON_PAGES, cell)
    if (page === 0) return 0
    const numbers = numbersIn(page, cell, F.CELL_TIME_FIELDS, F.CELL_NUMBER_FIELDS)
    if (intAt(numbers, F.KEY) === reason) return timesIn(page, cell, F.CELL_TIME_FIELDS)
    cell = intAt(numbers, F.NEXT)
  }
  return 0
}

/** Which profile counts a wait for this reason, or FOREVER; −1: nobody has looked yet. */
function kindOf(reason: i32): i32 {
  return <u32>reason < word(at.REASON_KINDS + 1) ? <i32>load<u8>(word(at.REASON_KINDS) + reason) - 1 : NONE
}

function hasRoom(spans: i32): bool {
  return word(at.SPANS + 2 * spans + at.USED) + <u32>F.LONGEST_SPAN <= <u32>F.CHUNK_BYTES
}

/** Writes a time at `place`; gives its code (facts/spans.ts). */
function putTime(place: u32, time: f64): u32 {
  if (time < WIDE) {
    const value = <u32>time
    store<u32>(place, value)
    return (value > 0xffff ? 1 : 0) + (value > 0xffffff ? 1 : 0)
  }
  store<u64>(place, <u64>time)
  return 3
}

/** Bytes of a time by its code. */
function timeBytes(code: u32): u32 {
  return code === 3 ? 8 : code + 2
}

/** Writes a row at `place`; gives its code, which is its bytes less one. */
function putRow(place: u32, row: u32): u32 {
  store<u32>(place, row)
  return (31 - clz(row | 1)) >> 3
}

/** Appends a span that ends now to a list that has room. */
function append(spans: i32, goroutine: i32, stack: i32, since: f64, now: f64): void {
  const words = at.SPANS + 2 * spans
  const last = at.SPAN_ENDS + 2 * spans + at.LAST
  const first = word(words + at.CHUNK) + word(words + at.USED)
  let place = first + 1
  const gap = putTime(place, now - number(last))
  place += timeBytes(gap)
  const length = putTime(place, now - since)
  place += timeBytes(length)
  const goroutineCode = putRow(place, goroutine)
  place += goroutineCode + 1
  const stackCode = putRow(place, stack)
  place += stackCode + 1
  store<u8>(first, gap | (length << 2) | (goroutineCode << 4) | (stackCode << 6))
  setWord(words + at.USED, place - word(words + at.CHUNK))
  setNumber(last, now)
}

/** Counts a run of a name whose counts begin at `counts`. */
function countRun(counts: u32, length: f64): void {
  const firsts = word(at.HISTOGRAM_FIRSTS)
  let bucket: u32 = 0
  if (length >= 1) {
    bucket = load<u8>(word(at.HISTOGRAM_POWERS) + <u32>(63 - clz(<u64>length)))
    bucket +=
      (length >= load<f64>(firsts + (bucket << 3), 8) ? 1 : 0) +
      (length >= load<f64>(firsts + (bucket << 3), 16) ? 1 : 0)
  }
  const place = counts + (bucket << 2)
  store<u32>(place, load<u32>(place) + 1)
}

function addToLayer(layer: i32, time: f64): void {
  const place = word(at.OVERVIEW) + ((layer * F.OVERVIEW_BUCKETS + word(at.BUCKET)) << 3)
  store<f64>(place, load<f64>(place) + time)
}

/** Whether the utilisation pass wants a row of this transition. */
function isWatched(row: i32, before: i32, after: i32): bool {
  if (<u32>row >= word(at.UTILIZATION_BITS + 1)) return true
  const bits = load<u8>(word(at.UTILIZATION_BITS) + row)
  return executes(before) !== executes(after) && (bits & (F.IN_ASSIST | F.WORKER)) !== 0
}

function noteExecuting(row: i32, state: i32): void {
  const place = word(at.UTILIZATION_BITS) + row
  const bits = load<u8>(place)
  store<u8>(place, executes(state) ? bits | F.EXECUTING : bits & ~F.EXECUTING)
}

function executes(state: i32): bool {
  return state === N.RUNNING || state === N.SYSCALL
}

/**
 * Takes events from one on, whose slots begin at `firstSlot`, until one is not its own, or comes at UNTIL or later;
 * gives that one.
 */
export function run(firstEvent: i32, firstSlot: i32): i32 {
  const times = word(at.TIMES)
  const kinds = word(at.KINDS)
  const procs = word(at.PROCS)
  const goroutines = word(at.GOROUTINES)
  const length = <i32>word(at.LENGTH)
  const until = number(at.UNTIL)
  const bucketStart = number(at.BUCKET_START)
  const generationStart = number(at.GENERATION_START)
  const watching = word(at.WATCHING)
  const slotCounts = word(at.SLOT_COUNTS)
  const slots = word(at.SLOTS)
  let event = firstEvent
  let slot = slots + (firstSlot << 2)

  for (; event < length; event++) {
    const now = load<f64>(times + (event << 3))
    if (now >= until) break
    const kind = <i32>load<u8>(kinds + event)
    let row = load<i32>(goroutines + (event << 2))
    let before = N.RUNNING
    let after = N.RUNNING
    let reason = N.NO_STRING
    let stack = N.NO_STACK
    if (kind === E.GoStart) {
      row = load<i32>(slot)
      before = N.RUNNABLE
    } else if (kind === E.GoUnblock) {
      row = load<i32>(slot)
      stack = load<i32>(slot, 4)
      before = N.WAITING
      after = N.RUNNABLE
    } else if (kind === E.GoBlock) {
      reason = load<i32>(slot)
      stack = load<i32>(slot, 4)
      after = N.WAITING
    } else if (kind === E.GoStop) {
      reason = load<i32>(slot)
      stack = load<i32>(slot, 4)
      after = N.RUNNABLE
    } else if (kind === E.GoSyscallBegin) {
      stack = load<i32>(slot)
      after = N.SYSCALL
    } else if (kind === E.GoSyscallEnd) before = N.SYSCALL
    else if (kind === E.HeapAlloc || kind === E.HeapGoal) {
      slot += (<u32>load<u8>(slotCounts + kind)) << 2
      continue
    } else break

    if (row < 0) break
    const page = pageOf(at.GOROUTINE_PAGES, row)
    if (page === 0) break
    const numbers = numbersIn(page, row, F.TIME_FIELDS, F.NUMBER_FIELDS)
    if (intAt(numbers, F.STATE) !== before) break
    if (watching !== 0 && isWatched(row, before, after)) break
    const own = timesIn(page, row, F.TIME_FIELDS)
    const entered = numberAt(own, F.ENTERED)
    if (entered < generationStart) break
    const stay = now - entered

    if (before === N.RUNNING) {
      const name = intAt(numbers, F.NAME)
      if (entered < bucketStart || numberAt(own, F.WORKER_SINCE) >= 0) break
      if (stack > N.EMPTY_STACK && name === N.NO_STRING) break
      const counts = <u32>name < word(at.RUN_COUNTS + 1) ? load<u32>(word(at.RUN_COUNTS) + (name << 2)) : 0
      if (counts === 0) break
      if (after === N.SYSCALL) {
        const proc = load<i32>(procs + (event << 2))
        if (<u32>proc >= word(at.HOLDERS + 1)) break
        setInt(numbers, F.SYSCALL_PROC, proc)
        store<i32>(word(at.SYSCALLERS) + (proc << 2), row)
        store<i32>(word(at.HOLDERS) + (proc << 2), row)
      } else if (reason !== N.NO_STRING) {
        const kind = kindOf(reason)
        if (after === N.WAITING && (kind < 0 || kind === F.FOREVER)) break
        if (<u32>reason >= word(at.REASON_COUNTS + 1)) break
        addTime(word(at.REASON_COUNTS), reason, 1)
      }
      addTime(own, F.EXEC, stay)
      setNumber(at.RUNNING_SUM, number(at.RUNNING_SUM) + stay)
      addToLayer(F.RUNNING_LAYER, stay)
      countRun(counts, stay)
      if (stack > N.EMPTY_STACK) setInt(numbers, F.OWN_STACK, stack)
    } else {
      let spans = F.SCHED_SPANS
      if (before === N.WAITING) {
        const why = intAt(numbers, F.REASON)
        spans = kindOf(why)
        const sum = sumOf(intAt(numbers, F.FIRST_REASON), why)
        if (spans < 0 || sum === 0 || (spans !== F.NO_SPANS && !hasRoom(spans))) break
        addTime(sum, F.SUM, stay)
        setWord(at.WAKEUPS, word(at.WAKEUPS) + 1)
      } else if (before === N.RUNNABLE) {
        if (!hasRoom(spans)) break
        addTime(own, F.SCHED_WAIT, stay)
      } else {
        spans = F.SYSCALL_SPANS
        const proc = intAt(numbers, F.SYSCALL_PROC)
        if (!hasRoom(spans) || entered < bucketStart || numberAt(own, F.LOST_PROC) >= 0 || proc < 0) break
        if (load<i32>(word(at.HOLDERS) + (proc << 2)) !== row) break
        store<i32>(word(at.HOLDERS) + (proc << 2), NONE)
        setNumber(at.SYSCALL_SUM, number(at.SYSCALL_SUM) + stay)
        addToLayer(F.SYSCALL_LAYER, stay)
        store<i32>(word(at.SYSCALLERS) + (proc << 2), NONE)
        addTime(own, F.SYSCALL_TIME, stay)
      }
      if (spans !== F.NO_SPANS) append(spans, row, intAt(numbers, F.STACK), entered, now)
      if (after === N.RUNNING && numberAt(own, F.START) < 0) setNumberAt(own, F.START, now)
    }
    setWord(at.STAYS, word(at.STAYS) + 1)
    setNumberAt(own, F.ENTERED, now)
    setInt(numbers, F.STATE, after)
    setInt(numbers, F.REASON, reason)
    setInt(numbers, F.STACK, stack)
    setInt(numbers, F.UNTOUCHED, 0)
    if (watching === at.EXECUTING_TOO) noteExecuting(row, after)
    slot += (<u32>load<u8>(slotCounts + kind)) << 2
  }
  setWord(at.SLOT, (slot - slots) >> 2)
  return event
}
