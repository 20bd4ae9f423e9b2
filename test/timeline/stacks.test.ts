/**
 * Frames under tracks equal those of the slow twin, whatever is kept of the generations, and the stacks of single
 * spans.
 */
import t from 'tap'
import { STACK_COLUMNS, STACK_DEPTH, TileState, tileLength } from '../../server/shared/tile.js'
import type { StacksAnswer } from '../../server/shared/timeline.js'
import { spanDetail } from '../../server/timeline/range.js'
import { stacksOf } from '../../server/timeline/stacks.js'
import type { TrackKind } from '../../server/timeline/tiles.js'
import { type ReadTimeline, readTimeline } from '../helpers/timeline.js'
import { type SlowSpan, slowFrames, slowSpans } from '../slow/timeline-slow.js'

t.setTimeout(600_000)

function stacksIn({ tiles }: ReadTimeline, kind: TrackKind, rows: readonly number[], level: number, index: number) {
  const tracks = rows.map(row => Uint32Array.of(row))
  const pieces = stacksOf(tiles, { kind, firstTrack: 0, tracks, level, index })
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return value as StacksAnswer
  }
}

/** At most `count` of many things, the same every time. */
function some<T>(things: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(things.length / count))
  return things.filter((_, i) => i % step === 0)
}

for (const name of [
  'sample',
  'boundaries/sync-go1.22',
  'boundaries/syscalls-go1.24',
  'boundaries/gc-go1.26',
  'boundaries/tasks-go1.26',
  'restart-go1.23',
  'cgocall-go1.26',
  'web-newconns-go1.21',
  'procs-go1.26',
]) {
  t.test(name, async t => {
    const read = readTimeline(name, 0)
    const { blocks, dictionary, tiles, timeline } = read
    const { spans, end } = slowSpans(blocks, dictionary)
    let frames = 0
    for (const kind of ['goroutines', 'procs', 'threads'] as const) {
      const byTrack = new Map<number, SlowSpan[]>()
      for (const span of spans) {
        if (span.kind !== kind) continue
        const own = byTrack.get(span.track)
        if (own === undefined) byTrack.set(span.track, [span])
        else own.push(span)
      }
      const rows = some([...byTrack.keys()], 12).slice(0, 32)
      for (const level of [6, 11, timeline[kind].level - 1]) {
        const count = Math.floor(end / tileLength(level)) + 1
        const indexes = some(
          Array.from({ length: count }, (_, i) => i),
          6,
        )
        for (const index of indexes) {
          const answer = stacksIn(read, kind, rows, level, index)
          t.equal(answer.isTooWide, false)
          const from = index * tileLength(level)
          rows.forEach((row, at) => {
            const { depths, functions, starts, ends } = answer.tracks[at]
            frames += depths.length
            const found = depths.map((depth, i) => {
              return `${depth} ${answer.functions[functions[i]]} ${starts[i]} ${ends[i]}`
            })
            const shortest = STACK_COLUMNS * 2 ** level
            const wanted = slowFrames(byTrack.get(row)!, dictionary, from, from + tileLength(level), shortest)
            t.same(found.sort(), wanted, `${kind} ${row}, level ${level}, tile ${index}`)
          })
        }
      }
    }
    t.ok(frames > 100, `${frames} frames`)

    for (const span of some(
      spans.filter(({ kind, start, end }) => kind === 'goroutines' && end > start),
      40,
    )) {
      const { startStack, endStack } = spanDetail(tiles, { row: span.track, atNs: span.start })
      const shown = span.state === TileState.Running ? endStack : startStack
      const [level, index] = [0, Math.floor(span.start / tileLength(0))]
      const { tracks, functions } = stacksIn(read, 'goroutines', [span.track], level, index)
      const [chart] = tracks
      const over = chart.depths
        .map((depth, i) => ({ depth, func: functions[chart.functions[i]], start: chart.starts[i], end: chart.ends[i] }))
        .filter(({ start, end }) => start <= span.start && end > span.start)
        .sort((a, b) => a.depth - b.depth)
      if (span.end - span.start < STACK_COLUMNS) continue
      t.same(
        over.map(({ func }) => func),
        shown
          .map(({ func }) => func)
          .reverse()
          .slice(0, STACK_DEPTH),
        `the panel's stack of goroutine ${span.track} at ${span.start}`,
      )
    }
    read.close()
  })
}

t.test('a tile reads each generation once, however little is kept', async t => {
  const { tiles, timeline, blocks, dictionary, close } = readTimeline('boundaries/sync-go1.26', 0)
  const rows = [
    ...new Set(
      slowSpans(blocks, dictionary).spans.flatMap(({ kind, track }) => (kind === 'goroutines' ? [track] : [])),
    ),
  ]
  const tracks = rows.slice(0, 32).map(row => Uint32Array.of(row))
  const level = Math.ceil(Math.log2(timeline.starts[3] / 512))
  const { detail } = tiles
  const read: number[] = []
  const blocksOf = detail.blocks.bind(detail)
  detail.blocks = (from, to) => {
    read.push(from)
    return blocksOf(from, to)
  }
  const request = { kind: 'goroutines' as const, firstTrack: 0, tracks, level, index: 0 }
  const [first, second] = [tiles.encoded(request), tiles.encoded(request)]
  // They take turns, as requests that come together do.
  for (let isDone = false; !isDone; ) isDone = [first.next(), second.next()].every(({ done }) => done)
  const [, last] = tiles.generationsOf(0, tileLength(level))
  t.ok(last >= 3, 'the tile lies over several generations')
  const once = Array.from({ length: last + 1 }, (_, generation) => generation)
  t.same(read, once, 'the second tile takes what is held for the first')
  close()
})

t.test('a window with too many events', async t => {
  const read = readTimeline('boundaries/sync-go1.26')
  const { timeline } = read
  timeline.events.fill(1_000_000)
  const level = timeline.goroutines.level
  t.match(stacksIn(read, 'goroutines', [1], level, 0), { isTooWide: true, tracks: [], functions: [] })
  t.match(stacksIn(read, 'goroutines', [1], level - 1, 0), { isTooWide: false }, 'a closer level has them')
  read.close()
})
