/** Questions and streams between two ends of a channel: turns, limits, what leaves, what fails. */
import { MessageChannel } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { RpcClient } from '../../server/engine/rpc-client.js'
import { type Handlers, RpcServer } from '../../server/engine/rpc-server.js'
import { CodedError } from '../../server/errors.js'

interface Asked {
  now: { params: string; answer: string }
  later: { params: string; answer: string }
  /** In parts. */
  slowly: { params: { name: string; parts: number }; answer: string }
  bytes: { params: number; answer: unknown }
}

/** What was done, in its order. */
interface Context {
  readonly done: string[]
  /** Resolves what was asked for later. */
  readonly late: Map<string, (answer: string) => void>
}

const handlers: Handlers<Context, Asked> = {
  now: ({ done }, text) => {
    done.push(text)
    if (text === 'refused') throw new CodedError('NOT_FOUND', 'there is none')
    if (text === 'mistake') throw new TypeError('a name of the trace')
    return text.toUpperCase()
  },
  later: ({ late }, text, signal) =>
    new Promise((resolve, reject) => {
      late.set(text, resolve)
      signal.addEventListener('abort', () => reject(new Error('nobody hears this')))
    }),
  slowly: function* ({ done }, { name, parts }) {
    for (let part = 1; part <= parts; part++) {
      done.push(`${name}${part}`)
      yield new Uint8Array(0)
    }
    return name
  },
  bytes: function* ({ done }, pieces) {
    try {
      for (let piece = 0; piece < pieces; piece++) {
        done.push(`piece ${piece}`)
        yield new Uint8Array(1000).fill(piece)
      }
    } finally {
      done.push('end')
    }
  },
}

function channel(t: Test, most?: number) {
  const { port1, port2 } = new MessageChannel()
  t.teardown(() => port1.close())
  const context: Context = { done: [], late: new Map() }
  const server = new RpcServer(port2, handlers)
  const client = new RpcClient<Asked>(most)
  client.attach(port1)
  return { client, begin: () => server.begin(context), ...context }
}

t.test('answers come when the server begins, in order', async t => {
  const { client, begin, done, late } = channel(t)
  const answers = Promise.all([client.call('now', 'a'), client.call('later', 'b'), client.call('now', 'c')])
  await new Promise(setImmediate)
  t.strictSame(done, [])
  begin()
  while (done.length < 2) await new Promise(setImmediate)
  late.get('b')?.('B')
  t.strictSame(await answers, ['A', 'B', 'C'])
})

t.test('one that fails fails alone, a mistake without its names', async t => {
  const { client, begin } = channel(t)
  begin()
  const other = client.call('now', 'a')
  await t.rejects(client.call('now', 'refused'), { code: 'NOT_FOUND', message: 'there is none', fault: null })
  const mistake = await client.call('now', 'mistake').catch(error => error)
  t.match(mistake, { code: 'INTERNAL', fault: { kind: 'TypeError', frames: /rpc\.test/ } })
  t.notMatch(JSON.stringify(mistake), 'a name of the trace')
  t.equal(await other, 'A')
})

t.test('parts take turns', async t => {
  const { client, begin, done } = channel(t)
  const all = [
    client.call('slowly', { name: 'a', parts: 3 }),
    client.call('slowly', { name: 'b', parts: 2 }),
    client.call('now', 'c'),
  ]
  begin()
  t.strictSame(await Promise.all(all), ['a', 'b', 'C'])
  t.strictSame(done, ['a1', 'b1', 'c', 'a2', 'b2', 'a3'])
})

t.test('what is cancelled while it waits is never begun, and what is begun ends', async t => {
  const { client, begin, done, late } = channel(t)
  begin()
  const leaving = new AbortController()
  const { signal } = leaving
  const first = client.call('slowly', { name: 'a', parts: 2 })
  const gone = [
    client.call('slowly', { name: 'gone', parts: 1e9 }, signal),
    client.call('later', 'gone', signal),
    client.call('now', 'never', signal),
  ]
  leaving.abort()
  for (const each of gone) await t.rejects(each, { code: 'CANCELLED' })
  await t.rejects(client.call('now', 'never', signal), { code: 'CANCELLED' })
  t.equal(await first, 'a')

  const later = new AbortController()
  const endless = client.call('slowly', { name: 'x', parts: 1e9 }, later.signal)
  const waiting = client.call('later', 'y', later.signal)
  while (!done.includes('x2') || !late.has('y')) await new Promise(setImmediate)
  later.abort()
  await t.rejects(endless, { code: 'CANCELLED' })
  await t.rejects(waiting, { code: 'CANCELLED' })
  t.equal(await client.call('now', 'b'), 'B')
  const { length } = done
  t.equal(await client.call('now', 'c'), 'C')
  t.equal(done.length, length + 1, 'nothing else was done')
  t.notOk(done.some(each => each === 'never' || each.startsWith('gone')))
})

t.test('more than so many are refused', async t => {
  const { client, begin, late } = channel(t, 2)
  begin()
  const open = [client.call('later', 'a'), client.call('later', 'b')]
  await t.rejects(client.call('now', 'c'), { code: 'BUSY' })
  while (late.size < 2) await new Promise(setImmediate)
  for (const [name, answer] of late) answer(name)
  await Promise.all(open)
  t.equal(await client.call('now', 'd'), 'D')
})

t.test('a stream gives no more pieces than its client takes', async t => {
  const { client, begin, done } = channel(t)
  begin()
  const { stream, begun } = client.stream('bytes', 100)
  await begun
  t.equal(await client.call('now', 'a'), 'A')
  t.ok(done.length < 30, `${done.length} pieces are on their way`)
  const content = Buffer.concat((await stream.toArray()) as Buffer[])
  t.ok(content.equals(Buffer.concat(Array.from({ length: 100 }, (_, piece) => Buffer.alloc(1000, piece)))))

  const { stream: left, begun: alsoBegun } = client.stream('bytes', 1e9)
  await alsoBegun
  const ends = done.filter(each => each === 'end').length
  left.destroy()
  t.equal(await client.call('now', 'b'), 'B')
  t.equal(done.filter(each => each === 'end').length, ends + 1)
  await t.rejects(client.stream('bytes', null as never, AbortSignal.abort()).begun, { code: 'CANCELLED' })
})
