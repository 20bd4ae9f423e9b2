/** `/goroutines`: groups by start function. */
import type { GoroutineGroup, GoroutinesAnswer } from '../../contract/goroutines.js'
import { groupUrl } from '../links.js'
import type { Page } from '../web.js'
import { counted, countText } from './format.js'
import type { ListQuery } from './query.js'
import { ladderBar, legendOf } from './states.js'
import { type Column, csvOf, tableView } from './table.js'

const path = 'goroutines'

const columns: readonly Column<GoroutineGroup>[] = [
  {
    title: 'Start function',
    help: 'start-function',
    sortable: true,
    className: 'fnc',
    cell: group => ({ kind: 'function', name: group.name, url: groupUrl(group.name) }),
    raw: group => group.name,
  },
  {
    title: 'Count',
    help: 'count',
    numeric: true,
    sortable: true,
    cell: group => ({ kind: 'count', value: group.count }),
    raw: group => group.count,
  },
  {
    title: 'Total execution time',
    help: 'execution-time',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: group => ({ kind: 'duration', ns: group.execTimeNs }),
    raw: group => group.execTimeNs,
  },
  {
    title: 'Share',
    help: 'share',
    numeric: true,
    sortable: true,
    cell: group => ({ kind: 'percent', share: group.share }),
    raw: group => group.share,
  },
  {
    title: 'Where their life went',
    help: 'ladder',
    cell: group => ({ kind: 'bar', bar: ladderBar(group.name, group.stats, lifeOf(group)) }),
  },
  {
    title: 'Exec p50',
    help: 'percentiles',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: group => ({ kind: 'duration', ns: group.p50Ns }),
    raw: group => group.p50Ns,
  },
  {
    title: 'Exec p99',
    short: 'p99',
    help: 'percentiles',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: group => ({ kind: 'duration', ns: group.p99Ns }),
    raw: group => group.p99Ns,
  },
  {
    title: 'Exec max',
    short: 'max',
    help: 'percentiles',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: group => ({ kind: 'duration', ns: group.maxNs }),
    raw: group => group.maxNs,
  },
  {
    title: 'Sched wait time',
    short: 'Sched wait',
    help: 'sched-wait',
    numeric: true,
    sortable: true,
    unit: 'ns',
    cell: group => ({ kind: 'duration', ns: group.schedWaitNs }),
    raw: group => group.schedWaitNs,
  },
]

export function goroutinesPage(answer: GoroutinesAnswer, query: ListQuery): Page {
  const titles = answer.groups.flatMap(group => Object.keys(group.stats).filter(title => group.stats[title] > 0))
  return {
    template: 'goroutines.hbs',
    title: 'Goroutines',
    nav: path,
    partial: answer.partial,
    model: {
      lede: ledeOf(answer, query.filter ?? ''),
      empty: answer.groups.length === 0,
      filtered: (query.filter ?? '') !== '',
      goroutine: /^g?(\d+)$/i.exec(query.filter ?? '')?.[1] ?? null,
      table: tableView({
        id: 'groups',
        path,
        query,
        columns,
        rows: answer.groups,
        facts: answer,
        sortedBy: { title: 'Total execution time', order: 'desc' },
        rowsAre: 'start functions',
        legend: legendOf(titles),
        filterHint: 'Filter: function contains…',
      }),
    },
  }
}

export function goroutinesCsv(answer: GoroutinesAnswer): string {
  return csvOf(columns, answer.groups)
}

function ledeOf({ goroutines, matching }: GoroutinesAnswer, filter: string): string {
  const all = counted(goroutines, 'goroutine')
  if (matching === 0 && filter !== '') return `0 of ${all} match “${filter}”.`
  const found = filter === '' ? all : `${countText(matching)} of ${all}`
  return `${found}, grouped by the function they started in. Execution time is time on a proc.`
}

function lifeOf(group: GoroutineGroup): number {
  return Object.values(group.stats).reduce((sum, ns) => sum + ns, 0)
}
