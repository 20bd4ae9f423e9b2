/**
 * A generation read again from its checkpoint equals the same stretch of the first pass, at every border of every
 * fixture.
 */
import t from 'tap'
import { openSource } from '../../server/source/file.js'
import { type OpenedTrace, openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import type { OrderedReader } from '../../server/trace/order/reader.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { brokenFixtures, type Fixture, v2Fixtures } from '../helpers/fixtures.js'
import { columnsOf } from '../helpers/ordered.js'

/** The columns of each generation as bytes, so that a comparison is exact. */
function readGenerations(reader: OrderedReader, until: number): Buffer[] {
  const generations: Buffer[][] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    if (block.generation > until) break
    generations[block.generation] ??= []
    generations[block.generation].push(...columnsOf(block, reader.dictionary))
  }
  return generations.map(parts => Buffer.concat(parts))
}

function opened(fixture: Fixture): OpenedTrace | null {
  if (fixture.format !== 'v2') return null
  try {
    return openTrace(openSource(fixture.path))
  } catch {
    return null
  }
}

t.test('generations from checkpoints', async t => {
  let borders = 0
  for (const fixture of [...v2Fixtures(), ...brokenFixtures()]) {
    const trace = opened(fixture)
    if (trace === null || trace.index === null || trace.index.generations.length < 2) continue
    const source = openSource(fixture.path)
    const checkpoints = new Checkpoints()
    const first = new V2Reader(source, trace.index, undefined, checkpoints)
    const whole = readGenerations(first, Number.POSITIVE_INFINITY)
    let equal = 0
    for (let generation = 1; generation < first.usableGenerations; generation++) {
      const checkpoint = checkpoints.before(generation)
      if (checkpoint === undefined) break
      const { dictionary, startTime } = first
      const again = new V2Reader(source, trace.index, { generation, checkpoint, dictionary, startTime })
      if (readGenerations(again, generation)[generation]?.equals(whole[generation])) equal++
    }
    t.equal(equal, first.usableGenerations - 1, `${fixture.name}: every generation equals the first pass`)
    borders += equal
    source.close()
  }
  t.ok(borders > 500, `${borders} borders were crossed`)
})

t.test('a checkpoint holds what is open at the border', async t => {
  for (const fixture of v2Fixtures().filter(({ name }) => name.startsWith('boundaries/tasks'))) {
    const source = openSource(fixture.path)
    const trace = openTrace(source)
    if (trace.index === null) continue
    const checkpoints = new Checkpoints()
    const reader = new V2Reader(source, trace.index, undefined, checkpoints)
    while (reader.next() !== null);
    let openTasks = 0
    let openRegions = 0
    for (let generation = 1; generation < reader.usableGenerations; generation++) {
      const state = checkpoints.before(generation)!.state
      openTasks += state.taskOpen.reduce((sum, open) => sum + open, 0)
      openRegions += state.goRegion.filter(region => region >= 0).length
    }
    t.ok(openTasks > 0 && openRegions > 0, `${fixture.name}: ${openTasks} tasks, ${openRegions} regions over borders`)
    source.close()
  }
})
