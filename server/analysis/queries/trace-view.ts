/**
 * The trace view of a goroutine or a task: its window, its goroutines, its tasks and regions (endpoints.md §9.1, §9.8).
 */
import type { Id } from '../../contract/common.js'
import type { TraceViewAnswer, TraceViewParams, TraceViewRegion, TraceViewTask } from '../../contract/trace-view.js'
import { CodedError } from '../../errors.js'
import { G } from '../facts/goroutines.js'
import { rowsOf } from '../facts/records.js'
import { BeginKind, LogNumber, NO_TIME, RegionNumber, TaskNumber, TaskTime } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { goroutineRow } from './goroutines.js'
import { codeOfId } from './lists.js'

const NO_GOROUTINE = -1

export function answerTraceView(facts: TraceFacts, params: TraceViewParams): TraceViewAnswer {
  const { goid, focustask, taskid } = params
  if (goid !== undefined) return ofGoroutine(facts, goid)
  if (focustask !== undefined) {
    const task = taskRow(facts, focustask)
    const { tasks } = facts
    if (tasks.time(task, TaskTime.Start) === NO_TIME && tasks.time(task, TaskTime.End) === NO_TIME) {
      throw unknownTask(focustask)
    }
    return ofTask(facts, task, descendantsOf(facts, task), false)
  }
  return taskid === undefined ? wholeTrace(facts) : ofTaskGoroutines(facts, taskid)
}

function wholeTrace(facts: TraceFacts): TraceViewAnswer {
  const { partial, generations, events, endNs } = facts
  return {
    partial,
    generations: generations.length,
    events,
    endNs,
    fromNs: 0,
    toNs: endNs,
    focus: null,
    goroutines: null,
    tasks: null,
  }
}

function ofGoroutine(facts: TraceFacts, goid: Id): TraceViewAnswer {
  const row = goroutineRow(facts, goid)
  const end = facts.goroutines.time(row, G.End)
  return {
    ...wholeTrace(facts),
    fromNs: Math.max(0, facts.goroutines.time(row, G.Start)),
    toNs: end < 0 ? facts.endNs : end,
    focus: goroutineId(facts, row),
  }
}

function ofTask(facts: TraceFacts, task: number, shown: readonly number[], withRegions: boolean): TraceViewAnswer {
  const { tasks, endNs } = facts
  const end = tasks.time(task, TaskTime.End)
  return {
    ...wholeTrace(facts),
    fromNs: Math.max(0, tasks.time(task, TaskTime.Start)),
    toNs: end === NO_TIME ? endNs : end,
    tasks: shown.map(row => taskOf(facts, row, withRegions)),
  }
}

function ofTaskGoroutines(facts: TraceFacts, taskid: Id): TraceViewAnswer {
  const task = taskRow(facts, taskid)
  const focus = firstGoroutine(facts, task)
  if (focus === NO_GOROUTINE) throw unknownTask(taskid)
  const shown = descendantsOf(facts, task)
  const members = new Set<number>()
  for (const row of shown) {
    for (const pair of rowsOf(facts.taskIndex.members, row)) members.add(facts.tasks.members.number(pair, 1))
  }
  return {
    ...ofTask(facts, task, shown, true),
    focus: goroutineId(facts, focus),
    goroutines: Array.from(members, row => goroutineId(facts, row)),
  }
}

/** The goroutine of the begin, else of the earliest log or the end that has one. */
function firstGoroutine({ tasks, logs, taskIndex }: TraceFacts, task: number): number {
  let earliest = Number.POSITIVE_INFINITY
  let goroutine = NO_GOROUTINE
  const consider = (time: number, by: number) => {
    if (by === NO_GOROUTINE || time >= earliest) return
    earliest = time
    goroutine = by
  }
  if (tasks.time(task, TaskTime.Start) !== NO_TIME) consider(-1, tasks.number(task, TaskNumber.StartGoroutine))
  const end = tasks.time(task, TaskTime.End)
  if (end !== NO_TIME) consider(end, tasks.number(task, TaskNumber.EndGoroutine))
  for (const log of rowsOf(taskIndex.logs, task)) consider(logs.time(log, 0), logs.number(log, LogNumber.Goroutine))
  return goroutine
}

/** The task and all below it, by start and, where two of them did not begin in the trace, by end. */
function descendantsOf({ tasks, taskIndex, endNs }: TraceFacts, task: number): number[] {
  const found: number[] = []
  const waiting = [task]
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    found.push(row)
    const children = Array.from(rowsOf(taskIndex.children, row), child => tasks.adopted.number(child, 0))
    waiting.push(...children.reverse())
  }
  const start = (row: number) => tasks.time(row, TaskTime.Start)
  const end = (row: number) => (tasks.time(row, TaskTime.End) === NO_TIME ? endNs : tasks.time(row, TaskTime.End))
  return found.sort((a, b) => (start(a) === start(b) ? end(a) - end(b) : Math.max(0, start(a)) - Math.max(0, start(b))))
}

function taskOf(facts: TraceFacts, task: number, withRegions: boolean): TraceViewTask {
  const { dictionary, tasks, regions, taskIndex } = facts
  const time = (field: number) => (tasks.time(task, field) === NO_TIME ? null : tasks.time(task, field))
  const goroutine = (at: number, field: number) =>
    time(at) === null ? '0' : goroutineId(facts, tasks.number(task, field))
  const parent = tasks.parent(task)
  const shown: TraceViewRegion[] = []
  if (withRegions) {
    for (const region of rowsOf(taskIndex.regions, task)) {
      const name = dictionary.strings[regions.ofBegin(region, BeginKind.Name)]
      const startNs = regions.start(region)
      const endNs = regions.end(region)
      if (name === '') continue
      shown.push({
        name,
        goroutine: goroutineId(facts, regions.number(region, RegionNumber.Goroutine)),
        startNs: startNs === NO_TIME ? null : startNs,
        endNs: endNs === NO_TIME ? null : endNs,
      })
    }
  }
  return {
    id: taskId(facts, task),
    name: dictionary.strings[tasks.number(task, TaskNumber.Name)],
    startNs: time(TaskTime.Start),
    startGoroutine: goroutine(TaskTime.Start, TaskNumber.StartGoroutine),
    endNs: time(TaskTime.End),
    endGoroutine: goroutine(TaskTime.End, TaskNumber.EndGoroutine),
    parent: parent < 0 ? null : taskId(facts, parent),
    regions: shown,
  }
}

function goroutineId({ dictionary }: TraceFacts, row: number): string {
  return dictionary.wide.text(row < 0 ? NO_GOROUTINE : dictionary.goroutines.ids[row])
}

function taskId({ dictionary }: TraceFacts, row: number): string {
  return dictionary.wide.text(dictionary.tasks.ids[row])
}

function taskRow(facts: TraceFacts, id: Id): number {
  const code = codeOfId(facts.dictionary, id)
  const row = code === undefined ? -1 : facts.dictionary.tasks.find(code)
  if (!facts.tasks.exists(row)) throw unknownTask(id)
  return row
}

function unknownTask(id: Id): CodedError {
  return new CodedError('UNKNOWN_TASK', `failed to find task with id ${id}`)
}
