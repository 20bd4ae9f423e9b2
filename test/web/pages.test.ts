/**
 * The pages through `inject`, answered by the fake client: status, headers, formats, escaping, paging, hosts, methods.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { CodedError, type ErrorCode } from '../../server/errors.js'
import { profileNames } from '../../server/shared/profile-names.js'
import { parseQuery } from '../../server/web/app.js'
import { withLinks } from '../../server/web/view-models/diagnostics.js'
import { glossary, helpAnchor } from '../../server/web/view-models/help.js'
import { pages } from '../../server/web/view-models/layout.js'
import { appOf } from '../helpers/app.js'
import { type FakeClient, type FakeOptions, fakeClient } from '../helpers/fake-client.js'

const policy =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'"
const partial = {
  error: 'offset 134,302: read 177 but wanted 1,480',
  lostBytes: 1303,
  lostPercent: 0.97,
  generations: 6,
}
const group = '/goroutine?name=net%2Fhttp.%28*conn%29.serve'
const tablePages = [
  '/',
  '/help',
  '/goroutines',
  group,
  '/goroutine?name=',
  '/goroutine?goid=31&limit=20',
  '/open',
  '/usertasks',
  '/usertask?type=GET+%2Fslow&open=292',
  '/userregions',
  '/userregion?type=encode&pc=4be045',
  '/perfetto',
]

function serve(t: Test, options: FakeOptions = {}, pageWaitMs = 5): { app: FastifyInstance; client: FakeClient } {
  const client = fakeClient(options)
  const traceEvents = async (): Promise<Readable> => Readable.from(['{"traceEvents":[]}'])
  const app = appOf(client, { file: 'web-go1.26.trace', pageWaitMs, traceEvents })
  t.teardown(() => app.close())
  return { app, client }
}

// Hundreds of pages, on a machine that may be busy with other tests.
t.setTimeout(180_000)

t.test('every page is HTML under the strict policy, without inline script or style', async t => {
  const { app } = serve(t, { partial })
  for (const url of [...tablePages, '/nope', '/goroutines?limit=x']) {
    const { headers, body } = await app.inject(url)
    t.match(headers['content-type'], /^text\/html; charset=utf-8/, url)
    t.equal(headers['content-security-policy'], policy, url)
    t.equal(headers['x-content-type-options'], 'nosniff', url)
    t.equal(headers['referrer-policy'], 'no-referrer', url)
    t.notOk(headers['strict-transport-security'], url)
    t.notMatch(body, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i, `${url} has nothing inline`)
    t.notMatch(body, /\[object Object\]|undefined|NaN/, `${url} has no broken figure`)
    t.notMatch(body, /(?:src|href|action)="(?:https?:)?\/\//, `${url} names no other host`)
    t.equal(body.match(/<h1[ >]/g)?.length, 1, `${url} has one main heading`)
  }
})

t.test('links on the pages lead to pages', async t => {
  const { app } = serve(t)
  const pagesOfLink = new Map<string, string>()
  for (const url of tablePages) {
    const { body } = await app.inject(url)
    for (const [, link] of body.matchAll(/(?:href|src)="([^"]+)"/g)) {
      const plain = link.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
      if (!plain.startsWith('#') && !pagesOfLink.has(plain)) pagesOfLink.set(plain, url)
    }
  }
  t.ok(pagesOfLink.size > 100)
  const answers = new Map<string, { statusCode: number; body: string }>()
  for (const [link, url] of pagesOfLink) {
    const [path, anchor] = link.split('#')
    const answer = answers.get(path) ?? (await app.inject(path))
    answers.set(path, answer)
    t.equal(answer.statusCode, 200, `${url} → ${link}`)
    // The timeline and speedscope keep their state there.
    if (anchor?.includes('=') === false) t.match(answer.body, `id="${anchor}"`, `${url} → ${link} has its anchor`)
  }
})

t.test('the formats of a page', async t => {
  const { app, client } = serve(t)
  const byFormat = await app.inject('/goroutines?format=json&limit=2')
  t.match(byFormat.headers['content-type'], 'application/json')
  t.equal(byFormat.json().groups.length, 2)
  t.same(Object.keys(byFormat.json()), [
    'total',
    'offset',
    'limit',
    'ready',
    'partial',
    'goroutines',
    'matching',
    'groups',
  ])

  const byAccept = await app.inject({ url: '/goroutines', headers: { accept: 'application/json' } })
  t.equal(byAccept.json().limit, 1000, 'a thousand rows unless told otherwise')
  const browser = await app.inject({ url: '/', headers: { accept: 'text/html,application/json;q=0.9' } })
  t.match(browser.headers['content-type'], 'text/html')

  const home = await app.inject('/?format=json')
  const answer = withLinks(await client.query('home', {}), '/')
  t.same(home.json(), JSON.parse(JSON.stringify(answer)), 'the body is the answer itself, with its links')

  const csv = await app.inject('/goroutines?format=csv')
  t.match(csv.headers['content-type'], 'text/csv')
  t.match(csv.headers['content-disposition'], 'attachment; filename="goroutines.csv"')
  const lines = csv.body.trimEnd().split('\r\n')
  t.equal(
    lines[0],
    'Start function,Count,Total execution time (ns),Share,Exec p50 (ns),Exec p99 (ns),Exec max (ns),Sched wait time (ns)',
  )
  t.equal(lines.length, 13, 'all rows')
  t.match(lines[1], /^main\.main\.func2,8,35912129,/)

  const rows = (await app.inject(`${group}&format=csv`)).body
  t.match(
    rows,
    /^Goroutine,Created \(ns\),Started \(ns\),Ended \(ns\),Total \(ns\),Execution time \(ns\),Block time \(\) \(ns\)/,
  )

  t.equal((await app.inject('/openapi.json')).json().openapi, '3.1.0')
  t.ok((await app.inject('/openapi.json')).json().paths['/goroutine'], 'the description knows the routes')
})

t.test('parameters', async t => {
  const { app, client } = serve(t)
  for (const query of [
    'limit=many',
    'limit=-1',
    'limit=1.5',
    'offset=x',
    'order=up',
    'format=xml',
    'stats=5',
    'limit=',
  ]) {
    const page = await app.inject(`/goroutines?${query}`)
    t.equal(page.statusCode, 400, query)
    const json = await app.inject({ url: `/goroutines?${query}`, headers: { accept: 'application/json' } })
    t.equal(json.statusCode, 400, query)
    t.match(json.json(), { statusCode: 400, error: 'Bad Request', message: /^Parameter / })
    t.same(Object.keys(json.json()), ['statusCode', 'error', 'message'])
  }
  t.equal((await app.inject('/goroutines?nonsense=1&limit=3')).statusCode, 200, 'unknown ones are ignored')
  await app.inject('/goroutines?format=json&limit=7&limit=9&filter=a%26b')
  t.match(client.asked.at(-1), { params: { limit: 7, filter: 'a&b' } }, 'the first of repeated ones wins')
  await app.inject('/goroutines?limit=0')
  t.match(client.asked.at(-1), { params: { limit: 500 } }, 'a page never asks for more than 500 rows')
  await app.inject('/goroutines?limit=0&format=json')
  t.match(client.asked.at(-1), { params: { limit: 0 } })
  t.same({ ...parseQuery('__proto__=x&a=%zz&a=2') }, { ['__proto__']: 'x', a: '%zz' })
})

t.test('names from the trace are escaped', async t => {
  const name = `main.<script>alert("x")</script>'&\u0007`
  const { app } = serve(t, { extraNames: [name, '=cmd|x', 'a,b"c'] })
  const list = (await app.inject('/goroutines')).body
  t.notMatch(list, '<script>alert')
  t.match(list, '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
  const page = (await app.inject(`/goroutine?${new URLSearchParams({ name })}`)).body
  t.notMatch(page, '<script>alert')
  t.match(page, '12 goroutines started in this function')
  const filter = (await app.inject(`/goroutines?${new URLSearchParams({ filter: '"><script>alert(1)</script>' })}`))
    .body
  t.notMatch(filter, '<script>alert')
  const notFound = (await app.inject('/<script>alert(1)</script>')).body
  t.notMatch(notFound, '<script>alert')
  const csv = (await app.inject('/goroutines?format=csv')).body
  t.match(csv, `\r\n'=cmd|x,`, 'a spreadsheet runs no formula')
  t.match(csv, '\r\n"a,b""c",')
})

t.test('long tables page', async t => {
  const { app } = serve(t, { members: 1234 })
  const first = (await app.inject(group)).body
  t.equal(first.match(/<td class="stick/g)!.length, 500 + 250, 'breakdown and special ranges')
  t.match(first, '1–500 of 1,234 goroutines')
  const next = /rel="next" href="([^"]+)"/.exec(first)![1].replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
  t.match(next, 'offset=500')
  t.match(next, 'name=net', 'the link keeps the rest of the state')
  t.notMatch(first, 'rel="prev"')
  const last = (await app.inject(next.replace('offset=500', 'offset=1000'))).body
  t.match(last, '1,001–1,234 of 1,234 goroutines')
  t.notMatch(last, 'rel="next"')
  t.match(last, 'rel="prev"')
  t.ok(first.length < 2_000_000, 'no page over 2 MB')
})

t.test('sorting and statistics are links that keep the state', async t => {
  const { app, client } = serve(t)
  const unsorted = (await app.inject('/goroutines')).body
  t.equal(unsorted.match(/aria-sort=/g)!.length, 1)
  t.match(
    unsorted,
    /aria-sort="descending"><a href="[^"]*sortby&#x3D;Total\+execution\+time&amp;order&#x3D;asc"/,
    'a second click turns the order',
  )
  const sorted = (await app.inject('/goroutines?sortby=Count&order=asc&filter=net')).body
  t.match(client.asked.at(-1), { params: { sortby: 'Count', order: 'asc', filter: 'net' } })
  t.match(sorted, /aria-sort="ascending"><a href="[^"]*filter&#x3D;net[^"]*"/)
  t.match(sorted, 'name="sortby" value="Count"', 'the filter form carries the order along')
  t.match(sorted, 'contains “net”')

  const rows = async (stats: string): Promise<string[]> => {
    const { body } = await app.inject(`${group}&stats=${stats}`)
    return [...body.matchAll(/<th scope="row" class="stick n">(\w+)<\/th>/g)].map(([, label]) => label)
  }
  t.same(await rows('4'), ['total', 'p50', 'p99', 'max'])
  t.same(await rows('7'), ['total', 'min', 'mean', 'p50', 'p90', 'p99', 'max'])
  t.same(await rows('0'), [])
  const breakdown = (await app.inject(group)).body
  t.match(breakdown, 'zero in every row, not shown: Block time (), ', 'columns of zeros are folded by name')
  t.notMatch(breakdown, 'title="Sort by Block time (syscall)"')
})

t.test('unknown names, empty lists', async t => {
  const { app } = serve(t)
  const unknown = await app.inject('/goroutine?name=no.such')
  t.equal(unknown.statusCode, 200)
  t.match(unknown.body, 'No goroutine started here')
  t.equal((await app.inject('/goroutine?name=no.such&format=json')).json().count, 0)
  t.match((await app.inject('/goroutines?filter=zzz')).body, 'No start function contains')
  const byId = (await app.inject('/goroutines?filter=G31')).body
  t.match(byId, 'href="goroutine?goid=31"', 'an id that no function contains leads to its goroutine')
  t.match((await app.inject('/goroutine?name=')).body, '(no stack recorded)')
})

t.test('unknown paths, methods and hosts', async t => {
  const { app } = serve(t)
  const typo = await app.inject('/goroutins?x=1')
  t.equal(typo.statusCode, 404)
  t.match(typo.body, 'There is no page at /goroutins')
  t.match(typo.body, '<a href="/goroutines">/goroutines</a>')
  const malformed = await app.inject('/goroutine?goid=x')
  t.match(malformed.body, 'The pages of this server', 'what is malformed leads on, too')
  const json = await app.inject({ url: '/nope', headers: { accept: 'application/json' } })
  t.same(json.json(), { statusCode: 404, error: 'Not Found', message: 'There is no page at /nope' })
  t.equal((await app.inject('/static/../package.json')).statusCode, 404)
  t.equal((await app.inject('/static/%2e%2e/package.json')).statusCode, 404)

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const) {
    const refused = await app.inject({ method, url: '/goroutines' })
    t.equal(refused.statusCode, 405, method)
    t.equal(refused.headers.allow, 'GET, HEAD')
  }
  const head = await app.inject({ method: 'HEAD', url: '/goroutines' })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.match(head.headers['content-type'], 'text/html')

  for (const host of ['localhost', 'localhost:6060', '127.0.0.1:1', '127.8.9.1', '[::1]:6060', 'LOCALHOST']) {
    t.equal((await app.inject({ url: '/', headers: { host } })).statusCode, 200, host)
  }
  for (const host of [
    'evil.example',
    'evil.example:6060',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
  ]) {
    const refused = await app.inject({ url: '/goroutines', headers: { host } })
    t.equal(refused.statusCode, 421, host)
    t.match(refused.body, 'answers only to its own address')
    t.notMatch(refused.body, 'net/http', 'nothing of the trace')
  }
  const named = appOf(fakeClient(), { file: 'x', hosts: ['Traces.example'] })
  t.teardown(() => named.close())
  t.equal(
    (await named.inject({ url: '/', headers: { host: 'traces.example:80' } })).statusCode,
    200,
    'the host asked for',
  )

  t.match((await app.inject('/favicon.ico')).headers['content-type'], 'image/svg+xml')
})

t.test('a partial trace says so everywhere', async t => {
  const { app } = serve(t, { partial })
  for (const url of ['/', '/goroutines', group]) {
    const page = await app.inject(url)
    t.match(page.body, 'This trace is incomplete.')
    t.match(page.body, 'Lost: 1,303 bytes (0.97%)')
    for (const format of ['html', 'json', 'csv']) {
      const { headers } = await app.inject(`${url}${url.includes('?') ? '&' : '?'}format=${format}`)
      t.equal(headers['trace-partial'], 'lostBytes=1303', `${url} ${format}`)
    }
  }
  const whole = serve(t).app
  t.notOk((await whole.inject('/')).headers['trace-partial'])
})

t.test('a trace that is still read', async t => {
  const reading = { ready: false, progress: 0.56, generationsRead: 5, generationsTotal: 8 }
  const { app, client } = serve(t, { progress: reading })
  const home = await app.inject('/')
  t.equal(home.statusCode, 200)
  t.match(home.body, /Reading: <span[^>]*>5 of 8 generations</)
  t.match(home.body, '<progress class="progress" max="100" value="56"')
  t.equal((await app.inject('/?format=json')).json().goroutines, null)

  const page = await app.inject('/goroutines')
  t.equal(page.statusCode, 202, 'a page does not wait for ever')
  t.match(page.body, />5 of 8 generations<\/span> are read/)
  const impatient = await app.inject('/goroutines?format=json&wait=0')
  t.equal(impatient.statusCode, 202)
  t.same(impatient.json(), { ready: false, progress: 0.56 })
  t.equal(client.listeners(), 0, 'nobody listens any more')

  const patient = serve(t, { progress: reading }, 60_000)
  const answer = patient.app.inject('/goroutines')
  await new Promise(resolve => setImmediate(resolve))
  while (patient.client.listeners() === 0) await new Promise(resolve => setImmediate(resolve))
  patient.client.setProgress({ ready: true })
  t.equal((await answer).statusCode, 200, 'and answers as soon as the trace is read')
})

t.test('progress as an event stream', async t => {
  const { app, client } = serve(t, { progress: { ready: false, progress: 0.25 } })
  t.match((await app.inject('/progress?format=json')).json(), { ready: false, progress: 0.25, failed: null })
  const stream = app.inject('/progress')
  while (client.listeners() === 0) await new Promise(resolve => setImmediate(resolve))
  client.setProgress({ progress: 0.5 })
  client.setProgress({ ready: true, progress: 1 })
  const { headers, body } = await stream
  t.match(headers['content-type'], 'text/event-stream')
  t.equal(headers['content-security-policy'], policy)
  const events = body
    .trim()
    .split('\n\n')
    .map(event => JSON.parse(event.replace('event: progress\ndata: ', '')))
  t.same([events[0].progress, events.at(-1).progress, events.at(-1).ready], [0.25, 1, true])
  t.equal(client.listeners(), 0)
})

t.test('a trace of which nothing can be read', async t => {
  const failed = new CodedError('NOTHING_USABLE', 'the file ends inside its first generation', {
    offset: 86893,
    wanted: '7,918 bytes',
  })
  const { app } = serve(t, { progress: { ready: false, failed } })
  for (const url of ['/', '/goroutines', group]) {
    const { statusCode, body } = await app.inject(url)
    t.equal(statusCode, 503, url)
    t.match(body, 'Nothing of this trace can be read')
    t.match(body, '86,893')
  }
  t.match((await app.inject('/goroutines?format=json')).json(), {
    statusCode: 503,
    message: 'the file ends inside its first generation',
  })
})

t.test('what to do about it depends on what was found', async t => {
  const pageOf = async (cause: ErrorCode) => {
    const failed = new CodedError('NOTHING_USABLE', 'nothing of it can be read', { cause })
    const { body } = await serve(t, { progress: { ready: false, failed } }).app.inject('/')
    return body
  }
  const cut = await pageOf('FRAMING')
  t.match(cut, 'Copy the file again')
  t.match(cut, '-d&#x3D;footprint')
  for (const cause of ['ORDER', 'TABLES'] as const) {
    const contradicting = await pageOf(cause)
    t.match(contradicting, 'contradicts itself', cause)
    t.notMatch(contradicting, 'Copy the file', cause)
  }
  t.match(await pageOf('ORDER'), '-d&#x3D;parsed', 'its events can be seen up to there')
})

t.test('a filter that lets nothing through says of how many', async t => {
  const { app } = serve(t)
  const all = /(\d+) goroutines, grouped by the function/.exec((await app.inject('/goroutines')).body)![1]
  t.match((await app.inject('/goroutines?filter=zzz')).body, `0 of ${all} goroutines match “zzz”.`)
  t.match((await app.inject('/goroutines?filter=conn')).body, new RegExp(`\\d+ of ${all} goroutines, grouped by`))
})

t.test('what touches the figures is said at the top of the overview', async t => {
  const { app, client } = serve(t)
  const query = client.query.bind(client)
  const odd = (severity: string, text: string) => ({ kind: text, severity, count: 1234, text, example: null })
  client.query = (async (...asked: Parameters<typeof query>) => {
    const answer = await query(...asked)
    if (asked[0] !== 'home') return answer
    const diagnostics = [
      odd('info', 'steps of the clock'),
      odd('error', 'regions out of turn'),
      odd('data loss', 'no names'),
    ]
    return { ...answer, diagnostics }
  }) as typeof client.query
  const { body } = await app.inject('/')
  const [, line] = /<section class="banner warn odd"[^>]*>(.*?)<\/section>/.exec(body)!
  t.match(line, '1,234 regions out of turn')
  t.match(line, /href="#generations-title">and 1 more</)
  t.notMatch((await serve(t).app.inject('/')).body, 'banner warn odd', 'where nothing does, nothing is')
})

t.test('a profile has one name wherever it is spoken of', async t => {
  const { app } = serve(t)
  const bodies: Record<string, string> = Object.create(null)
  for (const url of [
    '/',
    group,
    '/goroutine?goid=31',
    '/userregion?type=encode',
    '/help',
    '/io',
    '/regionio?type=encode',
  ]) {
    bodies[url] = (await app.inject(url)).body
  }
  for (const [kind, name] of Object.entries(profileNames)) {
    for (const [url, body] of Object.entries(bodies)) t.match(body, `>${name}<`, `${kind} on ${url}`)
  }
})

t.test('a page that is not there leads on: a box to search in, and the other pages', async t => {
  const { app } = serve(t)
  for (const url of ['/nope', '/goroutine?goid=99999']) {
    const { statusCode, body } = await app.inject(url)
    t.equal(statusCode, 404)
    const main = body.slice(body.indexOf('<main'))
    t.match(main, /<form[^>]*action="\/goroutines"[^>]*>.*<input[^>]*name="filter"/s, url)
  }
})

t.test('what breaks inside is not shown', async t => {
  const { app, client } = serve(t)
  client.query = () => Promise.reject(new TypeError('secret detail'))
  const { statusCode, body } = await app.inject('/goroutines')
  t.equal(statusCode, 500)
  t.notMatch(body, 'secret')
})

t.test('the glossary covers what columns link to', async t => {
  const anchors = glossary.flatMap(({ terms }) => terms.map(({ anchor }) => anchor))
  t.equal(new Set(anchors).size, anchors.length, 'each once')
  for (const title of [
    'Execution time',
    'Unknown time',
    'Block time ()',
    'Block time (select)',
    'Block time (syscall)',
    'Sched wait time',
  ]) {
    t.ok(anchors.includes(helpAnchor(title)), title)
  }
  t.ok(pages.every(({ page }) => !page.includes('/')))
})
