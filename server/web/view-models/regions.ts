/** `/userregions`: types of regions by the place that started them; `/userregion`: the regions of a filter. */

import type { RegionRow, RegionsAnswer, RegionType, RegionTypesAnswer } from '../../contract/annotations.js'
import type { HistogramBucket } from '../../contract/common.js'
import { profileKinds } from '../../contract/profile.js'
import { formatDuration } from '../../shared/duration.js'
import { profileNames } from '../../shared/profile-names.js'
import { goroutineTimelineUrl, goroutineUrl, linkWith, perfettoUrl, taskTimelineUrl } from '../links.js'
import type { Page } from '../web.js'
import { counted, durationText } from './format.js'
import { helpAnchor } from './help.js'
import { histogramView } from './histogram.js'
import { durationParam, pcParam, regionProperties } from './params.js'
import { type ListQuery, listProperties, type QueryOf } from './query.js'
import { sparkAxis } from './sparks.js'
import { ladderBar, legendOf, titleClass } from './states.js'
import { type Column, csvOf, longestOf, type TableView, tableView } from './table.js'

const typesPath = 'userregions'
const path = 'userregion'

export const regionsProperties = { ...listProperties, ...regionProperties } as const

export type RegionsQuery = QueryOf<typeof regionsProperties>

/** A goroutine that is started inside a region inherits a region without a name. */
export function regionName(type: string): string {
  return type === '' ? '(unnamed, inherited)' : type
}

function location(region: RegionType): string {
  return region.file === '' ? '' : `${region.file}:${region.line}`
}

function typeColumns(answer: RegionTypesAnswer): Column<RegionType>[] {
  const axis = sparkAxis(answer.regions.map(region => region.histogram))
  const url = ({ type, pc }: RegionType): string => linkWith(path, { type, pc })
  const bucketUrl = ({ type, pc }: RegionType, bucket: HistogramBucket): string =>
    linkWith(path, { type, pc, latmin: formatDuration(bucket.minNs), latmax: formatDuration(bucket.maxNs) })
  const duration = (title: string, value: (region: RegionType) => number): Column<RegionType> => ({
    title,
    help: 'percentiles',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: region => ({ kind: 'duration', ns: value(region) }),
    raw: value,
  })
  return [
    {
      title: 'Region type',
      help: 'region',
      sortable: true,
      cell: region => ({ kind: 'text', text: regionName(region.type), url: url(region) }),
      raw: region => region.type,
      className: 'name',
    },
    {
      title: 'Started at',
      help: 'region-place',
      className: 'place',
      cell: region =>
        region.func === ''
          ? {
              kind: 'text',
              text: region.type === '' ? 'inherited from the goroutine that started it' : 'begin not in the trace',
            }
          : { kind: 'place', func: region.func, location: location(region) },
      raw: region => `${region.func} ${location(region)}`.trim(),
    },
    { title: 'pc', cell: region => ({ kind: 'text', text: region.pc }), raw: region => region.pc, className: 'csv' },
    {
      title: 'Count',
      numeric: true,
      sortable: true,
      cell: region => ({ kind: 'count', value: region.count, url: url(region) }),
      raw: region => region.count,
    },
    {
      title: 'Duration',
      axis: axis.ticks,
      cell: region => ({
        kind: 'spark',
        spark: axis.sparkOf(region.histogram, 'region', bucket => bucketUrl(region, bucket)),
      }),
    },
    duration('p50', region => region.p50Ns),
    duration('p99', region => region.p99Ns),
    duration('max', region => region.maxNs),
  ]
}

export function regionTypesPage(answer: RegionTypesAnswer, query: ListQuery): Page {
  const named = answer.regions.filter(region => region.type !== '')
  const unnamed = answer.regions.filter(region => region.type === '')
  const count = (regions: readonly RegionType[]): number => regions.reduce((sum, region) => sum + region.count, 0)
  const columns = typeColumns(answer).filter(column => column.className !== 'csv')
  const table = (id: string, rows: readonly RegionType[]): TableView =>
    tableView({
      id,
      path: typesPath,
      query,
      columns,
      rows,
      facts: { ...answer, total: answer.total - (answer.regions.length - rows.length) },
      sortedBy: { title: 'Region type', order: 'asc' },
      rowsAre: 'groups',
      footNote: 'all histograms share one axis',
      filterHint: 'Filter: type or function…',
    })
  return {
    template: 'regions.hbs',
    title: 'Regions',
    nav: typesPath,
    partial: answer.partial,
    model: {
      lede: `${counted(count(named), 'region')} in ${counted(named.length, 'group')}, by type and by the line that started them.`,
      empty: answer.total === 0 && (query.filter ?? '') === '',
      noMatch: answer.total === 0,
      table: table('types', named),
      unnamedCount: counted(count(unnamed), 'unnamed region'),
      unnamed: unnamed.length === 0 ? null : table('unnamed', unnamed),
    },
  }
}

export function regionTypesCsv(answer: RegionTypesAnswer): string {
  return csvOf(typeColumns(answer), answer.regions)
}

function regionColumns(answer: RegionsAnswer): Column<RegionRow>[] {
  const longest = longestOf(answer.regions, region => region.totalTimeNs, answer.summary.Total?.max ?? 0)
  return [
    {
      title: 'Goroutine',
      help: 'goroutine',
      sortable: true,
      cell: ({ goroutine }) => ({ kind: 'text', text: `G${goroutine}`, url: goroutineUrl(goroutine) }),
      raw: region => String(region.goroutine),
    },
    {
      title: 'Task',
      help: 'task',
      sortable: true,
      cell: ({ task }) =>
        Number(task) === 0
          ? { kind: 'text', text: '' }
          : { kind: 'text', text: String(task), url: taskTimelineUrl(task) },
      raw: region => (Number(region.task) === 0 ? '' : String(region.task)),
    },
    {
      title: 'Start',
      help: 'time',
      numeric: true,
      sortable: true,
      firstOrder: 'asc',
      unit: 'ns',
      cell: region => ({ kind: 'duration', ns: region.begun ? region.startNs : null }),
      raw: region => region.startNs,
    },
    {
      title: 'Total',
      help: 'duration',
      numeric: true,
      sortable: true,
      unit: 'ns',
      quantiles: answer.summary.Total,
      cell: region => ({ kind: 'duration', ns: region.totalTimeNs }),
      raw: region => region.totalTimeNs,
    },
    {
      title: 'Share of the longest',
      help: 'ladder',
      cell: region => ({ kind: 'bar', bar: ladderBar(`G${region.goroutine}`, region.stats, longest) }),
    },
    {
      title: 'Open',
      help: 'timeline',
      cell: ({ goroutine, startNs, endNs }) => ({
        kind: 'links',
        links: [
          { text: 'timeline', url: goroutineTimelineUrl(goroutine, startNs, endNs, true) },
          { text: 'Perfetto', url: perfettoUrl({ goid: goroutine, from: startNs, to: endNs + 1 }) },
        ],
        more: 0,
      }),
    },
    ...answer.columns.map(
      (title): Column<RegionRow> => ({
        title,
        help: helpAnchor(title),
        numeric: true,
        sortable: true,
        unit: 'ns',
        foldable: true,
        state: titleClass(title),
        quantiles: answer.summary[title],
        cell: region => ({ kind: 'duration', ns: region.stats[title] ?? 0 }),
        raw: region => region.stats[title] ?? 0,
      }),
    ),
    ...answer.rangeColumns.map(
      (title): Column<RegionRow> => ({
        title,
        help: 'special-ranges',
        numeric: true,
        sortable: true,
        unit: 'ns',
        foldable: true,
        quantiles: answer.summary[title],
        cell: region => ({ kind: 'duration', ns: region.ranges[title] ?? 0 }),
        raw: region => region.ranges[title] ?? 0,
      }),
    ),
  ]
}

/** `group`: the type and place that the filter names, for its histogram and its place. */
export function regionsPage(answer: RegionsAnswer, group: RegionType | null, query: RegionsQuery): Page {
  const latmin = durationParam('latmin', query.latmin)
  const latmax = durationParam('latmax', query.latmax)
  const name = query.type === undefined ? 'All regions' : regionName(query.type)
  const total = answer.summary.Total
  const without = (key: string): string => linkWith(path, query, { [key]: undefined, offset: undefined })
  return {
    template: 'region-list.hbs',
    title: `Regions: ${name}`,
    nav: typesPath,
    partial: answer.partial,
    model: {
      name,
      func: group?.func ?? '',
      location: group === null ? '' : location(group),
      lede:
        total === undefined || answer.total === 0
          ? ''
          : `${counted(answer.total, 'region')}. p50 ${durationText(total.p50)}, p99 ${durationText(total.p99)}, max ${durationText(total.max)}.`,
      histogram:
        group === null
          ? null
          : histogramView(
              group.histogram,
              'region',
              bucket =>
                linkWith(path, query, {
                  latmin: formatDuration(bucket.minNs),
                  latmax: formatDuration(bucket.maxNs),
                  offset: undefined,
                }),
              bucket => bucket.minNs === latmin && bucket.maxNs === latmax,
            ),
      form: {
        action: path,
        hidden: Object.entries(query)
          .filter(([key, value]) => value !== undefined && !['latmin', 'latmax', 'offset', 'format'].includes(key))
          .map(([key, value]) => ({ name: key, value: String(value) })),
        latmin: query.latmin ?? '',
        latmax: query.latmax ?? '',
      },
      empty: answer.total === 0,
      profiles: regionProfiles(query),
      chips: [
        ...(query.latmin ? [{ label: `≥ ${query.latmin}`, url: without('latmin') }] : []),
        ...(query.latmax ? [{ label: `≤ ${query.latmax}`, url: without('latmax') }] : []),
        ...(query.filter ? [{ label: `contains “${query.filter}”`, url: without('filter') }] : []),
      ],
      table: tableView({
        id: 'regions',
        path,
        query,
        columns: regionColumns(answer),
        rows: answer.regions,
        facts: answer,
        sortedBy: { title: 'Total', order: 'desc' },
        rowsAre: 'regions',
        legend: legendOf(answer.columns.filter(title => (answer.summary[title]?.total ?? 0) > 0)),
        statistics: true,
      }),
    },
  }
}

/** Where the time of these regions goes: the four profiles of the same filter. */
function regionProfiles({ type, pc, latmin, latmax }: RegionsQuery): object[] {
  const filter = {
    type,
    pc: pc || undefined,
    latmin: latmin || undefined,
    latmax: latmax || undefined,
  }
  return profileKinds.map(kind => ({
    title: profileNames[kind],
    url: linkWith(`region${kind}`, filter),
    download: linkWith(`region${kind}`, filter, { raw: 1 }),
    file: `region${kind}.profile`,
  }))
}

export function regionsCsv(answer: RegionsAnswer): string {
  return csvOf(regionColumns(answer), answer.regions)
}

/** Whether a row of the types is the one that the filter names. */
export function isAskedGroup(region: RegionType, query: RegionsQuery): boolean {
  return region.type === query.type && region.pc === pcParam(query.pc)
}
