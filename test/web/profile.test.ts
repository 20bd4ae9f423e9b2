import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import t from 'tap'
import { LayoutPool } from '../../server/engine/layout.js'
import { CodedError } from '../../server/errors.js'
import type { GraphLayout } from '../../server/export/call-graph.js'
import { encodeProfile } from '../../server/export/pprof.js'
import { appOf } from '../helpers/app.js'
import type { FakeOptions } from '../helpers/fake-client.js'
import { profileClient } from '../helpers/profile-client.js'
import { profileOf, webProfile } from '../helpers/profiles.js'

const pool = new LayoutPool({ threads: 1 })
t.teardown(() => pool.close())

function setUp(
  t: { teardown(end: () => unknown): void },
  options: FakeOptions = {},
  layout: GraphLayout = pool.layout,
  block = webProfile,
) {
  const client = profileClient(options, block)
  const app = appOf(client, { file: 'web.trace', layout })
  t.teardown(() => app.close())
  const get = (url: string, accept = 'text/html') => app.inject({ url, headers: { host: 'localhost', accept } })
  return { client, get }
}

t.test('raw is a file that pprof reads', async t => {
  const { get } = setUp(t)
  const response = await get('/block?raw=1')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], 'application/octet-stream')
  t.equal(response.headers['content-disposition'], 'attachment; filename="block.profile"')
  t.strictSame(response.rawPayload, Buffer.from(encodeProfile(webProfile)))
  const empty = await get('/io?raw=x')
  t.equal(Profile.decode(gunzipSync(empty.rawPayload)).sample.length, 0)
  t.match((await get('/block?raw=')).headers['content-type'], 'text/html', 'empty raw is no raw')
})

t.test('JSON, tree, CSV and SVG', async t => {
  const { get } = setUp(t)
  const json = await get('/block?format=json')
  t.strictSame(json.json(), JSON.parse(JSON.stringify(webProfile)))
  t.match((await get('/block', 'application/json')).headers['content-type'], 'application/json')

  const tree = (await get('/block?format=tree')).json()
  t.equal(tree.totalNs[0], 1125941000)
  t.match(tree.functions[0], { name: String, kind: String })

  const csv = await get('/block?format=csv&sortby=Count&order=desc&filter=main')
  t.match(csv.headers['content-type'], 'text/csv')
  const lines = csv.body.split('\r\n')
  t.equal(lines[0], 'Function,Flat (ns),Flat %,Cumulative (ns),Cum %,Count,Line')
  t.strictSame(
    lines.slice(1, -1).map(line => line.split(',')[0]),
    ['main.main', 'main.worker'],
  )

  const svg = await get('/block?format=svg')
  t.equal(svg.headers['content-type'], 'image/svg+xml')
  t.match(svg.body, /^<\?xml .*\n<svg [^>]*xmlns=/)
  t.equal((await get('/block', 'image/svg+xml')).body, svg.body)
  t.match((await get('/block', 'text/html,image/svg+xml')).headers['content-type'], 'text/html')
})

t.test('parameters reach the query', async t => {
  const { client, get } = setUp(t)
  const asked = async (url: string) => {
    client.asked.length = 0
    const { statusCode } = await get(url)
    return statusCode === 200 ? client.asked.find(({ name }) => name === 'profile')?.params : statusCode
  }
  t.strictSame(await asked('/io'), { kind: 'io' })
  t.strictSame(await asked('/sched?name=main.main&goid=7&from=10&to=20'), {
    kind: 'sched',
    name: 'main.main',
    goid: 7,
    from: 10,
    to: 20,
  })
  t.strictSame(await asked('/io?name=&from=&to='), { kind: 'io', name: '' }, 'an empty name is the unnamed group')
  t.strictSame(await asked('/io?goid=18446744073709551615'), { kind: 'io', goid: '18446744073709551615' })
  for (const bad of [
    'goid=-1',
    'goid=x',
    'goid=18446744073709551616',
    'from=1.5',
    'to=1e3',
    'as=pie',
    'by=cost',
    'limit=x',
  ]) {
    t.equal(await asked(`/io?${bad}`), 400, bad)
  }
  t.equal(await asked('/io?name=main.nobody'), 404)
  t.equal(await asked('/io?raw=1&name=main.nobody'), 404)
  const { statusCode, error, message } = (await get('/io?format=json&name=main.nobody')).json()
  t.strictSame(
    [statusCode, error, message],
    [404, 'Not Found', 'This trace has no goroutine that started in main.nobody.'],
  )
})

t.test('pages', async t => {
  const { get } = setUp(t, {
    partial: { error: 'cut', lostBytes: 12, lostPercent: 1, generations: 2 },
  })
  const flame = await get('/block')
  t.equal(flame.headers['trace-partial'], 'lostBytes=12')
  t.match(flame.body, '1,382 waits for channels, mutexes and selects')
  t.match(flame.body, '<title>main.main: 455.1ms, 360 times, 40.42% of all</title>')
  t.match(flame.body, 'data-tree="block?format&#x3D;tree"')
  t.match((await get('/block?by=count')).body, 'all stacks · 1,382')

  const graph = await get('/block?as=graph')
  t.match(graph.body, '<svg class="callgraph" role="img"')
  t.match(graph.body, 'Largest 8 of 11 functions')

  const top = await get('/block?as=top')
  t.match(top.body, '11 functions')
  t.match(top.body, '(no stack recorded)')
  t.match((await get('/block?as=top&filter=nothing')).body, 'No function or file contains')
  t.match((await get('/block?as=top&limit=2&offset=2')).body, '3–4 of 11 functions')

  for (const as of ['flame', 'graph', 'top']) {
    const empty = await get(`/syscall?as=${as}`)
    t.match(empty.body, 'No goroutine was in a system call.')
    t.match(empty.body, 'Counts system calls, by the stack that made the call.')
    t.notMatch(empty.body, 'Remove')
  }
  t.match((await get('/block?from=5')).body, /No goroutine waited for a channel[\s\S]*Remove[\s\S]*5ns to end/)
  for (const page of [flame, graph, top]) t.notMatch(page.body, / style=|<style|<script>/)
})

t.test('a group that is shown can be changed and removed', async t => {
  const { get } = setUp(t)
  const { body } = await get('/block?name=main.main&as=top')
  t.match(body, '<option value="main.main" selected>main.main</option>')
  t.match(body, 'href="block?as&#x3D;top" title="Show all goroutines">main.main ✕')
  t.match(body, 'href="sched?name&#x3D;main.main&amp;as&#x3D;top"', 'the other kinds keep it')
  t.match(body, 'href="block?name&#x3D;main.main&amp;raw&#x3D;1"')
  t.match((await get('/block?name=')).body, '<option value="" selected>(no stack recorded)</option>')
})

t.test('names of functions are text', async t => {
  const answer = profileOf('main.f 1 1')
  answer.samples[0].stack.splice(0, 1, { func: 'main.<script>"&', file: '<b>', line: 1, pc: '1' })
  const { get } = setUp(t, {}, pool.layout, answer)
  for (const as of ['flame', 'graph', 'top']) t.notMatch((await get(`/block?as=${as}`)).body, /<script>"|<b>/)
})

t.test('a call graph that is too late leaves the page standing', async t => {
  const late: GraphLayout = () => Promise.reject(new CodedError('TIMED_OUT', 'The call graph took too long.'))
  const { get } = setUp(t, {}, late)
  const page = await get('/block?as=graph')
  t.equal(page.statusCode, 200)
  t.match(page.body, 'The call graph took too long.')
  t.equal((await get('/block?format=svg')).statusCode, 504)
})

t.test('profiles of regions', async t => {
  const { client, get } = setUp(t)
  const asked = async (url: string) => {
    client.asked.length = 0
    const { statusCode } = await get(url)
    return statusCode === 200 ? client.asked.find(({ name }) => name === 'profile')?.params : statusCode
  }
  const all = { type: undefined, pc: undefined, latmin: undefined, latmax: undefined }
  t.strictSame(await asked('/regionio'), { kind: 'io', regions: all })
  for (const pc of ['4bee64', '0x4BEE64']) {
    t.strictSame(await asked(`/regionblock?type=&pc=${pc}&latmin=1.5us&latmax=2ms&goid=7&from=1&to=9`), {
      kind: 'block',
      regions: { type: '', pc: '4bee64', latmin: 1500, latmax: 2_000_000 },
      goid: 7,
      from: 1,
      to: 9,
    })
  }
  t.strictSame(await asked('/regionsched?name=main.nobody'), { kind: 'sched', regions: all }, 'no name here')
  for (const bad of ['pc=xyz', 'latmin=1', 'latmax=soon', 'goid=-1', 'from=x', 'to=1.5']) {
    t.equal(await asked(`/regionsyscall?raw=1&${bad}`), 400, bad)
  }

  const filter = 'type=encode&pc=4be045&latmin=1us'
  const raw = await get(`/regionblock?${filter}&raw=1`)
  t.strictSame(raw.rawPayload, Buffer.from(encodeProfile(webProfile)))
  t.equal(raw.headers['content-disposition'], 'attachment; filename="regionblock.profile"')
  t.match((await get(`/regionblock?${filter}&format=csv`)).headers['content-disposition'], 'regionblock.csv')
  t.match((await get(`/regionblock?${filter}&format=svg`)).body, '<svg')
  t.ok((await get(`/regionblock?${filter}&format=tree`)).json().functions.length > 0)

  for (const as of ['flame', 'graph', 'top']) {
    const body = (await get(`/regionblock?${filter}&as=${as}`)).body.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
    t.match(body, '<h1>Sync blocking profile of regions</h1>')
    t.match(body, `<a href="userregion?${filter}">encode</a>`, 'the way back')
    t.match(body, `href="regionsched?${filter}`, 'the other kinds keep the filter')
    t.match(body, `href="regionblock?${filter}&raw=1"`)
    t.match(body, '≥ 1us ✕')
    t.notMatch(body, 'id="p-name"', 'there is no choice by start function')
    t.notMatch(body, /"\/block/, 'nothing leads out of the regions')
  }
})
