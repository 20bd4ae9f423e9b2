/**
 * Words that every plain object has a property of, as parameters and as names in a trace: no question with them fails,
 * and no thread dies.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LOOPBACK } from '../../server/commands/address.js'
import { type RunningServer, startServer } from '../../server/commands/serve.js'
import { evilTrace } from '../helpers/evil-trace.js'

t.setTimeout(120_000)

const words = ['__proto__', 'constructor', 'valueOf', '__lookupGetter__']

interface Parameter {
  readonly name: string
  readonly required?: boolean
  readonly schema: { readonly type: string; readonly enum?: readonly string[] }
}

/** Accepted values of required parameters that are more than a word or a number. */
const samples = new Map([
  ['tracks', '0-0'],
  ['goid', '11'],
  ['to', '1000'],
])

async function serve(t: Test): Promise<RunningServer> {
  const path = join(t.testdir({}), 'words.trace')
  writeFileSync(path, evilTrace(words))
  const server = await startServer(path, { host: LOOPBACK, port: 0 }, {})
  t.teardown(() => server.close())
  await fetch(`${server.url}/open?format=json`)
  return server
}

/** Asks for all addresses, a few at a time; none is an error of ours, and the threads stay. */
async function askAll(t: Test, server: RunningServer, urls: readonly string[]): Promise<void> {
  const threads = Reflect.get(server.trace, 'threads')
  const waiting = [...urls]
  const failed: string[] = []
  const ask = async () => {
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
      const { status } = await fetch(server.url + url)
      if (status >= 500) failed.push(`${url}: ${status}`)
    }
  }
  await Promise.all([ask(), ask(), ask(), ask()])
  t.strictSame(failed, [])
  t.equal(Reflect.get(server.trace, 'threads'), threads, 'no thread died')
}

t.test('as every parameter of every route', async t => {
  const server = await serve(t)
  const description = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, { get: { parameters?: readonly Parameter[] } }>
  }
  const urls: string[] = []
  for (const [path, { get }] of Object.entries(description.paths)) {
    const parameters = get.parameters ?? []
    const needed = parameters
      .filter(({ required }) => required)
      .map(({ name, schema }): [string, string] => [name, schema.enum?.[0] ?? samples.get(name) ?? '0'])
    for (const word of words) {
      for (const { name } of parameters)
        urls.push(`${path}?${new URLSearchParams({ ...Object.fromEntries(needed), [name]: word })}`)
      urls.push(`${path}?${new URLSearchParams([...needed, [word, word]])}`, `${path}/${word}`)
    }
  }
  t.ok(urls.length > 900, `${urls.length} addresses`)
  await askAll(t, server, urls)
})

t.test('as the names of everything in a trace', async t => {
  const server = await serve(t)
  const urls = ['/', '/goroutines', '/open', '/usertasks', '/userregions', '/mmu', '/jsontrace', '/goroutine?goid=11']
  for (const word of words) {
    urls.push(`/goroutine?name=${word}`, `/usertask?type=${word}&open=1`, `/userregion?type=${word}`)
    urls.push(`/block?name=${word}&as=graph`, `/regionsched?type=${word}`, `/timeline/search?q=${word}`)
  }
  const faces = ['html', 'json', 'csv'].flatMap(format =>
    urls.map(url => `${url}${url.includes('?') ? '&' : '?'}format=${format}`),
  )
  await askAll(t, server, faces)
})
