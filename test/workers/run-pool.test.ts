/** How runs are given to workers, and again when one dies; the test plays the workers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import t from 'tap'
import { BLOCK_EVENTS, type EventBlock } from '../../server/core/event-block.js'
import type { RunMessage, RunRequest } from '../../server/engine/messages.js'
import type { CodedError } from '../../server/errors.js'
import type { Run } from '../../server/trace/order/runs.js'
import { RunPool } from '../../server/workers/run-pool.js'

class FakeWorker {
  readonly requests: RunRequest[] = []
  readonly port: MessagePort
  private readonly own: MessagePort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.own = port1
    this.port = port2
    port1.on('message', (request: RunRequest) => this.requests.push(request))
  }

  /** Hands over one generation of the run that it got last. */
  give(row: number): void {
    const { id } = this.requests.at(-1)!
    this.send({ type: 'generation', id, generation: { facts: { row } } } as never)
  }

  end(): void {
    this.send({ type: 'end', id: this.requests.at(-1)!.id })
  }

  die(): void {
    this.own.close()
  }

  private send(message: RunMessage): void {
    this.own.postMessage(message)
  }
}

const runs: Run[] = [0, 1, 2, 3, 4, 5, 6, 7].map(i => ({ from: i * 2, to: i * 2 + 2, bytes: 10 }))

function pool(t: Tap, budgetBytes = 1e9) {
  const failures: CodedError[] = []
  const made = new RunPool(
    budgetBytes,
    () => {},
    error => failures.push(error),
  )
  const workers: FakeWorker[] = []
  const add = () => {
    const worker = new FakeWorker()
    workers.push(worker)
    made.add(worker.port)
    return worker
  }
  t.teardown(() => {
    for (const worker of workers) worker.die()
  })
  return { pool: made, add, failures }
}
type Tap = { teardown(end: () => void): unknown }

function emptyBlock(generation: number): EventBlock {
  const ints = () => new Int32Array(BLOCK_EVENTS)
  const columns = { threads: ints(), procs: ints(), goroutines: ints(), slots: ints() }
  return {
    generation,
    length: 0,
    times: new Float64Array(BLOCK_EVENTS),
    kinds: new Uint8Array(BLOCK_EVENTS),
    ...columns,
  }
}

const begun = (worker: FakeWorker) => worker.requests.map(({ run }) => run.from)

t.test('runs are given in order, the first is not, and no more than two wait', async t => {
  const { pool: made, add } = pool(t)
  made.begin(runs)
  const worker = add()
  await sleep(20)
  t.same(begun(worker), [2])
  t.equal(made.take(0), null, 'the first run is for the order worker')
  t.equal(made.take(2), 'waiting')
  worker.give(2)
  await sleep(20)
  t.same(made.take(2), { generation: { facts: { row: 2 } }, run: runs[1] })
  t.equal(made.take(3), 'waiting')
  worker.give(3)
  for (let i = 0; i < 5; i++) {
    worker.end()
    await sleep(20)
  }
  t.same(begun(worker), [2, 4, 6], 'one is taken, two wait')
  t.equal(made.take(4), null, 'a run that ended early is for the order worker')
  await sleep(20)
  t.same(begun(worker), [2, 4, 6, 8])
  t.equal(made.take(12), null, 'what nobody has begun is for the order worker')
  await sleep(20)
  worker.end()
  await sleep(20)
  t.same(begun(worker), [2, 4, 6, 8, 14], 'and never begun later')
})

t.test('what was read is written into again, until the last run has begun', async t => {
  const { pool: made, add } = pool(t, (2 << 20) * 6 * 3)
  const big = runs.slice(0, 4).map(run => ({ ...run, bytes: 2 << 20 }))
  made.begin(big)
  const worker = add()
  await sleep(20)
  t.equal(worker.requests[0].spare.length, 0)
  for (let i = 0; i < 8; i++) made.recycle(emptyBlock(i))
  worker.end()
  await sleep(20)
  const { spare } = worker.requests[1]
  t.same(
    spare.map(({ generation, times }) => [generation, times.length]),
    [7, 6, 5, 4, 3, 2].map(i => [i, BLOCK_EVENTS]),
    'as many as a run of 2 MiB fills',
  )
  worker.end()
  await sleep(20)
  t.equal(worker.requests[2].spare.length, 2)
  made.recycle(emptyBlock(9))
  worker.die()
  await sleep(20)
  const other = add()
  await sleep(20)
  t.same(other.requests[0], { id: 3, run: big[3], spare: [] }, 'nothing is kept behind the last')
})

t.test('what would not fit into the memory is not ordered ahead', async t => {
  const { pool: made, add } = pool(t, 10 * 6 + 5)
  made.begin(runs)
  const [first, second] = [add(), add()]
  await sleep(20)
  t.same([...begun(first), ...begun(second)], [2])
  t.equal(made.take(4), null)
  await sleep(20)
  t.same([...begun(first), ...begun(second)], [2, 6])
})

t.test('the run of a worker that died is tried again, once', async t => {
  const { pool: made, add, failures } = pool(t)
  made.begin(runs)
  const first = add()
  await sleep(20)
  first.give(2)
  first.die()
  await sleep(20)
  t.equal(made.take(1), null)
  const second = add()
  await sleep(20)
  t.same(begun(second), [2])
  t.equal(made.take(2), 'waiting', 'what the dead one gave counts no more')
  second.give(2)
  await sleep(20)
  t.same(made.take(2), { generation: { facts: { row: 2 } }, run: runs[1] })
  second.end()
  await sleep(20)
  t.same(begun(second), [2, 4])
  second.die()
  await sleep(20)
  add()
  await sleep(20)
  t.same(failures, [])
})

t.test('a run at which two workers died is reported', async t => {
  const { pool: made, add, failures } = pool(t)
  made.begin(runs)
  for (let i = 0; i < 2; i++) {
    t.same(failures, [])
    const worker = add()
    await sleep(20)
    t.same(begun(worker), [2])
    worker.die()
    await sleep(20)
  }
  t.equal(failures[0]?.code, 'WORKER_DIED')
})

t.test('of a run that is being taken the order worker reads the rest', async t => {
  const { pool: made, add, failures } = pool(t)
  made.begin(runs)
  const worker = add()
  await sleep(20)
  worker.give(2)
  await sleep(20)
  t.ok(made.take(2))
  worker.die()
  await sleep(20)
  t.equal(made.take(3), null)
  t.same(failures, [])
})
