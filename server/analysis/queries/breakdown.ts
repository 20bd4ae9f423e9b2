/**
 * Breakdowns: the non-overlapping statistics and the ranges of goroutines or regions, by the titles that cmd/trace
 * prints.
 */
import type { Quantiles } from '../../contract/common.js'
import type { Dictionary } from '../../core/dictionary.js'
import { RangeName } from '../../core/event-table.js'
import { RangeKey } from '../facts/cells.js'
import { RegionStat } from '../facts/region-stats.js'
import type { Figure } from '../facts/regions.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { quantilesOf } from './lists.js'

/** Where the statistics of a kind of rows are. */
export interface StatSource {
  readonly dictionary: Dictionary
  readonly exec: Figure
  readonly schedWait: Figure
  readonly syscall: Figure
  readonly syscallBlock: Figure
  readonly total: Figure
  /** All block times of a row together. */
  readonly reasons: (row: number) => number
  /** Rows of one form have met the same reasons and ranges; forms are numbers below `formCount`. */
  readonly form: (row: number) => number
  readonly formCount: number
  /** Calls back with every reason (row of strings) that the row has met, and its block time. */
  eachReason(row: number, visit: Visit): void
  /** The same for ranges; keys are those of range cells. */
  eachRange(row: number, visit: Visit): void
  reason(key: number): Figure
  range(key: number): Figure
}

type Visit = (key: number, sum: number) => void

export function goroutineStats(facts: TraceFacts): StatSource {
  const { dictionary, goroutines, spent } = facts
  return {
    dictionary,
    exec: { value: row => spent.exec(row) },
    schedWait: { value: row => spent.schedWait(row) },
    syscall: { value: row => spent.syscall(row) },
    syscallBlock: { value: row => spent.syscallBlock(row) },
    total: { value: row => spent.total(row) },
    reasons: row => spent.sumOfReasons(row),
    form: row => row,
    formCount: goroutines.length,
    eachReason: (row, visit) => spent.eachReason(row, visit),
    eachRange: (row, visit) => spent.eachRange(row, visit),
    reason: key => ({ value: row => spent.reason(row, key) }),
    range: key => ({ value: row => spent.range(row, key) }),
  }
}

export function regionStats({ dictionary, regions }: TraceFacts): StatSource {
  return {
    dictionary,
    exec: regions.stat(RegionStat.Exec),
    schedWait: regions.stat(RegionStat.SchedWait),
    syscall: regions.stat(RegionStat.Syscall),
    syscallBlock: regions.stat(RegionStat.SyscallBlock),
    total: regions.stat(RegionStat.Total),
    reasons: regions.sumOfReasons(),
    form: row => regions.form(row),
    formCount: regions.stats.formCount,
    eachReason: (row, visit) => regions.eachReason(row, visit),
    eachRange: (row, visit) => regions.eachRange(row, visit),
    reason: key => regions.reason(key),
    range: key => regions.range(key),
  }
}

export const EXECUTION = 'Execution time'
export const SCHED_WAIT = 'Sched wait time'
const SYSCALL_BLOCK = 'Block time (syscall)'
const SYSCALL = 'Syscall execution time'
const UNKNOWN = 'Unknown time'
export const TOTAL = 'Total'

/** A column of a breakdown. */
export interface StatColumn extends Figure {
  readonly title: string
}

/** Time that no statistic accounts for. */
function unknownTime(source: StatSource, row: number): number {
  const known =
    source.exec.value(row) + source.schedWait.value(row) + source.syscall.value(row) + source.syscallBlock.value(row)
  return Math.max(0, source.total.value(row) - known - source.reasons(row))
}

/** Columns of the statistics that occur in the rows: execution first, the others in the order of their bytes. */
export function statColumns(source: StatSource, rows: Uint32Array): StatColumn[] {
  return rows.length === 0 ? [] : reasonColumns(source, keysOf(source, source.eachReason, rows))
}

/** The same for rows that have met these reasons. */
export function reasonColumns(source: StatSource, reasons: Iterable<number>): StatColumn[] {
  const { strings } = source.dictionary
  const columns = new Map<string, StatColumn>([
    [SCHED_WAIT, { title: SCHED_WAIT, ...source.schedWait }],
    [SYSCALL, { title: SYSCALL, ...source.syscall }],
    [SYSCALL_BLOCK, { title: SYSCALL_BLOCK, ...source.syscallBlock }],
    [UNKNOWN, { title: UNKNOWN, value: row => unknownTime(source, row) }],
  ])
  for (const key of reasons) {
    const bytes = `Block time (${strings[key]})`
    const fixed = columns.get(bytes)
    const blocked = source.reason(key)
    columns.set(bytes, {
      title: reasonTitle(source.dictionary, key),
      ...(fixed === undefined ? blocked : { value: row => fixed.value(row) + blocked.value(row) }),
    })
  }
  const others = Array.from(columns).sort(([a], [b]) => (a < b ? -1 : 1))
  return [{ title: EXECUTION, ...source.exec }, ...others.map(([, column]) => column)]
}

/** Columns of the ranges that occur in the rows, in the order of their bytes. */
export function rangeColumns(source: StatSource, rows: Uint32Array): StatColumn[] {
  const named = keysOf(source, source.eachRange, rows).map((key): [string, StatColumn] => [
    rangeName(key, source.dictionary.strings),
    { title: rangeTitle(source.dictionary, key), ...source.range(key) },
  ])
  return named.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, column]) => column)
}

function keysOf(source: StatSource, each: (row: number, visit: Visit) => void, rows: Uint32Array): number[] {
  const keys = new Set<number>()
  const add = (key: number) => keys.add(key)
  const seen = new Uint8Array(source.formCount)
  for (const row of rows) {
    const form = source.form(row)
    if (seen[form] === 1) continue
    seen[form] = 1
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
    [EXECUTION]: source.exec.value(row),
    [SCHED_WAIT]: source.schedWait.value(row),
    [SYSCALL]: source.syscall.value(row),
    [SYSCALL_BLOCK]: source.syscallBlock.value(row),
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
  const rowForms = rows.map(source.form)
  const figures = new Float64Array(rows.length)
  for (const { title, value, forms } of [{ title: TOTAL, ...source.total }, ...columns]) {
    // Most figures are 0: those of forms that have none are not even looked at.
    let length = 0
    for (let i = 0; i < rows.length; i++) {
      if (forms !== undefined && forms[rowForms[i]] === 0) continue
      const figure = value(rows[i])
      if (figure !== 0) figures[length++] = figure
    }
    summary[title] = quantilesOf(figures.subarray(0, length), rows.length - length)
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
