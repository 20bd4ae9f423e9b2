/** Figures at a time inside a generation, of what only its snapshot knows. */
import t from 'tap'
import { Analyst } from '../../server/analysis/analyst.js'
import { RangeKey } from '../../server/analysis/facts/cells.js'
import { figuresAt } from '../../server/analysis/window.js'
import { Story } from '../helpers/blocks.js'

t.test('a sweep that a generation does not tell of again ends in it where it began', async t => {
  const first = new Story().sync()
  for (const g of [1, 2]) {
    first.at(g, { m: g, p: g }).event('GoStatusStack', { g, from: 0, to: 2, stack: ['main.main'] })
    first.at(10, { m: g, p: g, g }).event('GCSweepBegin')
  }
  const second = new Story(first).at(100).sync()
  second.at(140, { m: 1, p: 1, g: 1 }).event('GCSweepEnd')
  // Another goroutine ends the other's: then it does not count.
  second.at(150, { m: 2, p: 2, g: 1 }).event('GCSweepEnd')
  second.at(200).event('Sync', { generation: -1 })
  const blocks = [first.block(), second.block()]
  const analyst = new Analyst(first.dictionary, { file: 'story.trace', version: 26, sizeBytes: 1 })
  for (const block of blocks) analyst.feed(block, { number: 1n, offset: 0, bytes: 1, snapshot: null })
  const facts = analyst.at({ startTime: 0n, partial: null, oddities: [] })
  const [one, other] = [1, 2].map(g => first.dictionary.goroutines.find(g))
  for (const [time, ended, open] of [
    [120, 110, 110],
    [145, 130, 135],
    [160, 130, 150],
    [200, 130, 190],
  ] as const) {
    const figures = figuresAt(facts, time, generation => [blocks[generation]])
    t.same([figures.range(one, RangeKey.Sweep), figures.range(other, RangeKey.Sweep)], [ended, open], `${time} ns`)
  }
})
