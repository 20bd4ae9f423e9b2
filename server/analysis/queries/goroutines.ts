/** The goroutine pages: groups by start function, and the goroutines of one group. */
import type { Id, ListParams } from '../../contract/common.js'
import type { GoroutineGroup, GoroutineGroupAnswer, GoroutineRow, GoroutinesAnswer } from '../../contract/goroutines.js'
import { CodedError } from '../../errors.js'
import { G, N } from '../facts/goroutines.js'
import { histogramRows } from '../facts/histogram.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import {
  EXECUTION,
  filterRows,
  goroutineStats,
  rangeColumns,
  rangesOf,
  reasonColumns,
  SCHED_WAIT,
  type StatColumn,
  type StatSource,
  statColumns,
  statsOf,
  summaryOf,
} from './breakdown.js'
import { codeOfId, compareIds, listFacts, nearestRanks, orderedPage, pageOf, type SortKeys, signedId } from './lists.js'

/** What the pages print for the group without a name. */
const INACTIVE = '(Inactive, no stack trace sampled)'

export function answerGoroutines(facts: TraceFacts, params: ListParams): GoroutinesAnswer {
  const wanted = params.filter.toLowerCase()
  const all = allGroups(facts)
  const groups = all.filter(group => (group.name || INACTIVE).toLowerCase().includes(wanted))
  const key = groupKeys.get(params.sortby) ?? execKey
  const byName = params.sortby === 'Start function'
  const descending = byName ? params.order === 'desc' : params.order !== 'asc'
  // Groups come in the order of their names, and sorting is stable.
  if (!byName) groups.sort((a, b) => (descending ? -1 : 1) * (key(a) - key(b)))
  else if (descending) groups.reverse()
  const goroutines = countOf(all)
  const matching = countOf(groups)
  return { ...listFacts(facts, params, groups.length), goroutines, matching, groups: [...pageOf(groups, params)] }
}

function countOf(groups: readonly GoroutineGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0)
}

const execKey = (group: GoroutineGroup): number => group.execTimeNs

const groupKeys: SortKeys<GoroutineGroup> = new Map([
  ['Count', group => group.count],
  ['Total execution time', execKey],
  ['Share', execKey],
  ['Exec p50', group => group.p50Ns],
  ['Exec p99', group => group.p99Ns],
  ['Exec max', group => group.maxNs],
  [SCHED_WAIT, group => group.schedWaitNs],
])

/**
 * All groups at once, because their goroutines lie among each other: two ways through the table instead of one a group
 * and column.
 */
function allGroups(facts: TraceFacts): GoroutineGroup[] {
  const { dictionary, groupNames } = facts
  const source = goroutineStats(facts)
  const reasons = groupNames.map(() => new Set<number>())
  eachInOrder(facts, (row, group) => source.eachReason(row, reason => reasons[group].add(reason)))
  const columns = reasons.map(reasons => reasonColumns(source, reasons))
  const sums = columns.map(columns => new Float64Array(columns.length))
  const execTimes = groupNames.map((_, group) => new Float64Array(membersOf(facts, group).length))
  const counts = new Uint32Array(groupNames.length)
  let totalExec = 0
  eachInOrder(facts, (row, group) => {
    const exec = source.exec.value(row)
    totalExec += exec
    execTimes[group][counts[group]++] = exec
    const figures = columns[group]
    for (let i = 0; i < figures.length; i++) sums[group][i] += figures[i].value(row)
  })
  return groupNames.map((name, group) => {
    const stats = Object.fromEntries(columns[group].map(({ title }, i) => [title, sums[group][i]]))
    const [p50Ns, p99Ns, maxNs] = nearestRanks(execTimes[group], [0.5, 0.99, 1])
    return {
      name: dictionary.text(name),
      count: counts[group],
      execTimeNs: stats[EXECUTION],
      share: totalExec === 0 ? 0 : stats[EXECUTION] / totalExec,
      schedWaitNs: stats[SCHED_WAIT],
      stats,
      p50Ns,
      p99Ns,
      maxNs,
    }
  })
}

/** Calls back with every goroutine and its group, in the order of memory. */
export function eachInOrder({ goroutines, groupNames }: TraceFacts, visit: (row: number, group: number) => void): void {
  const groups = new Map(groupNames.map((name, group) => [name, group]))
  for (let row = 0; row < goroutines.length; row++) {
    if (goroutines.exists(row)) visit(row, groups.get(goroutines.number(row, N.Name)) as number)
  }
}

export function answerGoroutineGroup(
  facts: TraceFacts,
  params: ListParams & { readonly name: string },
): GoroutineGroupAnswer {
  const { dictionary, goroutines } = facts
  const source = goroutineStats(facts)
  const group = findGroup(facts, params.name)
  const members = group < 0 ? new Uint32Array(0) : membersOf(facts, group)
  const columns = statColumns(source, members)
  const ranges = rangeColumns(source, members)
  const all = [...columns, ...ranges]
  const idOf = (row: number) => dictionary.goroutines.ids[row]
  const rows = filterRows(members, params.filter, row => dictionary.wide.signedText(idOf(row)), all)
  const totalExec = executionOfAll(facts)
  let exec = 0
  for (const row of members) exec += source.exec.value(row)
  const page = sortRows(source, rows, all, params, (a, b) => compareIds(dictionary, idOf(a), idOf(b)))
  return {
    ...listFacts(facts, params, rows.length),
    name: group < 0 ? '' : params.name,
    count: members.length,
    execTimePercent: totalExec === 0 ? null : (exec / totalExec) * 100,
    columns: columns.map(column => column.title),
    rangeColumns: ranges.map(column => column.title),
    goroutines: page.map((row): GoroutineRow => {
      const start = goroutines.time(row, G.Start)
      const end = goroutines.time(row, G.End)
      return {
        id: signedId(dictionary, idOf(row)),
        creationNs: goroutines.time(row, G.Creation),
        startNs: start < 0 ? null : start,
        endNs: end < 0 ? null : end,
        totalTimeNs: source.total.value(row),
        stats: statsOf(source, row),
        ranges: rangesOf(source, row),
      }
    }),
    summary: summaryOf(source, all, rows),
    runs: group < 0 ? [] : histogramRows(facts.runLengths.of(facts.groupNames[group]) ?? []),
  }
}

/**
 * The page of rows that is asked for, by the column `sortby` (unknown: total), longest first unless told otherwise;
 * ties by `compareTies`, whose order alone counts for the column `Goroutine`.
 */
export function sortRows(
  source: StatSource,
  rows: Uint32Array,
  columns: readonly StatColumn[],
  params: ListParams,
  compareTies: (a: number, b: number) => number,
): number[] {
  const ties = (a: number, b: number) => compareTies(rows[a], rows[b])
  const value = columns.find(column => column.title === params.sortby)?.value ?? source.total.value
  const byId = params.sortby === 'Goroutine'
  const keys = new Float64Array(rows.length)
  if (!byId) for (let i = 0; i < rows.length; i++) keys[i] = value(rows[i])
  const order = byId && params.order === 'desc' ? (a: number, b: number) => -ties(a, b) : ties
  return Array.from(orderedPage(keys, params.order !== 'asc', order, params), position => rows[position])
}

function executionOfAll(facts: TraceFacts): number {
  let sum = 0
  eachInOrder(facts, row => {
    sum += facts.spent.exec(row)
  })
  return sum
}

/** Goroutine rows of a group, ascending. */
export function membersOf(facts: TraceFacts, group: number): Uint32Array {
  const { starts, rows } = facts.groups
  return rows.subarray(starts[group], starts[group + 1])
}

/** The group of a name, or −1. */
export function findGroup(facts: TraceFacts, name: string): number {
  return facts.groupNames.findIndex(row => facts.dictionary.text(row) === name)
}

/** The row of a goroutine that the trace knows; refuses others. */
export function goroutineRow(facts: TraceFacts, id: Id): number {
  const code = codeOfId(facts.dictionary, id)
  const row = code === undefined ? -1 : facts.dictionary.goroutines.find(code)
  if (!facts.goroutines.exists(row)) throw new CodedError('UNKNOWN_GOROUTINE', unknownGoroutine(facts, id))
  return row
}

function unknownGoroutine({ goroutines, dictionary }: TraceFacts, id: Id): string {
  const { ids, length } = dictionary.goroutines
  let first = -1
  let last = -1
  for (let row = 0; row < length; row++) {
    if (!goroutines.exists(row)) continue
    if (first < 0 || compareIds(dictionary, ids[row], first) < 0) first = ids[row]
    if (last < 0 || compareIds(dictionary, ids[row], last) > 0) last = ids[row]
  }
  const range =
    first < 0
      ? 'It has none.'
      : `Ids run from ${dictionary.wide.signedText(first)} to ${dictionary.wide.signedText(last)}.`
  return `This trace has no goroutine ${id}. ${range}`
}
