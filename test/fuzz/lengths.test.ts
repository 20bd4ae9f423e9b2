/** Work follows content: never the length of a trace, the size of an id or a count that nothing stands behind. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, fixturesFolder } from '../helpers/fixtures.js'
import { Random } from '../helpers/mutate-random.js'
import { retimed, silent, ticksOf } from '../helpers/retime.js'
import { shapes } from '../helpers/shapes.js'
import { batch, clockBatch, END_OF_GENERATION, header } from '../helpers/trace-bytes.js'
import { bytesOf, event, NO_THREAD, running, traceOf } from '../helpers/v2-trace.js'
import { examine } from './examine.js'
import { cutCount, fuzzInputs } from './inputs.js'
import { findDear, Meter } from './stretched.js'

t.setTimeout(300_000)

/**
 * Of processor for a page of a trace that is all but empty: ten times what the compiler takes for the first of all
 * pages.
 */
const NEXT_TO_NOTHING_MS = 2000

const meter = new Meter()
t.teardown(() => meter.close())

async function dearest(bytes: Uint8Array): Promise<[step: string, ms: number]> {
  const costs = [...(await meter.measure(bytes))]
  return costs.reduce((most, step) => (step[1] > most[1] ? step : most))
}

t.test('a handful of events over hours and days', async t => {
  const folder = join(fixturesFolder, 'cases')
  const files = readdirSync(folder).filter(file => /^v[12]-(no|four|one)-/.test(file))
  t.equal(files.length, 6)
  for (const file of files) {
    const [step, ms] = await dearest(new Uint8Array(readFileSync(join(folder, file))))
    t.ok(ms < NEXT_TO_NOTHING_MS, `${file}: ${step} takes ${Math.round(ms)} ms`)
  }
})

t.test('ids and counts that are only large', async t => {
  const cases: Record<string, Uint8Array> = {
    'GOMAXPROCS is 99,999': traceOf([...running, event(9, 1, 99_999, 1), event(26, 1, 1, 1), event(27, 1)]),
    'a proc is called 65,535': traceOf([event(13, 1, 65_535, 1), ...running]),
    'ids near the largest that have columns': traceOf(
      [...running, event(14, 1, (1n << 27n) - 1n, 1, 1), event(40, 1, (1n << 27n) - 1n, 0, (1 << 18) - 1, 1)],
      [batch([4, ...event(5, (1 << 18) - 1), 1, 121], { thread: NO_THREAD })],
    ),
    'a string has a large id in each of 1,000 generations': bytesOf([
      header(26),
      ...Array.from({ length: 1000 }, (_, i) => {
        const place = { gen: i + 1, time: 1000 + i }
        const names = batch([4, ...event(5, (1 << 18) - 1), 1, 121], { ...place, thread: NO_THREAD })
        return [clockBatch(26, place), names, batch(event(25, 1, 1, NO_THREAD, 4), place), [END_OF_GENERATION]]
      }).flat(),
    ]),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const [step, ms] = await dearest(bytes)
    t.ok(ms < NEXT_TO_NOTHING_MS, `${name}: ${step} takes ${Math.round(ms)} ms`)
  }
})

t.test('the same content over a longer while', async t => {
  for (const name of ['empty-go1.19', 'restart-go1.21', 'restart-go1.22', 'empty-go1.26'])
    t.strictSame(await findDear(meter, fixture(name)), [], name)
})

t.test('the stretcher keeps what it stretches', async t => {
  for (const name of ['restart-go1.21', 'web-newconns-go1.26']) {
    const { path, format } = fixture(name)
    const bytes = new Uint8Array(readFileSync(path))
    const known = format as 'v1' | 'v2'
    const { length, perSecond } = ticksOf(bytes, known)
    const { events, served } = examine(bytes, false)
    const later = examine(retimed(bytes, known, silent(length / 2n, 3600n * perSecond)), false)
    t.match(later, { refused: null, partial: false, events }, name)
    t.equal(Math.round((later.served!.facts.endNs - served!.facts.endNs) / 1e9), 3600)
  }
})

t.test('shapes are the same for the same seed, and most are served', async t => {
  for (const { name, format, make } of shapes) {
    const same = Buffer.from(make(new Random(3))).equals(make(new Random(3)))
    t.ok(same, name)
    const outcomes = Array.from({ length: 10 }, (_, seed) => examine(make(new Random(seed)), false).refused)
    t.ok(outcomes.includes(null), `${name} in ${format} is served`)
  }
})

t.test('cuts are those of the smallest traces', async t => {
  const cut = fuzzInputs('cuts')
  const last = cutCount() - 1
  t.match([cut(0).bytes.length, cut(1).bytes.length], [0, 1])
  t.match(cut(last).name, /cut at/)
  t.throws(() => cut(last + 1))
  for (let seed = 0; seed <= last; seed += 97) examine(cut(seed).bytes, false)
})
