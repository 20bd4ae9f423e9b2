/**
 * The walk of the first reading, which sums up in WebAssembly, against the one that makes the spans of single
 * generations by the same rules: the levels hold what the spans add up to, and what a border carries is how all stood
 * there.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Clock, NOW } from '../../server/analysis/facts/clock.js'
import { ColumnSums } from '../../server/replay/column-sums.js'
import type { TimelineLevels } from '../../server/replay/levels.js'
import type { SpanSink } from '../../server/replay/span-sink.js'
import { CarriedStates, STATE_MASK, WORKER } from '../../server/replay/timeline-carry.js'
import { Timeline } from '../../server/replay/timeline-reading.js'
import { TimelineWalk } from '../../server/replay/timeline-walk.js'
import { TILE_COLUMNS, TileState } from '../../server/shared/tile.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { fuzzSeedlings } from '../fuzz/examine.js'
import { v1Fixtures, v2Fixtures } from '../helpers/fixtures.js'
import { MemorySource } from '../helpers/memory-source.js'
import { mutantOf } from '../helpers/mutate.js'

t.setTimeout(600_000)

const LARGE_BYTES = 200_000

interface TakenSpan {
  readonly state: number
  readonly since: number
  readonly until: number
  readonly isPart: boolean
}

/** Keeps spans by track. */
class Taken implements SpanSink {
  readonly tracks: TakenSpan[][] = []

  take(track: number, state: number, sinces: Float64Array, at: number, clock: Clock): void {
    this.add(track, { state, since: sinces[at], until: clock[NOW], isPart: false })
  }

  takeWorker(track: number, since: number, clock: Clock): void {
    this.add(track, { state: TileState.GcWorker, since, until: clock[NOW], isPart: true })
  }

  private add(track: number, span: TakenSpan): void {
    this.tracks[track] ??= []
    this.tracks[track].push(span)
  }
}

/** Tiles compared at each end: a mutant with a late clock is as long as millions of tiles. */
const MOST_TILES = 64

/** The tiles of all tracks, on the finest level that is kept. */
function tilesOf(
  { level }: TimelineLevels,
  tracks: number,
  endNs: number,
  add: (sums: ColumnSums, track: number) => void,
) {
  const tiles: unknown[] = []
  const last = Math.floor(endNs / (TILE_COLUMNS * 2 ** level))
  for (let index = 0; index <= last; index++) {
    if (index === MOST_TILES) index = Math.max(index, last - MOST_TILES)
    const sums = new ColumnSums(level, index)
    for (let track = 0; track < tracks; track++) {
      add(sums, track)
      tiles.push(sums.take())
    }
  }
  return tiles
}

/** What lives at the start of a generation, by row. */
function carriedBy(carried: CarriedStates, generation: number): unknown[] {
  const states: unknown[] = []
  carried.each(generation, (row, code, since, stack) => states.push([row, code, since, stack]))
  const executing: unknown[] = []
  carried.eachExecuting(generation, (...what) => executing.push(what))
  return [states.sort((a, b) => (a as number[])[0] - (b as number[])[0]), executing]
}

/** The same by the other walk, which is there now. */
function standing({ pass }: TimelineWalk): unknown[] {
  const { codes, sinces, stacks, procs, threads, workers } = pass.states
  const states: unknown[] = []
  const executing: unknown[] = []
  codes.forEach((code, row) => {
    if (code === 0) return
    states.push([row, code, sinces[row], stacks[row]])
    if ((code & STATE_MASK) > TileState.Syscall + 1) return
    executing.push([row, procs[row], threads[row], code & WORKER ? workers.get(row) : -1])
  })
  return [states, executing]
}

/** What the two walks tell of a trace; null where nothing of it can be read. */
function walkBoth(bytes: Uint8Array): { first: unknown; again: unknown } | null {
  const source = new MemorySource(bytes)
  let reader: ReturnType<typeof openReader>
  try {
    reader = openReader(source, openTrace(source))
  } catch {
    return null
  }
  const { dictionary } = reader
  const timeline = new Timeline(dictionary)
  const [goroutines, procs, threads, lanes] = [new Taken(), new Taken(), new Taken(), new Taken()]
  const runtime = { counter: () => {}, range: () => {}, sample: () => {} }
  const walk = new TimelineWalk(dictionary, goroutines, procs, threads, lanes, runtime, new CarriedStates(), 0)
  const borders: unknown[] = []
  for (let block = reader.next(); block !== null; block = reader.next()) {
    if (block.generation === timeline.starts.length && block.generation > 0) borders.push(standing(walk))
    timeline.feed(block)
    walk.feed(block)
    reader.recycle(block)
  }
  timeline.finish()
  walk.finish()
  const { endNs } = timeline
  const first: unknown[] = [borders.map((_, i) => carriedBy(timeline.carried, i + 1))]
  const again: unknown[] = [borders]
  for (const [kind, { tracks }] of Object.entries({ goroutines, procs, threads, lanes })) {
    const levels = timeline[kind as keyof (typeof timeline.spanCounts)[0]]
    first.push(
      levels.tracks,
      tilesOf(levels, tracks.length, endNs, (sums, track) => levels.addTo(sums, track)),
    )
    const addAll = (sums: ColumnSums, track: number) => {
      for (const { state, since, until, isPart } of tracks[track] ?? []) {
        if (isPart) sums.addTime(state, since, until)
        else sums.addSpan(state, since, until)
      }
    }
    again.push(tracks.length, tilesOf(levels, tracks.length, endNs, addAll))
  }
  return { first, again }
}

for (const { name, path, bytes } of [...v1Fixtures(), ...v2Fixtures()]) {
  if (bytes >= LARGE_BYTES) continue
  t.test(name, async t => {
    const both = walkBoth(new Uint8Array(readFileSync(path)))
    // Not `strictSame`, which would print megabytes.
    t.ok(JSON.stringify(both?.first) === JSON.stringify(both?.again))
  })
}

t.test('mutants', async t => {
  const seedlings = fuzzSeedlings().filter(({ bytes }) => bytes.length < 70_000)
  let read = 0
  for (let seed = 0; seed < 200; seed++) {
    const { name, bytes } = mutantOf(seedlings, seed)
    const both = walkBoth(bytes)
    if (both === null) continue
    read++
    t.ok(JSON.stringify(both.first) === JSON.stringify(both.again), `seed ${seed} (${name})`)
  }
  t.ok(read > 60, `${read} of 200 can be opened`)
})
