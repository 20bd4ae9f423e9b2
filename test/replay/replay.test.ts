/**
 * Events given by the door to detail equal those of the first pass, whatever was asked before and however small the
 * budget.
 */
import { createHash } from 'node:crypto'
import t from 'tap'
import type { Dictionary } from '../../server/core/dictionary.js'
import type { EventBlock } from '../../server/core/event-block.js'
import { Detail } from '../../server/replay/replay.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { fixture } from '../helpers/fixtures.js'
import { MemorySource } from '../helpers/memory-source.js'
import { columnsOf } from '../helpers/ordered.js'
import { textToBytes } from '../helpers/text-trace.js'

/** A hash over all columns of blocks, however they are cut. */
function hashOf(blocks: Iterable<EventBlock>, dictionary: Dictionary): string {
  const hashes = Array.from({ length: 6 }, () => createHash('sha256'))
  for (const block of blocks) {
    columnsOf(block, dictionary).forEach((column, i) => void hashes[i].update(column))
  }
  return hashes.map(hash => hash.digest('hex')).join()
}

function* blocksOf(reader: V2Reader): Generator<EventBlock> {
  for (let block = reader.next(); block !== null; block = reader.next()) yield block
}

for (const name of ['boundaries/sync-go1.26', 'boundaries/tasks-go1.22', 'boundaries/gc-go1.25']) {
  t.test(name, async t => {
    const source = openSource(fixture(name).path)
    const trace = openTrace(source)
    const checkpoints = new Checkpoints()
    const reader = new V2Reader(source, trace.index!, undefined, checkpoints)
    const first = [...blocksOf(reader)]
    const { dictionary, startTime, usableGenerations: generations } = reader
    const texts = dictionary.strings.length
    const last = generations - 1
    const expected = (from: number, to: number) =>
      hashOf(
        first.filter(block => block.generation >= from && block.generation <= to),
        dictionary,
      )
    for (const budget of [0, 200_000, 1 << 30]) {
      const detail = new Detail(source, trace, { dictionary, checkpoints, startTime, generations }, budget)
      const middle = Math.floor(last / 2)
      for (const [from, to] of [
        [middle, middle + 2],
        [last, last],
        [0, 1],
        [middle - 1, middle + 1],
        [0, last],
        [middle, middle],
      ]) {
        t.equal(
          hashOf(detail.blocks(from, to), dictionary),
          expected(from, to),
          `generations ${from} to ${to}, budget ${budget}`,
        )
      }
    }
    t.equal(dictionary.strings.length, texts, 'reading again adds no text')
    source.close()
  })
}

/** Two generations, each of three full blocks and one more. */
function largeGenerations(): Uint8Array {
  const generation = (gen: number) => {
    const batches = Array.from({ length: 10 }, (_, batch) => {
      const events = Array.from({ length: 20_000 }, (_, i) => `HeapAlloc dt=1 heapalloc_value=${(i * gen) % 100}`)
      const first = batch === 0 ? [`ProcStatus dt=1 p=0 pstatus=1`] : []
      return [`EventBatch gen=${gen} m=1 time=${gen * 1_000_000 + batch * 20_100} size=?`, ...first, ...events]
    })
    const tables = ['Frequency freq=1000000000', 'Stacks', 'Strings'].map(
      table => `EventBatch gen=${gen} m=18446744073709551615 time=0 size=?\n${table}`,
    )
    return [...batches.flat(), ...tables]
  }
  return textToBytes(['Trace Go1.22', ...generation(1), ...generation(2)].join('\n'))
}

t.test('blocks that nobody needs any more are written over, others are not', t => {
  const source = new MemorySource(largeGenerations())
  const trace = openTrace(source)
  const checkpoints = new Checkpoints()
  const reader = new V2Reader(source, trace.index!, undefined, checkpoints)
  const first = [...blocksOf(reader)]
  const { dictionary, startTime, usableGenerations: generations } = reader
  const wanted = [0, 1].map(row =>
    hashOf(
      first.filter(({ generation }) => generation === row),
      dictionary,
    ),
  )
  // Of the two, one fits.
  const budget = first[0].times.length * 33 * 3.5
  const detail = new Detail(source, trace, { dictionary, checkpoints, startTime, generations }, budget)
  const one = [...detail.blocks(0, 0)]
  const other = [...detail.blocks(1, 1)]
  const memory = new Set(one.map(({ times }) => times.buffer))
  t.ok(
    other.some(({ times }) => memory.has(times.buffer)),
    'memory of the one is used for the other',
  )
  t.equal(hashOf(other, dictionary), wanted[1], 'which has its own events')

  const walk = detail.blocks(1, 1)
  const seen = Array.from({ length: 5 }, () => walk.next().value as EventBlock)
  t.equal(hashOf(detail.blocks(0, 0), dictionary), wanted[0], 'another is read meanwhile')
  t.equal(hashOf(seen, dictionary), wanted[1], 'what is looked at stays')
  t.end()
})
