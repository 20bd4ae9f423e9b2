/**
 * The trace-event JSON: against the recorded answers of `go tool trace` for every fixture, through the route; windows,
 * texts and numbers against obvious twins; and the shape that viewers need.
 */
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import type { TraceEventJob } from '../../server/contract/trace-view.js'
import { GoState } from '../../server/core/states.js'
import { CodedError } from '../../server/errors.js'
import { TraceEventExporter } from '../../server/export/trace-event/exporter.js'
import { escapeBytes, microseconds } from '../../server/export/trace-event/json-text.js'
import { type TraceEventPlan, wholeTrace } from '../../server/export/trace-event/plan.js'
import { RelatedGoroutines } from '../../server/export/trace-event/related-goroutines.js'
import { traceEventJob } from '../../server/export/trace-event/request.js'
import { writeTraceEvents } from '../../server/export/trace-event/write-trace-events.js'
import { Timeline } from '../../server/replay/timeline-reading.js'
import type { ViewerReading } from '../../server/replay/viewer-reading.js'
import { appOf } from '../helpers/app.js'
import { Story } from '../helpers/blocks.js'
import {
  type Form,
  hashForm,
  type ViewerEvent,
  type ViewerShape,
  viewerEventsForm,
  viewerMetadataForm,
} from '../helpers/canonical.js'
import { type Fixture, fixture, listFixtures } from '../helpers/fixtures.js'
import { differenceFrom, type Golden, questionsOf, readGolden } from '../helpers/golden.js'
import { readDetail } from '../helpers/local-detail.js'
import { localTrace } from '../helpers/local-trace.js'

// All fixtures in one file: more than a runner's usual patience on a busy machine.
t.setTimeout(900_000)

/** The whole text of a plan, and the lengths of its pieces. */
function write(path: string, plan: Partial<TraceEventPlan>): { json: ViewerShape; text: string; pieces: number[] } {
  const local = readDetail(path)
  try {
    const pieces = [...writeTraceEvents(local, { plan: { ...wholeTrace, ...plan }, relatedTo: null })]
    const text = Buffer.concat(pieces).toString()
    return { json: JSON.parse(text), text, pieces: pieces.map(piece => piece.length).filter(length => length > 0) }
  } finally {
    local.close()
  }
}

async function compare(t: Test, golden: Golden, { path }: Fixture): Promise<void> {
  const local = readDetail(path, golden.usable?.generations)
  const traceEvents = async (job: TraceEventJob) => Readable.from(writeTraceEvents(local, job))
  const app = appOf(localTrace(path), { file: 'trace', traceEvents })
  t.teardown(async () => {
    await app.close()
    local.close()
  })
  let asked = ''
  let json: ViewerShape = { stackFrames: {} }
  for (const question of questionsOf(golden, '/jsontrace')) {
    const [url, part] = question.split('#')
    if (url !== asked) {
      const response = await app.inject({ url, headers: { host: 'localhost' } })
      if (response.statusCode !== 200) {
        t.fail(`${question}: ${response.statusCode} ${response.body}`)
        continue
      }
      json = response.json()
      asked = url
    }
    // The canonical form takes a counter below zero for zero.
    const odd = json.traceEvents?.find(
      event => event.ph === 'C' && Object.values(event.args!).some(v => !(Number(v) < 2 ** 60)),
    )
    if (odd !== undefined) t.fail('a counter is below zero', { odd })
    const found: Form = part === 'metadata' ? viewerMetadataForm(json) : viewerEventsForm(json)
    const wanted = golden.answers[question]
    if (hashForm(found) === wanted.hash) t.pass(question)
    else t.fail(`${golden.name} ${question}`, { difference: differenceFrom(wanted, found) })
  }
}

t.test('as go tool trace answers', async t => {
  for (const fixture of listFixtures()) {
    const golden = readGolden(fixture.name)
    if (golden === null || golden.usable === null || golden.usable.generations === 0) continue
    await t.test(fixture.name, t => compare(t, golden, fixture))
  }
})

/** Events in words, without the numbers of arrows. */
function linesOf(json: ViewerShape): Form {
  return viewerEventsForm({ ...json, traceEvents: json.traceEvents?.map(event => ({ ...event, id: 0 })) })
}

t.test('positions cut the sequence of events and keep the stacks that are left', t => {
  const { path } = fixture('tasks-go1.26')
  const whole = write(path, {}).json
  const part = write(path, { firstIndex: 100, lastIndex: 250 }).json
  t.same(linesOf(part), linesOf(whole).slice(100, 251))
  t.ok(Object.keys(part.stackFrames).length < Object.keys(whole.stackFrames).length)
  const none = write(path, { firstIndex: -5, lastIndex: -1 }).json
  t.same(linesOf(none), [])
  t.same(none.stackFrames, {})
  t.end()
})

t.test('viewers find all that they need, and get it in pieces', async t => {
  for (const name of ['web-go1.26', 'cgocall-go1.25', 'syscalls-go1.22', 'cpuprofile-go1.19', 'empty-go1.26']) {
    for (const view of ['proc', 'thread'] as const) {
      const { json, text, pieces } = write(fixture(name).path, { view })
      const events = json.traceEvents ?? []
      t.match(text, /^\{"displayTimeUnit":"ns"\n,"traceEvents": \[\{.*\}\n\], "stackFrames":\{.*\}\n\}$/s)
      for (const { parent } of Object.values(json.stackFrames)) {
        if (parent !== undefined && json.stackFrames[parent] === undefined) t.fail(`frame ${parent} is missing`)
      }
      const open = new Map<number, ViewerEvent>()
      const named = new Set(events.filter(event => event.name === 'thread_name').map(({ pid, tid }) => `${pid}:${tid}`))
      for (const event of events) {
        const { ph, ts, pid, tid, id, sf, esf } = event
        if (typeof ph !== 'string' || typeof ts !== 'number' || typeof pid !== 'number' || typeof tid !== 'number') {
          t.fail('an event lacks what every event has', { event })
        }
        for (const stack of [sf, esf]) {
          if (stack !== undefined && json.stackFrames[stack] === undefined) t.fail(`stack ${stack} is missing`)
        }
        if (ph === 's') open.set(id as number, event)
        if (ph === 't') {
          if (open.get(id as number)?.name !== event.name) t.fail('an arrow ends that did not begin', { event })
          open.delete(id as number)
        }
        if (ph !== 'M' && ph !== 'C' && tid < 2 ** 63 && !named.has(`${pid}:${tid}`))
          t.fail('a lane has no name', { event })
      }
      t.equal(open.size, 0, `${name} by ${view}: every arrow ends`)
      t.ok(Math.max(...pieces) < 100_000, 'no piece is large')
      t.ok(pieces.length > text.length / 200_000)
    }
  }
})

/** The JSON of a story. */
function firstReading(story: Story): ViewerReading {
  const timeline = new Timeline(story.dictionary)
  timeline.feed(story.block())
  timeline.finish()
  return timeline.viewer
}

function draw(story: Story, plan: Partial<TraceEventPlan> = {}): ViewerEvent[] {
  const viewer = firstReading(story)
  const exporter = new TraceEventExporter(story.dictionary, { ...wholeTrace, ...plan }, viewer, 1000n)
  const text = Buffer.concat([...exporter.feed(story.block()), ...exporter.finish()]).toString()
  return (JSON.parse(text) as ViewerShape).traceEvents?.filter(({ ph }) => ph !== 'M') ?? []
}

t.test('arrows come from every known waker, also from proc 0, and from no other', t => {
  const story = new Story()
  story.at(0).sync()
  for (const [g, at, waker] of [
    [7, 10, { m: 1, p: 0 }],
    [8, 20, { m: 1 }],
  ] as const) {
    story.at(at, { m: 1, p: 3 }).event('GoStatus', { g, m: -1, from: GoState.Undetermined, to: GoState.Waiting })
    story.at(at + 1, waker).event('GoUnblock', { g })
    story.at(at + 2, { m: 2, p: 3 }).event('GoStart', { g })
    story.at(at + 5, { m: 2, p: 3, g }).event('GoDestroy')
  }
  const arrows = draw(story).filter(({ ph }) => ph === 's' || ph === 't')
  t.match(arrows, [
    { name: 'unblock', ph: 's', ts: 0.011, tid: 0, id: 1 },
    { name: 'unblock', ph: 't', ts: 0.012, tid: 3, id: 1 },
  ])
  t.equal(arrows.length, 2)
  t.end()
})

t.test('counters do not go below zero', t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 7, m: -1, from: GoState.Undetermined, to: GoState.Waiting })
  story.at(2, { m: 1, p: 0 }).event('GCMarkAssistActive', { g: 7 })
  story.at(3, { m: 1, p: 0 }).event('GoUnblock', { g: 7 })
  const counters = draw(story).filter(({ name }) => name === 'Goroutines')
  t.match(counters, [
    { args: { Running: 0, Runnable: 0, GCWaiting: 0 } },
    { args: { Running: 0, Runnable: 1, GCWaiting: 0 } },
  ])
  t.end()
})

t.test('a cycle of tasks is cut', t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 7, m: 1, from: GoState.Undetermined, to: GoState.Running })
  const user = { m: 1, p: 0, g: 7 }
  story.at(2, user).event('UserTaskBegin', { task: 1, parent: 2, name: 'a', stack: ['main.a'] })
  story.at(3, user).event('UserTaskBegin', { task: 2, parent: 1, name: 'b', stack: ['main.b'] })
  story.at(4, user).event('UserRegionBegin', { task: 2, name: '<r>', stack: ['main.r'] })
  story.at(5, user).event('UserTaskEnd', { task: 2, parent: 1, name: 'b', stack: ['main.b'] })
  const facts = story.tell(10)
  const job = traceEventJob(answerQuery(facts, 'traceView', { taskid: 2 }), { view: 'proc' })
  const events = draw(story, job.plan)
  const slices = events.filter(({ ph, pid }) => ph === 'X' && pid === 2)
  t.same(
    slices.map(({ tid }) => tid),
    [1, 2],
    'no task stands twice',
  )
  t.match(
    events.filter(({ ph }) => ph === 'b' || ph === 'e'),
    [
      { name: '<r>', cat: 'Region', ts: 0.004, tid: 7, s: '2' },
      { name: '<r>', cat: 'Region', ts: 0.01, tid: 7, args: { taskid: 2 } },
    ],
  )
  t.throws(
    () => answerQuery(facts, 'traceView', { taskid: 9 }),
    new CodedError('UNKNOWN_TASK', 'failed to find task with id 9'),
  )
  t.throws(
    () => answerQuery(facts, 'traceView', { goid: 9 }),
    new CodedError('UNKNOWN_GOROUTINE', 'This trace has no goroutine 9. Ids run from 7 to 7.'),
  )
  t.end()
})

t.test('related goroutines: who woke it, and who woke these', t => {
  const story = new Story()
  story.at(0).sync()
  const wakes: [number, number][] = [
    [2, 1],
    [3, 2],
    [4, 3],
    [1, 9],
  ]
  for (const [by, g] of wakes) story.at(by, { m: 1, p: 0, g: by }).event('GoUnblock', { g })
  const { goroutines } = story.dictionary
  const viewer = firstReading(story)
  const ids = (id: number) => {
    const related = new RelatedGoroutines(goroutines.find(id))
    const generations: number[] = []
    for (const generation of related.generations(viewer.changed)) {
      generations.push(generation)
      related.feed(story.block())
    }
    t.strictSame(generations, [0], 'the only generation')
    return related
      .rows()
      .map(row => goroutines.ids[row])
      .sort()
  }
  t.same(ids(1), [1, 2, 3])
  t.same(ids(3), [3, 4])
  t.same(ids(9), [1, 2, 9])
  t.end()
})

t.test('numbers and texts are those of Go', t => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), ns => microseconds(ns) === String(ns / 1000)),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000_000 }), ns => microseconds(ns) === String(ns / 1000)),
    { numRuns: 500 },
  )
  const bytes = (text: string) => Buffer.from(text).toString('latin1')
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      text => JSON.parse(`"${escapeBytes(bytes(text))}"`) === Buffer.from(text).toString(),
    ),
    { numRuns: 500 },
  )
  t.equal(escapeBytes('a"\\\b\f\n\r\t\x01\x7f</>&'), 'a\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\\u003c/\\u003e\\u0026')
  t.equal(escapeBytes(bytes('é\u2028\u2029😀')), 'é\\u2028\\u2029😀')
  // One replacement a byte, as Go has it: a cut sequence, an overlong one, a surrogate, beyond Unicode.
  for (const broken of ['\xe2\x82', '\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xff']) {
    t.equal(escapeBytes(`a${broken}b`), `a${'\\ufffd'.repeat(broken.length)}b`)
  }
  t.end()
})
