/**
 * Of a trace that breaks off inside a generation the blocks of whole generations are those of the file that ends before
 * it, and nothing of it is read twice; of any other they are all there are.
 */
import t from 'tap'
import { Dictionary } from '../../server/core/dictionary.js'
import type { EventBlock } from '../../server/core/event-block.js'
import { EventKind } from '../../server/core/event-table.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
import { isReusable, newBlock } from '../../server/trace/order/block-writer.js'
import type { OrderedReader } from '../../server/trace/order/reader.js'
import { WholeGenerations } from '../../server/trace/order/whole-generations.js'
import { fixture, v1Fixtures, v2Fixtures } from '../helpers/fixtures.js'
import { analyseSource, wholeBlocks } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import { columnsOf } from '../helpers/ordered.js'

interface Given {
  readonly columns: Buffer
  /** Tables of the dictionary that came with the blocks. */
  readonly rows: string
}

function rowsOf({ wide, strings, framePcs, stackFrames, ...tables }: Dictionary): string {
  const ids = [tables.goroutines, tables.procs, tables.threads, tables.tasks].map(table => Array.from(table.from(0)))
  return JSON.stringify([wide.values, strings, framePcs, stackFrames, ids], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

function givenBy(ordered: WholeGenerations): Given {
  const dictionary = new Dictionary()
  const columns: Buffer[] = []
  for (const { block, delta } of wholeBlocks(ordered)) {
    dictionary.apply(delta)
    columns.push(Buffer.of(block.generation), ...columnsOf(block, dictionary))
  }
  return { columns: Buffer.concat(columns), rows: rowsOf(dictionary) }
}

function readBy(reader: OrderedReader): Given {
  const columns: Buffer[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    columns.push(Buffer.of(block.generation), ...columnsOf(block, reader.dictionary))
    reader.recycle(block)
  }
  return { columns: Buffer.concat(columns), rows: rowsOf(reader.dictionary) }
}

/** The blocks of whole generations beside those of the usable ones alone; undefined: there are none. */
function compare(source: Source, trace: OpenedTrace) {
  const reader = openReader(source, trace)
  const given = givenBy(new WholeGenerations(reader))
  const { error, usableGenerations, generations } = reader
  if (error !== null && usableGenerations === 0) return undefined
  const wanted = readBy(openReader(source, trace, usableGenerations))
  return { given, wanted, breaksInside: generations.length > usableGenerations }
}

t.test('of a trace that breaks off nowhere they are all', async t => {
  const fixtures = [...v2Fixtures(), ...v1Fixtures()].filter(({ bytes }) => bytes < 60_000)
  for (const { name, path } of fixtures) {
    const source = openSource(path)
    const { given, wanted } = compare(source, openTrace(source)) ?? {}
    t.match(given, wanted, name)
    source.close()
  }
})

t.test('a damaged trace is given as the file that ends before its damage, and read once', async t => {
  let damaged = 0
  for (const name of ['generations-go1.22', 'generations-go1.26', 'boundaries/tasks-go1.25', 'long-go1.23']) {
    const file = openSource(fixture(name).path)
    const bytes = file.read(0, file.sizeBytes)
    file.close()
    const { index } = openTrace(new MemorySource(bytes))
    for (const { offset, bytes: length } of index?.generations.slice(0, 12) ?? []) {
      const source = new MemorySource(bytes)
      source.bytes[offset + Math.floor(length * 0.4)] ^= 0x55
      const trace = openTrace(source)
      const result = compare(source, trace)
      if (result === undefined || !result.breaksInside) continue
      damaged++
      t.match(result.given, result.wanted, `${name} from ${offset} on`)

      source.bytesRead = 0
      const reader = openReader(source, trace)
      readBy(reader)
      const once = source.bytesRead
      source.bytesRead = 0
      const facts = analyseSource(source, trace)
      t.equal(facts.generations.length, reader.usableGenerations)
      t.equal(source.bytesRead, once, `${once} bytes`)
    }
  }
  t.ok(damaged > 10, `${damaged} break off inside a generation`)
})

/** Gives generations of blocks, the last of which breaks off. */
class FakeReader implements OrderedReader {
  readonly dictionary = new Dictionary()
  readonly startTime = 0n
  readonly error = null
  readonly lostBytes = 0
  readonly oddities = []
  readonly bytesRead = 0
  usableGenerations = 0
  recycled: EventBlock[] = []
  made = 0
  private at = 0

  constructor(private readonly generationOfBlock: readonly number[]) {}

  get generations() {
    return this.generationOfBlock.map(row => ({ row, number: BigInt(row), offset: row, bytes: 1, snapshot: null }))
  }

  next(): EventBlock | null {
    const { generationOfBlock, at } = this
    if (at === generationOfBlock.length) return null
    this.at++
    const generation = generationOfBlock[at]
    const next = generationOfBlock[at + 1]
    if (next !== undefined && next > generation) this.usableGenerations = generation + 1
    if (this.recycled.length === 0) this.made++
    const columns = this.recycled.pop() ?? newBlock()
    const { times, kinds, slots } = columns
    times.fill(at)
    kinds.fill(EventKind.GoStop)
    slots.fill(at)
    return { ...columns, generation, length: times.length }
  }

  recycle(block: EventBlock): void {
    this.recycled.push(block)
  }
}

t.test('what waits beyond the budget comes back from a file', async t => {
  const generations = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]
  for (const inMemory of [0, 1, 2, 8]) {
    const reader = new FakeReader(generations)
    const ordered = new WholeGenerations(reader, inMemory)
    const seen: number[][] = []
    for (const { block } of wholeBlocks(ordered)) {
      const { generation, length, times, slots, kinds } = block
      const last = length - 1
      seen.push([generation, times[0], times[last], slots[0], slots[last]])
      if (!isReusable(block)) t.same([length, kinds[0]], [1, EventKind.Sync], 'the closing Sync')
    }
    const wanted = generations.slice(0, 11).map((generation, i) => [generation, i, i, i, i])
    t.same(seen, [...wanted, [2, 11, 11, -1, -1]], `${inMemory} in memory`)
    t.ok(reader.made <= inMemory + 3, `${reader.made} blocks were made`)
  }
})

t.test('orders on until the generation after the one that is taken is whole', async t => {
  const ordered = new WholeGenerations(new FakeReader([0, 0, 1, 1, 2, 3, 3]))
  const orderAhead = () => {
    let count = 0
    for (; ordered.isBehind; count++) ordered.order()
    return count
  }
  t.equal(orderAhead(), 1, 'a block of the first is taken before there is another')
  ordered.take()
  t.equal(orderAhead(), 3, 'the last of the first, and the second generation')
  for (const generation of [0, 1]) t.equal(ordered.take()?.block.generation, generation)
  t.equal(orderAhead(), 1, 'the third')
})
