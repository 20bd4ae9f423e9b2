/**
 * `/jsontrace` and `/trace` on a server that listens, with the threads of a trace: status, headers, formats, gzip,
 * download, limits, what happens when a client goes away or the file changes.
 */

import { once } from 'node:events'
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { Trace } from '../../server/contract/trace.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import { wholeTrace } from '../../server/export/trace-event/plan.js'
import { appOf } from '../helpers/app.js'
import { type ViewerShape, viewerEventsForm } from '../helpers/canonical.js'
import { fixture } from '../helpers/fixtures.js'

function serve(t: Test, path: string): { app: FastifyInstance; trace: Trace } {
  const trace = hostTrace(path)
  const app = appOf(trace, { file: 'täsks "1".trace', pageWaitMs: 60_000 })
  t.teardown(async () => {
    await app.close()
    await trace.close()
  })
  return { app, trace }
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

t.test('a client that goes away gives its turn to the next', async t => {
  const { app } = serve(t, fixture('boundaries/procs-go1.26').path)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  // They do not read, so that they stay.
  const silent = await Promise.all(
    ['proc', 'thread'].map(
      view =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get(`${url}/jsontrace?view=${view}`, resolve).on('error', reject)
        }),
    ),
  )
  const answered = app.inject('/jsontrace?from=0')
  for (const response of silent) {
    t.equal(response.statusCode, 200)
    response.destroy()
  }
  t.equal((await answered).statusCode, 200)
})

t.test('closing ends what is being written, and what waits', async t => {
  const { trace } = serve(t, fixture('boundaries/procs-go1.26').path)
  const ask = () => trace.stream('traceEvents', { plan: wholeTrace, relatedTo: null })
  const streams = await Promise.all([ask(), ask()])
  const waits = t.rejects(ask(), { code: 'CANCELLED' })
  const failed = streams.map(stream => once(stream, 'error'))
  await trace.close()
  for (const [error] of await Promise.all(failed)) t.match(error, { code: 'CANCELLED' })
  await waits
  await t.rejects(ask(), { code: 'CANCELLED' })
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
