/** Tiles come back from their bytes as they were, whatever they hold. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import {
  decodeTile,
  encodeTile,
  TILE_COLUMNS,
  TILE_STATES,
  type Tile,
  type TileTrack,
  tileStart,
} from '../../server/shared/tile.js'

const time = fc.integer({ min: 0, max: 2 ** 40 })
const columnNumbers = fc
  .uniqueArray(fc.integer({ min: 0, max: TILE_COLUMNS - 1 }), { maxLength: 40 })
  .map(numbers => Uint16Array.from(numbers.sort((a, b) => a - b)))

const columns = columnNumbers.chain(columns => {
  const { length } = columns
  const list = <T>(value: fc.Arbitrary<T>, n: number) => fc.array(value, { minLength: n, maxLength: n })
  return fc
    .record({
      times: list(fc.oneof(fc.constant(0), time), length * TILE_STATES),
      counts: list(fc.integer({ min: 0, max: 2 ** 32 - 1 }), length),
      longest: list(time, length),
    })
    .map(
      ({ times, counts, longest }): TileTrack => ({
        form: 'columns',
        length,
        columns,
        times: Float64Array.from(times),
        counts: Uint32Array.from(counts),
        longest: Float64Array.from(longest, (value, i) => (counts[i] > 0 ? value : 0)),
      }),
    )
})

const spans = (start: number) =>
  fc
    .array(
      fc.record({
        start: fc.integer({ min: -(2 ** 30), max: 2 ** 30 }),
        length: time,
        state: fc.integer({ min: 0, max: TILE_STATES - 1 }),
        flags: fc.integer({ min: 0, max: 7 }),
        text: fc.integer({ min: -1, max: 300 }),
        other: fc.integer({ min: -1, max: 300 }),
      }),
      { maxLength: 40 },
    )
    .map((list): TileTrack => {
      const starts = Float64Array.from(list, span => Math.max(0, start + span.start))
      return {
        form: 'spans',
        length: list.length,
        starts,
        ends: starts.map((at, i) => at + list[i].length),
        states: Uint8Array.from(list, span => span.state),
        flags: Uint8Array.from(list, span => span.flags),
        texts: Int32Array.from(list, span => span.text),
        others: Int32Array.from(list, span => span.other),
      }
    })

const counter = columnNumbers.chain(columns =>
  fc
    .record({
      before: fc.integer({ min: -1, max: 2 ** 45 }),
      values: fc.array(fc.array(time, { minLength: 3, maxLength: 3 }), {
        minLength: columns.length,
        maxLength: columns.length,
      }),
    })
    .map(({ before, values }): TileTrack => {
      const sorted = values.map(three => [...three].sort((a, b) => a - b))
      return {
        form: 'counter',
        length: columns.length,
        columns,
        smallest: Float64Array.from(sorted, three => three[0]),
        last: Float64Array.from(sorted, three => three[1]),
        largest: Float64Array.from(sorted, three => three[2]),
        before,
      }
    }),
)

t.test('round trip', async t => {
  const place = fc.record({ level: fc.integer({ min: 0, max: 30 }), index: fc.integer({ min: 0, max: 1000 }) })
  const tiles = place.chain(({ level, index }) =>
    fc.record({
      level: fc.constant(level),
      index: fc.constant(index),
      firstTrack: fc.integer({ min: 0, max: 2 ** 30 }),
      texts: fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 20 }),
      tracks: fc.array(fc.oneof(columns, spans(tileStart(level, index)), counter), { maxLength: 8 }),
    }),
  )
  fc.assert(
    fc.property(tiles, (tile: Tile) => {
      const back = decodeTile(encodeTile(tile))
      if (!isDeepStrictEqual(back, { ...tile })) throw new Error('it came back as another tile')
    }),
    { numRuns: 300 },
  )
  t.pass('300 tiles')
})

t.test('bytes that are no tile', async t => {
  const tile = encodeTile({ level: 3, index: 2, firstTrack: 1, texts: ['a'], tracks: [] })
  t.throws(() => decodeTile(Uint8Array.of(99, ...tile)), /version 99/)
  for (let length = 0; length < tile.length; length++) t.throws(() => decodeTile(tile.slice(0, length)), /breaks off/)
})
