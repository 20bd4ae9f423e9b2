/** What waits when a thread dies is asked once more after the trace has been read again; what was half sent ends in an error. */
import { get, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import type { ListParams } from '../../server/analysis/trace-client.js'
import { LOOPBACK } from '../../server/commands/address.js'
import { startServer } from '../../server/commands/serve.js'
import { wholeTrace } from '../../server/export/trace-event/plan.js'
import type { TraceThreads } from '../../server/workers/threads.js'
import { hostTrace, type TraceHost } from '../../server/workers/trace-host.js'
import { fixture } from '../helpers/fixtures.js'

t.setTimeout(120_000)

const all: ListParams = { limit: 0, offset: 0, filter: '', sortby: '', order: '' }
/** No thread can answer it: it dies of it, as of a fault of our own. */
const deadly = null as never
const second = { kind: 'goroutines', level: 30, index: 0, firstTrack: 0, tracks: [] }

/** A trace that has been read. */
async function readTrace(t: Test, name = 'web-go1.26'): Promise<TraceHost> {
  const client = hostTrace(fixture(name).path)
  t.teardown(() => client.close())
  await client.query('goroutines', all)
  return client
}

function threadsOf(client: object): TraceThreads {
  return Reflect.get(client, 'threads') as TraceThreads
}

for (const name of ['analyst', 'order'] as const) {
  t.test(`questions and jobs that wait when the ${name} worker ends`, async t => {
    const client = await readTrace(t)
    const { groups } = await client.query('goroutines', all)
    const { goroutines } = await client.query('goroutineGroup', { ...all, name: groups[0].name })
    const goroutine = { ...all, goid: goroutines[0].id }
    const ask = () =>
      Promise.all([
        client.query('goroutines', all),
        client.query('goroutine', goroutine),
        client.detail.collect('timelineRange', { fromNs: 0, toNs: 1e9 }),
        client.detail.collect('timelineTile', second),
      ])
    const wanted = await ask()
    const first = threadsOf(client)
    const waiting = ask()
    await first[name].terminate()
    t.same(await waiting, wanted)
    t.not(threadsOf(client), first, 'by threads that took their place')
  })
}

t.test('what a thread dies of is asked twice, and told to who asked', async t => {
  const client = await readTrace(t)
  const died = (what: string) => ({
    code: 'WORKER_DIED',
    message: new RegExp(`the thread that ${what} the trace died`),
  })
  const first = threadsOf(client)
  await t.rejects(client.query('goroutines', deadly), died('analyses'))
  const third = threadsOf(client)
  t.not(third, first)
  t.ok((await client.query('goroutines', all)).groups.length > 5)
  await t.rejects(client.detail.collect('timelineTile', deadly), died('reads'))
  t.not(threadsOf(client), third)
  t.ok((await client.detail.collect('timelineTile', second)).length > 0)
})

t.test('a cancelled question is not repeated', async t => {
  const client = await readTrace(t)
  const stop = new AbortController()
  const waiting = [
    client.query('goroutines', all, stop.signal),
    client.detail.collect('timelineTile', second, stop.signal),
  ].map(answer => answer.catch((error: { code: string }) => error.code))
  const ended = threadsOf(client).order.terminate()
  stop.abort()
  await ended
  t.same(await Promise.all(waiting), ['CANCELLED', 'CANCELLED'])
})

t.test('an export that has not begun begins anew, and one that has ends in an error', async t => {
  const client = await readTrace(t)
  const job = { plan: wholeTrace, relatedTo: null }
  const wanted = await client.detail.collect('traceEvents', job)
  const { stream, begun } = client.detail.begin('traceEvents', job)
  await begun
  const late = client.detail.begin('traceEvents', job)
  const collected = client.detail.collect('traceEvents', job)
  const pieces: Buffer[] = []
  const ended = new Promise(resolve => {
    stream.on('data', (piece: Buffer) => void pieces.push(piece))
    stream.once('error', resolve)
    stream.once('end', () => resolve('whole'))
  })
  await threadsOf(client).order.terminate()
  t.match(await ended, { code: 'WORKER_DIED' })
  t.ok(Buffer.concat(pieces).length < wanted.length)
  t.ok(Buffer.concat((await late.begun.then(() => late.stream.toArray())) as Buffer[]).equals(wanted))
  t.ok((await collected).equals(wanted))
})

t.test('over HTTP, an answer that is half sent is cut off', async t => {
  const server = await startServer(fixture('web-go1.26').path, { host: LOOPBACK, port: 0 }, {})
  t.teardown(() => server.close())
  const response = await new Promise<IncomingMessage>(resolve => get(`${server.url}/jsontrace`, resolve))
  t.equal(response.statusCode, 200)
  let body = ''
  response.setEncoding('utf8')
  response.once('data', () => void threadsOf(server.client).order.terminate())
  response.on('data', piece => {
    body += piece
  })
  const outcome = await new Promise(resolve => {
    response.once('end', () => resolve('whole'))
    response.once('error', error => resolve((error as NodeJS.ErrnoException).code))
  })
  t.equal(outcome, 'ECONNRESET')
  t.throws(() => JSON.parse(body))
})
