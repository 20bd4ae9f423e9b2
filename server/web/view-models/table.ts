/**
 * Tables of the pages. A table is described once, by columns; the page and the CSV file are made from the same columns.
 */
import { type ListFacts, MOST_ROWS, type Quantiles } from '../../contract/common.js'
import { type Changes, helpUrl, linkWith, type PageName } from '../links.js'
import type { Cell, SparkAxis } from './cells.js'
import { countText } from './format.js'
import { carriedAlong, type ListQuery } from './query.js'
import type { LegendItem, StateClass } from './states.js'
import { rungHeight } from './states.js'

export interface Column<Row> {
  /** As cmd/trace prints it; also the value of `sortby` and the heading in the CSV file. */
  readonly title: string
  /** Shown instead of the title where the title is too wide. */
  readonly short?: string
  /** Anchor on the help page. */
  readonly help?: string
  readonly numeric?: boolean
  readonly sortable?: boolean
  /** Order of the first click; the second click turns it. */
  readonly firstOrder?: 'asc' | 'desc'
  /** The state that the column counts, shown as a swatch beside its title. */
  readonly state?: StateClass
  readonly cell: (row: Row) => Cell
  /** The exact value in the CSV file; a column without it is a picture and left out there. */
  readonly raw?: (row: Row) => number | string | null
  /** Unit in the CSV heading. */
  readonly unit?: 'ns'
  readonly quantiles?: Quantiles
  /** Left out of the page, and named under it, when zero in every row. */
  readonly foldable?: boolean
  /** Labels of an axis that the column's pictures share. */
  readonly axis?: SparkAxis['ticks']
  /** Extra class of the cells: `fnc` names, `wc` left out on small screens. */
  readonly className?: string
}

export interface HeadView {
  readonly title: string
  readonly lines: string[]
  readonly help: string | null
  readonly url: string | null
  readonly ariaSort: 'ascending' | 'descending' | null
  readonly numeric: boolean
  readonly className: string
  readonly axis: SparkAxis['ticks'] | null
  readonly swatch: { readonly state: StateClass; readonly y: number; readonly height: number } | null
}

export interface TableView {
  readonly id: string
  /** Many columns stand closer together. */
  readonly dense: boolean
  readonly heads: HeadView[]
  readonly stats: { readonly label: string; readonly cells: (Cell | null)[] }[]
  readonly rows: {
    readonly cells: { readonly cell: Cell; readonly className: string; readonly numeric: boolean }[]
    readonly detail: object | null
  }[]
  readonly width: number
  readonly folded: string
  readonly count: string
  readonly previous: string | null
  readonly next: string | null
  readonly legend: LegendItem[]
  readonly jsonUrl: string
  readonly csvUrl: string
  readonly csvTitle: string
  readonly statsChoices: { readonly label: string; readonly url: string; readonly current: boolean }[]
  readonly filter: FilterView | null
}

export interface FilterView {
  readonly action: string
  readonly value: string
  readonly placeholder: string
  readonly hidden: { readonly name: string; readonly value: string }[]
  readonly clearUrl: string
}

export interface TableSpec<Row> {
  readonly id: string
  readonly path: PageName
  readonly query: ListQuery
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Of the whole list; undefined: the rows are all there is and nothing pages. */
  readonly facts?: ListFacts
  /** Default order, shown by the arrow when the URL names none. */
  readonly sortedBy?: { readonly title: string; readonly order: 'asc' | 'desc' }
  /** What the rows are, for the foot, in the plural: `goroutines`. */
  readonly rowsAre: string
  readonly footNote?: string
  readonly legend?: LegendItem[]
  readonly filterHint?: string
  /** What a row unfolds, where it is unfolded; see partials/task-log.hbs. */
  readonly detailOf?: (row: Row) => object | null
  /** Whether the columns' quantiles are offered as rows. */
  readonly statistics?: boolean
}

/** Of a table's rows; a page has at most 2 MB. */
const MOST_BYTES = 1_700_000
/**
 * Bytes that an escaped quote has more in HTML than in JSON; about as many as other escapes have more than what they
 * stand for.
 */
const ESCAPE_BYTES = 4

const statRows: readonly (keyof Quantiles)[] = ['total', 'min', 'mean', 'p50', 'p90', 'p99', 'max']
const fourStatRows: readonly (keyof Quantiles)[] = ['total', 'p50', 'p99', 'max']

export function tableView<Row>(spec: TableSpec<Row>): TableView {
  const { query, path } = spec
  const url = (changes: Changes): string => linkWith(path, query, changes)
  const shown = spec.columns.filter(column => !isFolded(column, spec.rows))
  const folded = spec.columns.filter(column => isFolded(column, spec.rows))
  const total = spec.facts?.total ?? spec.rows.length
  const offset = spec.facts?.offset ?? 0
  const rows = spec.rows.map(row => ({
    cells: shown.map(column => ({
      cell: column.cell(row),
      className: column.className ?? '',
      numeric: column.numeric ?? false,
    })),
    detail: spec.detailOf?.(row) ?? null,
  }))
  if (spec.facts !== undefined) cutToRoom(rows)
  const end = offset + rows.length
  const step = spec.facts?.limit ?? 0
  return {
    id: spec.id,
    dense: shown.length > 8,
    heads: shown.map(column => headView(column, spec)),
    stats: spec.statistics && spec.rows.length > 0 ? statistics(shown, query.stats ?? '4') : [],
    rows,
    width: shown.length,
    folded: folded.map(column => column.title).join(', '),
    count: countOf(spec, offset, end, total),
    previous: offset > 0 ? url({ offset: Math.max(0, offset - step) || undefined }) : null,
    next: end < total && spec.rows.length > 0 ? url({ offset: end }) : null,
    legend: spec.legend ?? [],
    jsonUrl: url({ format: 'json' }),
    csvUrl: url({ format: 'csv', limit: total > MOST_ROWS ? MOST_ROWS : undefined, offset: undefined }),
    csvTitle: `${total > MOST_ROWS ? `The first ${countText(MOST_ROWS)}` : 'All'} rows as CSV, exact values`,
    statsChoices: spec.statistics
      ? [
          { label: 'total, p50, p99, max', url: url({ stats: undefined }), current: (query.stats ?? '4') === '4' },
          { label: 'all seven', url: url({ stats: '7' }), current: query.stats === '7' },
          { label: 'none', url: url({ stats: '0' }), current: query.stats === '0' },
        ]
      : [],
    filter:
      spec.filterHint === undefined
        ? null
        : {
            action: path,
            value: query.filter ?? '',
            placeholder: spec.filterHint,
            hidden: carriedAlong(query, ['filter', 'offset']),
            clearUrl: url({ filter: undefined, offset: undefined }),
          },
  }
}

/**
 * Leaves out rows that a page of this size has no room for; the rest pages. Names may have 1,024 bytes, and stand in
 * every link of a row.
 */
function cutToRoom(rows: TableView['rows']): void {
  let bytes = 0
  const over = rows.findIndex(row => {
    const text = JSON.stringify(row)
    // HTML needs as many, and some more for each character that it escapes.
    bytes += Buffer.byteLength(text) + ESCAPE_BYTES * (text.match(/\\"|[&<>'`=]/g)?.length ?? 0)
    return bytes > MOST_BYTES
  })
  if (over > 0) rows.length = over
}

function isFolded<Row>(column: Column<Row>, rows: readonly Row[]): boolean {
  if (!column.foldable || rows.length === 0) return false
  if (column.quantiles !== undefined) return column.quantiles.max === 0 && column.quantiles.total === 0
  return rows.every(row => column.raw?.(row) === 0)
}

function headView<Row>(column: Column<Row>, spec: TableSpec<Row>): HeadView {
  const known = spec.columns.some(other => other.sortable && other.title === spec.query.sortby)
  const sortedBy = known ? spec.query.sortby : spec.sortedBy?.title
  const first = column.firstOrder ?? (column.numeric ? 'desc' : 'asc')
  let order: 'asc' | 'desc' | null = null
  if (column.sortable && column.title === sortedBy) {
    order = spec.query.order || (known ? first : (spec.sortedBy?.order ?? first))
  }
  const next = order === null ? first : order === 'desc' ? 'asc' : 'desc'
  const changes = { sortby: column.title, order: next, offset: undefined }
  const height = column.state === undefined ? 0 : rungHeight(column.state)
  return {
    title: column.title,
    lines: column.numeric ? headLines(column.short ?? column.title) : [column.short ?? column.title],
    help: column.help === undefined ? null : helpUrl(column.help),
    url: column.sortable ? linkWith(spec.path, spec.query, changes) : null,
    ariaSort: order === null ? null : order === 'desc' ? 'descending' : 'ascending',
    numeric: column.numeric ?? false,
    className: column.className ?? '',
    axis: column.axis ?? null,
    swatch: column.state === undefined ? null : { state: column.state, y: 12 - height, height },
  }
}

/**
 * A heading takes two lines at most: a reason in parentheses stands below, else a long title breaks near its middle.
 */
function headLines(title: string): string[] {
  const reason = /^(\S.*?) (\(.*\))$/.exec(title)
  if (reason !== null) return [reason[1], reason[2]]
  const words = title.split(' ')
  if (title.length <= 12 || words.length === 1) return [title]
  let best = 1
  const longest = (cut: number): number =>
    Math.max(words.slice(0, cut).join(' ').length, words.slice(cut).join(' ').length)
  for (let cut = 2; cut < words.length; cut++) {
    if (longest(cut) < longest(best)) best = cut
  }
  return [words.slice(0, best).join(' '), words.slice(best).join(' ')]
}

function statistics<Row>(columns: readonly Column<Row>[], choice: '4' | '7' | '0'): TableView['stats'] {
  const names = choice === '0' ? [] : choice === '7' ? statRows : fourStatRows
  return names.map(label => ({
    label,
    // The first column carries the label.
    cells: columns
      .slice(1)
      .map(column => (column.quantiles === undefined ? null : { kind: 'duration', ns: column.quantiles[label] })),
  }))
}

function countOf<Row>(spec: TableSpec<Row>, offset: number, end: number, total: number): string {
  const note = spec.footNote === undefined ? '' : ` · ${spec.footNote}`
  const things = total === 1 ? spec.rowsAre.replace(/s$/, '') : spec.rowsAre
  const part =
    offset === 0 && end === total
      ? `${countText(total)} ${things}`
      : `${countText(Math.min(offset + 1, end))}–${countText(end)} of ${countText(total)} ${things}`
  return part + note
}

/** The longest of some rows, at least `least`, ns: a CSV has more of them than a call may have arguments. */
export function longestOf<Row>(rows: readonly Row[], lengthOf: (row: Row) => number, least: number): number {
  return rows.reduce((longest, row) => Math.max(longest, lengthOf(row)), least)
}

/** The rows as CSV (RFC 4180) with exact values: every column, folded or not, pictures left out. */
export function csvOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const withValue = columns.filter(column => column.raw !== undefined)
  const heads = withValue.map(column => (column.unit ? `${column.title} (${column.unit})` : column.title))
  const lines = [heads, ...rows.map(row => withValue.map(column => column.raw!(row) ?? ''))]
  return lines.map(line => `${line.map(csvField).join(',')}\r\n`).join('')
}

/**
 * A text that a spreadsheet would run as a formula gets a quote in front; numbers, and ids that are too large for one,
 * are what they are.
 */
function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^[=+@\t\r\n-]/.test(value) && !/^-\d+$/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
