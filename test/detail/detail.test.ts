/** Events given by the door to detail equal those of the first pass, whatever was asked before and however small the budget. */
import { createHash } from 'node:crypto'
import t from 'tap'
import { Detail } from '../../server/detail/detail.js'
import type { Dictionary } from '../../server/shared/dictionary.js'
import type { EventBlock } from '../../server/shared/event-block.js'
import { openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { openSource } from '../../server/trace/source/file-source.js'
import { fixture } from '../helpers/fixtures.js'
import { columnsOf } from '../helpers/ordered.js'

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

for (const name of ['seams/sync-go1.26', 'seams/tasks-go1.22', 'seams/gc-go1.25']) {
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
