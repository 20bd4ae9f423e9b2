/** Rows that changed, beside a list of all changes that is gone through for every question. */
import t from 'tap'
import { ChangedRows, NOWHERE } from '../../server/core/changed-rows.js'

const GENERATIONS = 7
const ROWS = 40

/** The same numbers from the same seed, below `end`. */
function random(seed: number): (end: number) => number {
  let state = seed
  return end => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * end)
  }
}

t.test('all questions', async t => {
  for (let seed = 1; seed <= 5; seed++) {
    const next = random(seed)
    const changed = new ChangedRows()
    const all: { row: number; generation: number; place: number }[] = []
    for (let generation = 0; generation < GENERATIONS; generation++) {
      if (generation > 0) changed.beginGeneration()
      const count = next(30)
      for (let i = 0; i < count; i++) {
        const row = next(ROWS)
        const isKnown = all.some(change => change.row === row && change.generation === generation)
        t.equal(changed.hasChanged(row), isKnown)
        const place = changed.add(row)
        t.equal(place, all.length, 'places are counted up')
        all.push({ row, generation, place })
      }
    }
    if (seed % 2 === 0) changed.finish()
    t.equal(changed.length, all.length)
    t.equal(changed.rowEnd, Math.max(...all.map(({ row }) => row)) + 1)
    // One more of either: nobody asked for them changed.
    for (let row = 0; row <= ROWS; row++) {
      const ofRow = all.filter(change => change.row === row)
      t.same(changed.generationsOf(row), ofRow.map(({ generation }) => generation).reverse())
      for (let generation = 0; generation <= GENERATIONS; generation++) {
        const from = ofRow.find(change => change.generation >= generation)
        const before = ofRow.findLast(change => change.generation < generation)
        t.equal(changed.firstFrom(generation, row), from?.place ?? NOWHERE)
        t.equal(changed.lastBefore(generation, row), before?.place ?? NOWHERE)
        t.equal(changed.nextChange(generation, row), from?.generation ?? Number.POSITIVE_INFINITY)
      }
    }
    for (let generation = 0; generation <= GENERATIONS; generation++) {
      const found = new Map<number, number>()
      changed.eachBefore(generation, (row, place) => {
        t.notOk(found.has(row), 'each once')
        found.set(row, place)
      })
      const wanted = new Map(all.filter(change => change.generation < generation).map(({ row, place }) => [row, place]))
      t.same([...found].sort(), [...wanted].sort())
      for (let from = 0; from <= generation; from++) {
        const between: unknown[] = []
        changed.eachBetween(from, generation, (row, place) => between.push([row, place]))
        const inside = all.filter(change => change.generation >= from && change.generation < generation)
        t.same(
          between,
          inside.map(({ row, place }) => [row, place]),
        )
      }
    }
  }
})
