/** The user's tasks: types of tasks, and the tasks of a filter with what happened in each (endpoints.md §12). */
import type {
  TaskEvent,
  TaskFilter,
  TaskRow,
  TasksAnswer,
  TaskType,
  TaskTypesAnswer,
} from '../../contract/annotations.js'
import type { Id, ListParams } from '../../contract/common.js'
import { goQuote } from '../../core/go-quote.js'
import { goStateNames } from '../../core/states.js'
import { formatDuration } from '../../shared/duration.js'
import { rowsOf } from '../facts/records.js'
import { BeginKind, EndKind, LogNumber, NO_TIME, RegionNumber, TaskNumber, TaskTime } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { durationFacts, quote, sortTypes } from './annotations.js'
import {
  compareIds,
  listFacts,
  orderedPage,
  pageOf,
  quantilesOf,
  type SortKeys,
  signedId,
  unsignedId,
} from './lists.js'

export function answerTaskTypes(facts: TraceFacts, params: ListParams): TaskTypesAnswer {
  const { tasks, dictionary } = facts
  const wanted = params.filter.toLowerCase()
  const rowsByName = new Map<number, number[]>()
  for (const task of existingTasks(facts)) {
    const name = tasks.number(task, TaskNumber.Name)
    const rows = rowsByName.get(name)
    if (rows === undefined) rowsByName.set(name, [task])
    else rows.push(task)
  }
  const types = Array.from(rowsByName)
    .sort(([a], [b]) => (dictionary.strings[a] < dictionary.strings[b] ? -1 : 1))
    .filter(([name]) => dictionary.text(name).toLowerCase().includes(wanted))
    .map(([name, rows]): TaskType => {
      const complete = rows.filter(task => isComplete(facts, task))
      const durations = Float64Array.from(complete, task => durationOf(facts, task))
      return {
        type: dictionary.text(name),
        count: rows.length,
        incomplete: rows.length - complete.length,
        ...durationFacts(durations),
      }
    })
  sortTypes(types, typeKeys.get(params.sortby), params)
  return { ...listFacts(facts, params, types.length), types: [...pageOf(types, params)] }
}

const typeKeys: SortKeys<TaskType> = new Map([
  ['Count', type => type.count],
  ['Incomplete', type => type.incomplete],
  ['p50', type => type.p50Ns],
  ['p99', type => type.p99Ns],
  ['max', type => type.maxNs],
])

export function answerTasks(facts: TraceFacts, params: ListParams & TaskFilter): TasksAnswer {
  const { dictionary, tasks } = facts
  const idOf = (task: number) => dictionary.tasks.ids[task]
  const wanted = params.filter.toLowerCase()
  const matches = (task: number) =>
    passes(facts, task, params) &&
    (wanted === '' ||
      dictionary.wide.text(idOf(task)).includes(wanted) ||
      nameOf(facts, task).toLowerCase().includes(wanted))
  const rows = Uint32Array.from(existingTasks(facts).filter(matches))
  const durations = Float64Array.from(rows, task => durationOf(facts, task))
  const ties = (a: number, b: number) => compareIds(dictionary, idOf(rows[a]), idOf(rows[b]))
  const names = (a: number, b: number) => compareText(nameOf(facts, rows[a]), nameOf(facts, rows[b])) || ties(a, b)
  const descending = params.order === 'desc'
  const turned = (compare: typeof ties) => (descending ? (a: number, b: number) => compare(b, a) : compare)
  let keys = durations
  let compareTies = ties
  if (params.sortby === 'Start') keys = Float64Array.from(rows, task => startOf(facts, task))
  else if (params.sortby === 'Task') {
    keys = new Float64Array(rows.length)
    compareTies = turned(ties)
  } else if (params.sortby === 'Type') {
    keys = new Float64Array(rows.length)
    compareTies = turned(names)
  }
  const page = orderedPage(keys, descending, compareTies, params)
  return {
    ...listFacts(facts, params, rows.length),
    title: titleOf(params),
    count: rows.length,
    tasks: Array.from(page, position => taskRow(rows[position])),
    summary: { Duration: quantilesOf(durations.slice()) },
  }

  function taskRow(task: number): TaskRow {
    const { taskIndex } = facts
    const parent = tasks.parent(task)
    const goroutines = new Set(Array.from(rowsOf(taskIndex.members, task), row => tasks.members.number(row, 1)))
    const goroutineIds = Array.from(goroutines, row => (row < 0 ? -1 : dictionary.goroutines.ids[row]))
    const startNs = startOf(facts, task)
    const endNs = endOf(facts, task)
    return {
      id: unsignedId(dictionary, idOf(task)),
      type: nameOf(facts, task),
      parent: parent < 0 ? 0 : unsignedId(dictionary, idOf(parent)),
      complete: isComplete(facts, task),
      begun: tasks.time(task, TaskTime.Start) !== NO_TIME,
      ended: tasks.time(task, TaskTime.End) !== NO_TIME,
      children: Array.from(rowsOf(taskIndex.children, task), row =>
        unsignedId(dictionary, idOf(tasks.adopted.number(row, 0))),
      ),
      goroutines: goroutineIds.sort((a, b) => compareIds(dictionary, a, b)).map(id => signedId(dictionary, id)),
      startNs,
      endNs,
      durationNs: endNs - startNs,
      events: eventsOf(facts, task),
    }
  }
}

function existingTasks({ tasks }: TraceFacts): number[] {
  const rows: number[] = []
  for (let task = 0; task < tasks.length; task++) if (tasks.exists(task)) rows.push(task)
  return rows
}

function nameOf({ tasks, dictionary }: TraceFacts, task: number): string {
  return dictionary.text(tasks.number(task, TaskNumber.Name))
}

function isComplete({ tasks }: TraceFacts, task: number): boolean {
  return tasks.time(task, TaskTime.Start) !== NO_TIME && tasks.time(task, TaskTime.End) !== NO_TIME
}

function startOf({ tasks }: TraceFacts, task: number): number {
  const start = tasks.time(task, TaskTime.Start)
  return start === NO_TIME ? 0 : start
}

function endOf({ tasks, endNs }: TraceFacts, task: number): number {
  const end = tasks.time(task, TaskTime.End)
  return end === NO_TIME ? endNs : end
}

/** Length of a task, cut to the trace. */
function durationOf(facts: TraceFacts, task: number): number {
  return endOf(facts, task) - startOf(facts, task)
}

function passes(facts: TraceFacts, task: number, filter: TaskFilter): boolean {
  const { type, complete, latmin, latmax, logtext } = filter
  if (type !== undefined && nameOf(facts, task) !== type) return false
  const whole = isComplete(facts, task)
  if (complete !== undefined && whole !== complete) return false
  if (latmin !== undefined && !(whole && durationOf(facts, task) >= latmin)) return false
  if (latmax !== undefined && !(whole && durationOf(facts, task) <= latmax)) return false
  return logtext === undefined || logtext === '' || mentions(facts, task, logtext)
}

function mentions(facts: TraceFacts, task: number, text: string): boolean {
  const { dictionary, regions, logs, taskIndex } = facts
  const holds = (row: number) => dictionary.text(row).includes(text)
  return (
    holds(facts.tasks.number(task, TaskNumber.Name)) ||
    rowsOf(taskIndex.regions, task).some(region => holds(regions.ofBegin(region, BeginKind.Name))) ||
    rowsOf(taskIndex.logs, task).some(
      log => holds(logs.number(log, LogNumber.Category)) || holds(logs.number(log, LogNumber.Message)),
    )
  )
}

function titleOf({ type, complete, latmin, latmax, logtext }: TaskFilter): string {
  const parts: string[] = []
  if (type !== undefined) parts.push(quote(type))
  if (complete !== undefined) parts.push(complete ? 'complete' : 'incomplete')
  if (latmin !== undefined) parts.push(`latency >= ${formatDuration(latmin)}`)
  if (latmax !== undefined) parts.push(`latency <= ${formatDuration(latmax)}`)
  if (logtext !== undefined && logtext !== '') parts.push(`log contains ${quote(logtext)}`)
  return parts.join(',')
}

/** Events of a task in time: begin, end, logs, and begin and end of its regions. */
function eventsOf(facts: TraceFacts, task: number): TaskEvent[] {
  const { dictionary, tasks, regions, logs, taskIndex } = facts
  const { strings } = dictionary
  const goroutine = (row: number): Id => (row < 0 ? -1 : signedId(dictionary, dictionary.goroutines.ids[row]))
  const events: Omit<TaskEvent, 'elapsedNs'>[] = []
  const start = tasks.time(task, TaskTime.Start)
  if (start !== NO_TIME) {
    const name = tasks.number(task, TaskNumber.StartName)
    const parentRow = tasks.number(task, TaskNumber.StartParent)
    const id = unsignedId(dictionary, dictionary.tasks.ids[task])
    const parent = parentRow < 0 ? 0 : unsignedId(dictionary, dictionary.tasks.ids[parentRow])
    events.push({
      timeNs: start,
      goroutine: goroutine(tasks.number(task, TaskNumber.StartGoroutine)),
      kind: 'taskBegin',
      what: `task ${goQuote(strings[name])} (id ${id}${parentRow < 0 ? '' : `, parent ${parent}`}) begin`,
      type: dictionary.text(name),
      task: id,
      parent,
    })
  }
  const end = tasks.time(task, TaskTime.End)
  if (end !== NO_TIME) {
    const by = goroutine(tasks.number(task, TaskNumber.EndGoroutine))
    events.push({ timeNs: end, goroutine: by, kind: 'taskEnd', what: 'task end' })
  }
  for (const log of rowsOf(taskIndex.logs, task)) {
    const category = logs.number(log, LogNumber.Category)
    const message = logs.number(log, LogNumber.Message)
    const head = strings[category] === '' ? 'log' : `log (category: ${dictionary.text(category)}):`
    events.push({
      timeNs: logs.time(log, 0),
      goroutine: goroutine(logs.number(log, LogNumber.Goroutine)),
      kind: 'log',
      what: `${head} ${goQuote(strings[message])}`,
      category: dictionary.text(category),
      message: dictionary.text(message),
    })
  }
  for (const region of rowsOf(taskIndex.regions, task)) {
    const by = goroutine(regions.number(region, RegionNumber.Goroutine))
    const begun = regions.start(region)
    if (begun !== NO_TIME) events.push(regionEvent('begin', begun, regions.ofBegin(region, BeginKind.Name), by))
    const ended = regions.end(region)
    if (ended === NO_TIME) continue
    const endName = regions.ofEnd(region, EndKind.EndName)
    if (endName >= 0) {
      events.push(regionEvent('end', ended, endName, by))
      continue
    }
    const transition = regions.ofEnd(region, EndKind.EndTransition)
    const from = goStateNames[transition >> 3]
    const to = goStateNames[transition & 7]
    events.push({ timeNs: ended, goroutine: by, kind: 'transition', what: `${from} -> ${to}`, from, to })
  }
  let last = 0
  return events
    .sort((a, b) => a.timeNs - b.timeNs)
    .map(event => {
      const elapsedNs = event.timeNs - last
      last = event.timeNs
      return { ...event, elapsedNs }
    })

  function regionEvent(edge: 'begin' | 'end', timeNs: number, name: number, by: Id): Omit<TaskEvent, 'elapsedNs'> {
    const what = `region ${goQuote(strings[name])} ${edge}`
    const kind = edge === 'begin' ? 'regionBegin' : 'regionEnd'
    return { timeNs, goroutine: by, kind, what, region: dictionary.text(name) }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
