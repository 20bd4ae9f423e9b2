/** The table of ids beside a Map, however its rows came. */
import t from 'tap'
import { IdTable } from '../../server/core/dictionary.js'

/** Ids as they come: counted up, far apart, all multiples of a power of two, and codes below 0 (wide.ts). */
const kinds: ((n: number) => number)[] = [n => n + 1, n => n * 7919, n => n * 2 ** 22, n => -2 - n, n => n + 2 ** 40]

for (const [kind, idOf] of kinds.entries()) {
  t.test(`ids of kind ${kind} that are added, appended one by one and many at once`, async t => {
    const table = new IdTable()
    const rows = new Map<number, number>()
    let next = 0
    let turn = 12345 + kind
    const random = (below: number) => {
      turn = (Math.imul(turn, 1103515245) + 12345) >>> 0
      return (turn >>> 8) % below
    }
    const fresh = () => {
      const id = idOf(next++)
      rows.set(id, rows.size)
      return id
    }
    let wrong = 0
    for (let step = 0; step < 400; step++) {
      const what = random(5)
      if (what === 0) table.append(fresh())
      else if (what === 1) table.appendAll(Float64Array.from({ length: random(step) }, fresh))
      else if (what === 2) {
        const id = fresh()
        if (table.add(id) !== rows.get(id)) wrong++
      } else {
        const id = idOf(random(next + 2))
        if (table.find(id) !== (rows.get(id) ?? -1)) wrong++
        if (rows.has(id) && table.add(id) !== rows.get(id)) wrong++
      }
    }
    t.equal(wrong, 0)
    t.ok(rows.size > 5000, `${rows.size} ids`)
    t.equal(table.length, rows.size)
    t.same(table.from(0), Float64Array.from(rows.keys()))
    t.same(
      [...rows.keys()].map(id => table.find(id)).findIndex((row, i) => row !== i),
      -1,
      'each is found',
    )
  })
}
