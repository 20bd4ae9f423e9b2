/** The page that hands JSON over to Perfetto: its policy, its links, and the warning before a large one. */
import t from 'tap'
import { appOf } from '../helpers/app.js'
import { type FakeOptions, fakeClient } from '../helpers/fake-client.js'

function serve(t: { teardown(end: () => unknown): void }, options: FakeOptions = {}, eventsIn?: number) {
  const client = fakeClient(options)
  const answerAll = client.query
  client.query = (async (name, params, signal) => {
    const answer = await answerAll(name, params, signal)
    if (name !== 'home' || eventsIn === undefined) return answer
    const { overview } = answer as { overview: { events: number[] } }
    return { ...answer, overview: { ...overview, events: overview.events.map(() => eventsIn) } }
  }) as typeof client.query
  const app = appOf(client, { file: 'web.trace' })
  t.teardown(() => app.close())
  return async (url: string) => {
    const { statusCode, headers, body } = await app.inject({ url, headers: { host: 'localhost', accept: 'text/html' } })
    return { statusCode, headers, body: body.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&') }
  }
}

t.test('only the page that hands over lets its windows talk to it', async t => {
  const get = serve(t)
  t.equal((await get('/perfetto')).headers['cross-origin-opener-policy'], 'same-origin-allow-popups')
  for (const url of ['/', '/trace', '/jsontrace', '/block', '/speedscope/', '/nope']) {
    t.equal((await get(url)).headers['cross-origin-opener-policy'], 'same-origin', url)
  }
  const policy = (await get('/perfetto')).headers['content-security-policy']
  t.equal(policy, (await get('/')).headers['content-security-policy'], 'what it may load is what all may')
})

t.test('the JSON is that of the query', async t => {
  const get = serve(t)
  for (const query of ['', '?view=thread', '?goid=1', '?taskid=2&view=proc', '?from=1000&to=2000', '?start=1&end=5']) {
    const { statusCode, body } = await get(`/perfetto${query}`)
    t.equal(statusCode, 200, query)
    t.match(body, `data-json="jsontrace${query}"`)
    t.match(body, `href="trace${query}"`)
    t.match(body, /href="jsontrace\?[^"]*download=1"/)
  }
  for (const query of ['?goid=x', '?from=-1', '?start=a&end=2'])
    t.equal((await get(`/perfetto${query}`)).statusCode, 400)
})

t.test('over 500 MB it warns, and offers parts', async t => {
  // 200 buckets of 20,000 events, of 140 bytes each.
  const get = serve(t, {}, 20_000)
  const whole = (await get('/perfetto')).body
  t.match(whole, 'about 560 MB')
  t.match(whole, 'Over 500 MB.')
  t.match(whole, 'data-most=""')
  t.match(whole, 'href="perfetto?from=0&to=69244545"')
  const part = (await get('/perfetto?from=0&to=34622272')).body
  t.match(part, 'about 280 MB')
  t.notMatch(part, 'Over 500 MB.')
  t.match(part, 'data-most="500000000"')
  t.match((await serve(t, {}, 1)('/perfetto')).body, 'less than a megabyte')
})
