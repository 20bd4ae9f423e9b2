/**
 * The fast path of the ordering: what it delivers, the handlers deliver in the same way when it is taken away. And the
 * memory that both share.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { printParsed } from '../../server/commands/parsed.js'
import type { V2Version } from '../../server/core/formats.js'
import { STEP } from '../../server/trace/fast-path/layout.js'
import { OrderingMemory } from '../../server/trace/fast-path/memory.js'
import { buildIndex } from '../../server/trace/index/build-index.js'
import { readHeader } from '../../server/trace/index/header.js'
import { openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { fuzzSeedlings } from '../fuzz/examine.js'
import { brokenFixtures, extraTraces, few, fixture, v2Fixtures } from '../helpers/fixtures.js'
import { analyseSource } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import { mutantOf } from '../helpers/mutate.js'
import { deepRegions, looseRegions } from '../helpers/odd-traces.js'
import { textFixtures } from '../helpers/text-fixtures.js'
import { batch, clockBatch, header, varint } from '../helpers/trace-bytes.js'

t.setTimeout(600_000)

const LARGE_BYTES = 400_000

interface Reading {
  /** The events, the error and what the ordering knows at the borders, as text. */
  readonly text: string
  readonly events: number
  /** Steps that the handlers took. */
  readonly steps: number
}

/** Reads a trace, with the fast path or by the handlers alone; null when its header or index is refused. */
function readThe(bytes: Uint8Array, isFast: boolean): Reading | null {
  const source = new MemorySource(bytes)
  const checkpoints = new Checkpoints()
  let reader: V2Reader
  try {
    reader = new V2Reader(source, buildIndex(source, readHeader(source) as V2Version), undefined, checkpoints)
  } catch {
    return null
  }
  const { fastPath } = reader.order
  const run = fastPath.run.bind(fastPath)
  let steps = 0
  fastPath.run = tables => {
    const reason = isFast ? run(tables) : STEP
    if (reason === STEP) steps++
    return reason
  }
  const lines = [...printParsed(reader)]
  const borders = reader.generations.slice(1).map(({ row }) => {
    const before = checkpoints.before(row)
    if (before === undefined) return null
    const { state, ...scalars } = before
    const known = [state.goStatus, state.goAssist, state.procStatus, state.procSweep, state.threadProc, state.taskOpen]
    return [scalars, ...known.map(column => column.join().replace(/(,0)+$/, ''))]
  })
  const { ids } = reader.dictionary.goroutines
  const goroutines = Array.from({ length: reader.dictionary.goroutines.length }, (_, row) => ids[row])
  const { error, usableGenerations, oddities, dictionary } = reader
  const end = JSON.stringify([error, usableGenerations, oddities, borders, goroutines, dictionary.strings])
  const text = `${lines.join('')}\n${end}`
  return { text, events: lines.join('').split('\n').length, steps }
}

function compare(test: { ok(is: boolean, name: string): unknown }, bytes: Uint8Array, name: string): Reading | null {
  const [fast, slow] = [readThe(bytes, true), readThe(bytes, false)]
  // Not `equal`: it would print megabytes.
  test.ok(fast?.text === slow?.text, name)
  return fast
}

t.test('regions that end in any order read the same, and their work grows with their number', async t => {
  for (let seed = 1; seed <= 10; seed++) compare(t, looseRegions(seed), `seed ${seed}`)
  const bytes = deepRegions(200_000)
  const before = process.cpuUsage()
  const source = new MemorySource(bytes)
  const facts = analyseSource(source, openTrace(source))
  const { user } = process.cpuUsage(before)
  t.match(facts.diagnostics, [{ kind: 'regionsOutOfTurn', count: 199_999 }])
  t.equal(facts.regions.length, 200_000)
  // A search among those that are open would take minutes.
  t.ok(user < 10e6, `${user / 1e6} s of the processor`)
})

t.test('with the fast path and without it, traces read the same', async t => {
  const traces = [...v2Fixtures(), ...brokenFixtures(), ...extraTraces()].filter(
    ({ format, bytes }) => format === 'v2' && bytes > 0 && bytes < LARGE_BYTES,
  )
  t.ok(traces.length > (few ? 2 : 20), 'they are found')
  for (const { path, name } of traces) compare(t, new Uint8Array(readFileSync(path)), name)
  for (const { bytes, name } of textFixtures()) compare(t, bytes, name)
})

t.test('so do mutants', async t => {
  const seedlings = fuzzSeedlings().filter(({ format, bytes }) => format === 'v2' && bytes.length < 70_000)
  let read = 0
  for (let seed = 0; seed < 400; seed++) {
    const { name, bytes } = mutantOf(seedlings, seed)
    if (compare(t, bytes, `seed ${seed} (${name})`) !== null) read++
  }
  t.ok(read > 200, `${read} of 400 can be opened`)
})

t.test('it leaves little to the handlers', async t => {
  for (const name of ['web-go1.26', 'web-go1.22']) {
    const reading = readThe(new Uint8Array(readFileSync(fixture(name).path)), true)
    t.ok(reading !== null && reading.steps < reading.events / 10, `${reading?.steps} of ${reading?.events}`)
  }
})

/**
 * A goroutine that creates many others, which then run and end, each id far from those before it when `stride` is
 * large.
 */
function manyGoroutines(count: number, stride: number): Uint8Array {
  const id = (i: number) => 100 + i * stride
  const events: number[][] = [
    // ProcStatus: proc 0 runs; GoStatus: goroutine 1 runs on thread 7.
    [13, 1, ...varint(0), 1],
    [25, 1, 1, 7, 2],
  ]
  for (let i = 0; i < count; i++) events.push([14, 1, ...varint(id(i)), 0, 0])
  // GoStop, then GoStart and GoDestroy of each.
  events.push([19, 1, 1, 0])
  for (let i = 0; i < count; i++) events.push([16, 1, ...varint(id(i)), 1], [17, 1])
  const batches: number[] = []
  let payload: number[] = []
  let time = 1000
  let next = time
  for (const event of events) {
    if (payload.length + event.length > 60_000) {
      batches.push(...batch(payload, { time }))
      payload = []
      time = next
    }
    payload.push(...event)
    next++
  }
  batches.push(...batch(payload, { time }))
  const strings = batch([4, 5, 1, 6, ...Buffer.from('reason')], { thread: (1n << 64n) - 1n })
  const clock = clockBatch(23, { thread: (1n << 64n) - 1n })
  return Uint8Array.from([header(23), clock, strings, batches].flat())
}

t.test('ids that are many, or far apart, or behind those that a bit is kept of', async t => {
  for (const [count, stride] of [
    [20_000, 1],
    [5_000, 65_537],
    [200, 2 ** 28],
    [200, 2 ** 46],
  ]) {
    const reading = compare(t, manyGoroutines(count, stride), `${count} goroutines, ${stride} apart`)
    t.ok((reading?.events ?? 0) > count * 3, 'all of their events are there')
    t.match(reading?.text, / null,|\[null,1,/, 'without an error')
  }
})

t.test('a dictionary that is complete gets nothing new', async t => {
  const bytes = new Uint8Array(readFileSync(fixture('web-go1.26').path))
  const source = new MemorySource(bytes)
  const index = buildIndex(source, readHeader(source) as V2Version)
  const checkpoints = new Checkpoints()
  const first = new V2Reader(source, index, undefined, checkpoints)
  const wanted = [...printParsed(first)].join('')
  const { dictionary, startTime } = first
  const lengths = () => [dictionary.goroutines, dictionary.tasks, dictionary.strings].map(({ length }) => length)
  const before = lengths()
  dictionary.finish()
  const again = new V2Reader(source, index, { generation: 0, checkpoint: undefined, dictionary, startTime })
  t.ok([...printParsed(again)].join('') === wanted, 'it reads the same')
  t.strictSame(lengths(), before)
})

t.test('memory', async t => {
  const memory = new OrderingMemory()
  const first = memory.column(Int32Array, 1000).fill(7)
  const large = memory.column(Float64Array, 3_000_000)
  large[2_999_999] = 5
  t.equal(first[999], 7, 'columns stay valid when the memory grows')
  first[0] = 8
  const longer = memory.grown(first, 5000, -1)
  t.strictSame([longer[0], longer[999], longer[1000], longer[4999]], [8, 7, -1, -1])
  const again = memory.column(Int32Array, 1000)
  t.equal(again.byteOffset, first.byteOffset, 'a place that was given back is used again')
  t.ok(
    again.every(value => value === 0),
    'and is empty',
  )
  large.fill(9)
  memory.clear()
  t.ok(
    memory.column(Float64Array, 3_000_000).every(value => value === 0),
    'what is cleared is empty for the next',
  )
  const columns = Array.from({ length: 50 }, (_, i) => memory.column(Uint8Array, i * 37))
  const ends = columns.map(column => column.byteOffset + column.byteLength)
  t.ok(
    columns.slice(1).every((column, i) => column.byteOffset >= ends[i]),
    'none lies on another',
  )
})
