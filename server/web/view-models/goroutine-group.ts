/** `/goroutine?name=`: the goroutines of one start function. */

import type { GoroutineGroupAnswer, GoroutineRow } from '../../contract/goroutines.js'
import { profileKinds } from '../../contract/profile.js'
import { formatDuration } from '../../shared/duration.js'
import { profileNames } from '../../shared/profile-names.js'
import { goroutineUrl, linkWith } from '../links.js'
import type { Page } from '../web.js'
import type { Fact } from './facts.js'
import { counted, countText, durationText, percentText, unnamedGroup } from './format.js'
import type { GoroutineQuery } from './goroutine.js'
import { helpAnchor } from './help.js'
import { histogramView } from './histogram.js'
import { ladderBar, legendOf, stateClasses, statePhrases, sumByState, titleClass } from './states.js'
import { type Column, csvOf, longestOf, tableView } from './table.js'

const path = 'goroutine'

export function goroutineGroupPage(answer: GoroutineGroupAnswer, query: GoroutineQuery): Page {
  const totals = totalsOf(answer)
  // Of a group that does not exist, the answer has no name.
  const asked = answer.count === 0 ? (query.name ?? '') : answer.name
  const name = asked === '' ? unnamedGroup : asked
  const ranges = answer.goroutines.filter(row => Object.values(row.ranges).some(ns => ns !== 0))
  const carried: GoroutineQuery = { ...query, name: query.name ?? '' }
  return {
    template: 'goroutine-group.hbs',
    title: `Goroutines: ${name}`,
    nav: 'goroutines',
    partial: answer.partial,
    model: {
      name: asked,
      lede: ledeOf(answer, totals),
      unnamed: asked === '',
      empty: answer.count === 0,
      noMatch: answer.count > 0 && answer.total === 0,
      facts: factsOf(answer, totals),
      table: tableView({
        id: 'breakdown',
        path,
        query: carried,
        columns: breakdownColumns(answer),
        rows: answer.goroutines,
        facts: answer,
        sortedBy: { title: 'Total', order: 'desc' },
        rowsAre: 'goroutines',
        legend: legendOf(Object.keys(totals).filter(title => totals[title] > 0)),
        filterHint: 'Filter: id…',
        statistics: true,
      }),
      ranges:
        ranges.length === 0
          ? null
          : tableView({
              id: 'ranges',
              path,
              query: carried,
              columns: rangeColumns(answer),
              rows: ranges,
              rowsAre: 'goroutines',
            }),
      runs: answer.runs.length === 0 ? null : histogramView(answer.runs, 'run'),
      profiles: profileKinds.map(kind => ({
        title: profileNames[kind],
        url: linkWith(kind, { name: answer.name }),
        download: linkWith(kind, { name: answer.name, raw: 1 }),
        file: `${kind}.profile`,
      })),
    },
  }
}

/** Breakdown and special ranges in one table, every column. */
export function goroutineGroupCsv(answer: GoroutineGroupAnswer): string {
  const [id, ...rest] = breakdownColumns(answer)
  const times: Column<GoroutineRow>[] = (
    [
      ['Created', 'creationNs'],
      ['Started', 'startNs'],
      ['Ended', 'endNs'],
    ] as const
  ).map(([title, key]) => ({
    title,
    unit: 'ns',
    cell: row => ({ kind: 'duration', ns: row[key] }),
    raw: row => row[key],
  }))
  return csvOf([id, ...times, ...rest, ...rangeColumns(answer).slice(2)], answer.goroutines)
}

function idColumn(): Column<GoroutineRow> {
  return {
    title: 'Goroutine',
    help: 'goroutine',
    sortable: true,
    cell: row => ({ kind: 'text', text: `G${row.id}`, url: goroutineUrl(row.id) }),
    raw: row => String(row.id),
  }
}

function breakdownColumns(answer: GoroutineGroupAnswer): Column<GoroutineRow>[] {
  const longest = longestOf(answer.goroutines, row => row.totalTimeNs, answer.summary.Total?.max ?? 0)
  return [
    idColumn(),
    {
      title: 'Total',
      help: 'total',
      numeric: true,
      sortable: true,
      unit: 'ns',
      quantiles: answer.summary.Total,
      cell: row => ({ kind: 'duration', ns: row.totalTimeNs }),
      raw: row => row.totalTimeNs,
    },
    {
      title: 'Share of the longest',
      help: 'ladder',
      cell: row => ({ kind: 'bar', bar: ladderBar(`G${row.id}`, row.stats, longest) }),
    },
    ...answer.columns.map(
      (title): Column<GoroutineRow> => ({
        title,
        help: helpAnchor(title),
        numeric: true,
        sortable: true,
        unit: 'ns',
        foldable: true,
        state: titleClass(title),
        quantiles: answer.summary[title],
        cell: row => ({ kind: 'duration', ns: row.stats[title] ?? 0 }),
        raw: row => row.stats[title] ?? 0,
      }),
    ),
  ]
}

function rangeColumns(answer: GoroutineGroupAnswer): Column<GoroutineRow>[] {
  return [
    { ...idColumn(), sortable: false },
    {
      title: 'Total',
      numeric: true,
      unit: 'ns',
      cell: row => ({ kind: 'duration', ns: row.totalTimeNs }),
      raw: row => row.totalTimeNs,
    },
    ...answer.rangeColumns.map(
      (title): Column<GoroutineRow> => ({
        title,
        help: 'special-ranges',
        numeric: true,
        unit: 'ns',
        foldable: true,
        cell: row => ({ kind: 'duration', ns: row.ranges[title] ?? 0 }),
        raw: row => row.ranges[title] ?? 0,
      }),
    ),
  ]
}

function totalsOf(answer: GoroutineGroupAnswer): Record<string, number> {
  return Object.fromEntries(answer.columns.map(title => [title, answer.summary[title]?.total ?? 0]))
}

function ledeOf(answer: GoroutineGroupAnswer, totals: Record<string, number>): string {
  if (answer.count === 0) return ''
  const inactive = answer.name === ''
  const started = `${counted(answer.count, 'goroutine')} ${inactive ? 'did nothing while tracing, so no stack names where they started' : 'started in this function'}.`
  const share = answer.execTimePercent
  const sums = sumByState(totals)
  const most = stateClasses.reduce((best, state) => (sums[state] > sums[best] ? state : best))
  if (share === null || sums[most] === 0 || most === 'other') return started
  return `${started} They used ${share.toFixed(2)}% of all execution time and spent most of their life ${statePhrases[most]}.`
}

function factsOf(answer: GoroutineGroupAnswer, totals: Record<string, number>): Fact[] {
  if (answer.total === 0) return []
  const life = Object.values(totals).reduce((sum, ns) => sum + ns, 0)
  const ofLife = (ns: number): string => (life === 0 ? '' : `${percentText(ns / life, 0)} of their life`)
  const facts: Fact[] = [
    { label: 'Goroutines', value: countText(answer.total), note: aliveNote(answer), help: 'goroutine' },
    fact(
      'Execution',
      totals['Execution time'] ?? 0,
      answer.execTimePercent === null || answer.total !== answer.count
        ? ''
        : `${answer.execTimePercent.toFixed(2)}% of all`,
      'execution-time',
    ),
  ]
  const [longestWait, waited] = Object.entries(totals)
    .filter(([title]) => title.startsWith('Block time ('))
    .reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0])
  if (waited > 0) {
    const reason = longestWait.slice('Block time ('.length, -1)
    facts.push(
      fact(`Waiting: ${reason === '' ? 'reason unknown' : reason}`, waited, ofLife(waited), helpAnchor(longestWait)),
    )
  }
  const sched = answer.summary['Sched wait time']
  facts.push(
    fact(
      'Sched wait',
      sched?.total ?? 0,
      sched === undefined ? '' : `p99 ${durationText(sched.p99)} a goroutine`,
      'sched-wait',
    ),
  )
  const blocked = totals['Block time (syscall)'] ?? 0
  facts.push(
    fact(
      'Syscalls',
      totals['Syscall execution time'] ?? 0,
      blocked === 0 ? 'never lost the proc' : `and ${durationText(blocked)} without a proc`,
      'syscall-time',
    ),
  )
  return facts
}

function fact(label: string, ns: number, note: string, help: string): Fact {
  return { label, value: durationText(ns), exact: formatDuration(ns), note, help }
}

/** Only where every member is on the page. */
function aliveNote(answer: GoroutineGroupAnswer): string {
  if (answer.goroutines.length !== answer.total) return ''
  const ended = answer.goroutines.filter(row => row.endNs !== null).length
  return `${countText(ended)} ended, ${countText(answer.total - ended)} alive at the end`
}
