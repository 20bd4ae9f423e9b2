/** Tasks, regions, one goroutine and unfinished goroutines, answered by the fake client. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { completeParam, durationParam, idParam, pcParam } from '../../server/web/view-models/params.js'
import { sparkAxis } from '../../server/web/view-models/sparks.js'
import { appOf } from '../helpers/app.js'
import { type FakeClient, type FakeOptions, fakeClient } from '../helpers/fake-client.js'

function serve(t: Test, options: FakeOptions = {}): { app: FastifyInstance; client: FakeClient } {
  const client = fakeClient(options)
  const app = appOf(client, { file: 'web-go1.26.trace' })
  t.teardown(() => app.close())
  return { app, client }
}

const plain = (html: string): string => html.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
const script = '<script>alert(1)</script>'

// Large lists, on a machine that may be busy with other tests.
t.setTimeout(120_000)

t.test('types of tasks and their buckets', async t => {
  const { app } = serve(t)
  const body = plain((await app.inject('/usertasks')).body)
  t.match(body, '902 tasks of 4 types')
  t.match(body, 'href="usertask?type=GET+%2Fslow"', 'a type leads to its tasks')
  t.match(body, 'href="usertask?type="', 'so does the type without a name')
  t.match(body, 'href="usertask?type=GET+%2Fslow&complete=false"', 'and the incomplete ones to theirs')
  const bucket = 'href="usertask?type=GET+%2Fslow&complete=true&latmin=6.309573ms&latmax=10ms"'
  t.match(body, `<a ${bucket} aria-label="8 tasks, 6.309573ms to 10ms">`, 'a bar leads to its tasks, by keyboard too')
  const empty = (await serve(t, { unannotated: true }).app.inject('/usertasks')).body
  t.match(empty, 'No tasks in this trace')
  t.match(empty, 'NewTask')
  t.equal((await app.inject('/usertasks?format=json')).json().types.length, 4)
  t.match(
    (await app.inject('/usertasks?format=csv')).body,
    /^Task type,Count,Incomplete,p50 \(ns\),p99 \(ns\),max \(ns\)\r\nGET \/item,375,0,/,
  )
})

t.test('tasks of a filter', async t => {
  const { app, client } = serve(t)
  const url = '/usertask?type=GET+%2Fslow&complete=1&latmin=6.309573ms&latmax=10ms&logtext=x'
  const body = plain((await app.inject(url)).body)
  const asked = client.asked.find(({ name }) => name === 'tasks')!
  t.match(asked.params, {
    type: 'GET /slow',
    complete: true,
    latmin: 6309573,
    latmax: 10e6,
    logtext: 'x',
    sortby: 'Duration',
    order: 'desc',
  })
  t.match(body, /aria-current="true"><span class="lo">6\.31ms/, 'the chosen bucket is marked')
  t.match(body, '<option value="true" selected>complete</option>')
  t.match(
    body,
    /href="usertask\?type=GET\+%2Fslow&complete=1&latmax=10ms&logtext=x"[^>]*>≥ 6\.309573ms ✕/,
    'a chip takes its filter away',
  )

  await app.inject('/usertask?type=GET+%2Fslow&format=json')
  t.match(client.asked.at(-1), { params: { sortby: '', order: '' } }, 'the JSON keeps the order of cmd/trace')
  await app.inject('/usertask?type=')
  t.match(
    client.asked.find(({ params }) => (params as { type?: string }).type === ''),
    { name: 'tasks' },
    'an empty type is a type',
  )
  await app.inject('/usertask?latmin=&latmax=&complete=&logtext=')
  t.match(
    client.asked.at(-1),
    { params: { latmin: undefined, latmax: undefined, complete: undefined } },
    'empty fields are no filters',
  )
  t.match((await app.inject('/usertask?type=none')).body, 'No task passes these filters')

  for (const query of ['latmin=5', 'latmax=fast', 'complete=maybe', 'limit=x']) {
    t.equal((await app.inject(`/usertask?${query}`)).statusCode, 400, query)
  }
})

t.test('a task unfolds its events', async t => {
  const { app } = serve(t)
  const folded = plain((await app.inject('/usertask?type=GET+%2Fslow')).body)
  t.notMatch(folded, 'class="log"')
  t.match(folded, 'href="usertask?type=GET+%2Fslow&open=292#task-292" aria-expanded="false"')
  const open = plain((await app.inject('/usertask?type=GET+%2Fslow&open=292')).body)
  t.match(open, 'href="usertask?type=GET+%2Fslow#task-292" aria-expanded="true"', 'a second click folds it')
  const log = open.slice(open.indexOf('class="log"'))
  t.match(log, 'url: /slow?n=0')
  t.match(log, /region <b>backend<\/b>/)
  t.match(log, 'title="9.076134ms"', 'the region’s end makes it a row that lasted')
  t.notMatch(log, 'region "backend" end')
  t.match(log, 'Subtask of 7.')
  t.match(log, 'Subtasks: 293.')
})

t.test('types of regions, and the regions of one', async t => {
  const { app, client } = serve(t)
  const types = plain((await app.inject('/userregions')).body)
  t.match(types, '875 regions in 2 groups')
  t.match(types, '136 unnamed regions, inherited')
  t.match(types, 'href="userregion?type=encode&pc=4be045"')
  t.match(types, 'href="userregion?type=encode&pc=4be045&latmin=630ns&latmax=1µs"'.replace('µ', '%C2%B5'))
  t.match((await serve(t, { unannotated: true }).app.inject('/userregions')).body, 'No regions in this trace')

  for (const pc of ['4be045', '0x4be045', '0X04BE045']) {
    const page = await app.inject(`/userregion?type=encode&pc=${pc}&latmin=1us`)
    t.equal(page.statusCode, 200)
    t.match(
      client.asked.filter(({ name }) => name === 'regions').at(-1),
      { params: { type: 'encode', pc: '4be045', latmin: 1000 } },
      pc,
    )
    t.match(page.body, '/src/traceprogs/web/main.go:69', 'the place is named')
  }
  const filtered = plain((await app.inject('/userregion?type=encode&pc=0x4be045&latmin=1us')).body)
  for (const kind of ['io', 'block', 'syscall', 'sched']) {
    t.match(filtered, `href="region${kind}?type=encode&pc=0x4be045&latmin=1us"`)
    t.match(filtered, `href="region${kind}?type=encode&pc=0x4be045&latmin=1us&raw=1" download="region${kind}.profile"`)
  }
  t.equal((await app.inject('/userregion?pc=xyz')).statusCode, 400)
  const csv = (await app.inject('/userregion?type=encode&format=csv')).body
  t.match(csv, /^Goroutine,Task,Start \(ns\),Total \(ns\),Execution time \(ns\),Block time \(syscall\) \(ns\)/)
})

t.test('one goroutine', async t => {
  const { app, client } = serve(t)
  const page = await app.inject('/goroutine?goid=31')
  t.equal(page.statusCode, 200)
  const body = plain(page.body)
  t.match(body, 'Created by <a href="goroutine?goid=8">G8</a>')
  t.match(body, 'alive at the end')
  t.match(body, '1–500 of 600 states')
  t.match(body, 'href="goroutine?goid=31&offset=500"')
  t.match(body, 'waiting: network')
  t.match(body, '<a href="goroutine?goid=33">G33</a>', 'who woke it')
  t.match(body, 'href="io?goid=31"')
  await app.inject('/goroutine?goid=18446744073709551615&format=json')
  t.match(client.asked.at(-1), { params: { goid: '18446744073709551615' } }, 'ids over 2^53 stay exact')
  const unknown = await app.inject('/goroutine?goid=99999')
  t.equal(unknown.statusCode, 404)
  t.match(unknown.body, 'This trace has no such goroutine')
  for (const goid of ['x', '-1', '1.5', '18446744073709551616']) {
    t.equal((await app.inject(`/goroutine?goid=${goid}`)).statusCode, 400, goid)
  }
})

t.test('unfinished goroutines', async t => {
  const { app } = serve(t)
  const { body } = await app.inject('/open')
  t.match(body, '41 goroutines had not finished')
  t.match(
    body,
    /runtime\.<\/span>gopark<\/span> <span class="note">from<\/span> .*worker/,
    'the first function that is not the runtime’s is named',
  )
  t.match(body, 'and 20 more')
  t.match((await serve(t, { unannotated: true }).app.inject('/open')).body, 'Every goroutine had finished')
})

t.test('names are escaped here, too', async t => {
  const { app } = serve(t, { extraNames: [script, 'quo"te', '\u0000\u001b[31m', '\ufffd', 'x'.repeat(1024)] })
  const name = encodeURIComponent(script)
  for (const url of [
    '/usertasks',
    '/userregions',
    `/usertask?type=${name}&open=292&logtext=${name}`,
    `/userregion?type=${name}`,
  ]) {
    const { statusCode, body } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.notMatch(body, script, url)
    t.match(body, '&lt;script&gt;', url)
  }
})

t.test('no page over 500 rows or 2 MB', async t => {
  const { app } = serve(t, { members: 5000 })
  for (const url of [
    '/usertask?type=GET+%2Fslow',
    '/usertask?type=GET+%2Fslow&open=292',
    '/userregion',
    '/goroutine?goid=31',
  ]) {
    const { body } = await app.inject(url)
    t.ok(
      body.match(/<tr[ >]/g)!.length < 520,
      `${url}: ${body.match(/<tr[ >]/g)!.length} rows, heads and statistics included`,
    )
    t.ok(body.length < 2_000_000, `${url}: ${body.length} bytes`)
  }
})

t.test('parameters that are more than a word', async t => {
  t.equal(durationParam('latmin', '1.5µs'), 1500)
  t.equal(durationParam('latmin', ''), undefined)
  t.throws(() => durationParam('latmin', '5'), {
    code: 'BAD_PARAMETER',
    message: /^Parameter latmin must be a duration/,
  })
  t.equal(idParam('goid', '9007199254740993'), '9007199254740993')
  t.equal(idParam('goid', '0042'), 42)
  t.equal(pcParam('0x00ffFF'), 'ffff')
  t.equal(pcParam('0'), '0')
  t.throws(() => pcParam('0x'), { code: 'BAD_PARAMETER' })
  t.same(['1', 'true', '0', 'false', '', undefined].map(completeParam), [
    true,
    true,
    false,
    false,
    undefined,
    undefined,
  ])
})

t.test('small histograms share an axis', async t => {
  const bucket = (minNs: number, count: number) => ({ minNs, maxNs: Math.trunc(minNs * 1.585), count })
  const axis = sparkAxis([[bucket(1000, 2)], [bucket(100_000, 1), bucket(158_489, 0), bucket(251_188, 4)], []])
  t.same(
    axis.ticks.map(({ text, x }) => [text, x]),
    [
      ['1µs', '0.0'],
      ['10µs', '62.5'],
      ['100µs', '125.0'],
    ],
  )
  const spark = axis.sparkOf([bucket(100_000, 1), bucket(158_489, 0), bucket(251_188, 4)], 'task', () => '/')
  t.same(
    spark.bars.map(({ x, height }) => [x, height]),
    [
      [125, 6],
      [150, 24],
    ],
    'two decades to the right of 1µs; empty buckets have no bar',
  )
  t.same(sparkAxis([]).ticks, [], 'nothing to show, no axis')
})
