/** Events around syscalls and calls from C (format.md §6.3, §6.4). */
import { EventKind } from '../../core/event-table.js'
import { ProcState } from '../../core/states.js'
import { NONE } from '../../core/wide.js'
import type { ThreadCursor } from './cursor.js'
import { eventName, type Ordering } from './ordering.js'
import { GoStatus, ProcStatus, procStatusNames } from './state.js'

export function advanceGoSyscallBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc } = order
  order.requireAll()
  order.requireRunning(event)
  state.goStatus[order.goroutine] = GoStatus.Syscall
  state.procStatus[proc] = ProcStatus.Syscall
  // The number is the proc's, so that a steal can't be matched with an earlier syscall of it. The proc runs here: it
  // never waits.
  const seq = event.args[0]
  if (state.procSeqGen[proc] !== order.generation || seq !== state.procSeq[proc] + 1) {
    throw order.fail(
      `failed to advance GoSyscallBegin: can't make sequence: ${state.procSeq[proc]} -> ${order.dictionary.wide.text(seq)} of proc ${order.procId(proc)}`,
    )
  }
  state.procSeq[proc] = seq
  order.write(event)
  order.writer.slot(order.stack(event.args[1]))
  return true
}

export function advanceGoSyscallEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc } = order
  order.requireAll()
  requireSyscall(order, event)
  if (state.procStatus[proc] !== ProcStatus.Syscall) {
    throw order.fail(
      `expected proc ${order.procId(proc)} in state Syscall, but got ${procStatusNames[state.procStatus[proc]]} instead`,
    )
  }
  state.goStatus[order.goroutine] = GoStatus.Running
  state.procStatus[proc] = ProcStatus.Running
  order.write(event)
  return true
}

/** The proc was lost during the syscall, so its loss must have been seen first, whatever the times say. */
export function advanceGoSyscallEndBlocked(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc } = order
  if (proc >= 0 && state.procStatus[proc] === ProcStatus.Syscall) return false
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  if (order.goroutine < 0) throw order.fail("expected a goroutine but didn't have one")
  requireSyscall(order, event)
  state.goStatus[order.goroutine] = GoStatus.Runnable
  order.write(event)
  order.bindGoroutine(NONE)
  return true
}

export function advanceGoCreateSyscall(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  if (order.goroutine >= 0) throw order.fail('expected no goroutine but had one')
  const row = order.addGoroutine(event.args[0])
  if (state.goStatus[row] !== GoStatus.Unknown) {
    throw order.fail(`tried to create goroutine ${order.goId(row)} in syscall that already exists`)
  }
  state.goStatus[row] = GoStatus.Syscall
  state.goSeqGen[row] = order.generation
  state.goSeq[row] = 0
  order.write(event)
  order.writer.slot(row)
  order.bindGoroutine(row)
  return true
}

/**
 * A C thread leaves Go. Its id may be used again, so a proc it still holds is cut loose: shown as stolen, then
 * abandoned.
 */
export function advanceGoDestroySyscall(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc, writer } = order
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  if (order.goroutine < 0) throw order.fail("expected a goroutine but didn't have one")
  requireSyscall(order, event)
  if (proc >= 0) {
    if (state.procStatus[proc] !== ProcStatus.Syscall) {
      throw order.fail(
        `proc ${order.procId(proc)} in unexpected state ${procStatusNames[state.procStatus[proc]]} during GoDestroySyscall`,
      )
    }
    state.procStatus[proc] = ProcStatus.Abandoned
    writer.event(EventKind.ProcSteal, event.time, order.thread, proc, order.goroutine)
    writer.slot(proc)
    writer.slot(ProcState.Running)
    order.bindProc(NONE)
  }
  order.write(event)
  state.forgetGoroutine(order.goroutine)
  order.bindGoroutine(NONE)
  return true
}

function requireSyscall(order: Ordering, event: ThreadCursor): void {
  const status = order.state.goStatus[order.goroutine]
  if (status === GoStatus.Syscall) return
  const what = status === GoStatus.Unknown ? "doesn't exist" : "isn't in a syscall"
  throw order.fail(`${eventName(event)} for goroutine ${order.goId(order.goroutine)} that ${what}`)
}
