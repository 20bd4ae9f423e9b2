/** What is odd in a trace is counted by kind and told with its severity, in the JSON and on the page. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { Analyst } from '../../server/analysis/analyst.js'
import { type DiagnosticKind, diagnosticKinds } from '../../server/analysis/facts/diagnostics.js'
import type { GenerationHeader, TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { GoState } from '../../server/core/states.js'
import { openTrace } from '../../server/trace/open.js'
import { appOf } from '../helpers/app.js'
import { Story } from '../helpers/blocks.js'
import { few, v1Fixtures, v2Fixtures } from '../helpers/fixtures.js'
import { analyseSource, localClient } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import { textFixtures } from '../helpers/text-fixtures.js'

const main = { m: 1, p: 0, g: 1 }

/** A hand-made trace that Go's reader gives up on. */
function oddTrace(name: string): TraceFacts {
  const fixture = textFixtures().find(candidate => candidate.name === name)
  const source = new MemorySource(fixture?.bytes ?? [])
  return analyseSource(source, openTrace(source))
}

function running(): Story {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: GoState.Undetermined, to: GoState.Running })
  return story
}

/** A trace for each kind, in which it occurs twice. */
const stories: Readonly<Record<DiagnosticKind, () => TraceFacts>> = {
  reusedGoroutines: () => {
    const story = running()
    for (const at of [10, 20, 30]) {
      story.at(at, main).event('GoCreate', { g: 9, stack: ['main.f'], newStack: ['main.g'] })
      story.at(at + 1, { m: 2, p: 1 }).event('GoStart', { g: 9 })
      story.at(at + 2, { m: 2, p: 1, g: 9 }).event('GoDestroy')
    }
    return story.tell(100)
  },
  endsWithoutBegin: () => {
    const story = running()
    story.at(10, main).event('UserRegionEnd', { task: 5, name: 'a' })
    story.at(20, main).event('UserRegionEnd', { task: 5, name: 'b' })
    return story.tell(100)
  },
  reusedTasks: () => {
    const story = running()
    for (const at of [10, 20, 30]) story.at(at, main).event('UserTaskBegin', { task: 7, name: 'a' })
    return story.tell(100)
  },
  taskCycles: () => {
    const story = running()
    for (const task of [1, 2]) story.at(10 * task, main).event('UserTaskBegin', { task, parent: task, name: 'a' })
    return story.tell(100)
  },
  clockSteps: () => {
    const story = running()
    const block = story.at(5, main).event('UserTaskBegin', { task: 1, name: 'a' }).block()
    const analyst = new Analyst(story.dictionary, { file: 'x.trace', version: 26, sizeBytes: 100 })
    // ms: on time, an hour later, slewed a little, back.
    for (const [row, late] of [0, 3_600_000, 3_600_050, 0].entries()) {
      const wall = BigInt(row * 1000 + late) * 1_000_000n
      const snapshot = { trace: BigInt(row) * 1_000_000_000n, wallSeconds: 1_700_000_000n, wallNanoseconds: wall }
      const generation: GenerationHeader = { number: BigInt(row + 1), offset: row, bytes: 1, snapshot }
      const times = block.times.map(time => time + row * 1e9)
      analyst.feed({ ...block, generation: row, times }, generation)
    }
    return analyst.at({ startTime: 0n, partial: null, oddities: [] })
  },
  unknownReasons: () => {
    const story = running()
    story.at(10, main).event('GoBlock', { reason: 'waits for a thing of Go 2' })
    story.at(20, { m: 2, p: 1 }).event('GoUnblock', { g: 1 })
    story.at(21, { m: 1, p: 0 }).event('GoStart', { g: 1 })
    story.at(30, main).event('GoBlock', { reason: 'sleep' })
    story.at(40, { m: 2, p: 1 }).event('GoUnblock', { g: 1 })
    story.at(41, { m: 1, p: 0 }).event('GoStart', { g: 1 })
    story.at(50, main).event('STWBegin', { stwKind: 'weekend' })
    story.at(60, main).event('STWEnd', { stwKind: 'weekend' })
    story.at(70, main).event('STWBegin', { stwKind: 'GC mark termination' })
    story.at(80, main).event('STWEnd', { stwKind: 'GC mark termination' })
    return story.tell(100)
  },
  samplesOfNobody: () => {
    const story = running()
    story.at(10, main).event('CpuSample', { stack: ['main.f'] })
    for (const at of [20, 30]) story.at(at, { m: 1, p: 0 }).event('CpuSample', { stack: ['runtime.schedule'] })
    return story.tell(100)
  },
  regionsOutOfTurn: () => oddTrace('odd-regions-out-of-turn'),
  regionsNotOpen: () => oddTrace('odd-regions-not-open'),
  tasksBegunTwice: () => oddTrace('odd-tasks-begun-twice'),
  unknownStrings: () => oddTrace('odd-unknown-strings'),
  unknownStacks: () => oddTrace('odd-unknown-stacks'),
  stringsTwice: () => oddTrace('odd-strings-twice'),
  stacksTwice: () => oddTrace('odd-stacks-twice'),
  eventsLeftOut: () => oddTrace('odd-events-left-out'),
  wallTimesLeftOut: () => {
    const story = running()
    const block = story.block()
    const analyst = new Analyst(story.dictionary, { file: 'x.trace', version: 26, sizeBytes: 100 })
    for (const [row, wallSeconds] of [-1n, 1_700_000_000n, 1n << 40n].entries()) {
      const snapshot = { trace: BigInt(row), wallSeconds, wallNanoseconds: 0n }
      const times = block.times.map(time => time + row * 1e9)
      analyst.feed({ ...block, generation: row, times }, { number: BigInt(row + 1), offset: row, bytes: 1, snapshot })
    }
    return analyst.at({ startTime: 0n, partial: null, oddities: [] })
  },
  samplesWithoutStack: () => {
    const story = running()
    story.at(10, main).event('CpuSample', { stack: ['main.f'] })
    for (const stack of [undefined, []]) story.at(20, main).event('CpuSample', { stack })
    return story.tell(100)
  },
}

for (const kind of diagnosticKinds) {
  t.test(kind, async t => {
    const facts = stories[kind]()
    const found = answerQuery(facts, 'home', {}).diagnostics.find(diagnostic => diagnostic.kind === kind)
    t.match(found, { count: 2, severity: /^(info|data loss|error)$/ })
    const app = appOf(
      localClient(() => new MemorySource([]), facts),
      { file: 'x.trace' },
    )
    t.teardown(() => app.close())
    const { body } = await app.inject({ url: '/', headers: { host: 'localhost' } })
    const example = (await app.inject({ url: '/?format=json', headers: { host: 'localhost' } }))
      .json<{ diagnostics: { kind: string; example: { url: string; text: string } | null }[] }>()
      .diagnostics.find(diagnostic => diagnostic.kind === kind)?.example
    const line = `<li><b>${found?.severity}</b> 2 × ${found?.text}`
    if (example === null) t.match(body, `${line}</li>`)
    else {
      t.match(body, `${line}. <a href="trace?`)
      t.match(example, { url: /^\/trace\?/, text: /./ })
    }
  })
}

t.test('what Go itself writes is all known', t => {
  let waits = 0
  for (const { name, path } of [...v2Fixtures(), ...v1Fixtures()]) {
    const source = new MemorySource(new Uint8Array(readFileSync(path)))
    const facts = analyseSource(source, openTrace(source))
    waits += facts.stays
    const kinds = facts.diagnostics.map(({ kind }) => kind)
    t.notOk(kinds.includes('unknownReasons'), name)
    t.notOk(kinds.includes('samplesWithoutStack'), name)
  }
  t.ok(waits > (few ? 1000 : 100_000))
  t.end()
})
