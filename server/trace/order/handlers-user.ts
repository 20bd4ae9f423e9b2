/** User annotations: tasks, regions, logs (format.md §6.3, §6.4). */

import { Odd } from '../../core/oddities.js'
import { NONE } from '../../core/wide.js'
import type { ThreadCursor } from './cursor.js'
import { eventName, type Ordering } from './ordering.js'
import { GoStatus } from './state.js'

export function advanceTaskBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state, writer } = order
  const task = order.addTask(event.args[0])
  if (state.taskOpen[task] === 1) {
    order.tolerate(Odd.TaskBegunTwice, `task ID conflict: ${order.dictionary.wide.text(event.args[0])}`)
  }
  // Parent 0 says "no parent" here, not the background task.
  const parent = event.args[1] === 0 || event.args[1] === NONE ? NONE : order.addTask(event.args[1])
  const name = order.string(event.args[2])
  order.requireAll()
  state.openTask(task, parent, name)
  order.write(event)
  writer.slot(task)
  writer.slot(parent)
  writer.slot(name)
  writer.slot(order.stack(event.args[3]))
  return true
}

export function advanceTaskEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state, writer } = order
  order.requireAll()
  const task = order.addTask(event.args[0])
  order.write(event)
  writer.slot(task)
  writer.slot(state.parentOf(task))
  writer.slot(state.nameOf(task))
  state.taskOpen[task] = 0
  writer.slot(order.stack(event.args[1]))
  return true
}

export function advanceRegionBegin(order: Ordering, event: ThreadCursor): boolean {
  const { state, goroutine } = order
  order.requireAll()
  const name = order.string(event.args[1])
  requireKnownGoroutine(order, event)
  const task = order.addTask(event.args[0])
  state.openRegion(goroutine, task, name)
  writeRegion(order, event, task, name)
  return true
}

/**
 * An end without any open region is accepted: it began before the trace. One out of turn ends the innermost of its task
 * and name; when that is not open either it is left out.
 */
export function advanceRegionEnd(order: Ordering, event: ThreadCursor): boolean {
  const { state, goroutine } = order
  order.requireAll()
  const name = order.string(event.args[1])
  requireKnownGoroutine(order, event)
  const task = order.addTask(event.args[0])
  if (!state.closeRegion(goroutine, task, name)) {
    const misuse = misuseOf(order, task, name)
    const closed = state.closeOuterRegion(goroutine, task, name)
    order.tolerate(closed ? Odd.RegionOutOfTurn : Odd.RegionNotOpen, misuse)
    if (!closed) return true
  }
  writeRegion(order, event, task, name)
  return true
}

function misuseOf(order: Ordering, task: number, name: number): string {
  const { state, goroutine } = order
  const inner = state.innermostRegion(goroutine)
  const text = (task: number, name: number) => `{${taskText(order, task)} ${order.dictionary.text(name)}}`
  return `misuse of region in goroutine ${order.goId(goroutine)}: region end ${text(task, name)} when the inner-most active region start event is ${text(inner.task, inner.name)}`
}

function writeRegion(order: Ordering, event: ThreadCursor, task: number, name: number): void {
  order.write(event)
  order.writer.slot(task)
  order.writer.slot(name)
  order.writer.slot(order.stack(event.args[2]))
}

export function advanceLog(order: Ordering, event: ThreadCursor): boolean {
  const { writer } = order
  order.requireAll()
  order.write(event)
  writer.slot(order.addTask(event.args[0]))
  writer.slot(order.string(event.args[1]))
  writer.slot(order.message(event.args[2]))
  writer.slot(order.stack(event.args[3]))
  return true
}

function requireKnownGoroutine(order: Ordering, event: ThreadCursor): void {
  if (order.state.goStatus[order.goroutine] === GoStatus.Unknown) {
    throw order.fail(`${eventName(event)} without known state for current goroutine ${order.goId(order.goroutine)}`)
  }
}

function taskText(order: Ordering, task: number): string {
  return order.dictionary.wide.text(order.dictionary.tasks.ids[task])
}
