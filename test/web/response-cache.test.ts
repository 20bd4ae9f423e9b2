/**
 * Answers that are kept: the same bytes for the same question, worked out once, within a budget; what may change is
 * asked anew.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { CodedError } from '../../server/errors.js'
import { appOf, type TestOptions } from '../helpers/app.js'
import { type FakeClient, fakeClient } from '../helpers/fake-client.js'

const KEPT = 1 << 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const host = 'localhost'

function serve(t: Test, options: TestOptions = {}, client: FakeClient = fakeClient()) {
  const app = appOf(client, { file: 'x.trace', cacheBytes: KEPT, ...options })
  t.teardown(() => app.close())
  const ask = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers: { host, ...headers } })
  return { app, client, ask }
}

t.test('the same answer, worked out once', async t => {
  const { client, ask } = serve(t)
  for (const url of ['/', '/goroutines', '/io?raw=1', '/io?format=csv', '/perfetto', '/goroutines?format=json']) {
    const first = await ask(url, { accept: 'text/html' })
    t.equal(first.statusCode, 200, url)
    const asked = client.asked.length
    const again = await ask(url, { accept: 'text/html' })
    t.equal(client.asked.length, asked, `${url} is not asked again`)
    t.ok(again.rawPayload.equals(first.rawPayload))
    const headersOf = ({ headers: { date, ...rest } }: typeof first) => rest
    t.same(headersOf(again), headersOf(first))
  }
})

t.test('another format is another answer', async t => {
  const { ask } = serve(t)
  t.match((await ask('/goroutines', { accept: 'text/html' })).headers['content-type'], /html/)
  t.match((await ask('/goroutines', { accept: 'application/json' })).headers['content-type'], /json/)
})

t.test('what may change is asked again', async t => {
  const client = fakeClient({ progress: { ready: false, progress: 0.5 } })
  const { ask } = serve(t, { pageWaitMs: 1 }, client)
  t.equal((await ask('/?format=json')).json().ready, false)
  t.equal((await ask('/goroutines')).statusCode, 202)
  t.equal((await ask('/progress?format=json')).json().ready, false)
  client.setProgress({ ready: true, progress: 1 })
  t.equal((await ask('/?format=json')).json().ready, true)
  t.equal((await ask('/goroutines')).statusCode, 200)
  t.equal((await ask('/progress?format=json')).json().ready, true)

  let layouts = 0
  const late = serve(t, {
    layout: async () => {
      if (layouts++ === 0) throw new CodedError('TIMED_OUT', 'The machine is busy.')
      return '<svg></svg>'
    },
  })
  t.match((await late.ask('/io?as=graph')).body, 'The machine is busy.')
  t.notMatch((await late.ask('/io?as=graph')).body, 'The machine is busy.')

  client.setProgress({ failed: new CodedError('FILE_CHANGED', 'x.trace changed while it was open') })
  t.equal((await ask('/goroutines')).statusCode, 409, 'nor is a trace that failed served')
})

t.test('within the budget, those used last', async t => {
  const client = fakeClient()
  const { ask } = serve(t, {}, client)
  const { length } = (await ask('/goroutines')).rawPayload
  const small = serve(t, { cacheBytes: 2.5 * (length + 2000) }, client)
  const isKept = async (url: string) => {
    const { length } = client.asked
    await small.ask(url)
    return client.asked.length === length
  }
  const [a, b, c] = ['/goroutines', '/goroutines?limit=40', '/goroutines?limit=41']
  t.same([await isKept(a), await isKept(b), await isKept(a)], [false, false, true])
  t.equal(await isKept(c), false)
  t.same([await isKept(a), await isKept(c), await isKept(b)], [true, true, false])
})

t.test('equal questions at the same time', async t => {
  const client = fakeClient()
  const slow: FakeClient = {
    ...client,
    query: async (name, params) => {
      await setTimeout(20)
      return client.query(name, params)
    },
  }
  const { ask } = serve(t, {}, slow)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/goroutines')))
  t.same(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]))
  t.equal(client.asked.length, 1)
})

t.test('equal pages while the trace is read', async t => {
  const { ask } = serve(t, { pageWaitMs: 400 }, fakeClient({ progress: { ready: false } }))
  const start = Date.now()
  const pages = await Promise.all(Array.from({ length: 6 }, () => ask('/goroutines')))
  t.same(new Set(pages.map(({ statusCode }) => statusCode)), new Set([202]))
  t.ok(Date.now() - start < 6 * 400, 'no page waits for another')
})

t.test('equal streams at the same time', async t => {
  let streams = 0
  let open = 0
  let most = 0
  let pieceBytes = 10
  const { ask } = serve(t, {
    traceEvents: async () => {
      streams++
      return Readable.from(
        (async function* () {
          most = Math.max(most, ++open)
          for (let i = 0; i < 40; i++) {
            await setTimeout(5)
            yield Buffer.alloc(pieceBytes, '1')
          }
          open--
        })(),
      )
    },
  })
  const all = await Promise.all(Array.from({ length: 5 }, () => ask('/jsontrace')))
  t.same(new Set(all.map(({ body }) => body.length)), new Set([400]))
  t.equal(streams, 1)

  // What is too large to be kept is not waited for to its end.
  pieceBytes = KEPT / 10
  t.equal(most, 1)
  await Promise.all(Array.from({ length: 5 }, () => ask('/jsontrace?view=thread')))
  t.equal(streams, 6)
  t.ok(most > 1, 'one does not wait for the end of the other')
})

t.test('a client that reads nothing holds nobody up who asks the same', async t => {
  let streams = 0
  const pieces = new Array(64).fill(Buffer.alloc(1 << 20))
  const { app, ask } = serve(t, {
    cacheBytes: 256 << 20,
    traceEvents: async () => Readable.from(streams++ === 0 ? pieces : ['whole']),
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('GET /jsontrace HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n')
  await once(socket, 'readable')
  t.equal((await ask('/jsontrace', { accept: '*/*' })).body, 'whole')
  t.equal(streams, 2)
})

t.test('streams are kept when they end well, and are not too large', async t => {
  let streams = 0
  let pieces: (Buffer | Error)[] = []
  const { ask } = serve(t, {
    traceEvents: async () => {
      streams++
      return Readable.from(
        (async function* () {
          for (const piece of pieces) {
            await setImmediate()
            if (piece instanceof Error) throw piece
            yield piece
          }
        })(),
      )
    },
  })
  const url = '/jsontrace'
  pieces = [Buffer.from('[1,'), new Error('the thread died')]
  await t.rejects(ask(url))
  await t.rejects(ask(url))
  t.equal(streams, 2)

  pieces = [Buffer.alloc(KEPT / 4, '1'), Buffer.alloc(KEPT / 2, '2')]
  t.equal((await ask(url)).body.length, (KEPT / 4) * 3)
  await ask(url)
  t.equal(streams, 4)

  pieces = [Buffer.from('[1,'), Buffer.from('2]')]
  t.equal((await ask(url)).body, '[1,2]')
  t.equal((await ask(url)).body, '[1,2]')
  t.equal(streams, 5)

  const zipped = { 'accept-encoding': 'gzip' }
  await ask(url, zipped)
  const again = await ask(url, zipped)
  t.equal(streams, 6)
  t.equal(again.headers['content-encoding'], 'gzip')
  t.equal(gunzipSync(again.rawPayload).toString(), '[1,2]')
})

t.test('who has the answer is told that it holds', async t => {
  const client = fakeClient()
  client.query = async () => ({ fromNs: 0 }) as never
  const { ask } = serve(t, {}, client)
  const span = await ask('/timeline/range?from=0&to=5')
  t.equal(span.statusCode, 200)
  const etag = String(span.headers.etag)
  t.equal((await ask('/timeline/range?from=0&to=5', { 'if-none-match': etag })).statusCode, 304)
})

t.test('what is kept takes no more memory than the budget says, whatever is asked', async t => {
  const client = fakeClient()
  const { query } = client
  const { app, ask } = serve(
    t,
    {},
    {
      ...client,
      query: (name, params) => {
        client.asked.length = 0
        return query(name, params)
      },
    },
  )
  await app.ready()
  const used = () => {
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const long = 'x'.repeat(7000)
  const askMany = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      // What ended is let go of then.
      await setImmediate()
      await ask(`/mmu?mode=plot&nobody=${long}${i}`, { accept: `application/json, ${long}` })
    }
  }
  await askMany(0, 100)
  const before = used()
  await askMany(100, 800)
  const grown = used() - before
  t.ok(grown < 2 * KEPT, `${Math.round(grown / 1024)} KiB more for a budget of ${KEPT / 1024}`)
})
