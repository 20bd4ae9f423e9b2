/** Spans of a generation are the same whether it is read behind the one before it or alone. */
import t from 'tap'
import { type GenerationSpans, SpanReader } from '../../server/replay/spans.js'
import { readTimeline } from '../helpers/timeline.js'

function columnsOf({ columns, laneColumns, counters }: GenerationSpans): unknown {
  const of = ({ length, ...all }: GenerationSpans['columns']) => [
    length,
    ...['goroutines', 'procs', 'threads', 'starts', 'ends', 'codes', 'stacks'].map(name =>
      Array.from(all[name as 'codes'].subarray(0, length)),
    ),
    Array.from({ length }, (_, row) => columns.workerSince(row)),
  ]
  return [of(columns), of(laneColumns).slice(0, -1), counters]
}

for (const name of ['boundaries/sync-go1.22', 'boundaries/gc-go1.25', 'boundaries/syscalls-go1.27']) {
  t.test(name, async t => {
    const { tiles, timeline, close } = readTimeline(name)
    const { carried } = timeline
    let taken = 0
    const each = carried.each.bind(carried)
    carried.each = (...args) => {
      taken++
      each(...args)
    }
    const inOrder = new SpanReader(tiles.detail, timeline)
    const alone = new SpanReader(tiles.detail, timeline)
    const generations = timeline.starts.map((_, generation) => generation)
    const found = generations.map(generation => columnsOf(inOrder.read(generation)))
    t.equal(taken, 1, 'the states are taken up once')
    const withGaps = new SpanReader(tiles.detail, timeline)
    for (const generation of generations.filter(row => row % 3 === 0))
      t.strictSame(columnsOf(withGaps.read(generation)), found[generation], `generation ${generation} behind a gap`)
    t.equal(taken, 2)
    for (const generation of generations.reverse())
      t.strictSame(columnsOf(alone.read(generation)), found[generation], `generation ${generation} alone`)
    t.equal(taken, 2 + generations.length)
    close()
  })
}
