import fc from 'fast-check'
import t from 'tap'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { UtilizationKind as U, Utilization } from '../../server/analysis/facts/utilization.js'
import { answerMmuDetails, answerMmuPlot, mmuQuantiles } from '../../server/analysis/queries/mmu.js'
import { MmuCurve } from '../../server/analysis/queries/mmu-curve.js'
import { utilizationQuantiles } from '../../server/analysis/queries/mud.js'
import { mutatorUtilization, type UtilizationSeries } from '../../server/analysis/queries/utilization.js'
import type { MmuFlags } from '../../server/contract/mmu.js'
import { Dictionary } from '../../server/core/dictionary.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import { fixture } from '../helpers/fixtures.js'
import { noGo, OriginalServer } from '../helpers/go.js'
import { slowMean, slowMmu, slowShareBelow } from '../slow/mmu-slow.js'

const flagNames = ['perProc', 'stw', 'background', 'assist', 'sweep'] as const

function flagsOf(text: string): MmuFlags {
  const chosen = text.split('|')
  return Object.fromEntries(flagNames.map(name => [name, chosen.includes(name)])) as unknown as MmuFlags
}

/** Facts of lines `time kind proc goroutine value`; `-` is no proc. */
function factsOf(endNs: number, text: string): TraceFacts {
  const utilization = new Utilization()
  const dictionary = new Dictionary()
  for (const line of text.trim().split('\n')) {
    const [time, kind, proc, goroutine, value] = line.trim().split(/\s+/)
    const procRow = proc === '-' ? -1 : dictionary.procs.add(Number(proc))
    utilization.append(Number(time), U[kind as keyof typeof U], procRow, Number(goroutine), Number(value))
  }
  return { utilization, dictionary, endNs, startTime: 2n ** 60n + 1n, partial: null } as unknown as TraceFacts
}

/** `time:util` of each point. */
function drawn(facts: TraceFacts, flags: string): string[] {
  const { series } = mutatorUtilization(facts, flagsOf(flags))
  return series.flatMap(({ times, utils, procs = 1 }) => {
    const one = times.map((time, i) => `${time}:${Number(utils[i].toFixed(3))}`).join(' ')
    return new Array<string>(Math.min(procs, 10)).fill(one)
  })
}

t.test('utilisation of the system and of each proc', async t => {
  const facts = factsOf(
    1000,
    `
      5    StwBegin    0 -1 0
      10   Procs       0 -1 2
      100  SweepBegin  0 1  0
      150  SweepEnd    0 1  0
      200  StwBegin    1 -1 0
      210  StwEnd      1 -1 0
      300  AssistBegin 1 2  0
      320  Pause       1 2  0
      340  Resume      0 2  0
      360  AssistEnd   0 2  0
    `,
  )
  t.strictSame(drawn(facts, ''), ['10:1 1000:0'], 'nothing counts')
  t.strictSame(drawn(facts, 'sweep'), ['10:1 100:0.5 150:1 1000:0'])
  t.strictSame(drawn(facts, 'stw'), ['10:1 200:0 210:1 1000:0'], 'what was before the number of procs does not count')
  t.strictSame(drawn(facts, 'assist'), ['10:1 300:0.5 320:1 340:0.5 360:1 1000:0'])
  t.strictSame(drawn(facts, 'perProc|stw|assist'), [
    '10:1 200:0 210:1 340:0 360:1 1000:0',
    '10:1 200:0 210:1 300:0 320:1 1000:0',
  ])
})

t.test('a background worker counts once per run', async t => {
  const facts = factsOf(
    1000,
    `
      0    Procs       0 -1 4
      100  WorkerBegin 0 7  0
      110  WorkerBegin 0 7  0
      200  WorkerEnd   0 7  0
      300  WorkerBegin 1 7  0
      400  WorkerEnd   1 7  0
      500  WorkerBegin 2 8  1
      600  WorkerEnd   2 8  0
    `,
  )
  t.strictSame(drawn(facts, 'background'), ['0:1 100:0.75 200:1 300:0.75 400:1 500:0.75 600:1 1000:0'])
  const perProc = drawn(facts, 'perProc|background')
  t.strictSame(perProc, ['0:1 100:0 200:1 1000:0', '0:1 300:0 400:1 1000:0', '0:1 1000:0', '0:1 1000:0'])
})

t.test('ranges that were active at the start', async t => {
  const facts = factsOf(
    1000,
    `
      0    Procs        0 -1 2
      100  SweepBegin   0 1  0
      200  AssistActive 1 2  1
      300  AssistEnd    1 2  0
      400  AssistActive 1 3  0
      500  AssistEnd    1 3  0
      600  SweepEnd     0 1  0
    `,
  )
  t.strictSame(drawn(facts, 'assist'), ['0:0.5 300:1 400:0.5 500:1 1000:0'], 'one that executes counts from the start')
  t.strictSame(drawn(facts, 'assist|sweep'), ['0:0.5 100:0 300:0.5 400:0 500:0.5 600:1 1000:0'])
  t.strictSame(drawn(facts, 'perProc|assist')[1], '0:1 200:0 300:1 400:0 500:1 1000:0')
})

t.test('changes of the number of procs, and procs that do not exist', async t => {
  const facts = factsOf(
    1000,
    `
      0    Procs       0 -1 2
      100  SweepBegin  1 1  0
      200  Procs       0 -1 1
      300  Procs       0 -1 2
      350  SweepEnd    5 1  0
      360  SweepBegin  - 1  0
      400  Procs       0 -1 0
      500  SweepBegin  0 1  0
      600  Procs       0 -1 1
    `,
  )
  t.strictSame(drawn(facts, 'sweep'), ['0:1 100:0.5 200:1 1000:0'])
  t.strictSame(drawn(facts, 'perProc|sweep'), ['0:1 400:0', '0:1 100:0', '300:1 400:0', '600:1 1000:0'])
  t.equal(mutatorUtilization(facts, flagsOf('sweep')).skipped, 2)
  t.equal(mutatorUtilization(facts, flagsOf('stw')).skipped, 0)

  const huge = factsOf(10, '0 Procs 0 -1 2147483647\n5 SweepBegin 3 1 0')
  t.equal(drawn(huge, 'sweep').length, 1)
  const { series } = mutatorUtilization(huge, flagsOf('perProc|sweep'))
  t.strictSame(
    series.map(({ utils, procs }) => [utils, procs]),
    [
      [[1, 0], 3],
      [[1, 0], 1],
      [[1, 0], 2147483643],
    ],
    'as many series as there are procs that the trace tells of',
  )
  t.strictSame(mutatorUtilization(factsOf(10, '5 SweepBegin 3 1 0'), flagsOf('sweep')).series, [])
})

/** Steps at multiples of their number, so that bands end where the series does and no window hangs over. */
const anySeries: fc.Arbitrary<UtilizationSeries> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom(0, 0.25, 0.5, 0.75, 1)), {
    minLength: 2,
    maxLength: 60,
  })
  .map(steps => {
    const times = [0]
    const utils = [1]
    for (const [gap, util] of steps) {
      times.push(times[times.length - 1] + gap)
      utils.push(util)
    }
    return { times: times.map(time => time * times.length + 77), utils }
  })

t.test('the curve is that of the obvious way', async () => {
  const checked = fc.property(
    fc.array(anySeries, { minLength: 1, maxLength: 3 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (series, share) => {
      const longest = Math.max(...series.map(({ times }) => times[times.length - 1] - times[0]))
      // A window of a multiple of bands and 1 ns reaches 1 ns beyond the end, as in cmd/trace.
      const window = 2 * Math.round((2 + share * longest) / 2)
      const bands = series.map(({ times }) => (times[times.length - 1] - times[0]) / times.length)
      fc.pre(bands.every(band => window % band !== 1))
      const mmu = new MmuCurve(series).mmu(window)
      return Math.abs(mmu - slowMmu(series, window)) < 1e-9
    },
  )
  fc.assert(checked, { numRuns: 500, seed: 1 })
})

t.test('the worst windows', async () => {
  const checked = fc.property(anySeries, fc.integer({ min: 50, max: 2000 }), (series, window) => {
    const found = new MmuCurve([series]).worst(window, 10)
    const length = Math.min(window, series.times[series.times.length - 1] - series.times[0])
    return (
      found.length >= 1 &&
      found.length <= 10 &&
      found.every(({ time, util }) => Math.abs(slowMean(series, time, length) - util) < 1e-9) &&
      new Set(found.map(({ time }) => time)).size === found.length &&
      found.every(({ util }, i) => i === 0 || util >= found[i - 1].util) &&
      found[0].util === new MmuCurve([series]).mmu(window)
    )
  })
  fc.assert(checked, { numRuns: 200, seed: 2 })
})

t.test('percentiles are quantiles of all positions', async t => {
  const shares = [0.001, 0.01, 0.05, 0.5, 0.9]
  const tolerance = 2e-3
  const checked = fc.property(
    fc.array(anySeries, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 2, max: 20_000 }),
    (series, window) => {
      const quantiles = utilizationQuantiles(series, window, shares)
      if (quantiles === null) return slowShareBelow(series, window, 1) === null
      return quantiles.every((util, i) => {
        const reached = slowShareBelow(series, window, util + tolerance)! >= shares[i] - 1e-9
        const lower = util - tolerance
        return reached && (lower <= 0 || slowShareBelow(series, window, lower)! < shares[i] + 1e-9)
      })
    },
  )
  fc.assert(checked, { numRuns: 300, seed: 3 })
  const half: UtilizationSeries = { times: [0, 500, 1000], utils: [0, 1, 0] }
  t.strictSame(utilizationQuantiles([half], 10, [0, 0.4]), [0, 0])
  t.equal(utilizationQuantiles([half], 1000, [0.5]), null, 'the whole series is no distribution')
  t.ok(Math.abs(utilizationQuantiles([half], 500, [0.25])![0] - 0.25) < tolerance)
})

t.test('plot and details', async t => {
  const facts = factsOf(
    50_000_000,
    `
      0        Procs    0 -1 2
      10000000 StwBegin 0 -1 0
      12000000 StwEnd   0 -1 0
    `,
  )
  const plot = answerMmuPlot(facts, { flags: flagsOf('stw'), quantiles: true })
  t.match(plot, { xMin: 1e6, xMax: 5e7, quantiles: mmuQuantiles, skipped: 0, noProcs: false })
  t.equal(plot.curve.length, 100)
  t.ok(
    plot.curve.every(row => row.length === 5 && row.every((util, i) => i < 2 || util >= row[i - 1] - 2e-3 || i === 2)),
  )
  t.equal(plot.curve[0][1], 0)
  t.ok(plot.curve[50][4] > plot.curve[50][1], 'the 5th percentile is not the minimum')
  t.equal(answerMmuPlot(facts, { flags: flagsOf(''), quantiles: false }).curve[99].length, 2)

  const { windows } = answerMmuDetails(facts, { flags: flagsOf('stw'), windowNs: 4_000_000 })
  t.equal(windows![0].util, 0.5)
  t.equal(windows![0].time, String(2n ** 60n + 1n + BigInt(windows![0].startNs)), 'absolute times are exact')
  t.equal(answerMmuDetails(facts, { flags: flagsOf('stw'), windowNs: 0 }).windows, null)

  const none = factsOf(10, '5 SweepBegin 3 1 0')
  t.match(answerMmuPlot(none, { flags: flagsOf('stw'), quantiles: true }), {
    noProcs: true,
    curve: [],
    xMin: 0,
    xMax: 0,
  })
  t.equal(answerMmuDetails(none, { flags: flagsOf('stw'), windowNs: 5 }).windows, null)
  const instant = factsOf(5, '5 Procs 0 -1 2')
  t.match(answerMmuPlot(instant, { flags: flagsOf('stw'), quantiles: true }), { noProcs: false, curve: [] })
  t.strictSame(answerMmuDetails(instant, { flags: flagsOf('stw'), windowNs: 5 }).windows, [])
})

t.test('curves and worst windows are those of go tool trace, bit for bit', { skip: noGo }, async t => {
  for (const name of ['web-go1.26', 'gc-go1.23', 'long-go1.22', 'gc-go1.21']) {
    const { path } = fixture(name)
    const original = await OriginalServer.start('reference', path)
    const host = hostTrace(path)
    try {
      for (const text of [
        'stw|background|assist',
        'perProc|stw|background|assist|sweep',
        'assist|sweep',
        'perProc|sweep',
      ]) {
        const flags = flagsOf(text)
        const query = new URLSearchParams({ mode: 'plot', flags: text })
        const theirs = JSON.parse((await original.get(`/mmu?${query}`)).body.toString())
        const { xMin, xMax, curve } = await host.query('mmuPlot', { flags, quantiles: false })
        t.strictSame([xMin, xMax, curve], [theirs.xMin, theirs.xMax, theirs.curve], `${name} ${text}`)
        for (const windowNs of [1000, 3_000_000]) {
          query.set('mode', 'details')
          query.set('window', String(windowNs))
          const body = (await original.get(`/mmu?${query}`)).body.toString().replace(/"Time":(\d+)/g, '"Time":"$1"')
          const worst = (JSON.parse(body) as { Time: string; MutatorUtil: number }[]).map(one => [
            one.Time,
            one.MutatorUtil,
          ])
          const { windows } = await host.query('mmuDetails', { flags, windowNs })
          const ours = windows!.map(({ time, util }) => [String(time), util])
          t.strictSame(ours, worst, `${name} ${text} ${windowNs}`)
        }
      }
    } finally {
      await host.close()
      await original.stop()
    }
  }
})
