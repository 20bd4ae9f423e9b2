/**
 * Canonical forms: what an answer says, without what may differ between two right answers (the order of ties, ids of
 * stacks, the layout of a page). A form is a list of lines of text; two answers are the same when their forms are.
 *
 * The functions take the JSON bodies of our pages (contract/trace.ts); test/oracle/pages.ts reads the pages of
 * the original into the same shapes, so that both sides go through one function.
 */
import { createHash } from 'node:crypto'

export type Form = readonly string[]

type Id = number | string

export interface GroupShape {
  readonly name: string
  readonly count: number
  readonly execTimeNs: number
}

export interface RowShape {
  readonly totalTimeNs: number
  readonly stats: Readonly<Record<string, number>>
  readonly ranges: Readonly<Record<string, number>>
}

export interface ColumnsShape {
  readonly columns: readonly string[]
  readonly rangeColumns: readonly string[]
}

export interface GroupPageShape extends ColumnsShape {
  readonly name: string
  readonly count: number
  readonly execTimePercent: number | null
  readonly goroutines: readonly (RowShape & { readonly id: Id })[]
}

export interface FrameShape {
  readonly func: string
  readonly file: string
  readonly line: Id
  readonly pc: string
}

export interface ProfileShape {
  readonly sampleTypes: readonly { readonly type: string; readonly unit: string }[]
  readonly samples: readonly {
    readonly stack: readonly FrameShape[]
    readonly count: number
    readonly delayNs: number
  }[]
}

export interface BucketShape {
  readonly minNs: number
  readonly maxNs: number
  readonly count: number
}

export interface TaskTypesShape {
  readonly types: readonly {
    readonly type: string
    readonly count: number
    readonly histogram: readonly BucketShape[]
  }[]
}

/** One event of a task; the members that its kind has. */
export interface TaskEventShape {
  readonly timeNs: number
  readonly elapsedNs: number
  readonly goroutine: Id
  readonly kind: string
  readonly type?: string
  readonly task?: Id
  readonly parent?: Id
  readonly region?: string
  readonly category?: string
  readonly message?: string
  readonly from?: string
  readonly to?: string
}

export interface TasksShape {
  readonly tasks: readonly {
    readonly id: Id
    readonly complete: boolean
    readonly startNs: number
    readonly durationNs: number
    readonly events: readonly TaskEventShape[]
  }[]
}

export interface RegionTypesShape {
  readonly regions: readonly {
    readonly type: string
    readonly func: string
    readonly pc: string
    readonly file: string
    readonly line: Id
    readonly count: number
    readonly histogram: readonly BucketShape[]
  }[]
}

export interface RegionsShape extends ColumnsShape {
  readonly regions: readonly (RowShape & { readonly goroutine: Id; readonly task: Id })[]
}

export interface ViewerEvent {
  readonly name?: string
  readonly ph: string
  readonly s?: string
  readonly ts: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly id?: number
  readonly sf?: number
  readonly esf?: number
  readonly args?: Readonly<Record<string, unknown>>
  readonly cname?: string
  readonly cat?: string
}

export interface ViewerShape {
  readonly traceEvents?: readonly ViewerEvent[]
  readonly stackFrames: Readonly<Record<string, { readonly name: string; readonly parent?: number }>>
}

/** The hash by which a golden knows a form. */
export function hashForm(form: Form): string {
  const hash = createHash('sha256')
  for (const line of form) hash.update(`${line}\n`)
  return hash.digest('hex').slice(0, 32)
}

export function goroutinesForm(answer: { readonly groups: readonly GroupShape[] }): Form {
  return sorted(answer.groups.map(({ name, count, execTimeNs }) => `${quote(name)} ${count} ${execTimeNs}`))
}

export function goroutineGroupForm(answer: GroupPageShape): Form {
  const { name, count, execTimePercent, goroutines } = answer
  const percent = execTimePercent === null ? '-' : execTimePercent.toFixed(2)
  return [`${quote(name)} ${count} ${percent}`, ...rowsForm(answer, goroutines, row => String(row.id))]
}

/** Samples by stack; the frames are the key, so that samples of one stack may stand in one or in several entries. */
export function profileForm(answer: ProfileShape): Form {
  const byStack = new Map<string, { count: number; delayNs: number }>()
  for (const { stack, count, delayNs } of answer.samples) {
    const key = stack.map(({ func, file, line, pc }) => `${pc} ${func} ${file}:${line}`).join('; ')
    const sum = byStack.get(key) ?? { count: 0, delayNs: 0 }
    byStack.set(key, { count: sum.count + count, delayNs: sum.delayNs + delayNs })
  }
  const types = answer.sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(' ')
  return [types, ...sorted([...byStack].map(([stack, { count, delayNs }]) => `${count} ${delayNs} ${stack}`))]
}

export function taskTypesForm(answer: TaskTypesShape): Form {
  return answer.types.map(({ type, count, histogram }) => `${quote(type)} ${count} ${histogramText(histogram)}`)
}

export function tasksForm(answer: TasksShape): Form {
  return sorted(
    answer.tasks.map(task => {
      const head = `${task.id} ${task.complete ? 'complete' : 'incomplete'} ${task.startNs} ${task.durationNs}`
      const events = task.events.map(
        event => `${event.timeNs} ${event.elapsedNs} ${event.goroutine} ${taskEventText(event)}`,
      )
      return [head, ...events].join(' | ')
    }),
  )
}

export function regionTypesForm(answer: RegionTypesShape): Form {
  return sorted(
    answer.regions.map(
      ({ type, func, pc, file, line, count, histogram }) =>
        `${quote(type)} ${func} @ ${pc} ${file}:${line} ${count} ${histogramText(histogram)}`,
    ),
  )
}

export function regionsForm(answer: RegionsShape): Form {
  return rowsForm(answer, answer.regions, row => `${row.goroutine} ${row.task}`)
}

/** The events of `/jsontrace` in order, stacks resolved; without the metadata. */
export function viewerEventsForm(answer: ViewerShape): Form {
  const stackText = stackTexts(answer.stackFrames)
  return (answer.traceEvents ?? []).filter(({ ph }) => ph !== 'M').map(event => viewerLine(event, stackText))
}

/** The metadata of `/jsontrace`: names and places of processes and lanes, in no order. */
export function viewerMetadataForm(answer: ViewerShape): Form {
  return sorted((answer.traceEvents ?? []).filter(({ ph }) => ph === 'M').map(event => viewerLine(event, () => '')))
}

/** The form of an answer by the path of its URL; the page's JSON body on our side. */
export function formOf(path: string, body: unknown): Form {
  const form = forms[path]
  if (form === undefined) throw new Error(`no canonical form for ${path}`)
  return form(body as never)
}

const forms: Record<string, (body: never) => Form> = {
  '/goroutines': goroutinesForm,
  '/goroutine': goroutineGroupForm,
  '/usertasks': taskTypesForm,
  '/usertask': tasksForm,
  '/userregions': regionTypesForm,
  '/userregion': regionsForm,
  '/jsontrace': viewerEventsForm,
  ...Object.fromEntries(
    ['io', 'block', 'syscall', 'sched'].flatMap(kind => [
      [`/${kind}`, profileForm],
      [`/region${kind}`, profileForm],
    ]),
  ),
}

/** Lines of a breakdown with its special ranges. A row without any time in a range is not in the table of ranges. */
function rowsForm<R extends RowShape>(answer: ColumnsShape, rows: readonly R[], head: (row: R) => string): string[] {
  const { columns, rangeColumns } = answer
  const lines = rows.map(row => {
    const stats = columns.map(column => row.stats[column] ?? 0)
    const ranges = rangeColumns.map(column => row.ranges[column] ?? 0)
    const rangeText = ranges.some(time => time !== 0) ? ` + ${ranges.join(' ')}` : ''
    return `${head(row)}: ${row.totalTimeNs} = ${stats.join(' ')}${rangeText}`
  })
  return [`columns ${columns.map(quote).join(' ')}`, `ranges ${rangeColumns.map(quote).join(' ')}`, ...sorted(lines)]
}

function histogramText(histogram: readonly BucketShape[]): string {
  if (histogram.length === 0) return 'no histogram'
  return [...histogram.map(({ minNs, count }) => `${minNs}:${count}`), histogram.at(-1)!.maxNs].join(' ')
}

/** The parent of a task that has none is 0 on our side and 2^64−1 or, at the end of a task, 0 in the original. */
function taskEventText(event: TaskEventShape): string {
  switch (event.kind) {
    case 'taskBegin': {
      const parent = BigInt.asIntN(64, BigInt(event.parent ?? 0)) === -1n ? 0 : (event.parent ?? 0)
      return `task ${quote(event.type ?? '')} ${event.task} of ${parent} begins`
    }
    case 'taskEnd':
      return 'task ends'
    case 'regionBegin':
      return `region ${quote(event.region ?? '')} begins`
    case 'regionEnd':
      return `region ${quote(event.region ?? '')} ends`
    case 'log':
      // The original's page shows a category as it is, but for this one byte, which HTML cannot say.
      return `log ${quote((event.category ?? '').replaceAll('\0', '\ufffd'))} ${quote(event.message ?? '')}`
    case 'transition':
      return `${event.from} to ${event.to}`
    default:
      throw new Error(`unknown kind of task event: ${event.kind}`)
  }
}

/** Counters that would be below zero are zero on our side and 2^64 less in the original. */
function viewerLine(event: ViewerEvent, stackText: (id: number | undefined) => string): string {
  const args = event.args && Object.entries(event.args).map(([key, value]) => [key, counterValue(value)])
  return JSON.stringify([
    event.ph,
    event.name ?? '',
    Math.round(event.ts * 1000),
    Math.round((event.dur ?? 0) * 1000),
    event.pid,
    event.tid,
    event.id ?? 0,
    event.cat ?? '',
    event.s ?? '',
    event.cname ?? '',
    args ?? null,
    stackText(event.sf),
    stackText(event.esf),
  ])
}

function counterValue(value: unknown): unknown {
  return typeof value === 'number' && value >= 2 ** 63 ? 0 : value
}

/** Text of a stack: its leaf, its depth, and a hash of all its frames. */
function stackTexts(frames: ViewerShape['stackFrames']): (id: number | undefined) => string {
  const whole = new Map<number, string>()
  const wholeText = (id: number): string => {
    let text = whole.get(id)
    if (text === undefined) {
      const frame = frames[id]
      if (frame === undefined) throw new Error(`stack frame ${id} is not in the answer`)
      text = frame.parent === undefined ? frame.name : `${frame.name};${wholeText(frame.parent)}`
      whole.set(id, text)
    }
    return text
  }
  const short = new Map<number, string>()
  return id => {
    if (id === undefined || id === 0) return ''
    let text = short.get(id)
    if (text === undefined) {
      const all = wholeText(id)
      const depth = all.split(';').length
      text = `${frames[id].name} ${depth} ${createHash('sha256').update(all).digest('hex').slice(0, 8)}`
      short.set(id, text)
    }
    return text
  }
}

function sorted(lines: readonly string[]): string[] {
  return [...lines].sort()
}

function quote(text: string): string {
  return JSON.stringify(text)
}
