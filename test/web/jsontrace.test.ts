/**
 * `/jsontrace` and `/trace` on a server that listens, with the threads of a trace: status, headers, formats, gzip,
 * download, limits, what happens when a client goes away or the file changes.
 */
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { hostTrace } from '../../server/engine/opened-trace.js'
import { TraceEventExports } from '../../server/engine/trace-event-exports.js'
import { wholeTrace } from '../../server/export/trace-event/plan.js'
import { buildApp } from '../../server/web/app.js'
import { type ViewerShape, viewerEventsForm } from '../helpers/canonical.js'
import { fixture } from '../helpers/fixtures.js'

function serve(t: Test, path: string, atATime?: number): { app: FastifyInstance; exports: TraceEventExports } {
  const client = hostTrace(path)
  const exports = new TraceEventExports(client.detail, atATime)
  const app = buildApp(client, { file: 'täsks "1".trace', pageWaitMs: 60_000, traceEvents: exports.open })
  t.teardown(async () => {
    await app.close()
    exports.close()
    await client.close()
  })
  return { app, exports }
}

// Threads start slowly on a busy machine.
t.setTimeout(300_000)

const traceable = { goid: '1', taskid: '0', focustask: '99' }

t.test('JSON, whatever the client accepts', async t => {
  const { app } = serve(t, fixture('tasks-go1.26').path)
  for (const url of [
    '/jsontrace',
    '/jsontrace?view=thread',
    ...Object.entries(traceable).map(pair => `/jsontrace?${pair.join('=')}`),
  ]) {
    const response = await app.inject({ url, headers: { accept: 'text/html' } })
    t.equal(response.statusCode, 200, url)
    t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
    t.equal(response.headers['content-disposition'], undefined)
    t.ok((response.json() as ViewerShape).traceEvents!.length > 10)
  }
  const head = await app.inject({ method: 'HEAD', url: '/jsontrace' })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
})

t.test('which parameter decides', async t => {
  const { app } = serve(t, fixture('tasks-go1.26').path)
  const form = async (query: string) => viewerEventsForm((await app.inject(`/jsontrace?${query}`)).json())
  const byGoroutine = await form('goid=1')
  t.same(await form('goid=1&view=thread&taskid=0&focustask=99'), byGoroutine, 'goid before all others')
  t.same(await form('taskid=0&focustask=99'), await form('focustask=99'), 'focustask before taskid')
  t.notSame(await form('taskid=0'), await form('focustask=99'))
  const byProc = await form('')
  t.same(
    await form('view=nonsense&goid=&start=10&end='),
    byProc,
    'empty ones and half a pair of positions do not count',
  )
  t.same(await form('start=10&end=20'), byProc.slice(10, 21))
  t.same(await form('start=-3&end=%2B4'), byProc.slice(0, 5))
  t.same(await form('start=20&end=10'), [])
  const [from, to] = [1_000_000, 2_000_000]
  const times = (await form(`from=${from}&to=${to}`)).map(line => JSON.parse(line) as [string, string, number, number])
  t.ok(times.length > 10)
  t.ok(times.length < byProc.length)
  t.ok(times.every(([, , start, length]) => start < to && start + length >= from))
})

t.test('refusals are JSON with a status', async t => {
  const { app } = serve(t, fixture('tasks-go1.26').path)
  const refusals: [query: string, status: number, message: RegExp][] = [
    ['goid=x', 400, /^Parameter goid must be a number, not "x"$/],
    ['goid=-1', 400, /goid/],
    ['goid=18446744073709551616', 400, /goid/],
    ['goid=18446744073709551615', 404, /^This trace has no goroutine 18446744073709551615\. Ids run from 1 to \d+\.$/],
    ['goid=424242', 404, /^This trace has no goroutine 424242\. Ids run from 1 to \d+\.$/],
    ['taskid=1e3', 400, /taskid/],
    ['taskid=424242', 404, /^failed to find task with id 424242$/],
    ['focustask=0', 404, /^failed to find task with id 0$/],
    ['start=a&end=1', 400, /^Parameter start must be a number, not "a"$/],
    ['start=1&end=9223372036854775808', 400, /end/],
    ['from=-1', 400, /^Parameter from must be a whole number of ns, not "-1"$/],
    ['to=1.5', 400, /to/],
    ['wait=5', 400, /wait/],
  ]
  for (const [query, statusCode, message] of refusals) {
    const response = await app.inject({ url: `/jsontrace?${query}`, headers: { accept: 'text/html' } })
    t.equal(response.statusCode, statusCode, query)
    t.match(response.json(), { statusCode, message }, query)
    const page = await app.inject({ url: `/trace?${query}`, headers: { accept: 'text/html' } })
    t.equal(page.statusCode, statusCode, `/trace?${query}`)
    if (query !== 'wait=5') t.match(page.headers['content-type'], /^text\/html/)
  }
})

t.test('gzip when asked, and as a file', async t => {
  const { app } = serve(t, fixture('tasks-go1.26').path)
  const plain = await app.inject('/jsontrace')
  for (const accepted of ['gzip', 'br;q=1.0, gzip;q=0.8', 'deflate,gzip']) {
    const response = await app.inject({ url: '/jsontrace', headers: { 'accept-encoding': accepted } })
    t.equal(response.headers['content-encoding'], 'gzip', accepted)
    t.ok(gunzipSync(response.rawPayload).equals(plain.rawPayload))
  }
  for (const accepted of ['br', 'gzip;q=0', 'xgzip']) {
    const response = await app.inject({ url: '/jsontrace', headers: { 'accept-encoding': accepted } })
    t.equal(response.headers['content-encoding'], undefined, accepted)
  }
  const file = await app.inject('/jsontrace?download=1')
  t.equal(
    file.headers['content-disposition'],
    `attachment; filename="t_sks _1_.trace.json"; filename*=UTF-8''t%C3%A4sks%20%221%22.trace.json`,
  )
  t.ok(file.rawPayload.equals(plain.rawPayload))
})

t.test('a partial trace says so, and is that of its usable generations', async t => {
  const { app } = serve(t, fixture('broken/long-go1.26.cut50').path)
  const response = await app.inject('/jsontrace')
  t.match(response.headers['trace-partial'], /^lostBytes=\d+$/)
  t.ok((response.json() as ViewerShape).traceEvents!.length > 100)
})

t.test('no more at a time than told; a client that goes away gives its turn to the next', async t => {
  const { path } = fixture('boundaries/procs-go1.26')
  const { app, exports } = serve(t, path, 1)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  // The first does not read, so that it stays; the second waits for it.
  const first = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    get(`${url}/jsontrace`, resolve).on('error', reject)
  })
  t.equal(first.statusCode, 200)
  let second: 'waits' | 'answered' = 'waits'
  const answered = app.inject('/jsontrace?view=thread').then(response => {
    second = 'answered'
    return response
  })
  await app.inject('/help')
  t.equal(exports.busy, 1)
  t.equal(second, 'waits')
  first.destroy()
  t.equal((await answered).statusCode, 200)
})

const job = { plan: wholeTrace, relatedTo: null }

t.test('closing ends what is being written', async t => {
  const { exports } = serve(t, fixture('boundaries/procs-go1.26').path)
  const stream = await exports.open(job, new AbortController().signal)
  const failed = new Promise<Error>(resolve => stream.once('error', resolve))
  exports.close()
  t.match(await failed, { code: 'CANCELLED' })
  await t.rejects(exports.open(job, new AbortController().signal), { code: 'CANCELLED' })
})

t.test('a request that is gone before its turn never starts', async t => {
  const { exports } = serve(t, fixture('tasks-go1.26').path)
  const gone = new AbortController()
  gone.abort()
  await t.rejects(exports.open({} as never, gone.signal), { code: 'CANCELLED' })
  t.equal(exports.busy, 0)
})

t.test('one that goes away while it waits gives its turn to the next', async t => {
  const { exports } = serve(t, fixture('boundaries/procs-go1.26').path, 1)
  const first = await exports.open(job, new AbortController().signal)
  const gone = new AbortController()
  const refused = t.rejects(exports.open(job, gone.signal), { code: 'CANCELLED' })
  const third = exports.open(job, new AbortController().signal)
  gone.abort()
  first.destroy()
  await refused
  const stream = await third
  t.equal(exports.busy, 1)
  stream.destroy()
})

t.test('a file that changed is refused', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'trace-serve-jsontrace-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a.trace')
  copyFileSync(fixture('tasks-go1.26').path, path)
  const { app } = serve(t, path)
  t.equal((await app.inject('/goroutines?format=json')).statusCode, 200, 'the trace has been read')
  appendFileSync(path, 'more')
  const response = await app.inject('/jsontrace')
  t.equal(response.statusCode, 409)
  t.match(response.json(), { statusCode: 409, message: /changed/ })
})

t.test('the page links to the JSON of the same view', async t => {
  const { app } = serve(t, fixture('tasks-go1.26').path)
  for (const query of [
    '',
    '?view=thread',
    '?goid=1',
    '?taskid=0',
    '?focustask=99',
    '?from=1000&to=2000',
    '?start=1&end=5',
  ]) {
    const { statusCode, body } = await app.inject({ url: `/trace${query}`, headers: { accept: 'text/html' } })
    t.equal(statusCode, 200, query)
    const links = [...body.matchAll(/href="(jsontrace[^"]*)"/g)].map(([, link]) =>
      link.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'),
    )
    t.ok(links.includes(`jsontrace${query}`), `jsontrace${query}`)
    t.ok(links.some(link => link.includes('download=1')))
  }
})
