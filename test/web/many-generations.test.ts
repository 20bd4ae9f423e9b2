/** Every page of traces that are cut into thousands of generations, within its processor time. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { timelineViews } from '../../server/shared/timeline.js'
import { cpuMs } from '../fuzz/budget.js'
import { emptyGenerations, smallGenerations } from '../helpers/many-shapes.js'
import { hostedApp } from '../helpers/serve-trace.js'

t.setTimeout(300_000)

/** Of processor, three times what the dearest page takes; what opens each generation anew takes 10 s and more. */
const MOST_MS = 4000

/** By path of /openapi.json. */
function urlsOf(endNs: number): Record<string, string[]> {
  const half = Math.floor(endNs / 2)
  const views = timelineViews.filter(view => view !== 'task')
  const levels = [10, 15, 18, 24]
  const places = (views: readonly string[]) =>
    views.flatMap(view => levels.map(level => `view=${view}&tracks=0-7&level=${level}&index=0`))
  const profiles = (path: string) => [`${path}`, `${path}?format=json&from=0&to=${half}`, `${path}?raw=1`]
  const regions = (path: string) => [`${path}?type=x`, `${path}?type=x&format=json`]
  return {
    '/': ['/', '/?format=json'],
    '/progress': ['/progress?format=json'],
    '/goroutines': ['/goroutines', '/goroutines?format=csv'],
    '/goroutine': ['/goroutine?name=', '/goroutine?goid=1', '/goroutine?goid=1&format=json'],
    '/open': ['/open'],
    '/usertasks': ['/usertasks'],
    '/usertask': ['/usertask?type=x'],
    '/userregions': ['/userregions'],
    '/userregion': ['/userregion?type=x&pc=0'],
    '/mmu': ['/mmu', '/mmu?mode=plot', '/mmu?mode=details&window=1000'],
    '/trace': ['/trace', '/trace?goid=1'],
    '/perfetto': ['/perfetto'],
    '/jsontrace': ['/jsontrace', '/jsontrace?view=thread', '/jsontrace?goid=1', `/jsontrace?from=${half}`],
    ...Object.fromEntries(['/io', '/block', '/syscall', '/sched'].map(path => [path, profiles(path)])),
    ...Object.fromEntries(
      ['/regionio', '/regionblock', '/regionsyscall', '/regionsched'].map(path => [path, regions(path)]),
    ),
    '/timeline/tracks': timelineViews.map(view => `/timeline/tracks?view=${view}`),
    '/timeline/tile': places(views).map(place => `/timeline/tile?${place}`),
    '/timeline/stacks': places(['goroutine', 'proc', 'thread']).map(place => `/timeline/stacks?${place}`),
    '/timeline/regions': [`/timeline/regions?view=goroutine&tracks=0-7&from=0&to=${endNs}`],
    '/timeline/span': [`/timeline/span?goid=1&at=${half}`],
    '/timeline/neighbours': ['proc&id=0', 'thread&id=7'].map(track => `/timeline/neighbours?view=${track}&at=${half}`),
    '/timeline/arrows': [`/timeline/arrows?from=0&to=${endNs + 1}`],
    '/timeline/range': [`/timeline/range?from=0&to=${endNs + 1}`],
    '/timeline/search': ['/timeline/search?q=a'],
  }
}

async function askAll(t: Test, bytes: Uint8Array): Promise<void> {
  const path = join(t.testdir({}), 'generations.trace')
  writeFileSync(path, bytes)
  const { app, close } = hostedApp(path)
  t.teardown(close)
  const get = (url: string) => app.inject({ url, headers: { host: 'localhost', accept: 'text/html' } })
  const { endNs } = JSON.parse((await get('/trace?format=json')).body) as { endNs: number }
  const urls = urlsOf(endNs)
  const { paths } = JSON.parse((await get('/openapi.json')).body) as { paths: object }
  t.strictSame(Object.keys(urls).sort(), Object.keys(paths).sort(), 'each page is asked for')
  for (const url of Object.values(urls).flat()) {
    const start = cpuMs()
    const { statusCode, body } = await get(url)
    const ms = Math.round(cpuMs() - start)
    const isThere = statusCode === 200 || (statusCode === 404 && /region|pc=|[?&]type=|index=|tracks=|raw=/.test(url))
    t.ok(isThere, `${url}: ${statusCode} ${statusCode === 200 ? '' : body.slice(0, 200)}`)
    t.ok(ms < MOST_MS, `${url} takes ${ms} ms`)
  }
}

t.test('10,000 empty generations', t => askAll(t, emptyGenerations(10_000)))
t.test('3,000 small generations', t => askAll(t, smallGenerations(3000)))
