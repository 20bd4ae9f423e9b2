/** Traces that once were answered wrongly, each with what it must give (test/fixtures/cases/README.md). */
import { join } from 'node:path'
import t from 'tap'
import { dump } from '../../server/commands/dump.js'
import { Output } from '../../server/commands/output.js'
import { CodedError } from '../../server/errors.js'
import { appOf } from '../helpers/app.js'
import { fixture, fixturesFolder } from '../helpers/fixtures.js'
import { noGo, runTool } from '../helpers/go.js'
import { localTrace } from '../helpers/local-trace.js'

// As the clock of `-d=parsed` is local.
process.env.TZ = 'UTC'

function pathOf(name: string): string {
  return join(fixturesFolder, 'cases', `${name}.trace`)
}

class Text extends Output {
  text = ''

  constructor() {
    super(-1)
  }

  override write(data: Uint8Array | string): void {
    this.text += typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
  }
}

/** What `-d=parsed` prints, and its error. */
function parsed(path: string): { text: string; error: string } {
  const output = new Text()
  try {
    dump(path, 'parsed', output)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { text: output.text, error: error.message }
  }
  return { text: output.text, error: '' }
}

interface Home {
  readonly startTime: string | null
  readonly wallEnd: string | null
  readonly events: number
  readonly partial: { readonly error: string; readonly lostBytes: number } | null
  readonly diagnostics: readonly { readonly kind: string; readonly count: number }[]
}

async function ask(path: string, url: string): Promise<{ status: number; body: string }> {
  const app = appOf(localTrace(path), { file: 'x.trace' })
  const { statusCode, body } = await app.inject({ url, headers: { host: 'localhost' } })
  await app.close()
  return { status: statusCode, body }
}

async function home(path: string): Promise<Home> {
  const page = await ask(path, '/')
  t.equal(page.status, 200, path)
  return JSON.parse((await ask(path, '/?format=json')).body)
}

for (const name of ['goroutine-status-0-then-waiting', 'goroutine-status-bad-then-waiting', 'v1-ticks-over-2-63']) {
  t.test(name, t => {
    const path = pathOf(name)
    const wanted = name.startsWith('v1')
      ? /^time stamps out of order/
      : /^inconsistent status for goroutine 18: old Bad vs. new Waiting/
    t.match(parsed(path).error, wanted)
    t.throws(() => localTrace(path), { message: new RegExp(wanted.source.slice(1)) })
    t.end()
  })
}

t.test('the wall clock', async t => {
  const far = await home(pathOf('wall-clock-of-year-36812'))
  t.match(far, { startTime: null, wallEnd: null, diagnostics: [{ kind: 'wallTimesLeftOut', count: 1 }] })
  const negative = pathOf('wall-clock-negative-nsec')
  t.match(parsed(negative).text, ' Wall=2023-11-14T22:13:19.999999877Z')
  t.match((await home(negative)).startTime, /^2023-11-14T22:13:19\.\d{9}Z$/)
})

t.test('what is too late', async t => {
  const path = pathOf('one-batch-two-years-late')
  const strict = parsed(path)
  const { events, partial, diagnostics } = await home(path)
  t.equal(strict.text.match(/^M=/gm)?.length, events - 1, 'all before it, and a Sync')
  t.equal(strict.error, partial?.error)
  t.match(partial, { error: 'the trace is longer than 2^53 ns, 104 days (generation 1)', lostBytes: 45 })
  t.same(diagnostics, [])
  t.match((await ask(path, '/')).body, 'the trace is longer than 2^53 ns, 104 days')
  const tasks = JSON.parse((await ask(path, '/usertask?format=json')).body)
  t.ok(tasks.total > 10, 'tasks are served')
})

t.test('a region without a type', async t => {
  const path = pathOf('v1-region-undefined-string')
  t.match(parsed(path).text, /RegionBegin Time=\d+ Task=0 Type=""/)
  t.equal((await ask(path, '/userregion?type=')).status, 200)
})

t.test('times above 2^53 are numbers with all their digits', async t => {
  for (const name of ['uptime-120-days', 'wasm-js-go1.26']) {
    const { body } = await ask(fixture(name).path, '/mmu?mode=details&window=1000000&flags=stw%7Cbackground%7Cassist')
    const times = Array.from(body.matchAll(/"Time":(\d+),/g), ([, digits]) => BigInt(digits))
    t.ok(times.length > 0 && times.every(time => time > 2n ** 53n), `${name}: ${body.slice(0, 100)}`)
    t.equal(JSON.parse(body).length, times.length)
  }
})

t.test('as go tool trace prints them', { skip: noGo }, t => {
  const same = ['goroutine-status-0-then-waiting', 'goroutine-status-bad-then-waiting', 'v1-ticks-over-2-63']
  for (const name of [...same, 'wall-clock-negative-nsec', 'wall-clock-of-year-36812']) {
    const go = runTool('trace', ['-d=parsed', pathOf(name)])
    const ours = parsed(pathOf(name))
    t.equal(ours.text, go.stdout.toString('latin1'), name)
    t.equal(ours.error === '', go.exit === 0, `${name}: exit`)
  }
  t.end()
})
