import t from 'tap'
import type { MmuFlags, MmuPlotAnswer } from '../../server/contract/mmu.js'
import type { Queries, QueryName } from '../../server/contract/trace.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import { appOf } from '../helpers/app.js'
import { type FakeClient, type FakeOptions, fakeClient } from '../helpers/fake-client.js'
import { fixture } from '../helpers/fixtures.js'

interface Answers {
  readonly plot?: Partial<MmuPlotAnswer>
  readonly windows?: { util: number; startNs: number; time: number | string }[] | null
  readonly options?: FakeOptions
}

const curve = [
  [1e6, 0, 0, 0.01, 0.05],
  [9e6, 0.25, 0.3, 0.35, 0.4],
  [6e7, 0.8, 0.8, 0.8, 0.8],
]

function setUp(t: { teardown(end: () => unknown): void }, { plot, windows, options }: Answers = {}) {
  const client = fakeClient(options)
  const others = client.query
  const partial = options?.partial ?? null
  client.query = (async <N extends QueryName>(name: N, params: Queries[N]['params']) => {
    client.asked.push({ name, params })
    if (name === 'mmuPlot') {
      return {
        xMin: 1e6,
        xMax: 6e7,
        quantiles: [0, 0.001, 0.01, 0.05],
        curve,
        skipped: 0,
        noProcs: false,
        partial,
        ...plot,
      }
    }
    const found = windows === undefined ? [{ util: 0.25, startNs: 1000, time: '9007199254741993' }] : windows
    if (name === 'mmuDetails') return { windows: found, ready: true, partial }
    return others(name, params)
  }) as FakeClient['query']
  const app = appOf(client, { file: 'web.trace', pageWaitMs: 1 })
  t.teardown(() => app.close())
  const get = (url: string, accept = 'text/html') => app.inject({ url, headers: { host: 'localhost', accept } })
  return { client, get }
}

const none: MmuFlags = { perProc: false, stw: false, background: false, assist: false, sweep: false }

t.test('plot and details are the JSON of cmd/trace', async t => {
  const { client, get } = setUp(t)
  const plot = await get('/mmu?mode=plot&flags=perProc|stw|nonsense|mut')
  t.match(plot.headers['content-type'], 'application/json')
  t.equal(plot.body, JSON.stringify({ curve, quantiles: [0, 0.001, 0.01, 0.05], xMax: 6e7, xMin: 1e6 }))
  t.strictSame(client.asked.at(-1)?.params, { flags: { ...none, perProc: true, stw: true }, quantiles: true })
  await get('/mmu?mode=plot')
  t.strictSame(client.asked.at(-1)?.params, { flags: none, quantiles: false }, 'no flags count nothing')

  const details = await get('/mmu?mode=details&window=5000&flags=sweep')
  t.strictSame(client.asked.at(-1)?.params, { flags: { ...none, sweep: true }, windowNs: 5000 })
  t.equal(
    details.body,
    '[{"Time":9007199254741993,"MutatorUtil":0.25,"URL":"/trace?view=proc&from=1000&to=6000#range=1000-6000"}]',
    'a number with all digits',
  )
})

t.test('window lengths', async t => {
  const { client, get } = setUp(t, { windows: null })
  for (const bad of ['', '&window=', '&window=x', '&window=-1', '&window=1.5', '&window=18446744073709551616']) {
    t.equal((await get(`/mmu?mode=details${bad}`)).statusCode, 400, bad)
  }
  t.equal((await get('/mmu?window=x')).statusCode, 400)
  t.equal((await get('/mmu?mode=details&window=9223372036854775808')).body, 'null')
  t.match(client.asked.at(-1)?.params, { windowNs: 0 }, 'from 2^63 on there is no window')
})

t.test('the page', async t => {
  const { client, get } = setUp(t, {
    options: { partial: { error: 'cut', lostBytes: 9, lostPercent: 1, generations: 1 } },
  })
  const page = await get('/mmu')
  t.equal(page.headers['trace-partial'], 'lostBytes=9')
  t.match(client.asked[0].params, {
    flags: { stw: true, background: true, assist: true, sweep: false },
    quantiles: true,
  })
  t.match(client.asked[1].params, { windowNs: 9e6 }, 'the row nearest to 10 ms')
  t.match(page.body, '25.0% in the worst 9.00ms')
  t.match(page.body, /<polyline class="curve k3"[\s\S]*<polyline class="curve k0"/, 'the minimum is drawn last')
  t.match(
    page.body,
    'Minimum mutator utilization for windows from 1.00ms to 60.0ms. Zero up to 1.00ms, 80.0% for the longest.',
  )
  t.match(page.body, 'href="trace?view&#x3D;proc&amp;from&#x3D;1000&amp;to&#x3D;9001000#range&#x3D;1000-9001000"')
  t.notMatch(page.body, / style=|<style|<script>/)
  const chosen = await get('/mmu?flags=perProc|sweep&window=777')
  t.match(client.asked.at(-1)?.params, { flags: { ...none, perProc: true, sweep: true }, windowNs: 777 })
  t.match(chosen.body, 'Worst windows of <span class="num">777ns</span>')
  t.match(chosen.body, /value="perProc" checked/)
  const csv = await get('/mmu?format=csv')
  t.strictSame(csv.body.split('\r\n').slice(0, 3), [
    'Window (ns),minimum,0.1%,1%,5%',
    '1000000,0,0,0.01,0.05',
    '9000000,0.25,0.3,0.35,0.4',
  ])
})

t.test('the form works without script', async t => {
  const { get } = setUp(t)
  const sent = await get('/mmu?window=5&view=perProc&stw=1&mut=1')
  t.equal(sent.statusCode, 303)
  t.equal(sent.headers.location, 'mmu?flags=perProc%7Cstw%7Cmut&window=5')
  t.equal((await get('mmu?view=system')).headers.location, 'mmu?flags=')
})

t.test('a trace without procs, one with odd procs, one still being read', async t => {
  const empty = setUp(t, { plot: { curve: [], xMin: 0, xMax: 0, noProcs: true }, windows: null })
  const sentence = 'This trace does not say how many procs there were, so there is no curve.'
  t.match((await empty.get('/mmu')).body, sentence)
  t.match((await empty.get('/mmu?mode=plot')).json(), { note: sentence, curve: [] })
  const odd = setUp(t, { plot: { skipped: 2 } })
  t.match((await odd.get('/mmu')).body, '2 changes on procs that the trace does not have are left out.')
  const reading = setUp(t, { options: { progress: { ready: false, progress: 0.5 } } })
  t.equal((await reading.get('/mmu')).statusCode, 202)
  t.strictSame((await reading.get('/mmu?mode=plot&wait=0')).json(), { ready: false, progress: 0.5 })
})

t.test('a real trace', async t => {
  const client = hostTrace(fixture('web-go1.26').path)
  const app = appOf(client, { file: 'web-go1.26.trace', pageWaitMs: 60_000 })
  t.teardown(async () => {
    await app.close()
    await client.close()
  })
  const get = (url: string) => app.inject({ url, headers: { host: 'localhost' } })
  const { curve: rows, xMin, xMax } = (await get('/mmu?mode=plot&flags=stw|background|assist|mut')).json()
  t.strictSame([xMin, xMax, rows.length, rows[0].length], [1e6, 69200129, 100, 5])
  const worst = (await get('/mmu?mode=details&window=10000000&flags=stw|background|assist')).json()
  t.match(worst[0], { Time: Number, URL: '/trace?view=proc&from=1914690&to=11914690#range=1914690-11914690' })
  t.equal(worst[0].MutatorUtil.toFixed(3), '0.257', 'as go tool trace answers it with difference 1')
  t.match((await get('/mmu')).body, '4, worst first')
})
