/** Turns of streams: who reads nothing holds nobody up, and goes on where it was when it reads again. */
import { EventEmitter, once } from 'node:events'
import type { Readable } from 'node:stream'
import t from 'tap'
import { RpcClient } from '../../server/engine/rpc-client.js'
import type { RpcRequest } from '../../server/engine/rpc-messages.js'
import { StreamTurns } from '../../server/engine/stream-turns.js'

const PIECES = 40
const piece = (at: number) => Buffer.alloc(50_000, `${at} `)
const whole = Buffer.concat(Array.from({ length: PIECES }, (_, at) => piece(at)))

interface Any {
  any: { params: object; answer: unknown }
}

/** A thread that gives each stream the same pieces, and counts its streams. */
class CountingWorker extends EventEmitter {
  private readonly open = new Map<number, number>()
  most = 0
  opened = 0

  postMessage(request: RpcRequest): void {
    const { id } = request
    if (request.type === 'cancel') {
      this.open.delete(id)
      return
    }
    if (request.type === 'open') {
      this.open.set(id, 0)
      this.opened++
      this.most = Math.max(this.most, this.open.size)
    }
    setImmediate(() => this.give(id, request.pieces ?? 0))
  }

  private give(id: number, pieces: number): void {
    for (let i = 0; i < pieces; i++) {
      const at = this.open.get(id)
      if (at === undefined) return
      if (at === PIECES) {
        this.open.delete(id)
        this.emit('message', { type: 'answer', id })
      } else {
        this.open.set(id, at + 1)
        this.emit('message', { type: 'piece', id, bytes: piece(at) })
      }
    }
  }
}

async function contentOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[])
}

t.test('64 silent clients beside a reading one', async t => {
  const worker = new CountingWorker()
  const client = new RpcClient<Any>()
  client.attach(worker)
  const streams = new StreamTurns<Any>(client)
  t.teardown(() => streams.close())
  const ask = () => streams.begin('any', {})
  const silent = Array.from({ length: 64 }, ask)
  const reading = await ask()
  t.ok((await contentOf(reading)).equals(whole), 'it is answered, and the silent ones are still there')
  t.equal(worker.most, 2, 'never more than two at a time')

  // All at once, so that each gets its turn again and again.
  const begun = await Promise.all(silent)
  t.equal(worker.opened, 65, 'what nobody reads is not written again')
  const late = await Promise.all(begun.map(contentOf))
  t.ok(late.every(content => content.equals(whole)))
  t.equal(worker.most, 2)
  t.equal(streams.busy, 0)
})

t.test('a slow one gives its turn away between its pieces', async t => {
  const worker = new CountingWorker()
  const client = new RpcClient<Any>()
  client.attach(worker)
  const streams = new StreamTurns<Any>(client, 1)
  t.teardown(() => streams.close())
  const ask = (signal?: AbortSignal) => streams.begin('any', {}, signal)
  const slow = await ask()
  const pieces: Buffer[] = [slow.read()]
  for (let i = 0; i < 3; i++) {
    t.ok((await contentOf(await ask())).equals(whole), 'another is answered while it pauses')
    slow.read(0)
    await once(slow, 'readable')
    pieces.push(slow.read())
  }
  slow.on('data', data => pieces.push(data))
  await once(slow, 'end')
  t.ok(Buffer.concat(pieces).equals(whole))

  const { opened } = worker
  const leaving = new AbortController()
  const gone = await ask(leaving.signal)
  gone.on('error', () => {})
  const early = new AbortController()
  const left = t.rejects(ask(early.signal), { code: 'CANCELLED' })
  const next = ask()
  early.abort()
  await left
  leaving.abort()
  t.ok((await contentOf(await next)).equals(whole))
  t.equal(worker.most, 1)
  await t.rejects(ask(leaving.signal), { code: 'CANCELLED' })
  t.equal(worker.opened, opened + 2, 'who left while waiting was never begun')
})

t.test('one that pauses at each piece is begun a few times only', async t => {
  const worker = new CountingWorker()
  const client = new RpcClient<Any>()
  client.attach(worker)
  const streams = new StreamTurns<Any>(client, 1)
  t.teardown(() => streams.close())
  const slow = await streams.begin('any', {})
  const pieces: Buffer[] = []
  let others = 0
  while (!slow.readableEnded) {
    await contentOf(await streams.begin('any', {}))
    others++
    const bytes: Buffer | null = slow.read(Math.min(50_000, slow.readableLength))
    if (bytes !== null) pieces.push(bytes)
    else await Promise.race([once(slow, 'readable'), once(slow, 'end')])
  }
  t.ok(Buffer.concat(pieces).equals(whole))
  const begun = worker.opened - others
  t.ok(begun > 1 && begun <= 5, `${PIECES} pieces, begun ${begun} times`)
})
