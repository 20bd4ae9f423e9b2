/**
 * The fast path of the ordering, in AssemblyScript: delivers the events that come all the time, as long as they go at
 * once. Whatever is rare, or wrong, or new (an id that is seen for the first time) it leaves to the handlers
 * (../../order/handlers-*.ts), untouched: they hold the rules, and each case here does what the handler of that event
 * does where all its conditions hold. So it never fails, and needs no words.
 */

import {
  byteAt,
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
import {
  EMPTY_STACK,
  NO_STACK,
  NO_STRING,
  PROC_STATUS_IDLE,
  PROC_STATUS_RUNNING,
  PROC_STATUS_SYSCALL,
  STATUS_RUNNABLE,
  STATUS_RUNNING,
  STATUS_SYSCALL,
  STATUS_UNKNOWN,
  STATUS_WAITING,
  UNDETERMINED,
} from '../../../wasm/numbers'
import * as at from '../layout'
import { decode, siftDown } from './frontier'
import { addMessage, addRow, newRow, rowOf } from './ids'
import { put, rowAt } from './slots'

export { remember, rememberAll } from './ids'

/** Whether a sequence number is the next one of a goroutine or proc in this generation. */
function succeeds(generations: u32, seqs: u32, row: i32, generation: f64, seq: f64): bool {
  return numberAt(generations, row) === generation && seq === numberAt(seqs, row) + 1
}

/** Delivers events; returns why it stopped. */
export function run(): i32 {
  const goStatus = word(at.GO_STATUS)
  const goSeqGen = word(at.GO_SEQ_GEN)
  const goSeq = word(at.GO_SEQ)
  const goOpened = word(at.GO_OPENED)
  const goAssist = word(at.GO_ASSIST)
  const goRegion = word(at.GO_REGION)
  const procStatus = word(at.PROC_STATUS)
  const procKnown = word(at.PROC_KNOWN)
  const procSeqGen = word(at.PROC_SEQ_GEN)
  const procSeq = word(at.PROC_SEQ)
  const procSweep = word(at.PROC_SWEEP)
  const threadKnown = word(at.THREAD_KNOWN)
  const threadProc = word(at.THREAD_PROC)
  const threadGoroutine = word(at.THREAD_GOROUTINE)
  const stringRows = word(at.STRING_ROWS)
  const stringIds = <f64>word(at.STRING_IDS)
  const stackRows = word(at.STACK_ROWS)
  const stackIds = <f64>word(at.STACK_IDS)
  const cursors = word(at.CURSORS)
  const heap = word(at.HEAP)
  const keys = word(at.KEYS)
  const size = word(at.CURSORS_LEFT)
  const times = word(at.TIMES)
  const kinds = word(at.KINDS)
  const threads = word(at.THREADS)
  const procs = word(at.PROCS)
  const goroutines = word(at.GOROUTINES)
  const generation = number(at.GENERATION)
  const sampleTime = number(at.SAMPLE_TIME)
  const factor = number(at.FACTOR)
  const plainLimit = number(at.PLAIN_LIMIT)
  const earliest = number(at.EARLIEST_SERVED)
  const latest = number(at.LATEST_SERVED)
  const slots = word(at.SLOTS)
  const slotsLimit = slots + (word(at.SLOTS_LIMIT) << 2)
  const eventsLimit = word(at.EVENTS_LIMIT)

  let events = word(at.EVENTS)
  let slot = slots + (word(at.SLOTS_USED) << 2)
  let lastTime = number(at.LAST_TIME)
  let reason = at.STEP
  let markedEvents = events
  let markedSlot = slot

  while (size > 0) {
    if (events > eventsLimit || slot > slotsLimit) {
      reason = at.FULL
      break
    }
    const cursor = cursors + load<u32>(heap) * at.CURSOR_BYTES
    const time = load<f64>(cursor, at.TIME)
    if (sampleTime < time || !(time >= earliest) || !(time <= latest)) break
    const thread = load<i32>(cursor, at.THREAD)
    const type = load<i32>(cursor, at.TYPE)
    const proc = intAt(threadProc, thread + 1)
    const goroutine = intAt(threadGoroutine, thread + 1)
    const hasAll = thread >= 0 && proc >= 0 && goroutine >= 0
    const arg0 = load<f64>(cursor, at.ARGS)
    markedEvents = events
    markedSlot = slot

    // Written before it is known whether the event goes: a word that is not counted is not there.
    const shown = max(time, lastTime + 1)
    setNumberAt(times, events, shown)
    store<u8>(kinds + events, type)
    setInt(threads, events, thread)
    setInt(procs, events, proc)
    setInt(goroutines, events, goroutine)

    switch (type) {
      case E.GoStart: {
        if (thread < 0 || proc < 0 || goroutine >= 0) break
        const row = rowOf(at.GOROUTINE_IDS, arg0)
        const seq = load<f64>(cursor, at.ARGS + 8)
        if (row < 0 || byteAt(goStatus, row) !== STATUS_RUNNABLE || !succeeds(goSeqGen, goSeq, row, generation, seq))
          break
        store<u8>(goStatus + row, STATUS_RUNNING)
        setNumberAt(goSeq, row, seq)
        setInt(threadGoroutine, thread + 1, row)
        slot = put(slot, row)
        events++
        break
      }
      case E.GoUnblock: {
        const row = rowOf(at.GOROUTINE_IDS, arg0)
        const seq = load<f64>(cursor, at.ARGS + 8)
        if (row < 0 || byteAt(goStatus, row) !== STATUS_WAITING || !succeeds(goSeqGen, goSeq, row, generation, seq))
          break
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 16))
        if (stack < 0) break
        store<u8>(goStatus + row, STATUS_RUNNABLE)
        setNumberAt(goSeq, row, seq)
        slot = put(put(slot, row), stack)
        events++
        break
      }
      case E.GoStop:
      case E.GoBlock: {
        if (!hasAll || byteAt(goStatus, goroutine) !== STATUS_RUNNING) break
        const why = rowAt(stringRows, stringIds, arg0)
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 8))
        if (why < 0 || stack < 0) break
        store<u8>(goStatus + goroutine, type === E.GoStop ? STATUS_RUNNABLE : STATUS_WAITING)
        setInt(threadGoroutine, thread + 1, NONE)
        slot = put(put(slot, why), stack)
        events++
        break
      }
      case E.GoSyscallBegin: {
        if (!hasAll || byteAt(goStatus, goroutine) !== STATUS_RUNNING) break
        if (!succeeds(procSeqGen, procSeq, proc, generation, arg0)) break
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 8))
        if (stack < 0) break
        store<u8>(goStatus + goroutine, STATUS_SYSCALL)
        store<u8>(procStatus + proc, PROC_STATUS_SYSCALL)
        setNumberAt(procSeq, proc, arg0)
        slot = put(slot, stack)
        events++
        break
      }
      case E.GoSyscallEnd: {
        if (!hasAll) break
        if (byteAt(goStatus, goroutine) !== STATUS_SYSCALL || byteAt(procStatus, proc) !== PROC_STATUS_SYSCALL) break
        store<u8>(goStatus + goroutine, STATUS_RUNNING)
        store<u8>(procStatus + proc, PROC_STATUS_RUNNING)
        events++
        break
      }
      case E.GoSyscallEndBlocked: {
        if (thread < 0 || goroutine < 0 || byteAt(goStatus, goroutine) !== STATUS_SYSCALL) break
        if (proc >= 0 && byteAt(procStatus, proc) === PROC_STATUS_SYSCALL) break
        store<u8>(goStatus + goroutine, STATUS_RUNNABLE)
        setInt(threadGoroutine, thread + 1, NONE)
        events++
        break
      }
      case E.GoDestroy: {
        if (!hasAll || byteAt(goStatus, goroutine) !== STATUS_RUNNING) break
        if (intAt(goRegion, goroutine) !== NONE || word(at.STW_GOROUTINES) > 0) break
        store<u8>(goStatus + goroutine, STATUS_UNKNOWN)
        store<u8>(goAssist + goroutine, 0)
        setInt(threadGoroutine, thread + 1, NONE)
        events++
        break
      }
      case E.GoCreate:
      case E.GoCreateBlocked: {
        if (thread < 0 || proc < 0) break
        if (
          goroutine >= 0 &&
          byteAt(goStatus, goroutine) !== STATUS_RUNNING &&
          byteAt(goStatus, goroutine) !== STATUS_UNKNOWN
        )
          break
        const startId = load<f64>(cursor, at.ARGS + 8)
        const startStack = startId === 0 ? EMPTY_STACK : rowAt(stackRows, stackIds, startId)
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 16))
        if (startStack < 0 || stack < 0) break
        let row = rowOf(at.GOROUTINE_IDS, arg0)
        if (row < 0) {
          row = newRow(at.GOROUTINE_IDS, arg0)
          if (row < 0) break
          addRow(at.GOROUTINE_IDS, arg0, row)
        } else if (byteAt(goStatus, row) !== STATUS_UNKNOWN) break
        store<u8>(goStatus + row, type === E.GoCreate ? STATUS_RUNNABLE : STATUS_WAITING)
        setNumberAt(goSeqGen, row, generation)
        setNumberAt(goSeq, row, 0)
        slot = put(put(put(slot, row), startStack), stack)
        events++
        break
      }
      case E.GoStatus:
      case E.GoStatusStack: {
        const status = <i32>load<f64>(cursor, at.ARGS + 16)
        if (status < STATUS_RUNNABLE || status > STATUS_WAITING || status === STATUS_SYSCALL) break
        const stack = type === E.GoStatusStack ? rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 24)) : NO_STACK
        if (stack < 0) break
        let row = rowOf(at.GOROUTINE_IDS, arg0)
        const isKnown = row >= 0 && byteAt(goStatus, row) !== STATUS_UNKNOWN
        if (isKnown ? byteAt(goStatus, row) !== status : generation !== number(at.INITIAL_GENERATION)) break
        if (row < 0) {
          row = newRow(at.GOROUTINE_IDS, arg0)
          if (row < 0) break
          addRow(at.GOROUTINE_IDS, arg0, row)
        }
        store<u8>(goStatus + row, status)
        setNumberAt(goSeqGen, row, generation)
        setNumberAt(goSeq, row, 0)
        if (status === STATUS_RUNNING && thread >= 0) setInt(threadGoroutine, thread + 1, row)
        const shownState: i32 = load<u8>(at.SHOWN_STATES + status)
        slot = put(put(put(slot, row), isKnown ? shownState : UNDETERMINED), shownState)
        if (type === E.GoStatusStack) slot = put(slot, stack)
        events++
        break
      }
      case E.GoSwitch: {
        // The target is woken, the current goroutine blocks, the target starts.
        if (!hasAll || byteAt(goStatus, goroutine) !== STATUS_RUNNING) break
        const row = rowOf(at.GOROUTINE_IDS, arg0)
        const seq = load<f64>(cursor, at.ARGS + 8)
        if (row < 0 || byteAt(goStatus, row) !== STATUS_WAITING || !succeeds(goSeqGen, goSeq, row, generation, seq))
          break
        store<u8>(goStatus + goroutine, STATUS_WAITING)
        store<u8>(goStatus + row, STATUS_RUNNING)
        setNumberAt(goSeq, row, seq)
        setInt(threadGoroutine, thread + 1, row)
        setNumberAt(times, events + 1, shown + 1)
        setNumberAt(times, events + 2, shown + 2)
        store<u8>(kinds + events, E.GoBlock, 1)
        store<u8>(kinds + events, E.GoStart, 2)
        setInt(threads, events + 1, thread)
        setInt(threads, events + 2, thread)
        setInt(procs, events + 1, proc)
        setInt(procs, events + 2, proc)
        setInt(goroutines, events + 1, goroutine)
        setInt(goroutines, events + 2, NONE)
        slot = put(put(put(put(slot, row), NO_STRING), NO_STACK), row)
        events += 3
        break
      }
      case E.ProcStart: {
        if (thread < 0 || proc >= 0) break
        const row = rowOf(at.PROC_IDS, arg0)
        if (row < 0 || byteAt(procKnown, row) !== 1 || byteAt(procStatus, row) !== PROC_STATUS_IDLE) break
        const seq = load<f64>(cursor, at.ARGS + 8)
        if (!succeeds(procSeqGen, procSeq, row, generation, seq)) break
        store<u8>(procStatus + row, PROC_STATUS_RUNNING)
        setNumberAt(procSeq, row, seq)
        setInt(threadProc, thread + 1, row)
        slot = put(slot, row)
        events++
        break
      }
      case E.ProcStop: {
        if (thread < 0 || proc < 0) break
        const status = byteAt(procStatus, proc)
        if (status !== PROC_STATUS_RUNNING && status !== PROC_STATUS_SYSCALL) break
        store<u8>(procStatus + proc, PROC_STATUS_IDLE)
        setInt(threadProc, thread + 1, NONE)
        events++
        break
      }
      case E.UserRegionBegin: {
        if (!hasAll || byteAt(goStatus, goroutine) === STATUS_UNKNOWN) break
        const task = rowOf(at.TASK_IDS, arg0)
        const name = rowAt(stringRows, stringIds, load<f64>(cursor, at.ARGS + 8))
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 16))
        const outer = intAt(goRegion, goroutine)
        if (task < 0 || name < 0 || stack < 0 || outer < NONE) break
        let region = <i32>word(at.REGION_FREE)
        if (region >= 0) setWord(at.REGION_FREE, intAt(word(at.REGION_OUTER), region))
        else {
          if (word(at.REGION_USED) >= word(at.REGION_ROWS)) break
          region = word(at.REGION_USED)
          setWord(at.REGION_USED, region + 1)
        }
        setInt(word(at.REGION_TASKS), region, task)
        setInt(word(at.REGION_NAMES), region, name)
        setInt(word(at.REGION_OUTER), region, outer)
        setInt(goRegion, goroutine, region)
        store<u8>(goOpened + goroutine, 1)
        slot = put(put(put(slot, task), name), stack)
        events++
        break
      }
      case E.UserRegionEnd: {
        if (!hasAll || byteAt(goStatus, goroutine) === STATUS_UNKNOWN) break
        const task = rowOf(at.TASK_IDS, arg0)
        const name = rowAt(stringRows, stringIds, load<f64>(cursor, at.ARGS + 8))
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 16))
        const top = intAt(goRegion, goroutine)
        if (task < 0 || name < 0 || stack < 0 || top < NONE) break
        if (top >= 0) {
          if (intAt(word(at.REGION_TASKS), top) !== task || intAt(word(at.REGION_NAMES), top) !== name) break
          setInt(goRegion, goroutine, intAt(word(at.REGION_OUTER), top))
          setInt(word(at.REGION_OUTER), top, word(at.REGION_FREE))
          setWord(at.REGION_FREE, top)
          store<u8>(goOpened + goroutine, 1)
        }
        slot = put(put(put(slot, task), name), stack)
        events++
        break
      }
      case E.UserTaskBegin: {
        if (!hasAll) break
        const parentId = load<f64>(cursor, at.ARGS + 8)
        const hasParent = parentId !== 0 && parentId !== -1
        const parent = hasParent ? rowOf(at.TASK_IDS, parentId) : NONE
        const name = rowAt(stringRows, stringIds, load<f64>(cursor, at.ARGS + 16))
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 24))
        if ((hasParent && parent < 0) || name < 0 || stack < 0) break
        let task = rowOf(at.TASK_IDS, arg0)
        if (task < 0) {
          task = newRow(at.TASK_IDS, arg0)
          if (task < 0) break
          addRow(at.TASK_IDS, arg0, task)
        } else if (byteAt(word(at.TASK_OPEN), task) === 1) break
        store<u8>(word(at.TASK_OPEN) + task, 1)
        store<u8>(word(at.TASK_BEGUN) + task, 1)
        setInt(word(at.TASK_PARENT), task, parent)
        setInt(word(at.TASK_NAME), task, name)
        slot = put(put(put(put(slot, task), parent), name), stack)
        events++
        break
      }
      case E.UserTaskEnd: {
        if (!hasAll) break
        const task = rowOf(at.TASK_IDS, arg0)
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 8))
        if (task < 0 || stack < 0) break
        const open = byteAt(word(at.TASK_OPEN), task) === 1
        store<u8>(word(at.TASK_OPEN) + task, 0)
        const parent = open ? intAt(word(at.TASK_PARENT), task) : NONE
        const name = open ? intAt(word(at.TASK_NAME), task) : NO_STRING
        slot = put(put(put(put(slot, task), parent), name), stack)
        events++
        break
      }
      case E.UserLog: {
        if (!hasAll) break
        const task = rowOf(at.TASK_IDS, arg0)
        const category = rowAt(stringRows, stringIds, load<f64>(cursor, at.ARGS + 8))
        const messageId = load<f64>(cursor, at.ARGS + 16)
        let message = rowAt(word(at.MESSAGE_ROWS), <f64>word(at.MESSAGE_IDS), messageId)
        const stack = rowAt(stackRows, stackIds, load<f64>(cursor, at.ARGS + 24))
        if (task < 0 || category < 0 || stack < 0) break
        if (message === at.UNREAD) message = addMessage(messageId)
        if (message < 0) break
        slot = put(put(put(put(slot, task), category), message), stack)
        events++
        break
      }
      case E.HeapAlloc:
      case E.HeapGoal: {
        if (thread < 0 || proc < 0 || arg0 < 0) break
        store<u64>(slot, <u64>arg0)
        slot += 8
        events++
        break
      }
      case E.GCSweepBegin: {
        if (thread < 0 || proc < 0 || byteAt(procSweep, proc) === 1) break
        const stack = rowAt(stackRows, stackIds, arg0)
        if (stack < 0) break
        store<u8>(procSweep + proc, 1)
        slot = put(slot, stack)
        events++
        break
      }
      case E.GCSweepEnd: {
        if (thread < 0 || proc < 0 || byteAt(procSweep, proc) === 0) break
        const reclaimed = load<f64>(cursor, at.ARGS + 8)
        if (arg0 < 0 || reclaimed < 0) break
        store<u8>(procSweep + proc, 0)
        store<u64>(slot, <u64>arg0)
        store<u64>(slot, <u64>reclaimed, 8)
        slot += 16
        events++
        break
      }
      case E.GCMarkAssistBegin: {
        if (!hasAll || byteAt(goStatus, goroutine) === STATUS_UNKNOWN) break
        const stack = rowAt(stackRows, stackIds, arg0)
        if (stack < 0 || byteAt(goAssist, goroutine) === 1) break
        store<u8>(goAssist + goroutine, 1)
        slot = put(slot, stack)
        events++
        break
      }
      case E.GCMarkAssistEnd: {
        if (!hasAll || byteAt(goStatus, goroutine) === STATUS_UNKNOWN) break
        if (byteAt(goAssist, goroutine) === 0) break
        store<u8>(goAssist + goroutine, 0)
        events++
        break
      }
    }
    if (events === markedEvents) break
    lastTime = shown + <f64>(events - markedEvents - 1)
    // Even an event that can't go makes its thread known, which is for the handlers to do.
    store<u8>(threadKnown + thread + 1, 1)
    if (!decode(cursor, factor, plainLimit)) {
      reason = at.FOLLOW
      break
    }
    siftDown(keys, heap, size, load<f64>(cursor, at.TIME))
  }

  setWord(at.EVENTS, events)
  setWord(at.SLOTS_USED, (slot - slots) >> 2)
  setWord(at.MARKED_EVENTS, markedEvents)
  setWord(at.MARKED_SLOTS, (markedSlot - slots) >> 2)
  setNumber(at.LAST_TIME, lastTime)
  return reason
}
