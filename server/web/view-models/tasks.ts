/** `/usertasks`: types of tasks; `/usertask`: the tasks of a filter, each with what happened in it. */

import type { TaskEvent, TaskRow, TasksAnswer, TaskType, TaskTypesAnswer } from '../../contract/annotations.js'
import type { HistogramBucket, Id } from '../../contract/common.js'
import { formatDuration } from '../../shared/duration.js'
import { goroutineTimelineUrl, goroutineUrl, linkWith, perfettoUrl, taskTimelineUrl } from '../links.js'
import type { Page } from '../web.js'
import type { TextLink } from './cells.js'
import { counted, countText, durationText } from './format.js'
import { histogramView } from './histogram.js'
import { durationParam, latencyProperties } from './params.js'
import { type ListQuery, listProperties, type QueryOf } from './query.js'
import { sparkAxis } from './sparks.js'
import { type Column, csvOf, longestOf, tableView } from './table.js'

const typesPath = 'usertasks'
const path = 'usertask'

export const taskProperties = {
  ...listProperties,
  ...latencyProperties,
  type: { type: 'string', description: 'tasks of this type; empty: those without' },
  complete: { type: 'string', description: '1 or true: begin and end are in the trace; 0 or false: not both' },
  logtext: { type: 'string', description: 'text in the type, a region’s type, a log’s category or message' },
  open: { type: 'string', description: 'id of the task whose events the page shows' },
} as const

export type TasksQuery = QueryOf<typeof taskProperties>

/** Most events of an unfolded task on the page, and rows of the list beside them. */
export const openRows = 250

export function typeName(type: string): string {
  return type === '' ? '(no type)' : type
}

function bucketUrl(type: string, bucket: HistogramBucket): string {
  const latmin = formatDuration(bucket.minNs)
  return linkWith(path, { type, complete: 'true', latmin, latmax: formatDuration(bucket.maxNs) })
}

function typeColumns(answer: TaskTypesAnswer): Column<TaskType>[] {
  const axis = sparkAxis(answer.types.map(type => type.histogram))
  const duration = (title: string, value: (type: TaskType) => number): Column<TaskType> => ({
    title,
    help: 'percentiles',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: type => ({ kind: 'duration', ns: type.histogram.length === 0 ? null : value(type) }),
    raw: value,
  })
  return [
    {
      title: 'Task type',
      help: 'task',
      sortable: true,
      cell: ({ type }) => ({ kind: 'text', text: typeName(type), url: linkWith(path, { type }) }),
      raw: type => type.type,
      className: 'name',
    },
    {
      title: 'Count',
      numeric: true,
      sortable: true,
      cell: ({ type, count }) => ({ kind: 'count', value: count, url: linkWith(path, { type }) }),
      raw: type => type.count,
    },
    {
      title: 'Incomplete',
      help: 'incomplete',
      numeric: true,
      sortable: true,
      cell: ({ type, incomplete }) =>
        incomplete === 0
          ? { kind: 'count', value: 0 }
          : { kind: 'count', value: incomplete, url: linkWith(path, { type, complete: 'false' }) },
      raw: type => type.incomplete,
    },
    {
      title: 'Duration of complete tasks',
      axis: axis.ticks,
      cell: ({ type, histogram }) => ({
        kind: 'spark',
        spark: axis.sparkOf(histogram, 'task', bucket => bucketUrl(type, bucket)),
      }),
    },
    duration('p50', type => type.p50Ns),
    duration('p99', type => type.p99Ns),
    duration('max', type => type.maxNs),
  ]
}

export function taskTypesPage(answer: TaskTypesAnswer, query: ListQuery): Page {
  const tasks = answer.types.reduce((sum, type) => sum + type.count, 0)
  return {
    template: 'tasks.hbs',
    title: 'Tasks',
    nav: typesPath,
    partial: answer.partial,
    model: {
      lede: `${counted(tasks, 'task')} of ${counted(answer.total, 'type')}. A bar of a histogram opens the tasks of that duration.`,
      empty: answer.total === 0 && (query.filter ?? '') === '',
      noMatch: answer.total === 0,
      table: tableView({
        id: 'types',
        path: typesPath,
        query,
        columns: typeColumns(answer),
        rows: answer.types,
        facts: answer,
        sortedBy: { title: 'Task type', order: 'asc' },
        rowsAre: 'types',
        footNote: 'all histograms share one axis',
        filterHint: 'Filter: type contains…',
      }),
    },
  }
}

export function taskTypesCsv(answer: TaskTypesAnswer): string {
  return csvOf(typeColumns(answer), answer.types)
}

function taskColumns(answer: TasksAnswer, query: TasksQuery): Column<TaskRow>[] {
  const longest = longestOf(answer.tasks, task => task.durationNs, Math.max(1, answer.summary.Duration?.max ?? 0))
  const columns: Column<TaskRow>[] = [
    {
      title: 'Task',
      help: 'task',
      sortable: true,
      cell: task => {
        const open = String(task.id) === query.open
        const url = `${linkWith(path, query, { open: open ? undefined : String(task.id) })}#task-${task.id}`
        return { kind: 'toggle', text: String(task.id), url, open, anchor: `task-${task.id}` }
      },
      raw: task => String(task.id),
    },
    {
      title: 'Type',
      sortable: true,
      cell: task => ({ kind: 'text', text: typeName(task.type), url: linkWith(path, { type: task.type }) }),
      raw: task => task.type,
    },
    {
      title: 'Start',
      help: 'time',
      numeric: true,
      sortable: true,
      firstOrder: 'asc',
      unit: 'ns',
      cell: task => ({ kind: 'duration', ns: task.startNs }),
      raw: task => task.startNs,
    },
    {
      title: 'Duration',
      help: 'duration',
      numeric: true,
      sortable: true,
      unit: 'ns',
      quantiles: answer.summary.Duration,
      cell: task => ({ kind: 'duration', ns: task.durationNs }),
      raw: task => task.durationNs,
    },
    {
      title: 'Share of the longest',
      cell: task => ({
        kind: 'bar',
        bar: {
          label: `${durationText(task.durationNs)} of ${durationText(longest)}`,
          rects: [{ state: 'chan', x: '0', y: 2, width: ((task.durationNs / longest) * 1000).toFixed(1), height: 8 }],
        },
      }),
    },
    {
      title: 'Goroutine',
      cell: task => goroutineCell(task.goroutines),
      raw: task => task.goroutines.join(' '),
    },
    { title: 'State', help: 'incomplete', cell: task => ({ kind: 'text', text: stateOf(task) }), raw: stateOf },
    {
      title: 'Open',
      help: 'timeline',
      cell: task => ({
        kind: 'links',
        links: timelineLinks(task),
        more: 0,
      }),
    },
    { title: 'First log message', cell: task => ({ kind: 'text', text: firstLog(task) }), raw: firstLog },
  ]
  // Where the URL names the type, it says nothing.
  return query.type === undefined ? columns : columns.filter(column => column.title !== 'Type')
}

const ownEvents: readonly string[] = ['taskBegin', 'taskEnd', 'log']

/** A task that no goroutine tells of has nobody who worked for it. */
function timelineLinks({ id, events }: TaskRow): TextLink[] {
  const timeline = { text: 'timeline', url: taskTimelineUrl(id) }
  if (!events.some(({ kind, goroutine }) => ownEvents.includes(kind) && Number(goroutine) !== -1)) return [timeline]
  return [
    timeline,
    { text: 'its goroutines', url: linkWith('trace', { taskid: id }) },
    { text: 'Perfetto', url: perfettoUrl({ taskid: id }) },
  ]
}

/** Those that worked for a task; an event of no goroutine (−1) is nobody's page. */
function goroutineCell(goroutines: readonly Id[]): ReturnType<Column<TaskRow>['cell']> {
  const known = goroutines.filter(id => Number(id) !== -1)
  const shown = known.slice(0, 3)
  return {
    kind: 'links',
    links: shown.map(id => ({ text: `G${id}`, url: goroutineUrl(id) })),
    more: known.length - shown.length,
  }
}

function stateOf(task: TaskRow): string {
  if (task.complete) return 'complete'
  if (!task.begun) return task.ended ? 'began before the trace' : 'begin and end not in the trace'
  return 'not ended'
}

function firstLog(task: TaskRow): string {
  const log = task.events.find(event => event.kind === 'log')
  return log === undefined ? '' : logText(log)
}

function logText({ category, message }: TaskEvent): string {
  return category ? `${category}: ${message}` : (message ?? '')
}

/** `types`: the row of the type that the filter names, for its histogram. */
export function tasksPage(answer: TasksAnswer, type: TaskType | null, query: TasksQuery): Page {
  const latmin = durationParam('latmin', query.latmin)
  const latmax = durationParam('latmax', query.latmax)
  const summary = answer.summary.Duration
  const name = query.type === undefined ? 'All types' : typeName(query.type)
  return {
    template: 'task-list.hbs',
    title: `Tasks: ${name}`,
    nav: typesPath,
    partial: answer.partial,
    model: {
      name,
      lede:
        summary === undefined || answer.total === 0
          ? ''
          : `${counted(answer.total, 'task')}. p50 ${durationText(summary.p50)}, p99 ${durationText(summary.p99)}, max ${durationText(summary.max)}.`,
      histogram:
        type === null || type.histogram.length === 0
          ? null
          : histogramView(
              type.histogram,
              'task',
              bucket => bucketUrl(type.type, bucket),
              bucket => bucket.minNs === latmin && bucket.maxNs === latmax,
            ),
      form: {
        action: path,
        hidden: hiddenFields(query),
        latmin: query.latmin ?? '',
        latmax: query.latmax ?? '',
        logtext: query.logtext ?? '',
        complete: ['', 'true', 'false'].map(value => ({
          value,
          label: value === '' ? 'all' : value === 'true' ? 'complete' : 'incomplete',
          selected: value === completeChoice(query.complete),
        })),
      },
      empty: answer.total === 0,
      chips: chipsOf(query),
      table: tableView({
        id: 'tasks',
        path,
        query,
        columns: taskColumns(answer, query),
        rows: answer.tasks,
        facts: answer,
        sortedBy: { title: 'Duration', order: 'desc' },
        rowsAre: 'tasks',
        statistics: true,
        detailOf: task => (String(task.id) === query.open ? logView(task) : null),
      }),
    },
  }
}

function hiddenFields(query: TasksQuery): { name: string; value: string }[] {
  const own = ['latmin', 'latmax', 'logtext', 'complete', 'offset', 'open', 'format']
  return Object.entries(query)
    .filter(([name, value]) => value !== undefined && !own.includes(name))
    .map(([name, value]) => ({ name, value: String(value) }))
}

function completeChoice(complete: string | undefined): string {
  return complete === '1' ? 'true' : complete === '0' ? 'false' : (complete ?? '')
}

/** Active filters, each with the URL that takes it away. */
function chipsOf(query: TasksQuery): { label: string; url: string }[] {
  const without = (name: string): string => linkWith(path, query, { [name]: undefined, offset: undefined })
  const chips: { label: string; url: string }[] = []
  const complete = completeChoice(query.complete)
  if (complete !== '') chips.push({ label: complete === 'true' ? 'complete' : 'incomplete', url: without('complete') })
  if (query.latmin) chips.push({ label: `≥ ${query.latmin}`, url: without('latmin') })
  if (query.latmax) chips.push({ label: `≤ ${query.latmax}`, url: without('latmax') })
  if (query.logtext) chips.push({ label: `log contains “${query.logtext}”`, url: without('logtext') })
  if (query.filter) chips.push({ label: `contains “${query.filter}”`, url: without('filter') })
  return chips
}

export function tasksCsv(answer: TasksAnswer): string {
  return csvOf(taskColumns(answer, {}), answer.tasks)
}

interface LogRow {
  readonly when: string
  /** The moment in the timeline; null: of no goroutine. */
  readonly url: string | null
  readonly exact: string
  lasted: number | null
  readonly goroutine: { readonly text: string; readonly url: string } | null
  readonly indent: number
  readonly kind: TaskEvent['kind']
  readonly text: string
  x: string
  width: string
}

/**
 * The events of a task in order, with ends folded into the rows of their begins: a task or region is one row that
 * lasted, a log message or transition a moment.
 */
export function logView(task: TaskRow): object {
  const rows: LogRow[] = []
  const open = new Map<string, LogRow[]>()
  const scale = 1000 / Math.max(1, task.durationNs)
  const place = (row: LogRow, from: number, to: number): void => {
    const x = Math.min(998, Math.max(0, (from - task.startNs) * scale))
    row.x = x.toFixed(1)
    row.width = Math.min(1000 - x, Math.max(2, (to - from) * scale)).toFixed(1)
  }
  const begins = new Map<LogRow, number>()
  for (const event of task.events) {
    const regions = open.get(String(event.goroutine)) ?? []
    if (event.kind === 'regionEnd' && regions.length > 0) {
      const row = regions.pop()!
      const begin = begins.get(row)!
      row.lasted = event.timeNs - begin
      place(row, begin, event.timeNs)
      continue
    }
    if (event.kind === 'taskEnd' && task.begun) continue
    const since = event.timeNs - task.startNs
    const ofNobody = Number(event.goroutine) === -1
    const row: LogRow = {
      when: `${since < 0 ? '−' : '+'}${durationText(Math.abs(since))}`,
      url: ofNobody ? null : goroutineTimelineUrl(event.goroutine, event.timeNs, event.timeNs),
      exact: formatDuration(event.timeNs),
      lasted: event.kind === 'taskBegin' && task.ended ? task.durationNs : null,
      goroutine: ofNobody ? null : { text: `G${event.goroutine}`, url: goroutineUrl(event.goroutine) },
      indent: event.kind === 'taskBegin' ? 0 : Math.min(3, 1 + regions.length),
      kind: event.kind,
      text: event.kind === 'log' ? logText(event) : event.kind === 'regionBegin' ? (event.region ?? '') : event.what,
      x: '0',
      width: '2',
    }
    if (event.kind === 'taskBegin') place(row, task.startNs, task.endNs)
    // A region is open to the end of the task until its end is seen.
    else if (event.kind === 'regionBegin') place(row, event.timeNs, task.endNs)
    else place(row, event.timeNs, event.timeNs)
    if (event.kind === 'regionBegin') {
      begins.set(row, event.timeNs)
      regions.push(row)
      open.set(String(event.goroutine), regions)
    }
    rows.push(row)
  }
  return {
    rows: rows.slice(0, openRows).map(row => ({
      ...row,
      isTask: row.kind === 'taskBegin',
      isLog: row.kind === 'log',
      isRegion: row.kind === 'regionBegin',
      isMoment: row.kind !== 'taskBegin' && row.kind !== 'regionBegin',
    })),
    more: Math.max(0, rows.length - openRows),
    moreText: countText(Math.max(0, rows.length - openRows)),
    span: durationText(task.durationNs),
    type: typeName(task.type),
    id: String(task.id),
    parent: Number(task.parent) === 0 ? null : String(task.parent),
    children: task.children.map(String),
  }
}
