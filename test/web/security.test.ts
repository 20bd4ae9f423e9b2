/**
 * Strangers: foreign host names, paths out of the static folder, long and slow requests, tokens, and names that are
 * script.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { LOOPBACK } from '../../server/commands/address.js'
import { startServer } from '../../server/commands/serve.js'
import type { Trace } from '../../server/contract/trace.js'
import { openTrace } from '../../server/trace/open.js'
import { appOf, type TestOptions } from '../helpers/app.js'
import { evil, evilTrace, isHarmless } from '../helpers/evil-trace.js'
import { fakeClient } from '../helpers/fake-client.js'
import { analyseSource } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'

t.setTimeout(120_000)

const home = { host: 'localhost' }

function serve(t: Test, options: TestOptions = {}, client: Trace = fakeClient()): FastifyInstance {
  const app = appOf(client, { file: 'x.trace', ...options })
  t.teardown(() => app.close())
  return app
}

/** A server whose questions are counted. */
function counted(t: Test) {
  const client = fakeClient()
  return { client, app: serve(t, {}, client) }
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** A path as it is, which URL classes would tidy up. */
async function getRaw(port: number, path: string): Promise<{ status: number; body: string }> {
  const asked = request({ port, host: '127.0.0.1', path, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  let body = ''
  for await (const part of response) body += part
  return { status: response.statusCode, body }
}

t.test('a host name that is not ours', async t => {
  const app = serve(t)
  for (const host of ['localhost', '127.0.0.1:80', '[::1]', '[::1]:8722', 'LocalHost:1', '127.255.0.9']) {
    t.equal((await app.inject({ url: '/', headers: { host } })).statusCode, 200, host)
  }
  for (const host of [
    '::1',
    '[::1',
    '[::1]evil.example',
    '[::ffff:10.0.0.1]',
    '0.0.0.0',
    '127.0.0.1:80:80',
    '127.0.0.1@evil.example',
    'evil.example#127.0.0.1',
    'localhost, evil.example',
    '[localhost]',
    '[127.0.0.1]',
    '127.0.0.999',
    '127.1',
    'localhost:123456',
    'a.localhost.evil.example',
    'x127.0.0.1',
    '127.0.0.1.',
    '2130706433',
  ]) {
    for (const url of ['/', '/goroutines?format=json', '/static/css/base.css', '/progress', '/openapi.json', '/nope']) {
      const { statusCode, body, headers } = await app.inject({ url, headers: { host } })
      t.equal(statusCode, 421, `${host} ${url}`)
      t.notMatch(body, 'main.main')
      t.match(headers['content-security-policy'], "default-src 'none'")
    }
  }
})

/** What a connection gets for these bytes until it ends. */
async function getBytes(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const part of socket) answer += part
  return answer
}

t.test('more than one host', async t => {
  const port = await listen(serve(t))
  const end = 'connection: close\r\n\r\n'
  for (const text of [
    `GET /open HTTP/1.1\r\nhost: localhost\r\nHost: evil.example\r\n${end}`,
    `GET /open HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n${end}`,
  ])
    t.match(await getBytes(port, text), /^HTTP\/1\.1 400 /)
  for (const text of [
    `GET http://evil.example/open HTTP/1.1\r\nhost: localhost\r\n${end}`,
    `GET http://localhost@evil.example/open HTTP/1.1\r\nhost: localhost\r\n${end}`,
    `GET /open HTTP/1.1\r\n${end}`,
    `GET /open HTTP/1.0\r\n${end}`,
  ])
    t.match(await getBytes(port, text), /^HTTP\/1\.1 421 /)
  const own = `GET http://localhost:${port}/open?format=json HTTP/1.1\r\nhost: localhost\r\n${end}`
  t.match(await getBytes(port, own), /^HTTP\/1\.1 200 /)
})

t.test('what a page of another site loads', async t => {
  const { client, app } = counted(t)
  const foreign = (mode: string, dest?: string) => ({
    ...home,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': mode,
    ...(dest !== undefined && { 'sec-fetch-dest': dest }),
  })
  const urls = [
    '/',
    '/goroutines',
    '/jsontrace',
    '/timeline/search?q=a',
    '/static/css/base.css',
    '/openapi.json',
    '/nope',
  ]
  for (const url of urls) {
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['no-cors', 'script'],
      ['cors', 'empty'],
      ['no-cors', 'empty'],
      ['navigate', 'iframe'],
      ['navigate', 'object'],
      ['websocket', 'empty'],
    ]) {
      const { statusCode, headers, body } = await app.inject({ url, headers: foreign(mode, dest) })
      t.equal(statusCode, 403, `${url} ${mode} ${dest}`)
      t.match(headers['content-security-policy'], "default-src 'none'")
      t.notMatch(body, 'main.main')
    }
  }
  t.strictSame(client.asked, [], 'and costs nothing')
  const refused = await app.inject({ url: '/goroutines?format=json', headers: foreign('cors', 'empty') })
  t.match(refused.json(), { statusCode: 403, error: 'Forbidden', message: 'its own pages' })

  for (const headers of [
    foreign('navigate', 'document'),
    foreign('navigate'),
    { ...home, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { ...home, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    home,
  ])
    t.equal((await app.inject({ url: '/goroutines', headers })).statusCode, 200)
})

t.test('answers that no route gives have the same headers', async t => {
  const limits = { requestMs: 300, stalledMs: 1000 }
  const app = serve(t, { limits })
  const port = await listen(app)
  const { headers } = await app.inject({ url: '/nope?format=json', headers: home })
  const policies = Object.entries(headers).filter(([name]) =>
    /^(content-security|cross-|origin-|referrer|x-)/.test(name),
  )
  t.ok(policies.length > 8)
  const end = 'host: localhost\r\nconnection: close\r\n\r\n'
  const refused: [number, string][] = [
    [400, 'GARBAGE\r\n\r\n'],
    [400, `GET /%zz HTTP/1.1\r\n${end}`],
    [408, 'GET / HTTP/1.1\r\nhost: local'],
    [414, `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${end}`],
    [414, `GET /goroutines?filter=${'a'.repeat(9000)} HTTP/1.1\r\n${end}`],
    [414, `GET /speedscope/${'a'.repeat(9000)} HTTP/1.1\r\n${end}`],
    [404, `GET /speedscope/${'a'.repeat(200)} HTTP/1.1\r\n${end}`],
    [417, `GET / HTTP/1.1\r\nexpect: nothing\r\n${end}`],
    [431, `GET / HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n${end}`],
  ]
  for (const [status, text] of refused) {
    const answer = await getBytes(port, text)
    const what = `${status} ${text.slice(0, 20)}`
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), what)
    for (const [name, value] of policies)
      t.ok(answer.toLowerCase().includes(`${name}: ${value}`.toLowerCase()), `${what} ${name}`)
    t.notMatch(answer, 'zz', 'what was asked is not repeated')
  }
})

t.test('connections on which nobody asks make room for those who do', async t => {
  const port = await listen(serve(t))
  const idle = Array.from({ length: 600 }, () => connect(port, '127.0.0.1'))
  t.teardown(() => {
    for (const socket of idle) socket.destroy()
  })
  for (const socket of idle) socket.on('error', () => {})
  // Slow ones: they have begun a request.
  for (const socket of idle.slice(300)) socket.write('GET / HTTP/1.1\r\nhost: ')
  await Promise.all(idle.map(socket => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  for (let i = 0; i < 20; i++) t.equal((await getRaw(port, '/goroutines?limit=1')).status, 200)
})

t.test('many requests at once on one connection end it', async t => {
  const { app, client } = counted(t)
  const port = await listen(app)
  const many = Array.from({ length: 500 }, (_, i) => `GET /goroutines?offset=${i} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  await getBytes(port, many.join('')).catch(() => '')
  t.ok(client.asked.length < 10, `${client.asked.length} were asked`)
  const few = await getBytes(
    port,
    `${many[0]}${many[1]}${many[2].replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')}`,
  )
  t.equal(few.match(/HTTP\/1\.1 200 /g)?.length, 3, 'a few are answered')
})

t.test('no path leaves the static folder', async t => {
  const port = await listen(serve(t))
  t.equal((await getRaw(port, '/static/css/base.css')).status, 200)
  for (const path of [
    '/static/../package.json',
    '/static/..%2fpackage.json',
    '/static/%2e%2e/package.json',
    '/static/%2e%2e%2fpackage.json',
    '/static/%252e%252e/package.json',
    '/static/css/../../package.json',
    '/static/..\\package.json',
    '/static/..%5cpackage.json',
    '/static//etc/passwd',
    '/static/%00',
    '/static/css/base.css%00.html',
    '/static/',
    '/static',
    '//package.json',
    '/../package.json',
  ]) {
    const { status, body } = await getRaw(port, path)
    t.ok(status >= 400 && status < 500, `${path}: ${status}`)
    t.notMatch(body, '"dependencies"', path)
    t.notMatch(body, 'root:', path)
  }
})

t.test('long addresses and headers', async t => {
  const port = await listen(serve(t))
  t.equal((await getRaw(port, `/goroutines?nobody=${'a'.repeat(8000)}`)).status, 200)
  t.equal((await getRaw(port, `/goroutines?filter=${'a'.repeat(8200)}`)).status, 414)
  t.equal((await getRaw(port, `/${'a'.repeat(20_000)}`)).status, 431)
})

t.test('a client that reads nothing is cut off', async t => {
  let made = 0
  const endless = () =>
    Promise.resolve(
      new Readable({
        read() {
          made += 65_536
          this.push(Buffer.alloc(65_536, 32))
        },
      }),
    )
  const port = await listen(serve(t, { traceEvents: endless, limits: { requestMs: 30_000, stalledMs: 200 } }))
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /jsontrace HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await once(socket, 'readable')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  // Nothing is read until the server has given up; its end is seen only by who reads on.
  await new Promise(resolve => setTimeout(resolve, 1000))
  socket.resume()
  await closed
  // What the system and both ends buffer, however long nobody reads.
  t.ok(made < 32 << 20, `${made} bytes were made for nobody`)
})

t.test('a client that waits for us is not', async t => {
  const traceEvents = async () =>
    Readable.from(
      (async function* () {
        yield '['
        await new Promise(resolve => setTimeout(resolve, 1000))
        yield ']'
      })(),
    )
  const port = await listen(serve(t, { traceEvents, limits: { requestMs: 30_000, stalledMs: 200 } }))
  t.strictSame(await getRaw(port, '/jsontrace'), { status: 200, body: '[]' })
})

t.test('a token', async t => {
  const token = 'sEcReT-0123456789abcdef'
  const app = serve(t, { token })
  for (const url of ['/', '/goroutines?format=json', '/?token=', '/?token=wrong', `/?token=${token}x`, '/progress']) {
    const refused = await app.inject({ url, headers: home })
    t.equal(refused.statusCode, 403, url)
    t.notMatch(refused.body, 'main.main')
    t.notOk(refused.headers['set-cookie'])
  }
  t.equal(
    (await app.inject({ url: '/static/css/base.css', headers: home })).statusCode,
    200,
    'the refusal has its style',
  )
  t.equal((await app.inject({ url: `/static/../goroutines`, headers: home })).statusCode >= 400, true)

  const first = await app.inject({
    url: `/goroutines?token=${token}&limit=5`,
    headers: { ...home, accept: 'text/html' },
  })
  t.equal(first.statusCode, 303)
  t.equal(first.headers.location, '/goroutines?limit=5')
  const setCookie = String(first.headers['set-cookie'])
  t.match(setCookie, /^trace-serve-[0-9a-f]{12}=.*; Path=\/; HttpOnly; SameSite=Strict$/)
  const cookie = `other=1; ${setCookie.split(';')[0]}`
  const next = await app.inject({ url: '/goroutines?limit=5', headers: { ...home, cookie } })
  t.equal(next.statusCode, 200)
  t.notMatch(next.body, token)
  t.equal(
    (await app.inject({ url: '/', headers: { ...home, cookie: `${setCookie.split('=')[0]}=x` } })).statusCode,
    403,
  )

  const script = await app.inject({ url: `/goroutines?format=json&token=${token}`, headers: home })
  t.equal(script.statusCode, 200, 'a script needs no cookie')
  t.equal((await app.inject({ url: `/?token=${token}`, headers: { host: 'evil.example' } })).statusCode, 421)
  const elsewhere = await app.inject({
    url: `//evil.example/?token=${token}`,
    headers: { ...home, accept: 'text/html' },
  })
  t.notMatch(String(elsewhere.headers.location), /^(\/\/|https?:)/, 'no way out by a redirect')
})

t.test('names that are script are text on every page', async t => {
  const source = new MemorySource(evilTrace(), evil[0])
  const facts = analyseSource(source, openTrace(source))
  t.equal(facts.partial, null, 'the whole trace is read')
  const client: Trace = {
    ...fakeClient(),
    query: async (name, params) => answerQuery(facts, name as never, params as never) as never,
  }
  const app = serve(t, { file: evil[3], layout: async () => '<svg></svg>' }, client)
  const urls = ['/', '/help', '/goroutines', '/open', '/usertasks', '/userregions', '/mmu', '/trace', '/nope']
  for (const [i, text] of evil.entries()) {
    const name = encodeURIComponent(text)
    urls.push(`/goroutine?name=${name}`, `/usertask?type=${name}`, `/usertask?type=${name}&open=${i + 1}`)
    urls.push(`/userregion?type=${name}`, `/userregion?type=${name}&pc=${(0x1000 + i).toString(16)}`)
    urls.push(`/goroutines?filter=${name}`, `/usertask?logtext=${name}`, `/goroutines?sortby=${name}`)
    urls.push(`/goroutines?order=${name}`, `/goroutine?goid=${name}`, `/mmu?flags=${name}`, `/${name}`)
    for (const kind of ['io', 'block', 'syscall', 'sched']) urls.push(`/${kind}`, `/${kind}?name=${name}`)
    urls.push(`/perfetto?goid=${10 + i}`, `/trace?taskid=${name}`, `/timeline/tracks?view=${name}`, `/io?as=${name}`)
  }
  for (const kind of ['io', 'block', 'syscall', 'sched']) {
    urls.push(`/region${kind}`, ...['graph', 'top', 'flame'].map(as => `/${kind}?as=${as}`))
  }
  urls.push('/perfetto', '/progress?format=json', '/timeline/search?q=%3Cscript%3E')
  let shown = 0
  for (const url of urls) {
    const { body, headers } = await app.inject({ url, headers: { ...home, accept: 'text/html' } })
    const type = String(headers['content-type'])
    if (/^\/(timeline|progress)/.test(url)) {
      t.match(type, 'application/json', url)
      continue
    }
    t.match(type, 'text/html', url)
    isHarmless(t, url, body)
    if (body.includes('&lt;script&gt;')) shown++
    for (const format of ['json', 'csv', 'tree']) {
      const face = await app.inject({ url: `${url}${url.includes('?') ? '&' : '?'}format=${format}`, headers: home })
      // Pages that have no such face are shown as ever.
      if (String(face.headers['content-type']).startsWith('text/html')) isHarmless(t, `${url} ${format}`, face.body)
      t.equal(face.headers['x-content-type-options'], 'nosniff')
    }
  }
  t.ok(shown > 20, `${shown} pages show such a name`)
})

t.test('nor do they run on the pages that links lead to, the graphs and the threads included', async t => {
  const path = join(t.testdir({}), `${evil[3].replaceAll('/', '')}.trace`)
  writeFileSync(path, evilTrace())
  const server = await startServer(path, { host: LOOPBACK, port: 0 }, {})
  t.teardown(() => server.close())
  // Answered when the trace has been read.
  await fetch(`${server.url}/open?format=json`)
  const urls = new Set(['/', '/goroutine?goid=11', '/goroutine?goid=1', '/block?as=graph', '/block?format=svg'])
  let shown = 0
  for (const url of urls) {
    const response = await fetch(server.url + url, { headers: { accept: 'text/html' } })
    const type = String(response.headers.get('content-type'))
    const body = await response.text()
    t.match(response.headers.get('content-security-policy'), /default-src 'none'/, url)
    if (/html|svg/.test(type)) isHarmless(t, url, body)
    if (body.includes('&lt;script&gt;')) shown++
    if (urls.size > 150 || !type.startsWith('text/html')) continue
    for (const [, href] of body.matchAll(/<a [^>]*href="([^"#]+)/g)) {
      const text = href.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
      const { pathname, search } = new URL(text, server.url + url)
      if (pathname !== '/speedscope/') urls.add(pathname + search)
    }
  }
  t.ok(urls.size > 60, `${urls.size} pages`)
  t.ok(shown > 15, `${shown} show such a name`)
})
