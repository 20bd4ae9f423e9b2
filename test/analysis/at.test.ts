/**
 * The law of `Analyst.at`: asked between two generations, the facts answer as those of the file that ends there; and
 * whoever was asked goes on as if nobody had. On the fixtures of the newer format with several generations, up to
 * LARGE_BYTES and at up to BORDERS borders of each (SLOW=1: all at all).
 */
import t from 'tap'
import { Analyst } from '../../server/analysis/analyst.js'
import { SegmentStore } from '../../server/analysis/facts/segment-store.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { TemporaryFile } from '../../server/source/temporary-file.js'
import { type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
import { allAnswers, firstDifference } from '../helpers/all-answers.js'
import { Story } from '../helpers/blocks.js'
import { v2Fixtures } from '../helpers/fixtures.js'

const BORDERS = process.env.SLOW === '1' ? Number.POSITIVE_INFINITY : 2
const LARGE_BYTES = process.env.SLOW === '1' ? Number.POSITIVE_INFINITY : 300_000

t.setTimeout(600_000)

/**
 * Feeds the first `generations`, and asks behind those of `asked`. Gives the answers, with the last as those of the
 * end.
 */
function answersAt(
  source: Source,
  trace: OpenedTrace,
  generations: number,
  asked: ReadonlySet<number>,
  store: SegmentStore,
) {
  const reader = openReader(source, trace, generations)
  const analyst = new Analyst(reader.dictionary, { file: source.name, version: trace.version, sizeBytes: 1 }, store)
  const answers = new Map<number, string[]>()
  const facts = (): TraceFacts => analyst.at({ startTime: reader.startTime, partial: null, oddities: reader.oddities })
  let complete = 0
  for (let block = reader.next(); block !== null; block = reader.next()) {
    analyst.feed(block, reader.generations[block.generation])
    reader.recycle(block)
    if (reader.usableGenerations === complete || reader.usableGenerations === generations) continue
    complete = reader.usableGenerations
    if (asked.has(complete)) answers.set(complete, allAnswers(facts()))
  }
  answers.set(generations, allAnswers(facts()))
  return answers
}

/** Numbers of generations behind which to ask, the last left out. */
function borders(generations: number): Set<number> {
  const all = Array.from({ length: generations - 1 }, (_, i) => i + 1)
  const step = Math.max(1, all.length / BORDERS)
  return new Set(all.filter(border => Math.floor(border / step) !== Math.floor((border - 1) / step)))
}

t.test('at a border the answers are those of the file that ends there', async t => {
  const file = new TemporaryFile()
  t.teardown(() => file.close())
  let count = 0
  let isSpilled = false
  for (const { name, path, bytes } of v2Fixtures()) {
    if (bytes > LARGE_BYTES) continue
    const source = openSource(path)
    const trace = openTrace(source)
    const generations = trace.index?.generations.length ?? 0
    if (generations < 2) continue
    const asked = borders(generations)
    const wrong: string[] = []
    // Tables that do not fit in memory come and go between questions and events.
    isSpilled = !isSpilled
    const store = isSpilled ? new SegmentStore(file, 0) : new SegmentStore()
    const found = answersAt(source, trace, generations, asked, store)
    for (const border of [...asked, generations]) {
      const wanted = answersAt(source, trace, border, new Set(), new SegmentStore()).get(border) as string[]
      const difference = firstDifference(found.get(border) as string[], wanted)
      if (difference !== null) wrong.push(`behind ${border}: ${difference}`)
    }
    source.close()
    t.same(wrong, [], name)
    count += asked.size
  }
  t.ok(count > 50, `${count} borders`)
})

t.test('what was asked twice answers the same twice', async t => {
  const story = new Story().sync()
  story.at(5, { m: 1, p: 0 }).event('GoStatusStack', { g: 1, from: 0, to: 3, stack: ['main.main'] })
  story.at(7, { m: 1, p: 0, g: 1 }).event('UserRegionBegin', { task: 1, name: 'outer' })
  story.at(9, { m: 1, p: 0, g: 1 }).event('STWBegin', { kind: 'GC sweep termination' })
  const analyst = new Analyst(story.dictionary, { file: 'story.trace', version: 26, sizeBytes: 1 })
  analyst.feed(story.block(), { number: 1n, offset: 16, bytes: 84, snapshot: null })
  const facts = () => analyst.at({ startTime: 0n, partial: null, oddities: [] })
  const kept = facts().regions.stats.length
  const first = allAnswers(facts())
  t.match(first.join(), /"durationNs":10/, 'the Sync that ends the trace is added')
  t.match(first.join(), /"totalNs":1,/, 'the open stop counts')
  t.same(allAnswers(facts()), first)
  t.ok(kept > 0)
  t.equal(facts().regions.stats.length, kept, 'figures of open regions do not pile up')
})
