/**
 * Breakdowns: the non-overlapping statistics and the ranges of goroutines or regions, by the titles that cmd/trace prints.
 */
import type { Dictionary } from '../../shared/dictionary.js'
import { RangeName } from '../../shared/event-table.js'
import { RangeKey } from '../facts/cells.js'
import { G, N } from '../facts/goroutines.js'
import { RegionStat } from '../facts/region-stats.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import type { Quantiles } from '../trace-client.js'
import { quantilesOf } from './lists.js'

/** Where the statistics of a kind of rows are. */
export interface StatSource {
  readonly dictionary: Dictionary
  exec(row: number): number
  schedWait(row: number): number
  syscall(row: number): number
  syscallBlock(row: number): number
  total(row: number): number
  /** Rows of one kind have met the same reasons and ranges. */
  kind(row: number): number
  /** Calls back with every reason (row of strings) that the row has met, and its block time. */
  eachReason(row: number, visit: Visit): void
  /** The same for ranges; keys are those of range cells. */
  eachRange(row: number, visit: Visit): void
  reason(row: number, key: number): number
  range(row: number, key: number): number
}

type Visit = (key: number, sum: number) => void

export function goroutineStats(facts: TraceFacts): StatSource {
  const { goroutines, goroutineReasons: reasons, goroutineRanges: ranges } = facts
  const firstReason = (row: number) => goroutines.number(row, N.FirstReason)
  const firstRange = (row: number) => goroutines.number(row, N.FirstRange)
  return {
    dictionary: facts.dictionary,
    exec: row => goroutines.time(row, G.Exec),
    schedWait: row => goroutines.time(row, G.SchedWait),
    syscall: row => goroutines.time(row, G.Syscall),
    syscallBlock: row => goroutines.time(row, G.SyscallBlock),
    total: row => goroutines.time(row, G.Total),
    kind: row => row,
    eachReason: (row, visit) => reasons.each(firstReason(row), visit),
    eachRange: (row, visit) => ranges.each(firstRange(row), visit),
    reason: (row, key) => reasons.sumOf(firstReason(row), key),
    range: (row, key) => ranges.sumOf(firstRange(row), key),
  }
}

export function regionStats(facts: TraceFacts): StatSource {
  const { regions } = facts
  return {
    dictionary: facts.dictionary,
    exec: row => regions.stat(row, RegionStat.Exec),
    schedWait: row => regions.stat(row, RegionStat.SchedWait),
    syscall: row => regions.stat(row, RegionStat.Syscall),
    syscallBlock: row => regions.stat(row, RegionStat.SyscallBlock),
    total: row => regions.stat(row, RegionStat.Total),
    kind: row => regions.shape(row),
    eachReason: (row, visit) => regions.eachReason(row, visit),
    eachRange: (row, visit) => regions.eachRange(row, visit),
    reason: (row, key) => regions.reason(row, key),
    range: (row, key) => regions.range(row, key),
  }
}

export const EXECUTION = 'Execution time'
export const SCHED_WAIT = 'Sched wait time'
const SYSCALL_BLOCK = 'Block time (syscall)'
const SYSCALL = 'Syscall execution time'
const UNKNOWN = 'Unknown time'
export const TOTAL = 'Total'

/** A column of a breakdown. */
export interface StatColumn {
  readonly title: string
  /** Figure of a row; 0 where it has none. */
  value(row: number): number
}

/** Time that no statistic accounts for. */
function unknownTime(source: StatSource, row: number): number {
  let sum = source.exec(row) + source.schedWait(row) + source.syscall(row) + source.syscallBlock(row)
  source.eachReason(row, (_, time) => {
    sum += time
  })
  return Math.max(0, source.total(row) - sum)
}

/** Columns of the statistics that occur in the rows: execution first, the others in the order of their bytes. */
export function statColumns(source: StatSource, rows: Uint32Array): StatColumn[] {
  if (rows.length === 0) return []
  const { strings } = source.dictionary
  const columns = new Map<string, StatColumn>([
    [SCHED_WAIT, { title: SCHED_WAIT, value: source.schedWait }],
    [SYSCALL, { title: SYSCALL, value: source.syscall }],
    [SYSCALL_BLOCK, { title: SYSCALL_BLOCK, value: source.syscallBlock }],
    [UNKNOWN, { title: UNKNOWN, value: row => unknownTime(source, row) }],
  ])
  for (const key of keysOf(source, source.eachReason, rows)) {
    const bytes = `Block time (${strings[key]})`
    const fixed = columns.get(bytes)
    columns.set(bytes, {
      title: reasonTitle(source.dictionary, key),
      value: row => (fixed?.value(row) ?? 0) + source.reason(row, key),
    })
  }
  const others = Array.from(columns).sort(([a], [b]) => (a < b ? -1 : 1))
  return [{ title: EXECUTION, value: source.exec }, ...others.map(([, column]) => column)]
}

/** Columns of the ranges that occur in the rows, in the order of their bytes. */
export function rangeColumns(source: StatSource, rows: Uint32Array): StatColumn[] {
  const named = keysOf(source, source.eachRange, rows).map((key): [string, StatColumn] => [
    rangeName(key, source.dictionary.strings),
    { title: rangeTitle(source.dictionary, key), value: row => source.range(row, key) },
  ])
  return named.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, column]) => column)
}

function keysOf(source: StatSource, each: (row: number, visit: Visit) => void, rows: Uint32Array): number[] {
  const keys = new Set<number>()
  const add = (key: number) => keys.add(key)
  let last = -1
  for (const row of rows) {
    const kind = source.kind(row)
    if (kind === last) continue
    last = kind
    each(row, add)
  }
  return Array.from(keys)
}

function reasonTitle(dictionary: Dictionary, key: number): string {
  return `Block time (${dictionary.text(key)})`
}

function rangeTitle(dictionary: Dictionary, key: number): string {
  return key < 0 ? rangeName(key, []) : `${RangeName.STW} (${dictionary.text(key)})`
}

function rangeName(key: number, strings: readonly string[]): string {
  if (key === RangeKey.Assist) return RangeName.Assist
  if (key === RangeKey.Sweep) return RangeName.Sweep
  return `${RangeName.STW} (${strings[key]})`
}

/** A row's own statistics by title: the five that every row has and those of its reasons. */
export function statsOf(source: StatSource, row: number): Record<string, number> {
  const stats: Record<string, number> = {
    [EXECUTION]: source.exec(row),
    [SCHED_WAIT]: source.schedWait(row),
    [SYSCALL]: source.syscall(row),
    [SYSCALL_BLOCK]: source.syscallBlock(row),
    [UNKNOWN]: unknownTime(source, row),
  }
  source.eachReason(row, (key, time) => {
    const title = reasonTitle(source.dictionary, key)
    stats[title] = (stats[title] ?? 0) + time
  })
  return stats
}

/** A row's own ranges by name. */
export function rangesOf(source: StatSource, row: number): Record<string, number> {
  const ranges: Record<string, number> = {}
  source.eachRange(row, (key, time) => {
    ranges[rangeTitle(source.dictionary, key)] = time
  })
  return ranges
}

/** Quantiles of every column over the rows, and of their total. */
export function summaryOf(source: StatSource, columns: readonly StatColumn[], rows: Uint32Array) {
  const summary: Record<string, Quantiles> = {}
  const figures = new Float64Array(rows.length)
  for (const column of [{ title: TOTAL, value: source.total }, ...columns]) {
    for (let i = 0; i < rows.length; i++) figures[i] = column.value(rows[i])
    summary[column.title] = quantilesOf(figures.sort())
  }
  return summary
}

/**
 * Rows with the filter's text in them: in their name (`textOf`), or in the title of a figure of theirs that is not 0.
 * An empty filter keeps all.
 */
export function filterRows(
  rows: Uint32Array,
  filter: string,
  textOf: (row: number) => string,
  columns: readonly StatColumn[],
): Uint32Array {
  if (filter === '') return rows
  const wanted = filter.toLowerCase()
  const matching = columns.filter(column => column.title.toLowerCase().includes(wanted))
  return rows.filter(
    row => textOf(row).toLowerCase().includes(wanted) || matching.some(column => column.value(row) !== 0),
  )
}
