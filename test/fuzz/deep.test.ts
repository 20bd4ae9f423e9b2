/** Traces that are whole and of an unlikely shape: very deep, very many, very large numbers. */
import t from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { analyseSource } from '../helpers/local-trace.js'
import { generations, repeated } from '../helpers/many-shapes.js'
import { MemorySource } from '../helpers/memory-source.js'
import { batch, varint } from '../helpers/trace-bytes.js'
import { event, NO_THREAD, running, traceOf } from '../helpers/v2-trace.js'
import { examine } from './examine.js'

t.setTimeout(300_000)

function factsOf(bytes: Uint8Array) {
  const source = new MemorySource(bytes)
  return analyseSource(source, openTrace(source))
}

const list = { limit: 10, offset: 0, filter: '', sortby: '', order: '' } as const

t.test('a chain of 100,000 tasks', async t => {
  const count = 100_000
  const events = Array.from({ length: count }, (_, i) => event(40, 1, i + 1, i, 1, 1))
  const bytes = traceOf([...running, ...events])
  t.match(examine(bytes, true), { refused: null, partial: false })
  const facts = factsOf(bytes)
  t.equal(facts.tasks.length, count)
  t.equal(answerQuery(facts, 'tasks', { ...list }).total, count)
  t.ok(answerQuery(facts, 'traceView', { focustask: 1 }))
  t.ok(answerQuery(facts, 'traceView', { taskid: count }))
})

t.test('a cycle of 50,000 tasks', async t => {
  const count = 50_000
  const events = Array.from({ length: count }, (_, i) => event(40, 1, i + 1, i === 0 ? count : i, 1, 1))
  const facts = factsOf(traceOf([...running, ...events]))
  t.equal(facts.tasks.length, count)
  t.equal(answerQuery(facts, 'tasks', { ...list }).total, count)
  for (const task of [1, 2, count]) t.ok(answerQuery(facts, 'traceView', { focustask: task }))
})

t.test('regions 50,000 deep', async t => {
  const count = 50_000
  const begins = Array.from({ length: count }, () => event(42, 1, 0, 1, 1))
  const ends = Array.from({ length: count }, () => event(43, 1, 0, 1, 1))
  const bytes = traceOf([...running, ...begins, ...ends])
  t.match(examine(bytes, true), { refused: null, partial: false })
  t.equal(answerQuery(factsOf(bytes), 'regions', list).total, count)
})

t.test('a million regions that are open where a generation ends', async t => {
  const count = 1_000_000
  const bytes = generations(2, place => {
    if (place.gen === 2) return repeated(event(43, 1, 0, 1, 0), 10, place)
    return [batch(running.flat(), place), ...repeated(event(42, 0, 0, 1, 0), count, place)]
  })
  const source = new MemorySource(bytes)
  const { index } = openTrace(source)
  const checkpoints = new Checkpoints()
  const first = new V2Reader(source, index!, undefined, checkpoints)
  while (first.next() !== null);
  t.equal(first.usableGenerations, 2)
  const { dictionary, startTime } = first
  const again = new V2Reader(source, index!, {
    generation: 1,
    checkpoint: checkpoints.before(1),
    dictionary,
    startTime,
  })
  let ends = 0
  for (let block = again.next(); block !== null; block = again.next()) {
    ends += block.kinds.subarray(0, block.length).filter(kind => kind === 43).length
  }
  t.equal(ends, 10)
  t.equal(again.error, null)
})

t.test('a task with 200,000 children', async t => {
  const count = 200_000
  const events = Array.from({ length: count }, (_, i) => event(40, 1, i + 1, i === 0 ? 0 : 1, 1, 0))
  const facts = factsOf(traceOf([...running, ...events]))
  const { tasks } = answerQuery(facts, 'traceView', { focustask: 1 })
  t.equal(tasks?.length, count)
})

t.test('ids at the edge of 64 bits', async t => {
  const ids = [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 2n]
  const events = ids.flatMap(id => [event(14, 1, id, 1, 1), event(40, 1, id, 0, 1, 1), event(41, 1, id, 1)])
  const facts = factsOf(traceOf([...running, ...events]))
  t.equal(facts.partial, null)
  const wanted = ids.map(String)
  const { rows } = answerQuery(facts, 'goroutineGroup', { ...list, name: 'x' }) as { rows?: { goid?: unknown }[] }
  const text =
    JSON.stringify(answerQuery(facts, 'tasks', list)) + JSON.stringify(rows ?? facts.dictionary.wide.values.map(String))
  for (const id of wanted) t.ok(text.includes(id), `${id} is exact`)
})

t.test('each task that is listed can be asked for by its id, all ones too', async t => {
  const ids = [1n, 2n ** 53n, 2n ** 64n - 2n, 2n ** 64n - 1n]
  const facts = factsOf(traceOf([...running, ...ids.map(id => event(40, 1, id, 0, 1, 1))]))
  const listed = answerQuery(facts, 'tasks', list).tasks.map(({ id }) => id)
  t.equal(listed.length, ids.length)
  for (const focustask of listed) {
    const { tasks } = answerQuery(facts, 'traceView', { focustask })
    t.equal(String(tasks?.[0].id), String(focustask), `task ${focustask}`)
  }
})

t.test('5,000 threads, and stacks of 128 frames', async t => {
  const count = 5000
  const frames = Array.from({ length: 128 }, (_, i) => [0x2000 + i, 1, 1, i]).flat()
  const stack = batch([2, ...event(3, 2, 128, ...frames)], { thread: NO_THREAD })
  const threads = Array.from({ length: count }, (_, i) => batch(event(13, 1, i + 1, 2), { thread: 100 + i }))
  const bytes = traceOf([...running, event(40, 1, 1, 0, 1, 2)], [stack, ...threads])
  t.match(examine(bytes, true), { refused: null, partial: false })
  t.equal(factsOf(bytes).threadCount, count + 1)
  const tooDeep = batch([2, ...event(3, 3, 129, ...frames, 1, 1, 1, 1)], { thread: NO_THREAD })
  t.match(examine(traceOf(running, [tooDeep]), false), { refused: 'NOTHING_USABLE' })
})

t.test('3,000 generations of a few bytes', async t => {
  const count = 3000
  const bytes = generations(count, place => [batch(event(25, 1, 1, NO_THREAD, 4), place)])
  const verdict = examine(bytes, true)
  t.match(verdict, { refused: null, partial: false, generations: count })
})

t.test('strings of any bytes', async t => {
  const any = Array.from({ length: 256 }, (_, byte) => byte)
  const table = batch([4, ...event(5, 2), ...varint(256), ...any], { thread: NO_THREAD })
  const bytes = traceOf([...running, event(40, 1, 1, 0, 2, 1), event(44, 1, 1, 2, 2, 1)], [table])
  t.match(examine(bytes, true), { refused: null, partial: false })
  const answer = JSON.stringify(answerQuery(factsOf(bytes), 'tasks', list))
  t.equal(JSON.parse(answer).total, 1)
})
