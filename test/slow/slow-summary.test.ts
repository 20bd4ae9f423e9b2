/**
 * The analyses against their slow twin on every fixture of the newer format up to 100 KB (all up to 2 MB with SLOW=1)
 * and on the hand-made traces: goroutines, the four profiles, tasks and regions, figure by figure.
 */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { profileTypes } from '../../server/analysis/queries/profile.js'
import { profileKinds } from '../../server/contract/profile.js'
import { CodedError } from '../../server/errors.js'
import { openTrace } from '../../server/trace/open.js'
import { type Form, formOf } from '../helpers/canonical.js'
import { listFixtures } from '../helpers/fixtures.js'
import { differenceFrom, readGolden } from '../helpers/golden.js'
import { analyseSource } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import { looseRegions } from '../helpers/odd-traces.js'
import { textFixtures } from '../helpers/text-fixtures.js'
import { readTraceSlowly } from './slow-reader.js'
import { columnsOf, SlowSummary, usableEvents } from './slow-summary.js'

const LARGE_BYTES = process.env.SLOW === '1' ? 2_000_000 : 100_000
const list = { limit: 0, offset: 0, filter: '', sortby: '', order: '' } as const

t.setTimeout(3_600_000)

/** Both sides as sorted lines, so that neither order nor the form of ids matters. */
function lines(rows: readonly object[]): string[] {
  return rows.map(row => JSON.stringify(plain(row))).sort()
}

/** Keys in order, ids as text, statistics that are 0 left out (a column may exist without being seen by the row). */
function plain(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(part => plain(part, key))
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, part]) => !((key === 'stats' || key === 'ranges') && part === 0))
    return Object.fromEntries(entries.sort().map(([name, part]) => [name, plain(part, name)]))
  }
  return idKeys.has(key) ? String(value) : value
}
const idKeys = new Set(['id', 'task', 'goroutine', 'parent', 'children', 'goroutines', 'line'])

/** Lines that only one side has, a few of each. */
function differences(found: readonly object[], wanted: readonly object[]): string[] {
  const [ours, slow] = [lines(found), lines(wanted)]
  const has = new Set(ours)
  const should = new Set(slow)
  const shown = [
    ...slow.filter(line => !has.has(line)).map(line => `missing ${line}`),
    ...ours.filter(line => !should.has(line)).map(line => `extra ${line}`),
  ]
  if (ours.length !== slow.length) shown.unshift(`${ours.length} rows, wanted ${slow.length}`)
  return shown.slice(0, 6)
}

function compare(t: Test, name: string, bytes: Uint8Array): void {
  const events = usableEvents(readTraceSlowly(bytes, true).events)
  const source = new MemorySource(bytes)
  let facts: TraceFacts
  try {
    facts = analyseSource(source, openTrace(source))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    t.equal(events.length, 0, `${name}: ${error.code}, nothing is usable`)
    return
  }
  if (events.length === 0) {
    t.fail(`${name}: answers although nothing is usable`)
    return
  }
  const slow = new SlowSummary(events)

  const groups = answerQuery(facts, 'goroutines', list).groups
  const members = groups.flatMap(group => {
    const answer = answerQuery(facts, 'goroutineGroup', { ...list, name: group.name })
    return answer.goroutines.map(row => ({ ...row, name: group.name }))
  })
  t.same(differences(members, slow.goroutineRows()), [], `${name}: goroutines`)
  const wantedGroups = new Map<string, { name: string; count: number; execTimeNs: number; schedWaitNs: number }>()
  for (const row of slow.goroutineRows()) {
    const group = wantedGroups.get(row.name) ?? { name: row.name, count: 0, execTimeNs: 0, schedWaitNs: 0 }
    group.count++
    group.execTimeNs += row.stats['Execution time']
    group.schedWaitNs += row.stats['Sched wait time']
    wantedGroups.set(row.name, group)
  }
  t.same(
    differences(
      groups.map(({ name, count, execTimeNs, schedWaitNs }) => ({ name, count, execTimeNs, schedWaitNs })),
      [...wantedGroups.values()],
    ),
    [],
    `${name}: groups`,
  )

  for (const kind of groups.length === 0 ? [] : profileKinds) {
    const { samples } = answerQuery(facts, 'profile', { kind })
    t.same(differences(samples, slow.profile(kind)), [], `${name}: ${kind} profile`)
  }

  const tasks = answerQuery(facts, 'tasks', list)
  const foundTasks = tasks.tasks.map(({ events, ...task }) => ({
    ...task,
    goroutines: [...task.goroutines].map(String).sort(),
    events: events.map(({ what, ...event }) => event),
  }))
  const wantedTasks = slow.taskRows().map(task => ({ ...task, goroutines: task.goroutines.sort() }))
  t.same(differences(foundTasks, wantedTasks), [], `${name}: tasks`)

  const regionTypes = answerQuery(facts, 'regionTypes', list)
  const regions = answerQuery(facts, 'regions', list)
  const wanted = slow.regionRows()
  const withoutType = wanted.map(({ type, func, pc, ...region }) => region)
  t.same(
    differences(
      regions.regions.map(region => region),
      withoutType,
    ),
    [],
    `${name}: regions`,
  )
  const wantedTypes = new Map<string, { type: string; func: string; pc: string; count: number }>()
  for (const { type, func, pc } of wanted) {
    const key = JSON.stringify([type, pc])
    const entry = wantedTypes.get(key) ?? { type, func, pc, count: 0 }
    entry.count++
    wantedTypes.set(key, entry)
  }
  const found = regionTypes.regions.map(({ type, func, pc, count }) => ({ type, func, pc, count }))
  t.same(differences(found, [...wantedTypes.values()]), [], `${name}: region types`)
}

/** The slow answer to a question of the goldens, in the shapes of canonical.ts; null where it has none. */
function slowForm(slow: SlowSummary, question: string): Form | null {
  const [path, query = ''] = question.split('?')
  const kind = profileKinds.find(kind => path === `/${kind}`)
  if (kind !== undefined && query === '') {
    return formOf(path, { sampleTypes: profileTypes, samples: slow.profile(kind) })
  }
  if (path === '/usertask' && /^complete=[01]$/.test(query)) {
    return formOf(path, { tasks: slow.taskRows().filter(task => task.complete === query.endsWith('1')) })
  }
  if (path === '/userregion' && query === '') {
    const regions = slow.regionRows()
    const columns = columnsOf(regions.map(({ stats }) => stats))
    return formOf(path, { regions, columns, rangeColumns: columnsOf(regions.map(({ ranges }) => ranges)) })
  }
  return null
}

t.test('the slow summary answers as the original did', t => {
  let compared = 0
  for (const { name, path, format, bytes } of listFixtures()) {
    const golden = readGolden(name)
    if (format !== 'v2' || bytes > LARGE_BYTES || golden === null) continue
    const events = usableEvents(readTraceSlowly(readFileSync(path), true).events)
    if (events.length === 0) continue
    const slow = new SlowSummary(events)
    for (const [question, answer] of Object.entries(golden.answers)) {
      const form = slowForm(slow, question)
      if (form === null) continue
      const difference = differenceFrom(answer, form)
      t.equal(difference, '', `${name}: ${question}`)
      compared++
    }
  }
  t.ok(compared > 100, `${compared} answers compared`)
  t.end()
})

t.test('text fixtures, and regions that end in any order', t => {
  for (const { name, bytes } of textFixtures()) compare(t, name, bytes)
  for (let seed = 1; seed <= 5; seed++) compare(t, `seed ${seed}`, looseRegions(seed))
  t.end()
})

t.test('real and broken traces', t => {
  for (const { name, path, format, bytes } of listFixtures()) {
    if (format === 'v2' && bytes <= LARGE_BYTES) compare(t, name, readFileSync(path))
  }
  t.end()
})
