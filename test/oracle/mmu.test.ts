/**
 * The MMU of every fixture beside the recorded one of the original (built with the mended counting of mark workers,
 * README.md here): the curve at every third of its windows, and the ten worst windows of 10 ms.
 */
import t from 'tap'
import type { MmuFlags } from '../../server/contract/mmu.js'
import { listFixtures } from '../helpers/fixtures.js'
import { readGolden } from '../helpers/golden.js'
import { localTrace } from '../helpers/local-trace.js'

t.setTimeout(600_000)

const TOLERANCE = 1e-6

function flagsOf(question: string): MmuFlags {
  const chosen = (new URLSearchParams(question.split('?')[1]).get('flags') ?? '').split('|')
  const names = ['perProc', 'stw', 'background', 'assist', 'sweep'] as const
  return Object.fromEntries(names.map(name => [name, chosen.includes(name)])) as unknown as MmuFlags
}

function close(ours: number | undefined, theirs: number): boolean {
  return ours !== undefined && Math.abs(ours - theirs) <= TOLERANCE
}

t.test('curves and worst windows', async t => {
  let curves = 0
  let windows = 0
  for (const { name, path } of listFixtures()) {
    const golden = readGolden(name)
    if (golden === null || golden.usable === null || golden.usable.generations === 0) continue
    const trace = localTrace(path)
    for (const [question, theirs] of Object.entries(golden.curves)) {
      const { curve, xMin, xMax } = await trace.query('mmuPlot', { flags: flagsOf(question), quantiles: false })
      if (theirs === null) {
        t.same(curve, [], `${name} ${question}: no curve`)
        continue
      }
      const ours = curve.filter((_, i) => i % 3 === 0).map(row => row[1])
      t.same([xMin, xMax, ours.length], [theirs.xMin, theirs.xMax, theirs.utilization.length], `${name} ${question}`)
      const wrong = theirs.utilization.flatMap((value, i) => (close(ours[i], value) ? [] : [[i * 3, ours[i], value]]))
      t.same(wrong, [], `${name} ${question}: rows that differ`)
      curves++
    }
    for (const [question, theirs] of Object.entries(golden.worst)) {
      const windowNs = Number(new URLSearchParams(question.split('?')[1]).get('window'))
      const answer = await trace.query('mmuDetails', { flags: flagsOf(question), windowNs })
      const ours = (answer.windows ?? []).map(({ time, util }) => [time, util] as const)
      t.same(
        ours.map(([time]) => time),
        theirs.map(([time]) => time),
        `${name} ${question}: when`,
      )
      t.ok(
        theirs.every(([, util], i) => close(ours[i]?.[1], util)),
        `${name} ${question}: how much`,
      )
      windows += theirs.length
    }
    await trace.close()
  }
  t.ok(curves > 300 && windows > 500, `${curves} curves and ${windows} worst windows compared`)
})
