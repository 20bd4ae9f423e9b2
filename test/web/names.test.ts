/**
 * A trace of 100,000 tasks whose names are as awkward as names can be: shown right, escaped, and never on a page that
 * is too large. What is shown of them comes from the bytes of a trace, through ordering and analysis.
 */
import t from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import type { Trace } from '../../server/contract/trace.js'
import { openTrace } from '../../server/trace/open.js'
import { appOf } from '../helpers/app.js'
import { fakeClient } from '../helpers/fake-client.js'
import { analyseSource } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import { batch, clockBatch, END_OF_GENERATION, header, varint } from '../helpers/trace-bytes.js'

t.setTimeout(300_000)

const TASKS = 100_000
/** Of these every one has a name of its own, of 1,024 bytes. */
const LONG = 600
const NONE = (1n << 64n) - 1n
const host = { host: 'localhost' }

/** Bytes, and the text that is shown of them. */
const odd: readonly (readonly [bytes: Buffer, text: string])[] = [
  [Buffer.from('say "hi" & \'bye\''), 'say "hi" & \'bye\''],
  [Buffer.from('<script>alert(1)</script>'), '<script>alert(1)</script>'],
  [Buffer.from('bell\x07 tab\t nul\0 escape\x1b[31m'), 'bell\x07 tab\t nul\0 escape\x1b[31m'],
  [Buffer.from([0x61, 0xff, 0xc0, 0xaf, 0x62]), 'a\ufffd\ufffd\ufffdb'],
  [Buffer.from(' spaces  and\nlines '), ' spaces  and\nlines '],
]
const longNames = Array.from({ length: LONG }, (_, i) => {
  const number = String(i % 300).padStart(4, '0')
  return i < 300 ? `${number}${'€'.repeat(340)}` : `${number}${'"'.repeat(1020)}`
})
const names = [...odd.map(([bytes]) => bytes), ...longNames.map(name => Buffer.from(name)), Buffer.from('plain')]

/** Batches of at most 60 KB of these records. */
function inBatches(records: Iterable<readonly number[]>, open: readonly number[], thread: number | bigint): number[][] {
  const batches: number[][] = []
  let payload = [...open]
  const close = () => batches.push(batch(payload, { thread, time: 1000 + batches.length * 100_000 }))
  for (const record of records) {
    if (payload.length + record.length > 60_000) {
      close()
      payload = [...open]
    }
    for (const byte of record) payload.push(byte)
  }
  close()
  return batches
}

function* taskEvents(): Generator<number[]> {
  yield [13, 1, 0, 1]
  yield [25, 1, 1, 7, 2]
  for (let i = 0; i < TASKS; i++) {
    const name = varint(Math.min(i, names.length - 1) + 1)
    const task = varint(i + 1)
    // The first two are each other's parents.
    const parent = varint(i === 0 ? 2 : i === 1 ? 1 : 0)
    yield [40, 1, ...task, ...parent, ...name, 0]
    if (i < names.length) yield [42, 1, ...task, ...name, 0]
    if (i < names.length) yield [43, 1, ...task, ...name, 0]
    yield [41, 1, ...task, 0]
  }
}

function awkwardTrace(): Uint8Array {
  const strings = names.map((bytes, i) => [5, ...varint(i + 1), ...varint(bytes.length), ...bytes])
  return Uint8Array.from(
    [
      header(26),
      clockBatch(26),
      ...inBatches(strings, [4], NONE),
      ...inBatches(taskEvents(), [], 7),
      [END_OF_GENERATION],
    ].flat(),
  )
}

const source = new MemorySource(awkwardTrace(), 'awkward.trace')
const facts = analyseSource(source, openTrace(source))
const client: Trace = {
  ...fakeClient(),
  query: async (name, params) => answerQuery(facts, name as never, params as never) as never,
}
const app = appOf(client, { file: 'awkward.trace' })
t.teardown(() => app.close())

async function json<A>(url: string): Promise<A> {
  const response = await app.inject({ url, headers: { ...host, accept: 'application/json' } })
  t.equal(response.statusCode, 200, url)
  return response.json() as A
}

t.test('the trace is read whole, and its cycle is cut and told', async t => {
  t.equal(facts.partial, null)
  const home = await json<{ diagnostics: { code: string }[] }>('/')
  t.match(JSON.stringify(home), /cycle/i)
})

t.test('names are the text of their bytes', async t => {
  const { types } = await json<{ types: { type: string; count: number }[] }>('/usertasks?limit=0')
  const shown = new Map(types.map(({ type, count }) => [type, count]))
  t.equal(shown.size, names.length)
  for (const [, text] of odd) t.equal(shown.get(text), 1, JSON.stringify(text))
  t.equal(shown.get(longNames[7]), 1)
  t.equal(shown.get('plain'), TASKS - names.length + 1)
})

t.test('a link with such a name leads to its tasks', async t => {
  for (const [, text] of [...odd, ['', longNames[3]] as const]) {
    const { total } = await json<{ total: number }>(`/usertask?type=${encodeURIComponent(text)}`)
    t.equal(total, 1, JSON.stringify(text))
  }
})

t.test('no page over 500 rows or 2 MB, whatever comes first', async t => {
  const long = encodeURIComponent(longNames[0])
  const lists = [
    '/usertasks',
    '/usertask',
    '/usertask?type=plain',
    `/usertask?type=${long}`,
    '/userregions',
    '/userregion',
  ]
  const urls = ['/', '/goroutines', '/open', '/goroutine?goid=1']
  for (const list of lists) {
    const and = list.includes('?') ? '&' : '?'
    urls.push(list, `${list}${and}order=asc`, `${list}${and}order=desc`, `${list}${and}limit=500`)
    urls.push(`${list}${and}limit=500&offset=100`, `${list}${and}filter=${encodeURIComponent('""')}&limit=500`)
  }
  for (const url of urls) {
    const { statusCode, body, rawPayload } = await app.inject({ url, headers: { ...host, accept: 'text/html' } })
    if (url !== '/goroutine?goid=1') t.equal(statusCode, 200, url)
    const rows =
      body.match(/<tbody[\s\S]*?<\/tbody>/g)?.reduce((sum, part) => sum + part.split('<tr').length - 1, 0) ?? 0
    t.ok(rows <= 520, `${url}: ${rows} rows, those of statistics included`)
    t.ok(rawPayload.length < 2_000_000, `${url}: ${rawPayload.length} bytes`)
    t.notMatch(body, '<script>alert', url)
  }
})
