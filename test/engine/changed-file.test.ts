/**
 * The file under a server is another one, while it is served: no page of the trace is answered any more, also none from
 * memory.
 */
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LOOPBACK } from '../../server/commands/address.js'
import { startServer } from '../../server/commands/serve.js'
import type { TraceThreads } from '../../server/engine/threads.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import { openSource } from '../../server/source/file.js'
import { BatchKind } from '../../server/trace/index/trace-index.js'
import { openTrace } from '../../server/trace/open.js'
import { fixture } from '../helpers/fixtures.js'

t.setTimeout(120_000)

const { path: original } = fixture('sample')

/** Of parameters that a route cannot do without, and of pages that list nothing without them. */
const params: Readonly<Record<string, string>> = {
  '/goroutine': 'goid=1',
  '/timeline/tracks': 'view=goroutine',
  '/timeline/tile': 'view=goroutine&tracks=0-3&level=10&index=0',
  '/timeline/stacks': 'view=goroutine&tracks=0-3&level=10&index=0',
  '/timeline/regions': 'view=goroutine&tracks=0-3&from=0&to=1000000',
  '/timeline/span': 'goid=1&at=1000',
  '/timeline/neighbours': 'view=proc&id=0&at=1000',
  '/timeline/arrows': 'from=0&to=1000000',
  '/timeline/range': 'from=0&to=1000000',
  '/timeline/search': 'q=main',
}
/** What is no answer about the trace. */
const ofNoTrace = ['/help', '/openapi.json', '/speedscope/', '/static/css/base.css']

/** Its path; times are whole ms, so that they can be put back. */
function copyOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'trace-serve-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a.trace')
  copyFileSync(original, path)
  utimesSync(path, 1, 1)
  return path
}

/** Overwrites it in place from an offset on, and puts its times back. */
function overwrite(path: string, offset: number, length: number): void {
  const bytes = readFileSync(path)
  for (let at = offset; at < offset + length; at++) bytes[at] ^= 1
  writeFileSync(path, bytes, { flag: 'r+' })
  utimesSync(path, 1, 1)
}

const half = Math.floor(statSync(original).size / 2)

const changes: Readonly<Record<string, (path: string) => void>> = {
  'overwritten, with size and time put back': path => overwrite(path, half, 100),
  truncated: path => truncateSync(path, half),
  'replaced by another': path => {
    copyFileSync(original, `${path}.new`)
    utimesSync(`${path}.new`, 1, 1)
    renameSync(`${path}.new`, path)
  },
}

async function serve(t: Test, path: string) {
  const { url, close } = await startServer(path, { host: LOOPBACK, port: 0 }, {})
  t.teardown(close)
  const ask = (route: string, accept = 'application/json') => fetch(url + route, { headers: { accept } })
  const get = async <A>(route: string) => (await (await ask(route)).json()) as A
  // JSON waits until the trace is read.
  await get('/goroutines')
  const { paths } = await get<{ paths: Record<string, object> }>('/openapi.json')
  const routes = Object.keys(paths).map(route => (params[route] === undefined ? route : `${route}?${params[route]}`))
  const statuses = async () => Promise.all(routes.map(async route => `${route} ${(await ask(route)).status}`))
  return { ask, get, routes, statuses }
}

for (const [name, change] of Object.entries(changes)) {
  t.test(`a file that is ${name} after it was read`, async t => {
    const path = copyOf(t)
    const { ask, get, routes, statuses } = await serve(t, path)
    t.ok(routes.length > 28, `${routes.length} routes`)
    // Most of these are kept.
    const before = await statuses()
    for (const each of before) t.match(each, / (200|404)$/)
    t.same(await statuses(), before)
    change(path)
    const wanted = routes.map(route => `${route} ${route === '/progress' ? 200 : 409}`)
    t.same(await statuses(), wanted)
    for (const route of ofNoTrace) t.equal((await ask(route)).status, 200, route)
    const { failed } = await get<{ failed: string }>('/progress')
    t.match(failed, /a\.trace (was|changed)/)
    const page = await (await ask('/', 'text/html')).text()
    t.match(page, 'The trace file changed while it was open')
    copyFileSync(original, path)
    utimesSync(path, 1, 1)
    t.same(await statuses(), wanted, 'once it was another it stays so')
  })
}

t.test('another name, other rights, another link and no name at all are no change', async t => {
  const path = copyOf(t)
  const { statuses } = await serve(t, path)
  const before = await statuses()
  const touches = [
    () => chmodSync(path, 0o600),
    () => linkSync(path, `${path}.link`),
    () => renameSync(path, `${path}.renamed`),
    () => rmSync(`${path}.renamed`),
  ]
  for (const touch of touches) {
    touch()
    t.same(await statuses(), before, String(touch))
  }
  overwrite(`${path}.link`, half, 100)
  t.same(new Set((await statuses()).slice(1).map(each => each.slice(-3))), new Set(['409']), 'by another name')
})

t.test('a file that is overwritten between its index and its first reading', async t => {
  const path = copyOf(t)
  const source = openSource(path)
  const { batches } = openTrace(source).index!
  source.close()
  const row = batches.kinds.indexOf(BatchKind.Sync)
  const client = hostTrace(path)
  t.teardown(() => client.close())
  // The frequency of the clock, which the index has: it is not read again.
  overwrite(path, batches.offsets[row] + 1, 1)
  await t.rejects(client.query('open', { limit: 0, offset: 0, filter: '', sortby: '', order: '' }), {
    code: 'FILE_CHANGED',
  })
})

t.test('a file that is overwritten before a thread that died reads it again', async t => {
  const path = copyOf(t)
  const client = hostTrace(path)
  t.teardown(() => client.close())
  const ask = () => client.query('open', { limit: 0, offset: 0, filter: '', sortby: '', order: '' })
  await ask()
  await client.check()
  overwrite(path, half, 100)
  await (Reflect.get(client, 'threads') as TraceThreads).order.terminate()
  await t.rejects(ask(), { code: 'FILE_CHANGED' })
})
