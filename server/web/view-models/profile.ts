/**
 * `/io`, `/block`, `/syscall`, `/sched` and the same within regions (`/regionio`, …): one profile as flame graph, call
 * graph or list of functions.
 */
import type { ListFacts } from '../../contract/common.js'
import type { GoroutineGroup } from '../../contract/goroutines.js'
import { type ProfileAnswer, type ProfileKind, profileKinds } from '../../contract/profile.js'
import { buildCallTree, type CallTree, type ProfiledFunction, topFunctions } from '../../export/call-tree.js'
import { formatDuration } from '../../shared/duration.js'
import { type FrameKind, kindClasses, noStack } from '../../shared/frame-kind.js'
import { profileNames } from '../../shared/profile-names.js'
import { linkWith, type ProfilePage, scriptUrl, speedscopeUrl } from '../links.js'
import type { Page } from '../web.js'
import { counted, countText, durationText, percentText, splitFunctionName, unnamedGroup } from './format.js'
import { regionProperties, windowProperties } from './params.js'
import { carriedAlong, listProperties, type QueryOf } from './query.js'
import { regionName } from './regions.js'
import { rungHeight, type StateClass } from './states.js'
import { type Column, csvOf, tableView } from './table.js'

export type ProfileView = 'flame' | 'graph' | 'top'
export type Measure = 'delay' | 'count'

const commonProperties = {
  ...listProperties,
  format: {
    type: 'string',
    enum: ['html', 'json', 'csv', 'svg', 'tree', 'speedscope'],
    description:
      'html (default), json, csv (functions), svg (call graph), tree (calls merged by function, as JSON columns) or speedscope (its file format)',
  },
  goid: { type: 'string', description: 'only this goroutine' },
  ...windowProperties,
  raw: { type: 'string', description: 'not empty: gzip’d pprof, as a file' },
  as: { type: 'string', enum: ['flame', 'graph', 'top'], description: 'what the page shows' },
  by: { type: 'string', enum: ['delay', 'count'], description: 'what the widths of the flame graph are' },
  find: { type: 'string', description: 'text to look for in the flame graph' },
} as const

export const profileProperties = {
  ...commonProperties,
  name: {
    type: 'string',
    description: 'only goroutines of this start function; empty: those without a recorded stack',
  },
} as const

export const regionProfileProperties = { ...commonProperties, ...regionProperties } as const

/** Those of both: `name` is of goroutines, which regions there are of the others. */
export type ProfileQuery = QueryOf<typeof profileProperties & typeof regionProfileProperties>

/** What is asked for: one of the eight profiles. */
export interface AskedProfile {
  readonly kind: ProfileKind
  /** Only time within regions counts. */
  readonly ofRegions: boolean
  readonly query: ProfileQuery
}

/** Name of a profile, which is its path and that of its file. */
export function profileName({ kind, ofRegions }: Pick<AskedProfile, 'kind' | 'ofRegions'>): ProfilePage {
  return ofRegions ? `region${kind}` : kind
}

/** What the page is made from. */
export interface ProfilePageParts extends AskedProfile {
  /** See links.ts. */
  readonly base: string
  readonly profile: ProfileAnswer
  /** Start functions that the profile can be limited to, longest execution time first. */
  readonly groups: readonly GoroutineGroup[]
  /** The call graph of the page, or why there is none; null when another view is asked for. */
  readonly graph:
    | { readonly svg: string; readonly shown: number; readonly total: number }
    | { readonly error: string }
    | null
}

interface KindWords {
  /** One wait and more of them, with what they are for. */
  readonly one: string
  readonly many: string
  /** Whose stack a sample has. */
  readonly by: string
  readonly empty: string
  /** Colour and rung of the bars. */
  readonly state: StateClass
}

const words: Record<ProfileKind, KindWords> = {
  io: {
    one: 'wait for the network',
    many: 'waits for the network',
    by: 'the stack that waited',
    empty: 'No goroutine waited for the network.',
    state: 'net',
  },
  block: {
    one: 'wait for channels, mutexes and selects',
    many: 'waits for channels, mutexes and selects',
    by: 'the stack that waited',
    empty: 'No goroutine waited for a channel, mutex or select.',
    state: 'chan',
  },
  syscall: {
    one: 'system call',
    many: 'system calls',
    by: 'the stack that made the call',
    empty: 'No goroutine was in a system call.',
    state: 'syscall',
  },
  sched: {
    one: 'wait for a proc',
    many: 'waits for a proc',
    by: 'the stack that made the goroutine runnable',
    empty: 'No goroutine waited for a proc.',
    state: 'runnable',
  },
}

const kindLabels: [FrameKind, string][] = [
  ['main', 'main'],
  ['std', 'standard library'],
  ['runtime', 'runtime'],
  ['other', 'other modules'],
]

export function profilePage(parts: ProfilePageParts): Page {
  const { kind, ofRegions, query, profile } = parts
  const path = profileName(parts)
  const title = `${profileNames[kind]} profile${ofRegions ? ' of regions' : ''}`
  const view = query.as ?? 'flame'
  const empty = profile.samples.length === 0
  const flame = view === 'flame' && !empty
  return {
    template: 'profile.hbs',
    title,
    nav: ofRegions ? 'userregions' : 'io',
    partial: profile.partial,
    scripts: [scriptUrl('profile')],
    model: {
      heading: title,
      regions: ofRegions ? regionCrumb(query) : null,
      ...ledeOf(parts),
      kinds: profileKinds.map(other => ({
        label: profileNames[other],
        url: linkWith(profileName({ kind: other, ofRegions }), query, { offset: undefined }),
        current: other === kind,
      })),
      filter: filterView(parts),
      downloadUrl: linkWith(path, scopeOf(parts), { raw: 1 }),
      downloadName: `${path}.profile`,
      speedscopeUrl: empty
        ? null
        : speedscopeUrl(parts.base + linkWith(path, scopeOf(parts), { format: 'speedscope' }), title),
      jsonUrl: linkWith(path, scopeOf(parts), { format: 'json' }),
      tabs: tabsOf(path, query, view),
      empty: empty ? words[kind].empty : null,
      flame: flame ? flameView(parts) : null,
      graph: view === 'graph' && !empty ? graphView(parts) : null,
      top: view === 'top' && !empty ? topView(parts) : null,
    },
  }
}

/** The functions of the profile as CSV, all of them, in the order of the page. */
export function profileCsv(asked: AskedProfile, profile: ProfileAnswer): string {
  const { query } = asked
  const columns = topColumns(asked, totalNsOf(profile))
  return csvOf(columns, listFunctions(profile, columns, { ...query, limit: query.limit ?? 0 }).rows)
}

/** The parameters that decide which samples count. */
function scopeOf({ ofRegions, query }: AskedProfile): ProfileQuery {
  const { name, type, pc, latmin, latmax, goid, from, to } = query
  return ofRegions ? { type, pc, latmin, latmax, goid, from, to } : { name, goid, from, to }
}

/** The way back to the list of the regions that count. */
function regionCrumb({ type, pc, latmin, latmax }: ProfileQuery): object {
  return {
    url: linkWith('userregion', { type, pc, latmin, latmax }),
    label: type === undefined ? 'all' : regionName(type),
  }
}

function totalNsOf(profile: ProfileAnswer): number {
  return profile.samples.reduce((sum, { delayNs }) => sum + delayNs, 0)
}

function ledeOf({ kind, profile }: ProfilePageParts): object {
  const { one, many, by } = words[kind]
  if (profile.samples.length === 0) return { what: `Counts ${many}`, totalNs: null, by: `${by}.` }
  const count = profile.samples.reduce((sum, sample) => sum + sample.count, 0)
  return {
    what: counted(count, one, many),
    totalNs: totalNsOf(profile),
    by: `${by}. ${kind === 'syscall' ? 'Calls' : 'Waits'} still open at the end of the trace are not counted.`,
  }
}

function filterView(parts: ProfilePageParts): object {
  const { ofRegions, query, groups } = parts
  const path = profileName(parts)
  const { goid, from = '', to = '' } = query
  const name = ofRegions ? undefined : query.name
  const names = groups.map(group => group.name)
  if (name !== undefined && !names.includes(name)) names.unshift(name)
  const chips: { label: string; url: string; title: string }[] = []
  const chip = (label: string, title: string, changes: Record<string, undefined>) =>
    chips.push({ label, title, url: linkWith(path, query, { ...changes, offset: undefined }) })
  if (name !== undefined) chip(name === '' ? unnamedGroup : name, 'Show all goroutines', { name: undefined })
  if (ofRegions) regionChips(query, chip)
  if (goid !== undefined) chip(`goroutine ${goid}`, 'Show all goroutines', { goid: undefined })
  if (from !== '' || to !== '') {
    const start = from === '' ? 'start' : durationText(Number(from))
    const end = to === '' ? 'end' : durationText(Number(to))
    chip(`${start} to ${end}`, 'Show the whole trace', { from: undefined, to: undefined })
  }
  return {
    action: path,
    hidden: carriedAlong(query, ['name', 'from', 'to', 'offset']),
    all: name === undefined,
    byName: !ofRegions,
    names: names.map(value => ({ value, label: value === '' ? unnamedGroup : value, selected: value === name })),
    from,
    to,
    chips,
  }
}

function regionChips(
  { type, pc, latmin, latmax }: ProfileQuery,
  chip: (label: string, title: string, changes: Record<string, undefined>) => unknown,
): void {
  if (type !== undefined) chip(regionName(type), 'Regions of all types', { type: undefined })
  if (pc !== undefined) chip(`started at ${pc}`, 'Regions started anywhere', { pc: undefined })
  if (latmin !== undefined) chip(`≥ ${latmin}`, 'Shorter regions too', { latmin: undefined })
  if (latmax !== undefined) chip(`≤ ${latmax}`, 'Longer regions too', { latmax: undefined })
}

function tabsOf(path: ProfilePage, query: ProfileQuery, view: ProfileView): object[] {
  const tabs: [ProfileView, string][] = [
    ['flame', 'Flame graph'],
    ['graph', 'Call graph'],
    ['top', 'Top functions'],
  ]
  return tabs.map(([as, label]) => ({
    id: `tab-${as}`,
    label,
    selected: as === view,
    url: linkWith(path, query, {
      as: as === 'flame' ? undefined : as,
      offset: undefined,
      sortby: undefined,
      order: undefined,
    }),
  }))
}

const rowHeight = 20
/** Boxes of the flame graph without script; smaller ones are in its script form and in the table. */
const mostBoxes = 1000
const smallestShare = 0.001

function flameView(parts: ProfilePageParts): object {
  const { kind, query, profile } = parts
  const path = profileName(parts)
  const by = query.by ?? 'delay'
  const tree = buildCallTree(profile)
  const boxes = flameBoxes(tree, by)
  const depth = boxes.reduce((deepest, box) => Math.max(deepest, box.y), 0) / rowHeight
  return {
    boxes,
    rowHeight,
    height: (depth + 1) * rowHeight,
    treeUrl: linkWith(path, scopeOf(parts), { format: 'tree' }),
    by,
    find: query.find ?? '',
    label: `Flame graph of the ${profileNames[kind].toLowerCase()} profile; the tab Top functions has the same figures as a table`,
    note: `all stacks · ${by === 'delay' ? durationText(tree.totalNs[0]) : countText(tree.totalCounts[0])}`,
    kinds: kindLabels.map(([frameKind, label]) => ({ className: kindClasses[frameKind], label })),
    measures: (['delay', 'count'] as const).map(measure => ({
      label: measure,
      current: measure === by,
      url: linkWith(path, query, { by: measure === 'delay' ? undefined : measure }),
    })),
  }
}

interface FlameBox {
  readonly x: string
  readonly y: number
  readonly width: string
  readonly className: string
  readonly text: string
  readonly title: string
}

/** Widths are shares of the whole profile; siblings stand in the order of the tree. */
function flameBoxes(tree: CallTree, by: Measure): FlameBox[] {
  const values = by === 'delay' ? tree.totalNs : tree.totalCounts
  const whole = values[0]
  const starts = new Float64Array(values.length)
  /** Where the next child of each row begins. */
  const ends = new Float64Array(values.length)
  const boxes: FlameBox[] = []
  for (let row = 0; row < values.length; row++) {
    const parent = tree.parents[row]
    if (parent >= 0) {
      starts[row] = ends[parent]
      ends[parent] += values[row]
    }
    ends[row] = starts[row]
    const share = whole === 0 ? 0 : values[row] / whole
    if (share < smallestShare || boxes.length >= mostBoxes) continue
    const name = row === 0 ? 'all stacks' : tree.functions[tree.functionRows[row]].name
    const figures = `${formatDuration(tree.totalNs[row])}, ${counted(tree.totalCounts[row], 'time')}`
    boxes.push({
      x: `${((starts[row] / whole) * 100).toFixed(3)}%`,
      y: tree.depths[row] * rowHeight,
      width: `${(share * 100).toFixed(3)}%`,
      className: kindClasses[row === 0 ? 'none' : tree.functions[tree.functionRows[row]].kind],
      text: share < 0.02 ? '' : share < 0.15 && row > 0 && name !== noStack ? splitFunctionName(name).func : name,
      title: `${name}: ${figures}, ${percentText(share, 2)} of all`,
    })
  }
  return boxes
}

function graphView(parts: ProfilePageParts): object | null {
  const { graph } = parts
  if (graph === null) return null
  if ('error' in graph) return graph
  const { svg, shown, total } = graph
  const which =
    shown === total ? `All ${counted(total, 'function')}` : `Largest ${shown} of ${counted(total, 'function')}`
  return {
    svg,
    note: `${which}; an edge’s width is its delay.${shown === total ? '' : ' Smaller ones are in the flame graph and the table.'}`,
    svgUrl: linkWith(profileName(parts), scopeOf(parts), { format: 'svg' }),
  }
}

function topView(parts: ProfilePageParts): object {
  const { query, profile } = parts
  const path = profileName(parts)
  const columns = topColumns(parts, totalNsOf(profile))
  const limit = Math.min(query.limit || functionRows, functionRows)
  const { rows, total, offset } = listFunctions(profile, columns, { ...query, limit })
  const shownQuery: ProfileQuery = { ...query, as: 'top' }
  return {
    table: tableView({
      id: 'functions',
      path,
      query: shownQuery,
      columns,
      rows,
      facts: { total, offset, limit, ready: profile.ready, partial: profile.partial } satisfies ListFacts,
      sortedBy: { title: 'Flat', order: 'desc' },
      rowsAre: 'functions',
      filterHint: 'Filter: function or file contains…',
    }),
    none: rows.length === 0 ? (query.filter ?? '') : null,
  }
}

const functionRows = 500

/** Functions that the filter lets through, sorted, and the part of them that is asked for (`limit` 0: all). */
function listFunctions(
  profile: ProfileAnswer,
  columns: readonly Column<ProfiledFunction>[],
  query: ProfileQuery,
): { rows: ProfiledFunction[]; total: number; offset: number } {
  const filter = (query.filter ?? '').toLowerCase()
  const found = topFunctions(profile).filter(row => `${row.name} ${placeOf(row)}`.toLowerCase().includes(filter))
  const column = columns.find(({ sortable, title }) => sortable && title === query.sortby)
  if (column?.raw !== undefined) {
    const turn = (query.order || (column.numeric ? 'desc' : 'asc')) === 'desc' ? -1 : 1
    const value = column.raw
    // Array sort is stable, so ties keep the default order.
    found.sort((a, b) => turn * compare(value(a), value(b)))
  }
  const offset = Math.min(query.offset ?? 0, found.length)
  const limit = query.limit ?? 0
  return { rows: found.slice(offset, limit === 0 ? undefined : offset + limit), total: found.length, offset }
}

function compare(a: number | string | null, b: number | string | null): number {
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1
}

function placeOf({ file, line }: ProfiledFunction): string {
  return file === '' ? '' : `${file}:${line}`
}

/**
 * As short as it can be looked up: files of Go itself below its `src`, others by their last parts. CSV has all of it.
 */
function shortPlace(row: ProfiledFunction): string {
  const place = placeOf(row)
  const ofGo = row.kind === 'std' || row.kind === 'runtime' ? place.lastIndexOf('/src/') : -1
  return ofGo >= 0 ? place.slice(ofGo + '/src/'.length) : place.split('/').slice(-3).join('/')
}

function topColumns(asked: AskedProfile, totalNs: number): Column<ProfiledFunction>[] {
  const { kind, query } = asked
  const { state } = words[kind]
  const share = (ns: number): number => (totalNs === 0 ? 0 : ns / totalNs)
  const height = rungHeight(state)
  return [
    {
      title: 'Function',
      sortable: true,
      className: 'fnc',
      cell: row =>
        row.kind === 'none'
          ? { kind: 'text', text: row.name }
          : {
              kind: 'function',
              name: row.name,
              url: linkWith(profileName(asked), { ...scopeOf(asked), by: query.by }, { find: row.name }),
            },
      raw: row => row.name,
    },
    {
      title: 'Flat',
      numeric: true,
      sortable: true,
      unit: 'ns',
      cell: row => ({ kind: 'duration', ns: row.flatNs }),
      raw: row => row.flatNs,
    },
    {
      title: 'Flat %',
      numeric: true,
      sortable: true,
      cell: row => ({ kind: 'percent', share: share(row.flatNs) }),
      raw: row => share(row.flatNs) * 100,
    },
    {
      title: 'Share',
      className: 'wc vb',
      cell: row => ({
        kind: 'bar',
        bar: {
          rects: [{ state, x: '0', y: 12 - height, width: (share(row.flatNs) * 1000).toFixed(1), height }],
          label: `${percentText(share(row.flatNs))} of all`,
        },
      }),
    },
    {
      title: 'Cumulative',
      numeric: true,
      sortable: true,
      unit: 'ns',
      cell: row => ({ kind: 'duration', ns: row.cumNs }),
      raw: row => row.cumNs,
    },
    {
      title: 'Cum %',
      numeric: true,
      sortable: true,
      cell: row => ({ kind: 'percent', share: share(row.cumNs) }),
      raw: row => share(row.cumNs) * 100,
    },
    {
      title: 'Count',
      numeric: true,
      sortable: true,
      cell: row => ({ kind: 'count', value: row.flatCount }),
      raw: row => row.flatCount,
    },
    {
      title: 'Line',
      className: 'loc',
      cell: row => ({ kind: 'text', text: shortPlace(row) }),
      raw: placeOf,
    },
  ]
}
