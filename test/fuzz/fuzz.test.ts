/**
 * Traces that are wrong in every way: those that once were findings (test/fixtures/fuzz), a short run of mutants, and
 * mutants read by us, by the slow twin and by Go. `npm run fuzz` runs for longer.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { CodedError, placedMessage } from '../../server/errors.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { fixturesFolder } from '../helpers/fixtures.js'
import { noGo } from '../helpers/go.js'
import { MemorySource } from '../helpers/memory-source.js'
import { mutantOf } from '../helpers/mutate.js'
import { examine, fuzzSeedlings } from './examine.js'
import { compareServed, compareWithGo, parsed } from './go-twin.js'

process.env.TZ = 'UTC'
t.setTimeout(300_000)

const folder = join(fixturesFolder, 'fuzz')
const seedlings = fuzzSeedlings()
const small = seedlings.filter(({ bytes }) => bytes.length < 70_000)

/** What each fixture comes to: the code of its refusal, or the generations that are served. */
const found: Readonly<Record<string, string | number>> = {
  'event-behind-2-53-ns': 1,
  'frequency-that-overflows-times': 1,
  'generation-behind-2-53-ns': 1,
  'late-clock-without-tables': 1,
  'length-behind-2-53-ns': 1,
  'oddity-of-a-refused-generation': 1,
  'oddity-of-refused-tables': 1,
  'sample-behind-2-53-ns': 1,
  'status-over-2-53': 1,
  'task-begun-by-no-goroutine': 1,
  'task-of-no-goroutine': 1,
  'wall-clock-of-a-far-year': 1,
}

t.test('what was found before', async t => {
  const names = readdirSync(folder)
    .filter(file => file.endsWith('.trace'))
    .map(file => file.replace(/\.trace$/, ''))
  t.strictSame(names.sort(), Object.keys(found).sort())
  for (const name of names) {
    const { refused, generations } = examine(new Uint8Array(readFileSync(join(folder, `${name}.trace`))), true)
    t.equal(refused ?? generations, found[name], name)
  }
})

t.test('where no generation is usable, the end stands at time 1', async t => {
  const { printed } = parsed(join(folder, 'late-clock-without-tables.trace'))
  t.equal(printed.toString(), 'M=-1 P=-1 G=-1 Sync Time=1 N=1\n')
})

t.test('go tool trace prints the same of what was found before', { skip: noGo }, async t => {
  for (const name of Object.keys(found)) {
    t.equal(compareWithGo(join(folder, `${name}.trace`)).difference, '', name)
  }
})

t.test('mutants are the same for the same seed and differ from what they were made of', async t => {
  let changed = 0
  for (let seed = 0; seed < 50; seed++) {
    const { name, bytes } = mutantOf(small, seed)
    t.ok(Buffer.from(mutantOf(small, seed).bytes).equals(bytes), `seed ${seed}`)
    const origin = small.find(seedling => seedling.name === name)
    if (!Buffer.from(origin?.bytes ?? []).equals(bytes)) changed++
  }
  t.ok(changed > 40, `${changed} of 50 differ`)
})

t.test('no mutant crashes, lies or grows', async t => {
  const outcomes = new Set<string>()
  const findings: string[] = []
  for (let seed = 0; seed < 500; seed++) {
    const { name, bytes } = mutantOf(small, seed)
    try {
      const { refused, partial } = examine(bytes, seed % 4 === 0)
      outcomes.add(refused ?? (partial ? 'partial' : 'whole'))
    } catch (error) {
      findings.push(`seed ${seed} (${name}): ${(error as Error).stack}`)
    }
  }
  t.strictSame(findings, [])
  // Mutants that are all refused at the door would show nothing.
  for (const outcome of ['whole', 'partial', 'FRAMING', 'ORDER', 'NOTHING_USABLE', 'NOT_A_TRACE']) {
    t.ok(outcomes.has(outcome), `some are ${outcome}`)
  }
})

t.test('errors say where, and what was wanted and found', async t => {
  const vague: string[] = []
  const codes = new Set<string>()
  for (let seed = 0; seed < 1500; seed++) {
    const error = firstError(mutantOf(small, seed).bytes)
    if (error === null) continue
    codes.add(error.code)
    const { code, place } = error
    const text = placedMessage(error)
    const { offset, generation, thread, wanted, found } = place
    const ofPart = code === 'FRAMING' || code === 'TABLES' || code === 'ORDER'
    const placed =
      // A whole file that ends early, or has nothing to count its time by, has no place.
      /it ends after its header|no EvFrequency event|longer than 2\^53 ns/.test(text) ||
      offset !== undefined ||
      // The order of a v1 trace is that of events, which the message names.
      (code === 'ORDER' && generation === undefined && (wanted ?? found) !== undefined)
    const whole =
      placed &&
      (!ofPart || offset === undefined || text.includes(`offset ${offset}`)) &&
      (generation === undefined || code === 'NOTHING_USABLE' || text.includes(`generation ${generation}`)) &&
      (thread === undefined || text.includes(`thread ${thread}`)) &&
      (wanted === undefined || /want|expect|known are|longer|misuse/.test(text)) &&
      (found === undefined || text.includes(found) || /found|is empty/.test(text))
    if (!whole) vague.push(`seed ${seed}: ${code} ${text} ${JSON.stringify(place)}`)
  }
  t.strictSame(vague, [])
  for (const code of ['FRAMING', 'TABLES', 'ORDER', 'NOTHING_USABLE', 'NOT_A_TRACE']) t.ok(codes.has(code), code)
})

/** Of reading alone: what is served of the trace does not count. */
function firstError(bytes: Uint8Array): CodedError | null {
  const source = new MemorySource(bytes)
  try {
    const reader = openReader(source, openTrace(source))
    for (let block = reader.next(); block !== null; block = reader.next()) reader.recycle(block)
    return reader.error
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
}

t.test('what ordering does not need is served as the reference prints it', { skip: noGo }, async t => {
  const temporary = mkdtempSync(join(tmpdir(), 'trace-serve-fuzz-'))
  const path = join(temporary, 'mutant.trace')
  const differences: string[] = []
  let wentOn = 0
  for (let seed = 0; seed < 60; seed++) {
    const { name, bytes } = mutantOf(small, seed)
    writeFileSync(path, bytes)
    const { difference, odd } = compareServed(path)
    if (difference !== '') differences.push(`seed ${seed} (${name}): ${difference}`)
    if (odd) wentOn++
  }
  rmSync(temporary, { recursive: true })
  t.strictSame(differences, [])
  t.ok(wentOn > 3, `${wentOn} of 60 are read on where Go gives up`)
})

t.test('we and go tool trace accept and print the same', { skip: noGo }, async t => {
  const temporary = mkdtempSync(join(tmpdir(), 'trace-serve-fuzz-'))
  const path = join(temporary, 'mutant.trace')
  const differences: string[] = []
  let accepted = 0
  for (let seed = 0; seed < 40; seed++) {
    const { name, bytes } = mutantOf(small, seed)
    writeFileSync(path, bytes)
    const { outcome, difference } = compareWithGo(path)
    if (difference !== '') differences.push(`seed ${seed} (${name}): ${difference}`)
    if (outcome === 'both accept') accepted++
  }
  rmSync(temporary, { recursive: true })
  t.strictSame(differences, [])
  t.ok(accepted > 0, `${accepted} of 40 are accepted`)
})
