/** `/goroutine?goid=`: one goroutine; `/open`: those that had not finished when the trace ended. */

import type { Id } from '../../contract/common.js'
import type {
  GoroutineAnswer,
  GoroutineRegion,
  GoroutineState,
  OpenAnswer,
  OpenGroup,
} from '../../contract/goroutines.js'
import { profileKinds } from '../../contract/profile.js'
import { formatDuration } from '../../shared/duration.js'
import { profileNames } from '../../shared/profile-names.js'
import { goroutineTimelineUrl, goroutineUrl, groupUrl, linkWith, perfettoUrl, taskTimelineUrl } from '../links.js'
import type { Page } from '../web.js'
import type { Fact } from './facts.js'
import { counted, countText, durationText, unnamedGroup } from './format.js'
import { helpAnchor } from './help.js'
import { type ListQuery, listProperties, type QueryOf } from './query.js'
import { ladderBar, legendOf, reasonClass, type StateClass, titleClass } from './states.js'
import { type Column, csvOf, tableView } from './table.js'

const path = 'goroutine'
const openPath = 'open'
/** Most regions of one goroutine on its page; the rest is in the JSON. */
const regionRows = 100

export const goroutineProperties = {
  ...listProperties,
  name: { type: 'string', description: 'start function; empty or missing: goroutines without a recorded stack' },
  goid: { type: 'string', description: 'this goroutine alone' },
} as const

export type GoroutineQuery = QueryOf<typeof goroutineProperties>

function stateClass(state: string, reason: string): StateClass {
  switch (state) {
    case 'Running':
      return 'running'
    case 'Runnable':
      return 'runnable'
    case 'Syscall':
      return 'syscall'
    case 'Waiting':
      return reasonClass(reason)
    default:
      return 'other'
  }
}

function stateText(state: string, reason: string): string {
  const word = state.toLowerCase()
  return reason === '' ? word : `${word}: ${reason}`
}

const fromColumn: Column<GoroutineState> = {
  title: 'From',
  help: 'time',
  numeric: true,
  unit: 'ns',
  cell: state => ({ kind: 'duration', ns: state.fromNs }),
  raw: state => state.fromNs,
}

const stateColumns: readonly Column<GoroutineState>[] = [
  fromColumn,
  {
    title: 'Lasted',
    help: 'duration',
    numeric: true,
    unit: 'ns',
    cell: state => ({ kind: 'duration', ns: state.toNs - state.fromNs }),
    raw: state => state.toNs - state.fromNs,
  },
  {
    title: 'State',
    help: 'ladder',
    cell: ({ state, reason }) => ({
      kind: 'state',
      state: stateClass(state, reason),
      text: stateText(state, reason),
    }),
    raw: ({ state, reason }) => stateText(state, reason),
  },
  {
    title: 'Proc',
    help: 'proc',
    numeric: true,
    cell: ({ proc }) => ({ kind: 'text', text: Number(proc) === -1 ? '' : `P${proc}` }),
    raw: state => String(state.proc),
  },
  {
    title: 'Thread',
    help: 'thread',
    numeric: true,
    cell: ({ thread }) => ({ kind: 'text', text: Number(thread) === -1 ? '' : `M${thread}` }),
    raw: state => String(state.thread),
  },
  {
    title: 'Woken by',
    help: 'woken-by',
    className: 'place',
    cell: ({ wokenBy, wokenStack }) =>
      wokenBy === null
        ? { kind: 'text', text: '' }
        : { kind: 'stack', of: { text: `G${wokenBy}`, url: goroutineUrl(wokenBy) }, frames: wokenStack },
    raw: state => (state.wokenBy === null ? '' : String(state.wokenBy)),
  },
  {
    title: 'Stack',
    help: 'stack',
    className: 'place',
    cell: ({ stack }) => ({ kind: 'stack', frames: stack }),
    raw: state => state.stack.map(frame => frame.func).join(' < '),
  },
]

/** On the page each state leads to its place in the timeline. */
function linkedStateColumns(goid: Id): Column<GoroutineState>[] {
  const url = ({ fromNs, toNs }: GoroutineState) => goroutineTimelineUrl(goid, fromNs, toNs)
  const linked = {
    ...fromColumn,
    cell: (state: GoroutineState) => ({ kind: 'duration', ns: state.fromNs, url: url(state) }),
  }
  return stateColumns.map(column => (column === fromColumn ? (linked as Column<GoroutineState>) : column))
}

const regionColumns = (goid: Id): readonly Column<GoroutineRegion>[] => [
  {
    title: 'Region',
    help: 'region',
    cell: ({ type }) => ({
      kind: 'text',
      text: type === '' ? '(unnamed, inherited)' : type,
      url: linkWith('userregion', { type }),
    }),
  },
  {
    title: 'From',
    numeric: true,
    cell: region => ({ kind: 'duration', ns: region.begun ? region.startNs : null }),
  },
  {
    title: 'Lasted',
    numeric: true,
    cell: region => ({ kind: 'duration', ns: region.endNs - region.startNs }),
  },
  {
    title: 'Open',
    cell: ({ startNs, endNs }) => ({
      kind: 'links',
      links: [{ text: 'timeline', url: goroutineTimelineUrl(goid, startNs, endNs, true) }],
      more: 0,
    }),
  },
]

export function goroutinePage(answer: GoroutineAnswer, query: GoroutineQuery): Page {
  const name = answer.name === '' ? unnamedGroup : answer.name
  const titles = Object.keys(answer.stats).filter(title => answer.stats[title] > 0)
  const ranges = Object.entries(answer.ranges).filter(([, ns]) => ns > 0)
  return {
    template: 'goroutine.hbs',
    title: `Goroutine ${answer.id}: ${name}`,
    nav: 'goroutines',
    partial: answer.partial,
    model: {
      id: String(answer.id),
      name: answer.name,
      groupUrl: groupUrl(answer.name),
      timelineUrl: goroutineUrl(answer.id, 'trace'),
      perfettoUrl: perfettoUrl({ goid: answer.id }),
      facts: factsOf(answer),
      life: ladderBar(`G${answer.id}`, answer.stats, Math.max(1, answer.totalTimeNs)),
      legend: legendOf(titles),
      parts: titles.map(title => ({
        title,
        ns: answer.stats[title],
        help: helpAnchor(title),
        state: titleClass(title),
      })),
      ranges: ranges.map(([title, ns]) => ({ title, ns })),
      creator: Number(answer.creator) === 0 ? null : { text: `G${answer.creator}`, url: goroutineUrl(answer.creator) },
      creationStack: answer.creationStack,
      tasks: answer.tasks.slice(0, regionRows).map(id => ({ id: String(id), url: taskTimelineUrl(id) })),
      moreTasks: Math.max(0, answer.tasks.length - regionRows),
      states: tableView({
        id: 'states',
        path,
        query,
        columns: linkedStateColumns(answer.id),
        rows: answer.states,
        facts: answer,
        rowsAre: 'states',
      }),
      regions:
        answer.regions.length === 0
          ? null
          : tableView({
              id: 'regions',
              path,
              query,
              columns: regionColumns(answer.id),
              rows: answer.regions.slice(0, regionRows),
              rowsAre: 'regions',
              footNote:
                answer.regions.length > regionRows
                  ? `${countText(answer.regions.length - regionRows)} more in the JSON`
                  : undefined,
            }),
      profiles: profileKinds.map(kind => ({
        title: profileNames[kind],
        url: goroutineUrl(answer.id, kind),
        download: goroutineUrl(answer.id, kind, { raw: 1 }),
        file: `${kind}.profile`,
      })),
    },
  }
}

export function goroutineCsv(answer: GoroutineAnswer): string {
  return csvOf(stateColumns, answer.states)
}

function factsOf(answer: GoroutineAnswer): Fact[] {
  const time = (label: string, ns: number | null, missing: string): Fact =>
    ns === null
      ? { label, value: '—', note: missing, help: 'time' }
      : { label, value: durationText(ns), exact: formatDuration(ns), note: 'since the first event', help: 'time' }
  const execution = answer.stats['Execution time'] ?? 0
  const wait = answer.stats['Sched wait time'] ?? 0
  return [
    time('Created', answer.creationNs, 'before the trace'),
    time('First ran', answer.startNs, 'never ran'),
    time('Ended', answer.endNs, 'alive at the end'),
    {
      label: 'Total',
      value: durationText(answer.totalTimeNs),
      exact: formatDuration(answer.totalTimeNs),
      note: counted(answer.total, 'state'),
      help: 'total',
    },
    {
      label: 'Execution',
      value: durationText(execution),
      exact: formatDuration(execution),
      note: answer.totalTimeNs === 0 ? '' : `${((100 * execution) / answer.totalTimeNs).toFixed(1)}% of its life`,
      help: 'execution-time',
    },
    { label: 'Sched wait', value: durationText(wait), exact: formatDuration(wait), help: 'sched-wait' },
  ]
}

const goroutineLinks = 20

const openColumns: readonly Column<OpenGroup>[] = [
  {
    title: 'State',
    help: 'ladder',
    sortable: true,
    cell: ({ state, reason }) => ({ kind: 'state', state: stateClass(state, reason), text: stateText(state, reason) }),
    raw: ({ state, reason }) => stateText(state, reason),
  },
  {
    title: 'Count',
    numeric: true,
    sortable: true,
    cell: group => ({ kind: 'count', value: group.count }),
    raw: group => group.count,
  },
  {
    title: 'Longest',
    help: 'open',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: group => ({ kind: 'duration', ns: group.longestNs }),
    raw: group => group.longestNs,
  },
  {
    title: 'Where',
    help: 'stack',
    className: 'place',
    cell: ({ stack }) => ({ kind: 'stack', frames: stack }),
    raw: group => group.stack.map(frame => `${frame.func} ${frame.file}:${frame.line}`).join(' < '),
  },
  {
    title: 'Goroutines',
    className: 'place',
    cell: ({ goroutines }) => ({
      kind: 'links',
      links: goroutines.slice(0, goroutineLinks).map(id => ({ text: `G${id}`, url: goroutineUrl(id) })),
      more: Math.max(0, goroutines.length - goroutineLinks),
    }),
    raw: group => group.goroutines.join(' '),
  },
]

export function openPage(answer: OpenAnswer, query: ListQuery): Page {
  const count = answer.groups.reduce((sum, group) => sum + group.count, 0)
  return {
    template: 'open.hbs',
    title: 'Not finished',
    nav: 'goroutines',
    partial: answer.partial,
    model: {
      lede: `${counted(count, 'goroutine')} had not finished when the trace ended, by state and stack, longest first. Leaks and deadlocks show here; profiles leave out what has not ended.`,
      empty: answer.total === 0,
      table: tableView({
        id: 'open',
        path: openPath,
        query,
        columns: openColumns,
        rows: answer.groups,
        facts: answer,
        sortedBy: { title: 'Longest', order: 'desc' },
        rowsAre: 'places',
        filterHint: 'Filter: state or function…',
      }),
    },
  }
}

export function openCsv(answer: OpenAnswer): string {
  return csvOf(openColumns, answer.groups)
}
