/**
 * Windows of trace-event JSON, drawn from their own generations, equal the window cut from the JSON of the whole trace:
 * on every fixture, in every view, at the borders of generations above all.
 */
import t from 'tap'
import { type TraceEventPlan, wholeTrace } from '../../server/export/trace-event/plan.js'
import { writeTraceEvents } from '../../server/export/trace-event/write-trace-events.js'
import { type ViewerEvent, type ViewerShape, viewerEventsForm, viewerMetadataForm } from '../helpers/canonical.js'
import { type Fixture, few, listFixtures } from '../helpers/fixtures.js'
import { readGolden } from '../helpers/golden.js'
import { type LocalDetail, readDetail } from '../helpers/local-detail.js'

// All fixtures in one file: more than a runner's usual patience on a busy machine.
t.setTimeout(900_000)

const views = ['proc', 'thread', 'goroutine'] as const

/**
 * Its last generation has lost its strings: frames are "unknown" in a replay of that one alone, and have the name of
 * the same pc in an earlier generation in the JSON of the whole trace, as in cmd/trace. Their names are not compared.
 */
const NAMES_FROM_BEFORE = 'broken/long-go1.23.cutlastgen'

interface Written {
  readonly events: readonly ViewerEvent[]
  /** Of `events`; stacks resolved, numbers of arrows and regions left out, because those of a window count anew. */
  readonly lines: readonly string[]
  readonly lanes: readonly string[]
}

function write(local: LocalDetail, plan: Partial<TraceEventPlan>, named: boolean): Written {
  const job = { plan: { ...wholeTrace, ...plan }, relatedTo: null }
  const answer = JSON.parse(Buffer.concat([...writeTraceEvents(local, job)]).toString()) as ViewerShape
  const json = named ? answer : { ...answer, stackFrames: nameless(answer.stackFrames) }
  const events = (json.traceEvents ?? []).filter(({ ph }) => ph !== 'M')
  const lines = viewerEventsForm({ ...json, traceEvents: events.map(event => ({ ...event, id: 0 })) })
  return { events, lines, lanes: viewerMetadataForm(json) }
}

function nameless(frames: ViewerShape['stackFrames']): ViewerShape['stackFrames'] {
  return Object.fromEntries(Object.entries(frames).map(([id, frame]) => [id, { ...frame, name: '' }]))
}

/** Lines of what touches [from, to], in the obvious way. */
function cut({ events, lines }: Written, from: number, to: number): string[] {
  const ns = (us: number) => Math.round(us * 1000)
  const inside = (time: number) => time >= from && time <= to
  const overlaps = (start: number, end: number) => start <= to && end >= from
  const times = new Map<string, number>()
  for (const { ph, id, ts } of events) if (id !== undefined) times.set(`${ph} ${id}`, ns(ts))
  const at = (ph: string, id: number | undefined) => times.get(`${ph} ${id}`) as number
  return lines.filter((_, i) => {
    const { ph, ts, dur, id } = events[i]
    if (ph === 'X') return overlaps(ns(ts), ns(ts) + ns(dur ?? 0))
    if (ph === 'b' || ph === 'e') return overlaps(at('b', id), at('e', id))
    if (ph === 's' || ph === 't') return inside(at('s', id)) && inside(at('t', id))
    return inside(ns(ts))
  })
}

/** Windows that begin, end and lie at, before and behind borders of generations. */
function windowsOf({ viewer: { starts, endNs } }: LocalDetail): [from: number, to: number][] {
  const windows: [number, number][] = [[Math.floor(endNs * 0.3), Math.floor(endNs * 0.31)]]
  const last = starts.length - 1
  for (const row of new Set([1, last >> 1, last])) {
    if (row < 1) continue
    const [start, end] = [starts[row], starts[row + 1] ?? endNs + 1]
    const part = Math.ceil((end - start) / 20)
    windows.push([start, start + part], [start - 1, start], [end - part, end + part])
  }
  return windows
}

/** In words; comparing all at once takes the test runner a minute. */
function firstDifference(found: readonly string[], wanted: readonly string[]): string {
  for (let i = 0; i < Math.max(found.length, wanted.length); i++) {
    if (found[i] !== wanted[i]) return `event ${i}: wanted ${wanted[i]}, found ${found[i]}`
  }
  return ''
}

function compare(fixture: Fixture, place: number, usable: number): number {
  const local = readDetail(fixture.path, usable)
  const named = fixture.name !== NAMES_FROM_BEFORE
  let compared = 0
  try {
    // Where nothing is carried over a border, one view will do.
    const shown = local.viewer.starts.length > 1 ? views : [views[place % views.length]]
    for (const view of shown) {
      const whole = write(local, { view }, named)
      for (const [from, to] of windowsOf(local)) {
        const window = write(local, { view, fromNs: from, toNs: to }, named)
        const wanted = cut(whole, from, to)
        const difference = firstDifference(window.lines, wanted) || firstDifference(window.lanes, whole.lanes)
        t.equal(difference, '', `${fixture.name} by ${view}, ${from} to ${to}`)
        compared += wanted.length
      }
    }
  } finally {
    local.close()
  }
  return compared
}

t.test('windows equal what is cut from the whole', t => {
  let compared = 0
  for (const [place, fixture] of listFixtures().entries()) {
    const usable = readGolden(fixture.name)?.usable?.generations ?? 0
    if (usable > 0) compared += compare(fixture, place, usable)
  }
  t.ok(compared > (few ? 10 : 100_000), `${compared} events in windows`)
  t.end()
})
