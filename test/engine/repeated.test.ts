/**
 * What waits when a thread dies is asked once more after the trace has been read again; what was half sent goes on
 * where it was, or ends in an error.
 */
import { EventEmitter } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { LOOPBACK } from '../../server/commands/address.js'
import { startServer } from '../../server/commands/serve.js'
import type { ListParams } from '../../server/contract/common.js'
import { RpcClient } from '../../server/engine/rpc-client.js'
import type { RpcRequest } from '../../server/engine/rpc-messages.js'
import type { TraceThreads } from '../../server/engine/threads.js'
import { hostTrace, type TraceHost } from '../../server/engine/trace-host.js'
import { CodedError, type Fault } from '../../server/errors.js'
import { wholeTrace } from '../../server/export/trace-event/plan.js'
import { fixture } from '../helpers/fixtures.js'

t.setTimeout(300_000)

const all: ListParams = { limit: 0, offset: 0, filter: '', sortby: '', order: '' }
/** Parameters of which nobody can make an answer, as in a mistake of our own. */
const unanswerable = null as never
const tile = { view: 'goroutine', first: 0, last: 3, level: 20, index: 0 } as const
const job = { plan: wholeTrace, relatedTo: null }

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
        client.query('timelineRange', { fromNs: 0, toNs: 1e9 }),
        client.query('timelineTile', tile),
      ])
    const wanted = await ask()
    const first = threadsOf(client)
    const waiting = ask()
    await first[name].terminate()
    t.same(await waiting, wanted)
    t.not(threadsOf(client), first, 'by threads that took their place')
  })
}

t.test('what no thread could answer fails alone', async t => {
  const told: [Fault, string][] = []
  const client = hostTrace(fixture('web-go1.26').path, { report: (...fault) => told.push(fault) })
  t.teardown(() => client.close())
  const { groups } = await client.query('goroutines', all)
  const threads = threadsOf(client)
  const { goroutines } = await client.query('goroutineGroup', { ...all, name: groups[0].name })
  const goroutine = { ...all, goid: goroutines[0].id }
  const broken = { code: 'INTERNAL', fault: { kind: 'TypeError', frames: /^ {4}at .*rpc-server/s } }
  const others = [
    client.query('goroutines', all),
    client.query('goroutine', goroutine),
    client.query('timelineTile', tile),
  ]
  await t.rejects(client.query('goroutines', unanswerable), broken)
  await t.rejects(client.query('goroutine', unanswerable), broken)
  await t.rejects(client.query('timelineTile', unanswerable), broken)
  await t.rejects(client.query('nothing' as never, unanswerable), broken)
  await t.rejects(client.stream('traceEvents', unanswerable), broken)
  t.equal((await Promise.all(others)).length, 3, 'the others are answered')
  t.equal(threadsOf(client), threads, 'by the same threads')
  t.strictSame(told, [], 'no thread died')
})

t.test('a question that threads die over is asked three times, then its client is told', async t => {
  const told: [Fault, string][] = []
  const client = hostTrace(fixture('web-go1.26').path, { report: (...fault) => told.push(fault) })
  t.teardown(() => client.close())
  await client.query('goroutines', all)
  // The threads never get these, so that they are open whenever one ends.
  const lost = { ...all, filter: 'lost' }
  const { postMessage } = Worker.prototype
  t.teardown(() => {
    Worker.prototype.postMessage = postMessage
  })
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.params?.filter !== 'lost') postMessage.call(this, message, ...rest)
  }
  const died = { code: 'WORKER_DIED', message: /the thread that (analyses|reads) the trace died/ }
  const query = client.query('goroutines', lost)
  const other = client.query('timelineTile', lost as never)
  const outcomes = Promise.all([t.rejects(query, died), t.rejects(other, died)])
  for (const name of ['analyst', 'order', 'analyst'] as const) {
    await threadsOf(client)[name].terminate()
    t.ok((await client.query('goroutines', all)).groups.length > 5)
  }
  await outcomes
  t.same(
    told.map(([{ kind }]) => kind),
    ['it ended', 'it ended', 'it ended'],
  )
})

t.test('a cancelled question is not repeated', async t => {
  const client = await readTrace(t)
  const stop = new AbortController()
  const waiting = [client.query('goroutines', all, stop.signal), client.query('timelineTile', tile, stop.signal)].map(
    answer => answer.catch((error: { code: string }) => error.code),
  )
  const ended = threadsOf(client).order.terminate()
  stop.abort()
  await ended
  t.same(await Promise.all(waiting), ['CANCELLED', 'CANCELLED'])
})

t.test('an export that has not begun begins anew, and one that has goes on', async t => {
  const client = await readTrace(t)
  const contentOf = async (stream: Readable) => Buffer.concat((await stream.toArray()) as Buffer[])
  const wanted = await contentOf(await client.stream('traceEvents', job))
  const begun = await client.stream('traceEvents', job)
  const late = client.stream('traceEvents', job)
  const ended = threadsOf(client).order.terminate()
  const pieces = (await begun.toArray()) as Buffer[]
  await ended
  t.ok(pieces.length > 4, 'more than could have been on its way')
  t.ok(Buffer.concat(pieces).equals(wanted))
  t.ok((await contentOf(await late)).equals(wanted))
})

/** A thread whose stream gives these pieces, as many as are asked for, and then no more or its end. */
class FakeWorker extends EventEmitter {
  private given = 0

  constructor(
    private readonly pieces: readonly string[],
    private readonly ends: boolean,
  ) {
    super()
  }

  postMessage(request: RpcRequest): void {
    if (request.type === 'cancel') return
    const { id, pieces } = request
    setImmediate(() => {
      for (let i = 0; i < (pieces ?? 0) && this.given < this.pieces.length; i++) {
        this.emit('message', { type: 'piece', id, bytes: Buffer.from(this.pieces[this.given++]) })
      }
      if (this.ends && this.given === this.pieces.length) this.emit('message', { type: 'answer', id })
    })
  }
}

interface Any {
  any: { params: object; answer: unknown }
}

t.test('a stream goes on only behind the same bytes', async t => {
  const runs: [again: string[], whole: string | null][] = [
    [['a', 'bcd', '', 'efg', 'hi', 'j'], 'abcdefghij'],
    [['abcdef'], 'abcdef'],
    [['a', 'bcdXfg', 'hi', 'j'], null],
    [['a', 'b'], null],
  ]
  for (const [again, whole] of runs) {
    const client = new RpcClient<Any>()
    client.attach(new FakeWorker(['ab', 'cd', 'ef'], false) as never)
    const { stream, begun } = client.stream('any', {})
    await begun
    const pieces: Buffer[] = []
    const outcome = new Promise(resolve => {
      stream.on('data', (piece: Buffer) => void pieces.push(piece))
      stream.once('end', () => resolve(Buffer.concat(pieces).toString()))
      stream.once('error', () => resolve(null))
    })
    await new Promise(resolve => setTimeout(resolve, 20))
    t.equal(Buffer.concat(pieces).toString(), 'abcdef')
    client.detach(new CodedError('WORKER_DIED', 'the thread died'))
    client.attach(new FakeWorker(again, true) as never)
    t.equal(await outcome, whole, again.join('|'))
  }
})

t.test('over HTTP, an answer that is half sent goes on, and is cut off when that fails', async t => {
  for (const deaths of [2, 3]) {
    const server = await startServer(fixture('web-go1.26').path, { host: LOOPBACK, port: 0 }, {})
    t.teardown(() => server.close())
    const response = await new Promise<IncomingMessage>(resolve => get(`${server.url}/jsontrace`, resolve))
    t.equal(response.statusCode, 200)
    let body = ''
    response.setEncoding('utf8')
    response.once('data', async () => {
      response.pause()
      for (let death = 1; death <= deaths; death++) {
        await server.trace.query('goroutines', all)
        await threadsOf(server.trace).order.terminate()
      }
      response.resume()
    })
    response.on('data', piece => {
      body += piece
    })
    const outcome = await new Promise(resolve => {
      response.once('end', () => resolve('whole'))
      response.once('error', error => resolve((error as NodeJS.ErrnoException).code))
    })
    t.equal(outcome, deaths === 2 ? 'whole' : 'ECONNRESET')
    if (deaths === 2) t.equal(body, await (await fetch(`${server.url}/jsontrace`)).text())
    else t.throws(() => JSON.parse(body))
  }
})
