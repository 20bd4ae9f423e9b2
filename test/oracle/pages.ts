/**
 * Reads the HTML pages of `go tool trace` into the shapes of test/helpers/canonical.ts. Durations become integer
 * nanoseconds again. Every reader throws on markup that it does not know.
 */
import { parseDuration } from '../../server/shared/duration.js'
import type {
  BucketShape,
  ColumnsShape,
  GroupPageShape,
  GroupShape,
  RegionsShape,
  RegionTypesShape,
  RowShape,
  TaskEventShape,
  TasksShape,
  TaskTypesShape,
} from '../helpers/canonical.js'

/** `/goroutines` */
export function readGoroutines(html: string): { groups: GroupShape[] } {
  const rows = matches(
    html,
    /<td><code><a href="\/goroutine\?name=([^"]*)">[\s\S]*?<\/a><\/code><\/td>\s*<td>(\d+)<\/td>\s*<td>([^<]*)<\/td>/g,
  )
  if (rows.length !== tableRows(html)) throw new Error('a row of /goroutines was not understood')
  return {
    groups: rows.map(([name, count, time]) => ({ name: urlText(name), count: +count, execTimeNs: nanos(time) })),
  }
}

/** `/goroutine?name=` */
export function readGoroutineGroup(html: string): GroupPageShape {
  const [name] = one(html, /Goroutine start location:<\/td>\s*<td><code>([^<]*)<\/code>/)
  const [count] = one(html, /Count:<\/td>\s*<td>(\d+)<\/td>/)
  const [percent] = one(html, /Execution Time:<\/td>\s*<td>([\d.]*)%? of total/)
  const { columns, rangeColumns, rows } = readBreakdown(html, 0)
  return {
    name: text(name),
    count: +count,
    execTimePercent: percent === '' ? null : +percent,
    columns,
    rangeColumns,
    goroutines: rows.map(({ key, ...row }) => ({ id: key, ...row })),
  }
}

/** `/userregion` */
export function readRegions(html: string): RegionsShape {
  const { columns, rangeColumns, rows } = readBreakdown(html, 1)
  return {
    columns,
    rangeColumns,
    regions: rows.map(({ key, extra, ...row }) => ({ goroutine: key, task: stripTags(extra[0]) || '0', ...row })),
  }
}

interface BreakdownRow extends RowShape {
  /** The cells up to the total, by which the second table knows the row. */
  readonly head: string
  /** The goroutine. */
  readonly key: string
  /** Cells between goroutine and total. */
  readonly extra: readonly string[]
  readonly ranges: Record<string, number>
}

/**
 * The two tables of a breakdown. Rows of the second one lack those without range time, but keep the order of the first,
 * so that equal keys are told apart by their place.
 */
function readBreakdown(html: string, extraCells: number): ColumnsShape & { readonly rows: BreakdownRow[] } {
  const [, first, second] = html.split('<table class="details">')
  const columns = statColumns(first)
  const rangeColumns = statColumns(second)
  const rows = bodyRows(first).map(cells => {
    const [goroutine, ...rest] = cells
    const figures = rest.slice(extraCells + 2).map(nanos)
    if (figures.length !== columns.length) throw new Error('a row of a breakdown was not understood')
    return {
      head: JSON.stringify(cells.slice(0, 2 + extraCells)),
      key: stripTags(goroutine),
      extra: rest.slice(0, extraCells),
      totalTimeNs: nanos(rest[extraCells]),
      stats: Object.fromEntries(columns.map((column, i) => [column, figures[i]])),
      ranges: {} as Record<string, number>,
    }
  })
  let at = 0
  for (const cells of bodyRows(second)) {
    const heads = 2 + extraCells
    const head = JSON.stringify(cells.slice(0, heads))
    while (at < rows.length && rows[at].head !== head) at++
    if (at === rows.length) throw new Error('a row of the special ranges has no row in the breakdown')
    const figures = cells.slice(heads).map(nanos)
    rows[at].ranges = Object.fromEntries(rangeColumns.map((column, i) => [column, figures[i]]))
    at++
  }
  return { columns, rangeColumns, rows }
}

function statColumns(table: string): string[] {
  return matches(table, /<th [^>]*style="background-color[^>]*>\s*([^<]*)<\/th>/g).map(([name]) => text(name))
}

/** Types as their links name them, in a form that a query may hold: a name is bytes, which need not be UTF-8. */
interface Named {
  readonly param: string
}

/** `/usertasks` */
export function readTaskTypes(html: string): { types: (TaskTypesShape['types'][number] & Named)[] } {
  const rows = matches(
    html,
    /<td>[^<]*<\/td>\s*<td><a href="\/usertask\?type=([^"]*)">(\d+)<\/a><\/td>\s*<td>([\s\S]*?)<\/td>\s*<\/tr>\s*(?=<tr>\s*<td>[^<]*<\/td>\s*<td><a|<\/table>\s*<\/body>)/g,
  )
  return { types: rows.map(([type, count, cell]) => ({ ...named(type), count: +count, histogram: histogram(cell) })) }
}

/** `/userregions` */
export function readRegionTypes(html: string): { regions: (RegionTypesShape['regions'][number] & Named)[] } {
  const rows = matches(
    html,
    /<td><pre>[^<]*<br>([^<]*) @ 0x([0-9a-f]+)<br>([^<]*):(\d+)<\/pre><\/td>\s*<td><a href="\/userregion\?type=([^"]*)&pc=[0-9a-f]+">(\d+)<\/a><\/td>\s*<td>([\s\S]*?)<\/td>\s*<\/tr>\s*(?=<tr>\s*<td><pre>|<\/table>\s*<\/body>)/g,
  )
  return {
    regions: rows.map(([func, pc, file, line, type, count, cell]) => ({
      ...named(type),
      func: text(func),
      pc,
      file: text(file),
      line,
      count: +count,
      histogram: histogram(cell),
    })),
  }
}

/** `/usertask` */
export function readTasks(html: string): TasksShape {
  const [, table] = html.split('<table id="reqs">')
  const tasks: { id: string; complete: boolean; startNs: number; durationNs: number; events: TaskEventShape[] }[] = []
  for (const row of table.split(/<tr(?: class="first")?>/).slice(2)) {
    const cells = cellsOf(row)
    const task = /Task (\d+)<\/a>[\s\S]*\((complete|incomplete)\)/.exec(cells[3])
    if (task !== null && /\/trace\?focustask=/.test(cells[3])) {
      tasks.push({
        id: task[1],
        complete: task[2] === 'complete',
        startNs: seconds(cells[0].replace(/s$/, '')),
        durationNs: nanos(cells[1]),
        events: [],
      })
    } else {
      const [timeNs, elapsedNs] = [seconds(cells[0]), seconds(cells[1])]
      tasks.at(-1)!.events.push({ timeNs, elapsedNs, goroutine: stripTags(cells[2]), ...taskEvent(text(cells[3])) })
    }
  }
  return { tasks }
}

function taskEvent(what: string): Pick<TaskEventShape, 'kind'> & Partial<TaskEventShape> {
  const quoted = '("(?:[^"\\\\]|\\\\.)*")'
  const begin = new RegExp(`^task ${quoted} \\(ID (\\d+), parent (\\d+)\\) begin$`).exec(what)
  if (begin !== null) return { kind: 'taskBegin', type: unquoted(begin[1]), task: begin[2], parent: begin[3] }
  if (what === 'task end') return { kind: 'taskEnd' }
  const region = new RegExp(`^region ${quoted} (begin|end)$`).exec(what)
  if (region !== null) return { kind: region[2] === 'begin' ? 'regionBegin' : 'regionEnd', region: unquoted(region[1]) }
  const log = new RegExp(`^log (?:\\(category: ([\\s\\S]*)\\): )?${quoted}$`).exec(what)
  if (log !== null) return { kind: 'log', category: log[1] ?? '', message: unquoted(log[2]) }
  const transition = /^(\w+) -> (\w+)$/.exec(what)
  if (transition !== null) return { kind: 'transition', from: transition[1], to: transition[2] }
  throw new Error(`an event of a task was not understood: ${what}`)
}

/** Buckets with their lower limits; the last label is the upper limit of the last one. */
function histogram(cell: string): BucketShape[] {
  const labels = matches(cell, /<td(?: class="histoTime")? align="right">(?:<a [^>]*>)?([^<]*)(?:<\/a>)?<\/td>/g)
  const counts = matches(cell, /<td align="right"><div style="position:relative">(\d+)<\/div><\/td>/g)
  if (labels.length === 0) return []
  if (labels.length !== counts.length + 1) throw new Error('a histogram was not understood')
  const limits = labels.map(([label]) => nanos(label))
  return counts.map(([count], i) => ({ minNs: limits[i], maxNs: limits[i + 1], count: +count }))
}

/** Rows of a table as cells, without the heading. */
function bodyRows(table: string): string[][] {
  return table
    .split('</table>')[0]
    .split('<tr>')
    .map(cellsOf)
    .filter(cells => cells.length > 0)
}

function cellsOf(row: string): string[] {
  return matches(row, /<td[^>]*>([\s\S]*?)<\/td>/g).map(([cell]) => cell.replace(/^\n\s*|\s*$/g, ''))
}

function tableRows(html: string): number {
  return html.split('<tr>').length - 2
}

function stripTags(html: string): string {
  return html.replace(/<[^>]*>/g, '').trim()
}

function nanos(duration: string): number {
  const ns = parseDuration(text(duration).trim())
  if (ns === null) throw new Error(`not a duration: ${duration}`)
  return ns
}

/** Nanoseconds of seconds with nine decimals, in which leading zeros may be blanks. */
function seconds(shown: string): number {
  const match = /^ *(\d*)\.([ \d]{9})$/.exec(shown)
  if (match === null) throw new Error(`not a number of seconds: ${shown}`)
  return Number(match[1] + match[2].replaceAll(' ', '0'))
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: '\u00a0' }

function text(html: string): string {
  return html.replace(/&(?:#(\d+)|(\w+));/g, (all, code, name) =>
    code === undefined ? (entities[name] ?? all) : String.fromCodePoint(+code),
  )
}

function urlText(attribute: string): string {
  return decoder.decode(urlBytes(attribute))
}

function named(attribute: string): Named & { type: string } {
  const bytes = urlBytes(attribute)
  const type = decoder.decode(bytes)
  const exact = bytes.equals(Buffer.from(type))
  return { type, param: exact ? new URLSearchParams({ type }).toString().slice('type='.length) : percentText(bytes) }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function urlBytes(attribute: string): Buffer {
  const parts = text(attribute).split(/%([0-9a-f]{2})/i)
  return Buffer.concat(parts.map((part, i) => Buffer.from(part, i % 2 === 0 ? 'utf8' : 'hex')))
}

function percentText(bytes: Buffer): string {
  const shown = (byte: number) => {
    if (byte === 0x20) return '+'
    const character = String.fromCharCode(byte)
    return /[\w.*-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return Array.from(bytes, shown).join('')
}

const escapes: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** The text that Go's %q shows; its \\x are bytes, the others characters. */
export function unquoted(shown: string): string {
  const parts: Buffer[] = []
  for (const [, byte, short, long, other, plain] of shown
    .slice(1, -1)
    .matchAll(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([\s\S]))|([^\\]+)/g)) {
    const code = short ?? long
    if (byte !== undefined) parts.push(Buffer.from(byte, 'hex'))
    else if (code !== undefined) parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(code, 16))))
    else parts.push(Buffer.from(plain ?? escapes[other] ?? other))
  }
  return decoder.decode(Buffer.concat(parts))
}

function matches(source: string, pattern: RegExp): string[][] {
  return [...source.matchAll(pattern)].map(match => match.slice(1))
}

function one(html: string, pattern: RegExp): string[] {
  const match = pattern.exec(html)
  if (match === null) throw new Error(`a page lacks ${pattern}`)
  return match.slice(1)
}
