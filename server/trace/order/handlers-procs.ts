/** Events that start, stop, steal and describe procs (format.md §6.3, §6.4). */
import { ProcState } from '../../core/states.js'
import { NONE } from '../../core/wide.js'
import type { ThreadCursor } from './cursor.js'
import type { Ordering } from './ordering.js'
import { ProcStatus, procStatusNames } from './state.js'

/** State that people see, by wire status. */
export const shownProcStates = [
  ProcState.Undetermined,
  ProcState.Running,
  ProcState.Idle,
  ProcState.Running,
  ProcState.Idle,
]

export function advanceProcStatus(order: Ordering, event: ThreadCursor): boolean {
  const { state, dictionary } = order
  const id = event.args[0]
  const status = dictionary.wide.lowByte(event.args[1])
  if (status > ProcStatus.Abandoned) {
    throw order.fail(`invalid status for proc ${dictionary.wide.signedText(id)}: ${status}`)
  }
  let from: number = shownProcStates[status]
  let to = from
  const row = dictionary.procs.add(id)
  state.ensureProc(row)
  let { thread, proc, goroutine } = order
  if (state.procKnown[row] === 1) {
    const old = state.procStatus[row]
    if (status === ProcStatus.Abandoned && old === ProcStatus.Syscall) {
      // The syscall was seen, so nothing is lost: the proc stays in it, in the context of the thread that holds it.
      from = ProcState.Running
      to = ProcState.Running
      const holder = state.threadProc.indexOf(row, 1) - 1
      if (holder < 0) throw order.fail(`no thread holds proc ${order.procId(row)} that is about to be stolen`)
      thread = holder
      proc = row
      goroutine = state.threadGoroutine[holder + 1]
    } else if (old !== status) {
      throw order.fail(
        `inconsistent status for proc ${order.procId(row)}: old ${procStatusNames[old]} vs. new ${procStatusNames[status]}`,
      )
    }
  } else {
    state.procKnown[row] = 1
    state.procStatus[row] = status
    from = order.inInitialGeneration ? ProcState.Undetermined : ProcState.NotExist
  }
  state.procSeqGen[row] = order.generation
  state.procSeq[row] = 0
  order.writer.event(event.type, event.time, thread, proc, goroutine)
  order.writer.slot(row)
  order.writer.slot(from)
  order.writer.slot(to)
  if (status === ProcStatus.Running || status === ProcStatus.Syscall) order.bindProc(row)
  return true
}

export function advanceProcStart(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const row = order.knownProc(event.args[0])
  if (row < 0 || state.procStatus[row] !== ProcStatus.Idle || !succeeds(order, row, event.args[1])) return false
  // The loss of the old proc has not been seen yet.
  if (order.proc >= 0) return false
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  state.procStatus[row] = ProcStatus.Running
  state.procSeq[row] = event.args[1]
  order.write(event)
  order.writer.slot(row)
  order.bindProc(row)
  return true
}

export function advanceProcStop(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc } = order
  if (proc < 0) throw order.fail("ProcStop for proc -1 that doesn't exist")
  const status = state.procStatus[proc]
  if (status !== ProcStatus.Running && status !== ProcStatus.Syscall) {
    throw order.fail(`ProcStop for proc ${order.procId(proc)} that's not Running or Syscall`)
  }
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  state.procStatus[proc] = ProcStatus.Idle
  order.write(event)
  order.bindProc(NONE)
  return true
}

export function advanceProcSteal(order: Ordering, event: ThreadCursor): boolean {
  const { state, dictionary } = order
  const row = order.knownProc(event.args[0])
  if (row < 0) return false
  const old = state.procStatus[row]
  if (old !== ProcStatus.Syscall && old !== ProcStatus.Abandoned) return false
  if (!succeeds(order, row, event.args[1])) return false
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  state.procStatus[row] = ProcStatus.Idle
  state.procSeq[row] = event.args[1]
  if (old === ProcStatus.Abandoned) {
    // The thread it was taken from may have moved on.
    writeSteal(order, event, row, ProcState.Idle)
    return true
  }
  const victim = dictionary.threads.find(event.args[2])
  if (victim === order.thread) {
    if (order.proc !== row) {
      throw order.fail(
        `tried to self-steal proc ${order.procId(row)} (thread ${order.threadId(victim)}), but got proc ${order.procId(order.proc)} instead`,
      )
    }
    writeSteal(order, event, row, ProcState.Running)
    order.bindProc(NONE)
    return true
  }
  if (victim < 0 || state.threadKnown[victim + 1] !== 1) {
    throw order.fail(`stole proc from non-existent thread ${dictionary.wide.signedText(event.args[2])}`)
  }
  if (state.threadProc[victim + 1] !== row) {
    throw order.fail(
      `tried to steal proc ${order.procId(row)} from thread ${order.threadId(victim)}, but got proc ${order.procId(state.threadProc[victim + 1])} instead`,
    )
  }
  state.threadProc[victim + 1] = NONE
  writeSteal(order, event, row, ProcState.Running)
  return true
}

function writeSteal(order: Ordering, event: ThreadCursor, proc: number, from: number): void {
  order.write(event)
  order.writer.slot(proc)
  order.writer.slot(from)
}

/** Whether a sequence number is the next of the proc's in this generation. */
function succeeds(order: Ordering, proc: number, seq: number): boolean {
  return order.state.procSeqGen[proc] === order.generation && seq === order.state.procSeq[proc] + 1
}
