/**
 * Columns of coarse levels and of re-read generations equal those of the slow twin, on every level, and spans are its
 * spans.
 */
import t from 'tap'
import { decodeTile, encodeTile, SpanFlag, TILE_COLUMNS, type TileColumns } from '../../server/shared/tile.js'
import { runtimeLanes } from '../../server/shared/timeline.js'
import { CoarseColumns } from '../../server/timeline/coarse-columns.js'
import { type SpanKind, TimelineTiles, type TrackKind } from '../../server/timeline/tiles.js'
import { readTimeline } from '../helpers/timeline.js'
import { type SlowSpan, slowColumns, slowSpans } from '../slow/timeline-slow.js'

const kinds: readonly TrackKind[] = ['goroutines', 'procs', 'threads']

// The slow twin, on a machine that may be busy with other tests.
t.setTimeout(600_000)

/** The same pick of a few of many things every time. */
function pick<T>(things: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(things.length / count))
  return things.filter((_, i) => i % step === 0)
}

function byTrack(spans: readonly SlowSpan[], kind: SpanKind): Map<number, SlowSpan[]> {
  const tracks = new Map<number, SlowSpan[]>()
  for (const span of spans) {
    if (span.kind !== kind) continue
    const own = tracks.get(span.track)
    if (own === undefined) tracks.set(span.track, [span])
    else own.push(span)
  }
  return tracks
}

for (const name of [
  'sample',
  'boundaries/gc-go1.26',
  'boundaries/syscalls-go1.24',
  'boundaries/sync-go1.22',
  'boundaries/cgocall-go1.25',
  'restart-go1.23',
  'cgocall-go1.26',
  'tasks-go1.25',
  'web-newconns-go1.21',
  'gc-go1.19',
]) {
  t.test(name, async t => {
    const { blocks, dictionary, timeline, tiles, close } = readTimeline(name)
    const { spans, end } = slowSpans(blocks, dictionary)
    t.equal(timeline.endNs, end, 'the end of the trace')
    const most = Math.ceil(Math.log2(end / TILE_COLUMNS))
    timeline.spanCounts.forEach((counts, generation) => {
      const read = tiles.spans(generation)
      for (const kind of kinds) {
        const { tracks, columns } = read[kind]
        const spans = tracks.subarray(0, columns.length).filter(track => track >= 0)
        t.equal(spans.length, counts[kind], `${kind} of generation ${generation}`)
      }
      t.ok(read.lanes.columns.length <= counts.lanes, `lanes of generation ${generation}`)
    })
    for (const kind of kinds) {
      const tracks = byTrack(spans, kind)
      const all = [...tracks.keys()].sort((a, b) => a - b)
      t.ok(all.length > 0, `has ${kind}`)
      const coarse = timeline[kind].level
      for (const track of pick(all, 4)) {
        const own = tracks.get(track)!
        const row = Uint32Array.of(track)
        for (const level of [7, coarse - 1, coarse, most + 1]) {
          const count = Math.floor(end / (TILE_COLUMNS * 2 ** level)) + 1
          for (const index of pick(
            Array.from({ length: count }, (_, i) => i),
            3,
          )) {
            const wanted = slowColumns(own, level, index)
            const tag = `${kind} ${track}, level ${level}, tile ${index}`
            same(t, tiles.columns(kind, row, level, index, true), wanted, `${tag}, deep`)
            if (level >= coarse) same(t, tiles.columns(kind, row, level, index, false), wanted, `${tag}, coarse`)
          }
        }
      }
      const together = slowColumns([...tracks.values()].flat(), coarse, 0)
      same(t, tiles.total(kind, coarse, 0, true), together, `all ${kind}, deep`)
      same(t, tiles.total(kind, coarse, 0, false), together, `all ${kind}, coarse`)
      // Those that are made of others, which are kept.
      for (const [level, index] of [
        [coarse + 3, 0],
        [coarse + 3, 1],
        [coarse + 4, 0],
      ]) {
        const wanted = slowColumns([...tracks.values()].flat(), level, index)
        same(t, tiles.total(kind, level, index, false), wanted, `all ${kind}, level ${level}, tile ${index}`)
      }
      const level = coarse - 1
      const halves = [0, 1].map(half => Uint32Array.from(all.filter((_, i) => i % 2 === half)))
      const grouped = tiles.tile({ kind, firstTrack: 0, tracks: halves, level, index: 0 }).tracks
      halves.forEach((rows, half) => {
        const wanted = slowColumns(
          [...rows].flatMap(row => tracks.get(row)!),
          level,
          0,
        )
        if (all.length > 2) same(t, grouped[half] as TileColumns, wanted, `half of the ${kind}`)
      })
      const groupOf = () => {
        const groups = new Int8Array(timeline[kind].tracks).fill(-1)
        for (const [half, rows] of halves.entries()) for (const row of rows) groups[row] = half
        return groups
      }
      const groups = { name: 'halves', count: 2, groupOf }
      const kept = new CoarseColumns(end)
      kept.prepare(timeline[kind], groups)
      for (const level of [coarse, coarse + 3, coarse + 5]) {
        const found = kept.of(timeline[kind], groups, level, 0)
        halves.forEach((rows, half) => {
          const own = [...rows].flatMap(row => tracks.get(row)!)
          same(t, found[half], slowColumns(own, level, 0), `half of the ${kind}, level ${level}`)
        })
      }
    }
    close()
  })
}

function same(t: Tap.Test, found: TileColumns, wanted: TileColumns, message: string): void {
  if (JSON.stringify(found) === JSON.stringify(wanted)) t.pass(message)
  else t.same(found, wanted, message)
}
/** Traces with much of each lane; goroutines of v1 traces tell nothing of the procs that sweep. */
const laneTraces: readonly (readonly [name: string, lanes: readonly string[]])[] = [
  ['boundaries/gc-go1.26', ['Mark assist', 'Sweep']],
  ['boundaries/syscalls-go1.24', ['Syscalls']],
  ['web-go1.26', ['Network', 'Timers']],
  ['web-newconns-go1.21', ['Network']],
  ['gc-go1.19', ['Mark assist', 'Sweep']],
]

for (const [name, expected] of laneTraces) {
  t.test(`${name}: lanes of the runtime`, async t => {
    const { blocks, dictionary, timeline, tiles, close } = readTimeline(name)
    const { spans, end } = slowSpans(blocks, dictionary)
    const tracks = byTrack(spans, 'lanes')
    const has = (lane: number) => tracks.has(lane)
    for (const lane of expected) {
      t.ok(has(runtimeLanes.findIndex(({ name }) => name === lane)), `has ${lane}`)
    }
    t.same(
      tiles.emptyLanes.filter(lane => lane >= 2),
      [2, 3, 4, 5, 6].filter(lane => !has(lane)),
      'empty lanes',
    )
    const coarse = timeline.lanes.level
    const tileOf = (lane: number, level: number, index: number) => {
      const request = { kind: 'runtime' as const, firstTrack: lane, tracks: [new Uint32Array(0)], level, index }
      return decodeTile(encodeTile(tiles.tile(request)))
    }
    for (const [lane, own] of tracks) {
      for (const level of [7, 12, coarse - 1, coarse, coarse + 2]) {
        const count = Math.floor(end / (TILE_COLUMNS * 2 ** level)) + 1
        for (const index of pick(
          Array.from({ length: count }, (_, i) => i),
          5,
        )) {
          const tag = `lane ${lane}, level ${level}, tile ${index}`
          const wanted = slowColumns(own, level, index)
          const row = Uint32Array.of(lane)
          same(t, tiles.columns('lanes', row, level, index, true), wanted, `${tag}, deep`)
          if (level >= coarse) same(t, tiles.columns('lanes', row, level, index, false), wanted, `${tag}, coarse`)
          const [from, to] = [0, 1].map(i => (index + i) * TILE_COLUMNS * 2 ** level)
          const tile = tileOf(lane, level, index)
          const [found] = tile.tracks
          if (found.form !== 'spans') {
            same(t, found as TileColumns, wanted, `${tag}, as drawn`)
            continue
          }
          const inside = own.filter(span => span.start < to && (span.end > from || span.start === from))
          const byEnd = inside.sort((a, b) => a.end - b.end || a.start - b.start)
          const idOf = (goroutine: number) => dictionary.wide.signedText(dictionary.goroutines.ids[goroutine])
          t.same(
            Array.from(found.starts, (start, i) => [start, found.ends[i], found.states[i]]),
            byEnd.map(({ start, end, state }) => [start, Math.min(end, to), state]),
            `${tag}, spans`,
          )
          t.same(
            Array.from(found.others, other => tile.texts[other] ?? '').sort(),
            byEnd.map(({ goroutine }) => (goroutine === -1 ? '' : idOf(goroutine!))).sort(),
            `${tag}, goroutines`,
          )
        }
      }
    }
    close()
  })
}

declare namespace Tap {
  type Test = Pick<typeof t, 'pass' | 'same'>
}

for (const name of ['boundaries/sync-go1.26', 'boundaries/gc-go1.24', 'web-go1.26']) {
  t.test(`${name}: single spans`, async t => {
    const { blocks, dictionary, tiles, close } = readTimeline(name, 0)
    const { spans } = slowSpans(blocks, dictionary)
    for (const kind of kinds) {
      const tracks = byTrack(spans, kind)
      for (const track of pick([...tracks.keys()], 8)) {
        const own = tracks.get(track)!
        for (const { start, end } of pick(own, 4)) {
          const level = 14
          const index = Math.floor((start + end) / 2 / (TILE_COLUMNS * 2 ** level))
          const from = index * TILE_COLUMNS * 2 ** level
          const to = from + TILE_COLUMNS * 2 ** level
          const request = { kind, firstTrack: track, tracks: [Uint32Array.of(track)], level, index }
          const tile = decodeTile(encodeTile(tiles.tile(request)))
          const [found] = tile.tracks
          if (found.form !== 'spans') continue
          const wanted = own.filter(span => span.start < to && span.end > from)
          t.same(
            Array.from(found.starts, (start, i) => [
              start,
              found.ends[i],
              found.states[i],
              (found.flags[i] & SpanFlag.Continues) !== 0,
              (found.flags[i] & SpanFlag.GcWorker) !== 0,
              kind === 'goroutines' ? (tile.texts[found.texts[i]] ?? '') : '',
            ]),
            wanted.map(span => [
              span.start,
              Math.min(span.end, to),
              span.state,
              span.end > to,
              span.worker !== null && span.worker < to,
              kind === 'goroutines' ? span.reason : '',
            ]),
            `${kind} ${track} at ${start}`,
          )
        }
      }
    }
    t.ok(tiles instanceof TimelineTiles)
    close()
  })
}

t.test('tiles are the same when spans are written over those of other generations', t => {
  const [all, few] = [1 << 30, 0].map(budget => readTimeline('boundaries/procs-go1.26', budget))
  const { endNs, goroutines } = all.timeline
  const level = Math.floor(Math.log2(endNs / TILE_COLUMNS / 64))
  t.ok(level < goroutines.level, 'tiles are made of single spans')
  const request = (kind: TrackKind, index: number) => {
    const rows = Array.from({ length: Math.min(32, all.timeline[kind].tracks) }, (_, row) => Uint32Array.of(row))
    return { kind, firstTrack: 0, tracks: rows, level, index }
  }
  const last = Math.floor(endNs / (TILE_COLUMNS * 2 ** level))
  for (let index = 0; index <= last; index += 12) {
    for (const kind of kinds) {
      // To and fro, so that generations of different size follow each other.
      for (const place of [index, last - index]) {
        const [wanted, found] = [all, few].map(({ tiles }) => encodeTile(tiles.tile(request(kind, place))))
        t.ok(Buffer.compare(wanted, found) === 0, `${kind}, tile ${place}`)
      }
    }
  }
  all.close()
  few.close()
  t.end()
})
