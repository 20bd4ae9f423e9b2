/** The order worker by itself: a history that nobody waits for any more is not read to its end. */
import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import t from 'tap'
import type { OrderMessage, OrderRequest, OrderWorkerData } from '../../server/engine/messages.js'
import type { ReplayParts } from '../../server/engine/replay-queries.js'
import { RpcClient } from '../../server/engine/rpc-client.js'
import type { RpcReply } from '../../server/engine/rpc-messages.js'
import { traceData } from '../../server/engine/trace-data.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { fixture } from '../helpers/fixtures.js'

t.setTimeout(60_000)

t.test('a history', async t => {
  const { path } = fixture('generations-go1.26')
  const source = openSource(path)
  const trace = openTrace(source)
  source.close()
  const { port1, port2 } = new MessageChannel()
  const workerData: OrderWorkerData = {
    trace: traceData(path, source.record(), trace),
    port: port2,
    memoryBytes: 1 << 20,
  }
  const worker = new Worker(new URL('../../server/engine/order-worker.js', import.meta.url), {
    workerData,
    transferList: [port2],
  })
  t.teardown(() => worker.terminate())
  const tell = (request: OrderRequest) => port1.postMessage(request)
  let generations = 0
  for (let isServing = false; !isServing; ) {
    const [message] = (await once(port1, 'message')) as [OrderMessage]
    if (message.type === 'block') tell({ type: 'done', block: message.block })
    else if (message.type === 'end') generations = message.usableGenerations
    else isServing = true
  }
  t.ok(generations > 2, `${generations} generations`)
  const none = new Uint32Array(0)
  tell({ type: 'tracks', order: { goroutines: none, groupStarts: none, procs: none, threads: none } })
  const replay = new RpcClient<ReplayParts>()
  replay.attach(port1)
  const history = { goroutine: 0, from: 0, to: generations - 1, endNs: 1e9 }
  const answers: RpcReply[] = []
  port1.on('message', (reply: RpcReply) => answers.push(reply))
  const leaving = new AbortController()
  const gone = t.rejects(replay.call('history', history, leaving.signal), { code: 'CANCELLED' })
  const others = [replay.call('history', history), replay.call('history', history)]
  leaving.abort()
  await gone
  await Promise.all(others)
  t.equal(answers.length, 2, 'the one that was given up never comes, though it was asked for first')
})
