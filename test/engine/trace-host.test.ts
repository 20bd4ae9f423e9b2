/** The threads of a trace together: what a client is answered, on whole, broken and unreadable files. */
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ListParams } from '../../server/contract/common.js'
import type { Progress, Trace } from '../../server/contract/trace.js'
import type { TraceThreads } from '../../server/engine/threads.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import { CodedError } from '../../server/errors.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { fixture, fixturesFolder } from '../helpers/fixtures.js'

t.setTimeout(600_000)

const all: ListParams = { limit: 0, offset: 0, filter: '', sortby: '', order: '' }

function host(t: Test, path: string) {
  const client = hostTrace(path)
  t.teardown(() => client.close())
  return client
}

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'trace-serve-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

/** Resolves with the first progress that says ready or failed. */
function settled(client: Trace): Promise<Progress> {
  return new Promise(resolve => {
    const done = (progress: Progress) => {
      if (!progress.ready && progress.failed === null) return
      stop()
      resolve(progress)
    }
    const stop = client.onProgress(done)
    done(client.progress())
  })
}

t.test('a generation that is dropped leaves nothing in the timeline, not even its time', async t => {
  const path = join(fixturesFolder, 'fuzz', 'generation-behind-2-53-ns.trace')
  const cut = join(folder(t), 'cut.trace')
  // The second generation begins there, 9 years later.
  writeFileSync(cut, readFileSync(path).subarray(0, 72))
  const levels = [path, cut].map(async each => {
    const client = host(t, each)
    await settled(client)
    return JSON.stringify(await client.query('timelineTracks', { view: 'runtime', filter: '', offset: 0, limit: 99 }))
  })
  const [whole, first] = await Promise.all(levels)
  t.equal(whole, first)
})

t.test('home is answered at once, with null for what is not known, and whole when the trace is read', async t => {
  const client = host(t, fixture('boundaries/tasks-go1.26').path)
  const early = await client.query('home', {})
  t.equal(early.ready, false)
  t.equal(early.events, null)
  t.ok(early.generations.length > 2, 'the index is there')
  t.equal((await settled(client)).progress, 1)
  const late = await client.query('home', {})
  t.equal(late.ready, true)
  t.ok(late.events! > 1000)
  t.same(
    late.generations.map(({ offset, bytes }) => [offset, bytes]),
    early.generations.map(({ offset, bytes }) => [offset, bytes]),
  )
})

t.test('the states of a goroutine add up to its statistics', async t => {
  for (const name of ['sync-go1.26', 'boundaries/sync-go1.25', 'gc-go1.22', 'sync-go1.21']) {
    const client = host(t, fixture(name).path)
    const { groups } = await client.query('goroutines', all)
    let compared = 0
    for (const { name: group } of groups.slice(0, 6)) {
      const { goroutines } = await client.query('goroutineGroup', { ...all, name: group })
      for (const { id, stats } of goroutines.slice(0, 3)) {
        const answer = await client.query('goroutine', { ...all, goid: id })
        const sum = (state: string) =>
          answer.states
            .filter(span => span.state === state)
            .reduce((total, { fromNs, toNs }) => total + toNs - fromNs, 0)
        t.equal(sum('Running'), stats['Execution time'], `${name}: execution time of goroutine ${id}`)
        compared++
        const gaps = answer.states.filter((span, i) => i > 0 && span.fromNs !== answer.states[i - 1].toNs)
        t.same(gaps, [], `${name}: states of goroutine ${id} leave no gap`)
      }
    }
    t.ok(compared > 3)
  }
})

t.test('a trace that breaks inside a generation answers as the file cut before it', async t => {
  for (const name of ['broken/long-go1.23.flip', 'broken/long-go1.26.cut50', 'broken/long-go1.23.cut50']) {
    const broken = fixture(name).path
    const client = host(t, broken)
    const home = await settled(client).then(() => client.query('home', {}))
    t.ok(home.partial !== null, `${name} is partial`)
    const index = openTrace(openSource(broken)).index!
    const last = index.generations[home.partial!.generations - 1]
    t.equal(home.partial!.lostBytes, readFileSync(broken).length - (last.offset + last.bytes))
    const cut = join(folder(t), 'cut.trace')
    writeFileSync(cut, readFileSync(broken).subarray(0, last.offset + last.bytes))
    const whole = host(t, cut)
    for (const query of ['goroutines', 'taskTypes', 'regionTypes', 'open'] as const) {
      const answers = await Promise.all([client, whole].map(side => side.query(query, all as never)))
      const [ours, theirs] = answers.map(answer => ({ ...(answer as object), partial: null }))
      t.same(ours, theirs, `${name}: ${query}`)
    }
    const { events, durationNs } = await whole.query('home', {})
    t.same([home.events, home.durationNs], [events, durationNs])
  }
})

t.test('what ordering does not need loses nothing, and what is too late no more than that', async t => {
  const odd = host(t, fixture('broken/tasks-misnest-go1.26').path)
  await settled(odd)
  const { partial, diagnostics } = await odd.query('home', {})
  t.equal(partial, null)
  const found = diagnostics.find(({ kind }) => kind === 'regionsOutOfTurn')
  t.match(found, { count: 1, example: { text: /^misuse of region in goroutine 1/, goid: 1 } })
  t.ok((await odd.query('taskTypes', all as never)).total > 0)
  const late = host(t, join(fixturesFolder, 'cases', 'one-batch-two-years-late.trace'))
  await settled(late)
  t.match(await late.query('home', {}), { partial: { lostBytes: 45, generations: 1 }, events: 1802 })
  const { states } = await late.query('goroutine', { ...all, goid: '1' })
  t.ok(states.length > 10, 'the generation is read again up to the same place')
})

t.test('a trace without a usable generation is refused, at once or when it is known', async t => {
  t.throws(() => hostTrace(fixture('broken/web-go1.26.cut50').path), { code: 'NOTHING_USABLE' })
  t.throws(() => hostTrace(fixture('broken/empty-file').path), { code: 'NOT_A_TRACE' })
  const client = host(t, join(fixturesFolder, 'cases', 'goroutine-status-0-then-waiting.trace'))
  const waiting = client.query('goroutines', all)
  await t.rejects(waiting, { code: 'NOTHING_USABLE', message: /inconsistent status/ })
  t.equal((await settled(client)).failed?.code, 'NOTHING_USABLE')
  await t.rejects(client.query('home', {}), { code: 'NOTHING_USABLE' })
})

t.test('a file that shrinks while it is read is an error, never a wrong answer', async t => {
  const path = join(folder(t), 'web.trace')
  copyFileSync(fixture('boundaries/tasks-go1.26').path, path)
  const client = host(t, path)
  truncateSync(path, 40_000)
  await t.rejects(client.query('goroutines', all), { code: 'FILE_CHANGED' })
})

t.test('a file that shrinks after it was read answers from the facts, and refuses what is read again', async t => {
  const path = join(folder(t), 'web.trace')
  copyFileSync(fixture('boundaries/tasks-go1.26').path, path)
  const client = host(t, path)
  const { groups } = await client.query('goroutines', all)
  const { goroutines } = await client.query('goroutineGroup', { ...all, name: groups[0].name })
  truncateSync(path, 0)
  t.same((await client.query('goroutines', all)).groups, groups)
  await t.rejects(client.query('goroutine', { ...all, goid: goroutines[0].id }), { code: 'FILE_CHANGED' })
  await t.rejects(client.query('timelineRange', { fromNs: 0, toNs: 1e9 }), { code: 'FILE_CHANGED' })
})

t.test('a file that is overwritten in place, with its size and time put back, is no other trace', async t => {
  const path = join(folder(t), 'web.trace')
  const original = readFileSync(fixture('boundaries/tasks-go1.26').path)
  writeFileSync(path, original)
  const { atime, mtime } = statSync(path)
  utimesSync(path, atime, mtime)
  const [renamed, overwritten] = [host(t, path), host(t, path)]
  const { groups } = await renamed.query('goroutines', all)
  const { goroutines } = await renamed.query('goroutineGroup', { ...all, name: groups[0].name })
  const history = (client: Trace) => client.query('goroutine', { ...all, goid: goroutines[0].id })
  await settled(overwritten)

  renameSync(path, `${path}.renamed`)
  chmodSync(`${path}.renamed`, 0o600)
  renameSync(`${path}.renamed`, path)
  t.ok((await history(renamed)).states.length > 0, 'other names and rights are no change of content')

  const other = Buffer.from(original)
  for (let at = other.length >> 1; at < other.length; at++) other[at] ^= 1
  writeFileSync(path, other, { flag: 'r+' })
  utimesSync(path, atime, mtime)
  await t.rejects(history(overwritten), { code: 'FILE_CHANGED' })
  await t.rejects(overwritten.query('timelineRange', { fromNs: 0, toNs: 1e9 }), { code: 'FILE_CHANGED' })
  writeFileSync(path, original, { flag: 'r+' })
  utimesSync(path, atime, mtime)
  await t.rejects(
    history(overwritten),
    { code: 'FILE_CHANGED' },
    'once it was another, nobody knows what was read when',
  )
})

t.test('a thread that ends twice is told to all who wait, and to all who come', async t => {
  const client = host(t, fixture('web-go1.26').path)
  const analyst = () => (Reflect.get(client, 'threads') as TraceThreads).analyst
  const waiting = client.query('goroutines', all)
  const first = analyst()
  await first.terminate()
  while (analyst() === first) await setImmediate()
  await Promise.all([
    t.rejects(waiting, { code: 'WORKER_DIED', message: /the thread that analyses the trace died/ }),
    analyst().terminate(),
  ])
  await t.rejects(client.query('goroutines', all), { code: 'WORKER_DIED' })
  t.equal(client.progress().failed?.code, 'WORKER_DIED')
})

t.test('a cancelled question is rejected, and the others are answered', async t => {
  const client = host(t, fixture('web-go1.26').path)
  const stop = new AbortController()
  const cancelled = client.query('goroutines', all, stop.signal)
  const kept = client.query('goroutines', all)
  stop.abort()
  await t.rejects(cancelled, { code: 'CANCELLED' })
  t.ok((await kept).groups.length > 5)
  await t.rejects(client.query('goroutines', all, stop.signal), { code: 'CANCELLED' })
})

t.test('closing ends waiting questions', async t => {
  const client = hostTrace(fixture('web-go1.26').path)
  const waiting = client.query('goroutines', all).catch((error: unknown) => error)
  await client.close()
  t.equal(((await waiting) as CodedError).code, 'CANCELLED')
  t.ok((await waiting) instanceof CodedError)
})
