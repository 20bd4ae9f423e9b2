/** What json-api.md says of the parameters of every route, in one table. */
import t from 'tap'
import { appOf } from '../helpers/app.js'
import { type FakeOptions, fakeClient } from '../helpers/fake-client.js'
import { profileClient } from '../helpers/profile-client.js'

const partial = { error: 'cut', lostBytes: 1303, lostPercent: 0.97, generations: 6 }
const reading = { ready: false, progress: 0.56, generationsRead: 5, generationsTotal: 8 }

const kinds = ['io', 'block', 'syscall', 'sched']
const regionProfiles = kinds.map(kind => `/region${kind}`)
const profiles = [...kinds.map(kind => `/${kind}`), ...regionProfiles]

interface Route {
  readonly url: string
  /** Takes limit, offset, filter, sortby, order. */
  readonly list?: boolean
  readonly malformed: readonly string[]
}

const latencies = ['latmin=1', 'latmax=soon']
const routes: readonly Route[] = [
  { url: '/goroutines', list: true, malformed: [] },
  { url: '/goroutine?name=', list: true, malformed: ['goid=x', 'goid=-1', 'goid=18446744073709551616'] },
  { url: '/goroutine?goid=31', list: true, malformed: [] },
  { url: '/open', list: true, malformed: [] },
  { url: '/usertasks', list: true, malformed: [] },
  { url: '/usertask', list: true, malformed: [...latencies, 'complete=maybe'] },
  { url: '/userregions', list: true, malformed: [] },
  { url: '/userregion', list: true, malformed: [...latencies, 'pc=xyz', 'pc=11111111111111111'] },
  ...profiles.map(url => ({
    url,
    list: true,
    malformed: ['goid=x', 'goid=18446744073709551616', 'from=1.5', 'to=-1'],
  })),
  ...regionProfiles.map(url => ({ url, malformed: [...latencies, 'pc=xyz'] })),
  { url: '/mmu?mode=plot', malformed: [] },
  { url: '/mmu?mode=details&window=1000', malformed: [] },
]

const withParam = (url: string, param: string): string => `${url}${url.includes('?') ? '&' : '?'}${param}`

function serve(t: { teardown(end: () => unknown): void }, options: FakeOptions = {}) {
  const client = profileClient(options)
  const app = appOf(client, { file: 'web.trace', layout: async () => '<svg></svg>' })
  t.teardown(() => app.close())
  const get = (url: string) => app.inject({ url, headers: { host: 'localhost' } })
  return { client, get }
}

t.setTimeout(180_000)

t.test('wait=0 answers 202 with the progress', async t => {
  const { get, client } = serve(t, { progress: reading })
  const formats = [
    ...routes.flatMap(({ url }) => ['json', 'csv'].map(format => withParam(url, `format=${format}`))),
    ...profiles.flatMap(url => [`${url}?raw=1`, `${url}?format=svg`, `${url}?format=tree`]),
    '/jsontrace',
  ]
  for (const url of formats) {
    const { statusCode, body } = await get(withParam(url, 'wait=0'))
    t.equal(statusCode, 202, url)
    t.strictSame(JSON.parse(body), { ready: false, progress: 0.56 }, url)
  }
  t.strictSame(client.asked, [], 'nothing waits in the analysis')
})

t.test('every body says what was lost', async t => {
  const { get } = serve(t, { partial })
  const whole = serve(t)
  const formats = [
    ...routes.map(({ url }) => withParam(url, 'format=json')),
    ...profiles.flatMap(url => ['raw=1', 'format=svg', 'format=tree', 'format=csv'].map(format => `${url}?${format}`)),
  ]
  for (const url of formats) {
    const { statusCode, headers } = await get(url)
    t.equal(statusCode, 200, url)
    t.equal(headers['trace-partial'], 'lostBytes=1303', url)
    t.notOk((await whole.get(url)).headers['trace-partial'], url)
  }
})

t.test('malformed parameters are refused in one shape', async t => {
  const { get } = serve(t)
  const ofLists = ['limit=x', 'limit=-1', 'limit=1.5', 'offset=-1', 'order=up', 'format=xml', 'wait=2']
  for (const { url, list, malformed } of routes) {
    for (const param of [...malformed, ...(list ? ofLists : [])]) {
      const asked = withParam(url, `${param}${param.startsWith('format') ? '' : '&format=json'}`)
      const { statusCode, body } = await get(asked)
      t.equal(statusCode, 400, asked)
      if (param.startsWith('format')) continue
      const answer = JSON.parse(body)
      t.match(answer, { statusCode: 400, error: 'Bad Request', message: param.split('=')[0] }, asked)
    }
  }
})

t.test('ids and times are read alike on every page', async t => {
  const { get } = serve(t)
  const pages = ['/io?', '/regionsched?', '/trace?', '/perfetto?', '/jsontrace?']
  const wanted: [string, string, string[]][] = [
    ['goid', 'a number', [...pages, '/goroutine?', '/timeline/span?at=1&']],
    ['from', 'a whole number of ns', [...pages, '/timeline/range?to=5&', '/timeline/arrows?to=5&']],
    ['to', 'a whole number of ns', [...pages, '/timeline/range?from=5&', '/timeline/arrows?from=5&']],
    ['at', 'a whole number of ns', ['/timeline/span?goid=1&', '/timeline/neighbours?view=proc&id=1&']],
  ]
  for (const [name, what, urls] of wanted) {
    for (const url of urls) {
      for (const value of ['x', '-1', '1.5', '1e3', '0x10', '1 ', '1'.repeat(21)]) {
        const asked = `${url}${name}=${encodeURIComponent(value)}`
        const { statusCode, body } = await get(url.startsWith('/jsontrace') ? asked : `${asked}&format=json`)
        t.equal(statusCode, 400, asked)
        t.equal(JSON.parse(body).message, `Parameter ${name} must be ${what}, not ${JSON.stringify(value)}`, asked)
      }
    }
  }
})

t.test('every parameter has bounds', async t => {
  const { get } = serve(t)
  const { paths } = JSON.parse((await get('/openapi.json')).body) as {
    paths: Record<string, { get: { parameters?: { name: string; schema: Record<string, unknown> }[] } }>
  }
  let seen = 0
  for (const [path, { get: described }] of Object.entries(paths)) {
    for (const { name, schema } of described.parameters ?? []) {
      const text = schema.type === 'string'
      t.ok(text ? (schema.enum ?? schema.maxLength) : schema.maximum, `${path} ${name}`)
      seen++
    }
  }
  t.ok(seen > 150, `${seen} parameters`)
  const refused = ['limit=9007199254740993', 'limit=1e300', 'offset=1e300', `filter=${'a'.repeat(4097)}`]
  for (const param of refused)
    t.equal((await get(`/goroutines?format=json&${param}`)).statusCode, 400, param.slice(0, 30))
  const numbers = ['goroutines?limit=', 'goroutines?offset=', 'timeline/span?goid=1&at=', 'timeline/search?q=a&offset=']
  for (const value of ['Infinity', '1e400', '-Infinity', 'NaN']) {
    for (const number of numbers) {
      const { statusCode, body } = await get(`/${number}${value}&format=json`)
      t.equal(statusCode, 400, `${number}${value}`)
      t.match(JSON.parse(body).message, /^Parameter \w+ must be /)
    }
  }
})

t.test('the first of repeated parameters wins, limit=0 is all, unknown ones are ignored', async t => {
  const client = fakeClient()
  const app = appOf(client, { file: 'web.trace' })
  t.teardown(() => app.close())
  for (const { url, list } of routes.filter(({ url }) => !profiles.includes(url))) {
    if (!list) continue
    client.asked.length = 0
    const response = await app.inject(
      withParam(url, 'format=json&limit=0&limit=7&offset=2&offset=x&order=desc&nobody=1'),
    )
    t.equal(response.statusCode, 200, url)
    t.match(client.asked[0].params, { limit: 0, offset: 2, order: 'desc' }, url)
    client.asked.length = 0
    await app.inject(withParam(url, 'format=json'))
    t.match(client.asked[0].params, { limit: 1000, offset: 0 }, `${url}: the default`)
  }
})
