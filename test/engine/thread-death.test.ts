/** A thread that dies is replaced, and what it would have answered is answered to the byte. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Trace } from '../../server/contract/trace.js'
import type { TraceThreads } from '../../server/engine/threads.js'
import { hostTrace, type TraceHost } from '../../server/engine/trace-host.js'
import { appOf } from '../helpers/app.js'
import { fixture } from '../helpers/fixtures.js'

t.setTimeout(600_000)

const urls = [
  ...['/?format=json', '/goroutines', '/goroutines?format=json', '/open?format=json', '/usertasks?format=json'],
  ...['/userregions?format=json', '/mmu?format=json', '/io?raw=1', '/block?format=json', '/syscall?format=json'],
  ...['/sched?raw=1', '/regionblock?format=json', '/jsontrace', '/jsontrace?view=thread'],
  ...['/timeline/tracks?view=goroutine&limit=50', '/goroutine?goid=1&format=json'],
]

const firstTile = { view: 'goroutine', first: 0, last: 0, level: 20, index: 0 } as const

function start(t: Test, name: string) {
  const client = hostTrace(fixture(name).path)
  const app = appOf(client, { pageWaitMs: 300_000 })
  t.teardown(async () => {
    await app.close()
    await client.close()
  })
  /** Status and hash of every answer. */
  const answers = async () => {
    await client.query('open', { limit: 0, offset: 0, filter: '', sortby: '', order: '' })
    const found: string[] = []
    for (const url of urls) {
      const { statusCode, rawPayload } = await app.inject(url)
      found.push(`${url} ${statusCode} ${createHash('sha256').update(rawPayload).digest('hex')}`)
    }
    return found
  }
  return { client, app, answers }
}

const threadsOf = (client: TraceHost) => (client as unknown as { threads: TraceThreads }).threads

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

t.test('when the order worker or the analyst dies while the trace is read it is read again', async t => {
  const wanted = await start(t, 'boundaries/tasks-go1.26').answers()
  for (const role of ['order', 'analyst'] as const) {
    const { client, answers } = start(t, 'boundaries/tasks-go1.26')
    const waiting = client.query('goroutines', { limit: 0, offset: 0, filter: '', sortby: '', order: '' })
    const tile = client.query('timelineTile', firstTile)
    await threadsOf(client)[role].terminate()
    t.ok((await waiting).groups.length > 0, 'a question that waits is answered')
    t.ok((await tile).length > 0, 'and so is one of single events')
    t.same(await answers(), wanted, role)
  }
})

t.test('when it dies once more that is said', async t => {
  const { client, app } = start(t, 'boundaries/tasks-go1.26')
  const waiting = t.rejects(client.query('open', { limit: 0, offset: 0, filter: '', sortby: '', order: '' }), {
    code: 'WORKER_DIED',
  })
  const first = threadsOf(client)
  await first.order.terminate()
  await until(() => threadsOf(client) !== first)
  await threadsOf(client).order.terminate()
  await waiting
  t.equal(failureOf(client), 'WORKER_DIED')
  t.equal((await app.inject('/goroutines')).statusCode, 500)
})

const failureOf = (client: Trace) => client.progress().failed?.code

t.test('closing while the trace is read ends all threads', async t => {
  const client = hostTrace(fixture('boundaries/sync-go1.26').path)
  const { order, analyst } = threadsOf(client)
  const exits = [order, analyst].map(worker => once(worker, 'exit'))
  const waiting = t.rejects(client.query('timelineTile', firstTile), { code: 'CANCELLED' })
  await client.close()
  await Promise.all(exits)
  t.equal(client.progress().ready, false)
  await waiting
})

t.test('a thread that dies later is replaced for the next request', async t => {
  const { client, app, answers } = start(t, 'boundaries/tasks-go1.26')
  const wanted = await answers()
  for (const role of ['order', 'analyst', 'order'] as const) {
    await threadsOf(client)[role].terminate()
    t.same(await answers(), wanted, role)
  }
  t.equal((await app.inject('/')).statusCode, 200)
})
