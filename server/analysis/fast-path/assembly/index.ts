/**
 * The fast path of the analysis, in AssemblyScript: transitions of goroutines that come all the time. It takes those of
 * a goroutine that the trace knows, in the state that the event leaves, which neither begins nor ends, has its name,
 * has waited for this reason before and changed in this generation already; and events that are only counted. At
 * whatever else it stops with nothing of it changed: every rule is in ../../passes/goroutines.ts, and what is done here
 * is done in the order in which it is done there.
 */
import {
  addTime,
  intOf,
  NONE,
  number,
  numbersIn,
  pageOf,
  setInt,
  setNumber,
  setTime,
  setWord,
  timeOf,
  timesIn,
  word,
} from './columns'
import * as at from './layout'
import * as V from './vocabulary'

export { keep, subtract, take } from './snapshot'

const WIDE: f64 = 4294967296

/** Where the sum of a reason's cell is; 0: the list has none, or it is not in the memory. */
function sumOf(first: i32, reason: i32): u32 {
  let cell = first
  while (cell !== NONE) {
    const page = pageOf(at.REASON_PAGES, cell)
    if (page === 0) return 0
    const numbers = numbersIn(page, cell, V.CELL_TIME_FIELDS, V.CELL_NUMBER_FIELDS)
    if (intOf(numbers, V.KEY) === reason) return timesIn(page, cell, V.CELL_TIME_FIELDS)
    cell = intOf(numbers, V.NEXT)
  }
  return 0
}

/** Which profile counts a wait for this reason, or FOREVER; −1: nobody has looked yet. */
function kindOf(reason: i32): i32 {
  return <u32>reason < word(at.REASON_KINDS + 1) ? <i32>load<u8>(word(at.REASON_KINDS) + reason) - 1 : NONE
}

function hasRoom(spans: i32): bool {
  return word(at.SPANS + 2 * spans + at.USED) + <u32>V.LONGEST_SPAN <= <u32>V.CHUNK_BYTES
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
  const place = word(at.OVERVIEW) + ((layer * V.OVERVIEW_BUCKETS + word(at.BUCKET)) << 3)
  store<f64>(place, load<f64>(place) + time)
}

/** Whether the utilisation pass wants a row of this transition. */
function isWatched(row: i32, before: i32, after: i32): bool {
  if (<u32>row >= word(at.UTILIZATION_BITS + 1)) return true
  const bits = load<u8>(word(at.UTILIZATION_BITS) + row)
  return executes(before) !== executes(after) && (bits & (V.IN_ASSIST | V.WORKER)) !== 0
}

function noteExecuting(row: i32, state: i32): void {
  const place = word(at.UTILIZATION_BITS) + row
  const bits = load<u8>(place)
  store<u8>(place, executes(state) ? bits | V.EXECUTING : bits & ~V.EXECUTING)
}

function executes(state: i32): bool {
  return state === V.RUNNING || state === V.SYSCALL
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
    let before = V.RUNNING
    let after = V.RUNNING
    let reason = V.NO_STRING
    let stack = V.NO_STACK
    if (kind === V.GoStart) {
      row = load<i32>(slot)
      before = V.RUNNABLE
    } else if (kind === V.GoUnblock) {
      row = load<i32>(slot)
      stack = load<i32>(slot, 4)
      before = V.WAITING
      after = V.RUNNABLE
    } else if (kind === V.GoBlock) {
      reason = load<i32>(slot)
      stack = load<i32>(slot, 4)
      after = V.WAITING
    } else if (kind === V.GoStop) {
      reason = load<i32>(slot)
      stack = load<i32>(slot, 4)
      after = V.RUNNABLE
    } else if (kind === V.GoSyscallBegin) {
      stack = load<i32>(slot)
      after = V.SYSCALL
    } else if (kind === V.GoSyscallEnd) before = V.SYSCALL
    else if (kind === V.HeapAlloc || kind === V.HeapGoal) {
      slot += (<u32>load<u8>(slotCounts + kind)) << 2
      continue
    } else break

    if (row < 0) break
    const page = pageOf(at.GOROUTINE_PAGES, row)
    if (page === 0) break
    const numbers = numbersIn(page, row, V.TIME_FIELDS, V.NUMBER_FIELDS)
    if (intOf(numbers, V.STATE) !== before) break
    if (watching !== 0 && isWatched(row, before, after)) break
    const own = timesIn(page, row, V.TIME_FIELDS)
    const entered = timeOf(own, V.ENTERED)
    if (entered < generationStart) break
    const stay = now - entered

    if (before === V.RUNNING) {
      const name = intOf(numbers, V.NAME)
      if (entered < bucketStart || timeOf(own, V.WORKER_SINCE) >= 0) break
      if (stack > V.EMPTY_STACK && name === V.NO_STRING) break
      const counts = <u32>name < word(at.RUN_COUNTS + 1) ? load<u32>(word(at.RUN_COUNTS) + (name << 2)) : 0
      if (counts === 0) break
      if (after === V.SYSCALL) {
        const proc = load<i32>(procs + (event << 2))
        if (<u32>proc >= word(at.HOLDERS + 1)) break
        setInt(numbers, V.SYSCALL_PROC, proc)
        store<i32>(word(at.SYSCALLERS) + (proc << 2), row)
        store<i32>(word(at.HOLDERS) + (proc << 2), row)
      } else if (reason !== V.NO_STRING) {
        const kind = kindOf(reason)
        if (after === V.WAITING && (kind < 0 || kind === V.FOREVER)) break
        if (<u32>reason >= word(at.REASON_COUNTS + 1)) break
        addTime(word(at.REASON_COUNTS), reason, 1)
      }
      addTime(own, V.EXEC, stay)
      setNumber(at.RUNNING_SUM, number(at.RUNNING_SUM) + stay)
      addToLayer(V.RUNNING_LAYER, stay)
      countRun(counts, stay)
      if (stack > V.EMPTY_STACK) setInt(numbers, V.OWN_STACK, stack)
    } else {
      let spans = V.SCHED_SPANS
      if (before === V.WAITING) {
        const why = intOf(numbers, V.REASON)
        spans = kindOf(why)
        const sum = sumOf(intOf(numbers, V.FIRST_REASON), why)
        if (spans < 0 || sum === 0 || (spans !== V.NO_SPANS && !hasRoom(spans))) break
        addTime(sum, V.SUM, stay)
        setWord(at.WAKEUPS, word(at.WAKEUPS) + 1)
      } else if (before === V.RUNNABLE) {
        if (!hasRoom(spans)) break
        addTime(own, V.SCHED_WAIT, stay)
      } else {
        spans = V.SYSCALL_SPANS
        const proc = intOf(numbers, V.SYSCALL_PROC)
        if (!hasRoom(spans) || entered < bucketStart || timeOf(own, V.LOST_PROC) >= 0 || proc < 0) break
        if (load<i32>(word(at.HOLDERS) + (proc << 2)) !== row) break
        store<i32>(word(at.HOLDERS) + (proc << 2), NONE)
        setNumber(at.SYSCALL_SUM, number(at.SYSCALL_SUM) + stay)
        addToLayer(V.SYSCALL_LAYER, stay)
        store<i32>(word(at.SYSCALLERS) + (proc << 2), NONE)
        addTime(own, V.SYSCALL_TIME, stay)
      }
      if (spans !== V.NO_SPANS) append(spans, row, intOf(numbers, V.STACK), entered, now)
      if (after === V.RUNNING && timeOf(own, V.START) < 0) setTime(own, V.START, now)
    }
    setWord(at.STAYS, word(at.STAYS) + 1)
    setTime(own, V.ENTERED, now)
    setInt(numbers, V.STATE, after)
    setInt(numbers, V.REASON, reason)
    setInt(numbers, V.STACK, stack)
    setInt(numbers, V.UNTOUCHED, 0)
    if (watching === at.EXECUTING_TOO) noteExecuting(row, after)
    slot += (<u32>load<u8>(slotCounts + kind)) << 2
  }
  setWord(at.SLOT, (slot - slots) >> 2)
  return event
}
