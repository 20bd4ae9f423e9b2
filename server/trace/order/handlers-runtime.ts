/** Events of the runtime: garbage collection, stop-the-world, metrics, labels, experiments (format.md §6.3, §6.4). */
import { eventSpecs } from '../../core/event-table.js'
import { NONE } from '../../core/wide.js'
import type { ThreadCursor } from './cursor.js'
import { eventName, type Ordering } from './ordering.js'
import { GCState, GoStatus } from './state.js'

export function advanceGCActive(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const seq = event.args[0]
  if (order.inInitialGeneration) {
    if (state.gcState !== GCState.Undetermined)
      throw order.fail("GCActive in the first generation isn't first GC event")
  } else {
    if (seq !== state.gcSeq + 1) return false
    if (state.gcState !== GCState.Running) throw order.fail('encountered GCActive while GC was not in progress')
    order.requireAll()
  }
  state.gcSeq = seq
  state.gcState = GCState.Running
  order.write(event)
  return true
}

export function advanceGCBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const seq = event.args[0]
  if (state.gcState !== GCState.Undetermined) {
    if (seq !== state.gcSeq + 1) return false
    if (state.gcState === GCState.Running) throw order.fail('encountered GCBegin while GC was already in progress')
    order.requireAll()
  }
  state.gcSeq = seq
  state.gcState = GCState.Running
  order.write(event)
  order.writer.slot(order.stack(event.args[1]))
  return true
}

export function advanceGCEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const seq = event.args[0]
  if (seq !== state.gcSeq + 1) return false
  if (state.gcState === GCState.NotRunning) throw order.fail('encountered GCEnd when GC was not in progress')
  if (state.gcState === GCState.Undetermined) throw order.fail('encountered GCEnd when GC was in an undetermined state')
  order.requireAll()
  state.gcSeq = seq
  state.gcState = GCState.NotRunning
  order.write(event)
  return true
}

export function advanceSweepActive(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const row = order.knownProc(event.args[0])
  if (row < 0)
    throw order.fail(`encountered GCSweepActive for unknown proc ${order.dictionary.wide.signedText(event.args[0])}`)
  state.procSweep[row] = activate(order, event, state.procSweep[row])
  order.write(event)
  order.writer.slot(row)
  return true
}

export function advanceAssistActive(order: Ordering, event: ThreadCursor): boolean {
  const { state } = order
  const row = order.knownGoroutine(event.args[0])
  if (row < 0) {
    throw order.fail(
      `uninitialized goroutine ${order.dictionary.wide.signedText(event.args[0])} found during GCMarkAssistActive`,
    )
  }
  state.goAssist[row] = activate(order, event, state.goAssist[row])
  order.write(event)
  order.writer.slot(row)
  return true
}

/** A range said to be active: in the first generation it opens, later it must be open. */
function activate(order: Ordering, event: ThreadCursor, open: number): 1 {
  if (order.inInitialGeneration) {
    if (open === 1) throw order.fail(`${eventName(event)}: named active range already in first gen`)
  } else if (open === 0) throw order.fail(`resource is missing active range: ${eventName(event)}`)
  return 1
}

export function advanceSweepBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc } = order
  order.requireThreadAndProc()
  state.procSweep[proc] = begin(order, event, state.procSweep[proc])
  order.write(event)
  order.writer.slot(order.stack(event.args[0]))
  return true
}

export function advanceSweepEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state, proc } = order
  order.requireThreadAndProc()
  state.procSweep[proc] = end(order, event, state.procSweep[proc])
  order.write(event)
  order.writer.value(event.args[0])
  order.writer.value(event.args[1])
  return true
}

export function advanceAssistBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state, goroutine } = order
  requireKnownGoroutine(order, event)
  state.goAssist[goroutine] = begin(order, event, state.goAssist[goroutine])
  order.write(event)
  order.writer.slot(order.stack(event.args[0]))
  return true
}

export function advanceAssistEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state, goroutine } = order
  requireKnownGoroutine(order, event)
  state.goAssist[goroutine] = end(order, event, state.goAssist[goroutine])
  order.write(event)
  return true
}

function begin(order: Ordering, event: ThreadCursor, open: number): 1 {
  if (open === 1) throw order.fail(`discovered event already in-flight when starting event ${eventName(event)}`)
  return 1
}

function end(order: Ordering, event: ThreadCursor, open: number): 0 {
  if (open === 0) throw order.fail(`tried to end event, but not in-flight: ${eventName(event)}`)
  return 0
}

export function advanceSTWBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state, goroutine } = order
  requireKnownGoroutine(order, event)
  const kind = order.string(event.args[0])
  if (!state.openStw(goroutine, kind)) {
    throw order.fail('discovered event already in-flight when starting event STWBegin')
  }
  order.write(event)
  order.writer.slot(kind)
  order.writer.slot(order.stack(event.args[1]))
  return true
}

export function advanceSTWEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state, goroutine } = order
  requireKnownGoroutine(order, event)
  const kind = state.closeStw(goroutine)
  if (kind === NONE) throw order.fail('tried to end event STWBegin, but not in-flight')
  order.write(event)
  order.writer.slot(kind)
  return true
}

function requireKnownGoroutine(order: Ordering, event: ThreadCursor): void {
  order.requireAll()
  if (order.state.goStatus[order.goroutine] === GoStatus.Unknown) {
    throw order.fail(`${eventName(event)} without known state for current goroutine ${order.goId(order.goroutine)}`)
  }
}

export function advanceHeapMetric(order: Ordering, event: ThreadCursor): boolean {
  order.requireThreadAndProc()
  order.write(event)
  order.writer.value(event.args[0])
  return true
}

export function advanceProcsChange(order: Ordering, event: ThreadCursor): boolean {
  order.requireAll()
  order.write(event)
  order.writer.value(event.args[0])
  order.writer.slot(order.stack(event.args[1]))
  return true
}

export function advanceGoLabel(order: Ordering, event: ThreadCursor): boolean {
  order.requireAll()
  order.write(event)
  order.writer.slot(order.string(event.args[0]))
  return true
}

/** Any event of an experiment. */
export function advanceExperimental(order: Ordering, event: ThreadCursor): boolean {
  if (order.thread < 0) throw order.fail("expected a thread but didn't have one")
  order.write(event)
  const count = eventSpecs[event.type]?.args.length ?? 0
  for (let i = 0; i < count; i++) order.writer.value(event.args[i])
  return true
}
