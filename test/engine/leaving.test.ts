/** The order worker by itself: a history that nobody waits for any more is not read to its end. */
import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import t from 'tap'
import type { OrderMessage, OrderRequest, OrderWorkerData } from '../../server/engine/messages.js'
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
  const ask = (request: OrderRequest) => port1.postMessage(request)
  let generations = 0
  for (;;) {
    const [message] = (await once(port1, 'message')) as [OrderMessage]
    if (message.type === 'block') ask({ type: 'done', block: message.block })
    else if (message.type === 'end') {
      generations = message.usableGenerations
      break
    }
  }
  t.ok(generations > 2, `${generations} generations`)
  const history = { type: 'history', goroutine: 0, from: 0, to: generations - 1, endNs: 1e9 } as const
  const answered: number[] = []
  port1.on('message', (message: OrderMessage) => {
    if (message.type === 'history') answered.push(message.id)
  })
  ask({ ...history, id: 1 })
  ask({ ...history, id: 2 })
  ask({ type: 'forget', id: 1 })
  ask({ ...history, id: 3 })
  while (answered.length < 2) await once(port1, 'message')
  t.strictSame(answered, [2, 3], 'the one that was given up never comes, though it was asked for first')
})
