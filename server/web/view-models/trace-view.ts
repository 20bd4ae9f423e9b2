/**
 * The parameters of `/trace` and `/jsontrace`, and the page of the timeline, which explains itself where there is no
 * script.
 */
import type { Id } from '../../contract/common.js'
import type { TraceViewAnswer, TraceViewParams } from '../../contract/trace-view.js'
import type { TraceEventRequest } from '../../export/trace-event/request.js'
import { linkWith, scriptUrl, styleUrl } from '../links.js'
import type { Page } from '../web.js'
import { idParam, malformed, windowParam, windowProperties } from './params.js'
import type { QueryOf } from './query.js'

export const traceViewProperties = {
  view: {
    type: 'string',
    description: 'goroutine, proc, thread or task; of the JSON, thread: lanes are threads; else procs',
  },
  goid: { type: 'string', description: 'lanes are this goroutine and those that have to do with it' },
  focustask: { type: 'string', description: 'the time of this task, with it and its descendants; not with goid' },
  taskid: {
    type: 'string',
    description: 'lanes are the goroutines of this task, with its regions; not with goid or focustask',
  },
  start: { type: 'string', description: 'with end: position of the first event of the JSON' },
  end: { type: 'string', description: 'position of the last event' },
  ...windowProperties,
} as const

/** Every value as it stands in the URL; empty is not set. */
export type TraceViewQuery = QueryOf<typeof traceViewProperties>

/** Of goid, focustask and taskid the first counts. */
export function traceViewParams({ goid, focustask, taskid }: TraceViewQuery): TraceViewParams {
  if (goid) return { goid: idParam('goid', goid) as Id }
  if (focustask) return { focustask: idParam('focustask', focustask) as Id }
  return taskid ? { taskid: idParam('taskid', taskid) as Id } : {}
}

export function traceEventRequest(query: TraceViewQuery): TraceEventRequest {
  const { view, start, end } = query
  return {
    view: view === 'thread' ? 'thread' : 'proc',
    ...(start && end && { indexes: { first: position('start', start), last: position('end', end) } }),
    ...windowParam(query),
  }
}

function position(name: string, text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text) : null
  if (value === null || value !== BigInt.asIntN(64, value)) throw malformed(name, 'a number', text)
  return Number(value)
}

export function traceViewPage(answer: TraceViewAnswer, query: TraceViewQuery): Page {
  const { from, to } = traceEventRequest(query)
  const startNs = from ?? answer.fromNs
  const endNs = Math.min(to ?? answer.toNs, answer.endNs)
  const { title, subject } = titleOf(query)
  const current = timelineView(query)
  const { goid } = traceViewParams(query)
  return {
    template: 'timeline.hbs',
    title,
    nav: 'trace',
    partial: answer.partial,
    bodyClass: 'tl',
    styles: ['timeline-panel', 'timeline', 'timeline-help'].map(styleUrl),
    scripts: [scriptUrl('timeline')],
    model: {
      title,
      view: current,
      endNs: answer.endNs,
      fromNs: startNs,
      toNs: endNs,
      goid: goid ?? '',
      task: answer.tasks?.[0]?.id ?? '',
      goroutines: (answer.goroutines ?? []).slice(0, MOST_PINS).join(),
      subject,
      perfettoUrl: linkWith('perfetto', query),
      jsonUrl: linkWith('jsontrace', query),
      downloadUrl: linkWith('jsontrace', { ...query, download: 1 }),
      views: timelineViews.map(({ name, label }) => ({
        name,
        label,
        url: linkWith('trace', query, { view: name }),
        current: name === current,
      })),
    },
  }
}

const timelineViews = [
  { name: 'goroutine', label: 'Goroutines' },
  { name: 'proc', label: 'Procs' },
  { name: 'thread', label: 'Threads' },
  { name: 'task', label: 'Tasks' },
] as const

/** Goroutines of a task that are put on top at first. */
const MOST_PINS = 40

/** Without a word, a task is looked at among its subtasks. */
function timelineView(query: TraceViewQuery): string {
  const { view } = query
  if (timelineViews.some(({ name }) => name === view)) return view!
  return traceViewParams(query).focustask === undefined ? 'goroutine' : 'task'
}

/** Of the timeline, and what its JSON is of. */
export function titleOf(query: TraceViewQuery): { title: string; subject: string } {
  const { goid, focustask, taskid } = traceViewParams(query)
  if (goid !== undefined) {
    return { title: `Timeline of goroutine ${goid}`, subject: `goroutine ${goid} and those that woke it` }
  }
  const task = focustask ?? taskid
  if (task === undefined) return { title: 'Timeline', subject: 'the trace' }
  return { title: `Timeline of task ${task}`, subject: `the time of task ${task}, with it and its subtasks` }
}
