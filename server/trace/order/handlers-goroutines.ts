/** Events that create, run, stop, switch and describe goroutines (format.md §6.3, §6.4). */

import { NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { EventKind } from '../../core/event-table.js'
import { GoState, shownGoStates } from '../../core/states.js'
import { NONE } from '../../core/wide.js'
import type { ThreadCursor } from './cursor.js'
import { eventName, type Ordering } from './ordering.js'
import { GoStatus, goStatusNames } from './state.js'

export function advanceGoCreate(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  order.requireThreadAndProc()
  const { goroutine } = order
  if (
    goroutine >= 0 &&
    state.goStatus[goroutine] !== GoStatus.Unknown &&
    state.goStatus[goroutine] !== GoStatus.Running
  ) {
    throw order.fail(`${eventName(event)} for goroutine ${order.goId(goroutine)} that's not Running`)
  }
  const row = order.addGoroutine(event.args[0])
  if (state.goStatus[row] !== GoStatus.Unknown) {
    throw order.fail(`tried to create goroutine ${order.goId(row)} that already exists`)
  }
  create(order, row, event.type === EventKind.GoCreateBlocked ? GoStatus.Waiting : GoStatus.Runnable)
  order.write(event)
  order.writer.slot(row)
  order.writer.slot(order.startStack(event.args[1]))
  order.writer.slot(order.stack(event.args[2]))
  return true
}

function create(order: Ordering, row: number, status: number): void {
  const { state } = order
  state.goStatus[row] = status
  state.goSeqGen[row] = order.generation
  state.goSeq[row] = 0
}

export function advanceGoStart(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const row = order.knownGoroutine(event.args[0])
  if (row < 0 || state.goStatus[row] !== GoStatus.Runnable || !succeeds(order, row, event.args[1])) return false
  order.requireThreadAndProc()
  if (order.goroutine >= 0) throw order.fail('expected no goroutine but had one')
  state.goStatus[row] = GoStatus.Running
  state.goSeq[row] = event.args[1]
  order.write(event)
  order.writer.slot(row)
  order.bindGoroutine(row)
  return true
}

export function advanceGoDestroy(order: Ordering, event: ThreadCursor): boolean {
  order.requireAll()
  order.requireRunning(event)
  order.write(event)
  order.state.forgetGoroutine(order.goroutine)
  order.bindGoroutine(NONE)
  return true
}

export function advanceGoStop(order: Ordering, event: ThreadCursor): boolean {
  return leaveRunning(order, event, GoStatus.Runnable)
}

export function advanceGoBlock(order: Ordering, event: ThreadCursor): boolean {
  return leaveRunning(order, event, GoStatus.Waiting)
}

function leaveRunning(order: Ordering, event: ThreadCursor, status: number): boolean {
  order.requireAll()
  order.requireRunning(event)
  order.state.goStatus[order.goroutine] = status
  order.write(event)
  order.writer.slot(order.string(event.args[0]))
  order.writer.slot(order.stack(event.args[1]))
  order.bindGoroutine(NONE)
  return true
}

export function advanceGoUnblock(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const row = order.knownGoroutine(event.args[0])
  if (row < 0 || state.goStatus[row] !== GoStatus.Waiting || !succeeds(order, row, event.args[1])) return false
  state.goStatus[row] = GoStatus.Runnable
  state.goSeq[row] = event.args[1]
  order.write(event)
  order.writer.slot(row)
  order.writer.slot(order.stack(event.args[2]))
  return true
}

/**
 * A coroutine switch shows as three events: the target is woken, the current goroutine blocks or ends, the target
 * starts.
 */
export function advanceGoSwitch(order: Ordering, event: ThreadCursor): boolean {
  const { state, writer } = order
  order.requireAll()
  order.requireRunning(event)
  const row = order.knownGoroutine(event.args[0])
  if (row < 0 || state.goStatus[row] !== GoStatus.Waiting || !succeeds(order, row, event.args[1])) return false
  order.write(event)
  writer.slot(row)
  if (event.type === EventKind.GoSwitch) {
    state.goStatus[order.goroutine] = GoStatus.Waiting
    writer.event(EventKind.GoBlock, event.time, order.thread, order.proc, order.goroutine)
    writer.slot(NO_STRING)
    writer.slot(NO_STACK)
  } else {
    state.forgetGoroutine(order.goroutine)
    writer.event(EventKind.GoDestroy, event.time, order.thread, order.proc, order.goroutine)
  }
  state.goStatus[row] = GoStatus.Running
  state.goSeq[row] = event.args[1]
  writer.event(EventKind.GoStart, event.time, order.thread, order.proc, NONE)
  writer.slot(row)
  order.bindGoroutine(row)
  return true
}

export function advanceGoStatus(order: Ordering, event: ThreadCursor): boolean {
  const { state, dictionary } = order
  const status = dictionary.wide.lowByte(event.args[2])
  if (status > GoStatus.Waiting) {
    throw order.fail(`invalid status for goroutine ${dictionary.wide.signedText(event.args[0])}: ${status}`)
  }
  const row = order.addGoroutine(event.args[0])
  const old = state.goStatus[row]
  const told = status === 0 ? GoStatus.Bad : status
  let from: number = shownGoStates[status]
  if (old !== GoStatus.Unknown) {
    if (old !== told) {
      throw order.fail(
        `inconsistent status for goroutine ${order.goId(row)}: old ${goStatusNames[old]} vs. new ${goStatusNames[status]}`,
      )
    }
  } else if (order.inInitialGeneration) {
    state.goStatus[row] = told
    from = GoState.Undetermined
  } else {
    throw order.fail(
      `found goroutine status for new goroutine after the first generation: id=${order.goId(row)} status=${goStatusNames[status]}`,
    )
  }
  state.goSeqGen[row] = order.generation
  state.goSeq[row] = 0
  let { thread, goroutine } = order
  if (status === GoStatus.Running) order.bindGoroutine(row)
  else if (status === GoStatus.Syscall) {
    if (event.args[1] === NONE) throw order.fail(`found goroutine ${order.goId(row)} in syscall without a thread`)
    const holder = dictionary.threads.add(event.args[1])
    state.ensureThread(holder)
    if (holder === order.thread) {
      if (!order.inInitialGeneration && goroutine !== row) {
        throw inconsistentThread(order, row, goroutine)
      }
      order.bindGoroutine(row)
    } else {
      // The goroutine has stayed in one syscall for the whole generation; another thread tells of it.
      const bound = state.threadGoroutine[holder + 1]
      if (state.threadKnown[holder + 1] === 1) {
        if (bound !== row) throw inconsistentThread(order, row, bound)
        goroutine = bound
      }
      state.threadKnown[holder + 1] = 1
      state.threadGoroutine[holder + 1] = row
      thread = holder
    }
  }
  order.writer.event(event.type, event.time, thread, order.proc, goroutine)
  order.writer.slot(row)
  order.writer.slot(from)
  order.writer.slot(shownGoStates[status])
  if (event.type === EventKind.GoStatusStack) order.writer.slot(order.stack(event.args[3]))
  return true
}

function inconsistentThread(order: Ordering, goroutine: number, bound: number): Error {
  return order.fail(
    `inconsistent thread for syscalling goroutine ${order.goId(goroutine)}: thread has goroutine ${order.goId(bound)}`,
  )
}

/** Whether a sequence number is the next of the goroutine's in this generation. */
function succeeds(order: Ordering, goroutine: number, seq: number): boolean {
  return order.state.goSeqGen[goroutine] === order.generation && seq === order.state.goSeq[goroutine] + 1
}
