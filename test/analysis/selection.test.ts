/** What selects or packs against the plain way: pages and quantiles against a sort, columns against an array. */
import fc from 'fast-check'
import t from 'tap'
import { DistinctRows } from '../../server/analysis/facts/distinct-rows.js'
import { FigureColumn } from '../../server/analysis/facts/figure-column.js'
import { orderedPage, pageEnd, quantilesOf } from '../../server/analysis/queries/lists.js'
import { MOST_ROWS } from '../../server/contract/common.js'

/** Few values, so that many are equal. */
const figures = fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 60 })

t.test('a page is what the whole list, sorted, has there', async () => {
  const page = { offset: fc.nat(70), limit: fc.nat(70), descending: fc.boolean() }
  fc.assert(
    fc.property(figures, fc.record(page), (keys, { offset, limit, descending }) => {
      const ties = (a: number, b: number) => b - a
      const sign = descending ? -1 : 1
      const sorted = Array.from(keys.keys()).sort((a, b) => sign * (keys[a] - keys[b]) || ties(a, b))
      const params = { offset, limit, filter: '', sortby: '', order: '' as const }
      const found = Array.from(orderedPage(Float64Array.from(keys), descending, ties, params))
      const wanted = sorted.slice(offset, limit === 0 ? undefined : offset + limit)
      return found.join() === wanted.join()
    }),
  )
})

t.test('quantiles are those of the sorted figures, with those that are 0 counted', async () => {
  fc.assert(
    fc.property(figures, fc.nat(40), (some, zeros) => {
      const sorted = Float64Array.from([...some, ...Array.from({ length: zeros }, () => 0)]).sort()
      const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
      const { min, p50, p90, p99, max } = quantilesOf(Float64Array.from(some), zeros)
      const found = [min, p50, p90, p99, max]
      return found.every((figure, i) => figure === at([0, 0.5, 0.9, 0.99, 1][i]))
    }),
  )
})

t.test('a column gives back every figure, whatever its segment holds', async t => {
  const wide = [0, 1, 2 ** 32 - 1, 2 ** 32, -1, 2 ** 53 - 1, 0.5]
  const wanted = Array.from({ length: 5000 }, (_, row) => (row % 1500 === 0 ? wide[(row / 1500) % 7] : row))
  const column = new FigureColumn()
  for (const figure of wanted) column.add(figure)
  for (const [i, figure] of wide.entries()) {
    wanted[i * 700] = figure
    column.set(i * 700, figure)
  }
  t.same(
    wanted.map((_, row) => column.get(row)),
    wanted,
  )
})

t.test('distinct rows have one number each', async t => {
  const rows = new DistinctRows(2)
  const numbers = new Map<string, number>()
  for (let i = 0; i < 3000; i++) {
    const pair = [(i * 7919) % 61, -((i * 104729) % 53)]
    const row = rows.add(Int32Array.from(pair))
    t.equal(row, numbers.get(pair.join()) ?? numbers.size)
    numbers.set(pair.join(), row)
    t.same([rows.number(row, 0), rows.number(row, 1)], pair)
  }
  t.equal(rows.length, numbers.size)
})

t.test('an answer has a bounded number of rows', async t => {
  const params = { limit: 0, offset: 0, filter: '', sortby: '', order: '' } as const
  t.equal(pageEnd(MOST_ROWS, params), MOST_ROWS)
  t.equal(pageEnd(MOST_ROWS + 10, { ...params, offset: 10 }), MOST_ROWS + 10)
  t.equal(pageEnd(5 * MOST_ROWS, { ...params, limit: 1000, offset: 3 * MOST_ROWS }), 3 * MOST_ROWS + 1000)
  const refused = { code: 'TOO_LARGE', message: /^These are 250001 rows, and an answer has at most 250000/ }
  t.throws(() => pageEnd(MOST_ROWS + 1, params), refused)
  t.throws(() => pageEnd(5 * MOST_ROWS, { ...params, limit: MOST_ROWS + 1 }), refused)
})
