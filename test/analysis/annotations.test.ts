/**
 * Tasks, regions, region profiles, open goroutines and single goroutines: against the recorded answers of `go tool
 * trace` for every fixture, and in short stories made by hand (endpoints.md §6.3, §6.4, §12, §13).
 */
import t from 'tap'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { GoroutineHistory } from '../../server/analysis/passes/history.js'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { answerGoroutine, historyRow } from '../../server/analysis/queries/goroutine.js'
import { type ProfileKind, profileKinds } from '../../server/contract/profile.js'
import { GoState } from '../../server/core/states.js'
import { parseDuration } from '../../server/shared/duration.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { Story } from '../helpers/blocks.js'
import { formOf } from '../helpers/canonical.js'
import { listFixtures } from '../helpers/fixtures.js'
import { differenceFrom, readGolden } from '../helpers/golden.js'
import { analyseSource } from '../helpers/local-trace.js'

const { Undetermined, Running, Waiting } = GoState
const all = { limit: 0, offset: 0, filter: '', sortby: '', order: '' } as const

/** Our answer to a recorded question; undefined for those that other tests ask. */
function answer(facts: TraceFacts, question: string): unknown {
  const { pathname, searchParams: search } = new URL(question, 'http://trace')
  const text = (name: string) => search.get(name) ?? undefined
  const duration = (name: string) => (text(name) === undefined ? undefined : (parseDuration(text(name)!) ?? Number.NaN))
  const [type, pc, latmin, latmax] = [text('type'), text('pc'), duration('latmin'), duration('latmax')]
  switch (pathname) {
    case '/usertasks':
      return answerQuery(facts, 'taskTypes', all)
    case '/usertask': {
      const complete = text('complete') === undefined ? undefined : text('complete') === '1'
      return answerQuery(facts, 'tasks', { ...all, type, complete, latmin, latmax, logtext: text('logtext') })
    }
    case '/userregions':
      return answerQuery(facts, 'regionTypes', all)
    case '/userregion':
      return answerQuery(facts, 'regions', { ...all, type, pc, latmin, latmax })
  }
  const kind = pathname.replace('/region', '') as ProfileKind
  if (!profileKinds.includes(kind)) return undefined
  return answerQuery(facts, 'profile', { kind, regions: { type, pc, latmin, latmax } })
}

// All fixtures in one file: more than a runner's usual patience on a busy machine.
t.setTimeout(600_000)

t.test('recorded answers', async t => {
  for (const fixture of listFixtures()) {
    const golden = readGolden(fixture.name)
    if (golden === null || golden.usable === null || golden.usable.generations === 0) continue
    await t.test(fixture.name, async t => {
      const source = openSource(fixture.path)
      const facts = analyseSource(source, openTrace(source))
      source.close()
      let compared = 0
      for (const [question, recorded] of Object.entries(golden.answers)) {
        const path = question.split('?')[0]
        const body = answer(facts, question)
        if (body === undefined) continue
        compared++
        const difference = differenceFrom(recorded, formOf(path, body))
        if (difference !== '') t.fail(`${question}: ${difference}`)
      }
      t.ok(compared >= 2, `${compared} answers compared`)
    })
  }
})

/** Goroutine 1 runs from the start, on thread 1 and proc 0. */
function running(): Story {
  const story = new Story()
  story.at(0).sync()
  return story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
}
const main = { m: 1, p: 0, g: 1 }

t.test('a region has the difference of two snapshots, with all that was seen before as 0', async t => {
  const story = running()
  story.at(10, main).event('GoBlock', { reason: 'sleep', stack: ['main.main'] })
  story.at(20).event('GoUnblock', { g: 1 })
  story.at(21, { m: 1, p: 0 }).event('GoStart', { g: 1 })
  story.at(30, main).event('UserRegionBegin', { task: 5, name: 'load', stack: ['main.load', 'main.main'] })
  story.at(40, main).event('GoBlock', { reason: 'network', stack: ['main.main'] })
  story.at(70).event('GoUnblock', { g: 1, stack: ['main.waker'] })
  story.at(72, { m: 1, p: 0 }).event('GoStart', { g: 1 })
  story.at(80, main).event('UserRegionEnd', { task: 5, name: 'load' })
  const facts = story.tell(100)
  const [region] = answerQuery(facts, 'regions', all).regions
  t.match(region, { goroutine: 1, task: 5, startNs: 30, endNs: 80, totalTimeNs: 50, begun: true, ended: true })
  t.match(region.stats, { 'Execution time': 18, 'Sched wait time': 2, 'Block time (network)': 30 })
  t.equal(region.stats['Block time (sleep)'], 0)
  t.match(answerQuery(facts, 'regionTypes', all).regions, [{ type: 'load', func: 'main.load', count: 1, maxNs: 50 }])
  t.equal(answerQuery(facts, 'profile', { kind: 'io', regions: {} }).samples[0].delayNs, 30)
  t.same(answerQuery(facts, 'profile', { kind: 'io', regions: { latmin: 51 } }).samples, [])
})

t.test('a child inherits an unnamed region of the task, which its own end pops', async t => {
  const story = running()
  story.at(10, main).event('UserRegionBegin', { task: 5, name: 'outer', stack: ['main.main'] })
  story.at(20, main).event('GoCreate', { g: 2, newStack: ['main.child'], stack: ['main.spawn', 'main.main'] })
  story.at(25, main).event('GoBlock', { reason: 'sleep', stack: ['main.main'] })
  story.at(30, { m: 1, p: 0 }).event('GoStart', { g: 2 })
  story.at(40, { m: 1, p: 0, g: 2 }).event('UserRegionEnd', { task: 6, name: 'other' })
  story.at(50, { m: 1, p: 0, g: 2 }).event('UserRegionEnd', { task: 6, name: 'late' })
  story.at(60, { m: 1, p: 0, g: 2 }).event('GoDestroy')
  const facts = story.tell(100)
  const { regions } = answerQuery(facts, 'regions', { ...all, sortby: 'Goroutine' })
  t.same(
    regions.map(({ goroutine, task, startNs, endNs, begun, ended }) => [goroutine, task, startNs, endNs, begun, ended]),
    [
      [1, 5, 10, 100, true, false],
      [2, 6, 0, 50, false, true],
      [2, 5, 20, 40, true, true],
    ],
  )
  const types = answerQuery(facts, 'regionTypes', all).regions
  t.same(
    types.map(({ type, func }) => [type, func]),
    [
      ['', 'main.spawn'],
      ['late', ''],
      ['outer', 'main.main'],
    ],
  )
  const tasks = answerQuery(facts, 'tasks', all).tasks
  t.same(
    tasks.map(task => [task.id, task.events.map(event => event.what)]),
    [
      [5, ['region "outer" begin']],
      [6, ['region "late" end']],
    ],
    'the inherited region is in no list of a task',
  )
})

t.test('death closes open regions; those of system goroutines are dropped', async t => {
  const story = running()
  for (const [g, name] of [
    [2, 'main.child'],
    [3, 'runtime.gcBgMarkWorker'],
  ] as const) {
    story.at(g * 10, main).event('GoCreate', { g, newStack: [name], stack: ['main.main'] })
  }
  story.at(35, main).event('GoBlock', { reason: 'sleep', stack: ['main.main'] })
  for (const g of [2, 3]) {
    story.at(g * 20, { m: 1, p: 0 }).event('GoStart', { g })
    story.at(g * 20 + 1, { m: 1, p: 0, g }).event('UserRegionBegin', { task: 5, name: 'open', stack: ['main.f'] })
    story.at(g * 20 + 5, { m: 1, p: 0, g }).event('GoDestroy')
  }
  const facts = story.tell(100)
  t.match(answerQuery(facts, 'regions', all).regions, [{ goroutine: 2, endNs: 45, ended: true, totalTimeNs: 4 }])
  const [task] = answerQuery(facts, 'tasks', all).tasks
  t.same(
    task.events.map(event => event.what),
    ['region "open" begin', 'Running -> NotExist', 'region "open" begin'],
  )
})

t.test('tasks: parents, logs, filters, order', async t => {
  const story = running()
  story.at(10, main).event('UserTaskBegin', { task: 1, name: 'request', stack: ['main.main'] })
  story.at(20, main).event('UserTaskBegin', { task: 2, parent: 1, name: 'query', stack: ['main.main'] })
  story.at(30, main).event('UserLog', { task: 2, category: 'db', message: 'select "x"' })
  story.at(31, main).event('UserLog', { task: 2, category: '', message: 'plain' })
  story.at(40, main).event('UserTaskEnd', { task: 2, parent: 1, name: 'query' })
  story.at(50, main).event('UserTaskEnd', { task: 9, name: '' })
  const facts = story.tell(100)
  const ask = (params: object) => answerQuery(facts, 'tasks', { ...all, ...params })
  t.same(
    ask({}).tasks.map(task => [task.id, task.durationNs, task.complete, task.begun, task.ended, task.parent]),
    [
      [2, 20, true, true, true, 1],
      [9, 50, false, false, true, 0],
      [1, 90, false, true, false, 0],
    ],
    'shortest first',
  )
  const [query] = ask({ type: 'query' }).tasks
  t.same(
    query.events.map(event => [event.timeNs, event.elapsedNs, event.what]),
    [
      [20, 20, 'task "query" (id 2, parent 1) begin'],
      [30, 10, 'log (category: db): "select \\"x\\""'],
      [31, 1, 'log "plain"'],
      [40, 9, 'task end'],
    ],
  )
  t.same(ask({ type: 'request' }).tasks[0].children, [2])
  t.equal(ask({ type: 'request' }).tasks[0].events[0].what, 'task "request" (id 1) begin')
  t.same(
    [{ complete: true }, { latmin: 21 }, { latmax: 20 }, { logtext: 'select' }, { filter: 'REQ' }].map(
      params => ask(params).total,
    ),
    [1, 0, 1, 1, 1],
  )
  t.equal(ask({ type: 'a"b', complete: false, latmin: 1500 }).title, '"a\\"b",incomplete,latency >= 1.5µs')
  const types = answerQuery(facts, 'taskTypes', all).types
  t.match(types, [
    { type: '', count: 1, incomplete: 1, histogram: [] },
    { type: 'query', count: 1, incomplete: 0, maxNs: 20, histogram: [{ minNs: 15, maxNs: 25, count: 1 }] },
    { type: 'request', count: 1, incomplete: 1 },
  ])
})

t.test('a cycle of tasks is cut and told', async t => {
  const story = running()
  story.at(10, main).event('UserTaskBegin', { task: 1, parent: 2, name: 'a' })
  story.at(20, main).event('UserTaskBegin', { task: 2, parent: 1, name: 'b' })
  story.at(30, main).event('UserTaskBegin', { task: 3, parent: 3, name: 'c' })
  const facts = story.tell(100)
  t.match(answerQuery(facts, 'home', {}).diagnostics, [{ kind: 'taskCycles', count: 2 }])
  const parents = new Map(answerQuery(facts, 'tasks', all).tasks.map(task => [task.id, task.parent]))
  t.equal(parents.get(3), 0)
  t.equal([parents.get(1), parents.get(2)].filter(parent => parent === 0).length, 1)
})

t.test('goroutines that had not finished', async t => {
  const story = running()
  for (const g of [2, 3]) {
    story.at(g).event('GoStatusStack', { g, from: Undetermined, to: Waiting, stack: ['main.wait', 'main.loop'] })
  }
  story.at(10, main).event('GoCreate', { g: 4, newStack: ['main.child'], stack: ['main.main'] })
  story.at(40, main).event('GoBlock', { reason: 'forever', stack: ['main.main'] })
  const { groups } = answerQuery(story.tell(100), 'open', all)
  t.same(
    groups.map(({ state, reason, stack, longestNs, goroutines }) => [
      state,
      reason,
      stack.map(frame => frame.func).join(';'),
      longestNs,
      goroutines,
    ]),
    [
      ['Waiting', '', 'main.wait;main.loop', 100, [2, 3]],
      ['Runnable', '', 'main.child', 90, [4]],
      ['Waiting', 'forever', 'main.main', 60, [1]],
    ],
  )
})

t.test('one goroutine, with its history', async t => {
  const story = running()
  story.at(10, main).event('GoCreate', { g: 2, newStack: ['main.child'], stack: ['main.spawn', 'main.main'] })
  story.at(20, { m: 2, p: 1 }).event('GoStart', { g: 2 })
  story.at(30, { m: 2, p: 1, g: 2 }).event('UserTaskBegin', { task: 7, name: 'job' })
  story.at(40, { m: 2, p: 1, g: 2 }).event('GoBlock', { reason: 'chan receive', stack: ['main.recv', 'main.child'] })
  story.at(60, main).event('GoUnblock', { g: 2, stack: ['main.send', 'main.main'] })
  story.at(65, { m: 2, p: 1 }).event('GoStart', { g: 2 })
  const facts = story.tell(100)
  const history = new GoroutineHistory(historyRow(facts, 2))
  history.feed(story.block())
  history.finish(facts.endNs)
  const answer = answerGoroutine(facts, { ...all, goid: 2 }, history)
  t.match(answer, {
    id: 2,
    name: 'main.child',
    creator: 1,
    creationNs: 10,
    startNs: 20,
    endNs: null,
    tasks: [7],
    total: 5,
  })
  t.equal(answer.creationStack[0].func, 'main.spawn')
  t.same(
    answer.states.map(({ fromNs, toNs, state, reason, proc, thread, wokenBy }) => [
      fromNs,
      toNs,
      state,
      reason,
      proc,
      thread,
      wokenBy,
    ]),
    [
      [10, 20, 'Runnable', '', -1, -1, null],
      [20, 40, 'Running', '', 1, 2, null],
      [40, 60, 'Waiting', 'chan receive', -1, -1, 1],
      [60, 65, 'Runnable', '', -1, -1, null],
      [65, 100, 'Running', '', 1, 2, null],
    ],
  )
  const names = (stack: readonly { readonly func: string }[]) => stack.map(({ func }) => func).join(';')
  t.same(
    answer.states.map(({ stack, wokenStack }) => [names(stack), names(wokenStack)]),
    [
      ['main.child', ''],
      ['', ''],
      ['main.recv;main.child', 'main.send;main.main'],
      ['main.recv;main.child', ''],
      ['', ''],
    ],
    'its own stacks; that of who woke it is told apart',
  )
  t.throws(() => historyRow(facts, 99), { code: 'UNKNOWN_GOROUTINE' })
})
