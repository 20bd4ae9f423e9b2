/**
 * Proves the slow reader, on which the other comparisons rest: its text form must be that of Go's own reader, byte for
 * byte. Recorded answers (test/golden and the `parsed` part of each text fixture) make Go unnecessary; where Go is
 * installed, its own small tests run too.
 *
 * Fixtures above 100 KB, and traces without a golden, run only with SLOW=1. With RECORD=1 the `parsed` part of the text
 * fixtures is asked from Go anew and written down, of those that begin with ONLY if that is set.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { extraTraces, type Fixture, listFixtures } from '../helpers/fixtures.js'
import { goRoot, noGo, runTool } from '../helpers/go.js'
import { readGolden } from '../helpers/golden.js'
import { textFixtures } from '../helpers/text-fixtures.js'
import { parseTestArchive } from '../helpers/text-trace.js'
import { printEvent } from './slow-printer.js'
import { readTraceSlowly } from './slow-reader.js'
import { slowSort } from './slow-sort.js'
import { validateEvents } from './validator.js'

const LARGE_BYTES = 100_000
const HUGE_BYTES = 2_000_000
const everything = process.env.SLOW === '1'

t.setTimeout(3_600_000)

interface Answer {
  readonly exit: number
  readonly sha256: string
  /** First line of the error; '' for none. */
  readonly error: string
}

function sha256(latin1: string): string {
  return createHash('sha256').update(latin1, 'latin1').digest('hex')
}

function readSlowly(bytes: Uint8Array): { text: string; error: string; complaints: string[] } {
  const { events, error } = readTraceSlowly(bytes)
  const version = Number(/\d+(?= trace)/.exec(Buffer.from(bytes.subarray(0, 16)).toString('latin1'))?.[0])
  return {
    text: events.map(printEvent).join(''),
    error: error?.split('\n')[0] ?? '',
    complaints: validateEvents(events, version),
  }
}

/** First line of what the tool wrote on stderr, without the log's date. */
function firstLine(stderr: string): string {
  return stderr.split('\n')[0].replace(/^\d{4}\/\S+ \S+ /, '')
}

function askGo(bytes: Uint8Array): { text: string; error: string } {
  const folder = mkdtempSync(join(tmpdir(), 'trace-serve-slow-'))
  try {
    const file = join(folder, 'text.trace')
    writeFileSync(file, bytes)
    const run = runTool('trace', ['-d=parsed', file])
    return { text: run.stdout.toString('latin1'), error: firstLine(run.stderr) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The recorded answer of a fixture, or Go's own where it may be asked. */
function answerFor(fixture: Fixture): Answer | null {
  const golden = readGolden(fixture.name)?.dumps.parsed
  if (golden !== undefined) return { exit: golden.exit, sha256: golden.sha256, error: golden.error }
  if (!everything || noGo) return null
  const run = runTool('trace', ['-d=parsed', fixture.path])
  return { exit: run.exit, sha256: sha256(run.stdout.toString('latin1')), error: firstLine(run.stderr) }
}

if (process.env.RECORD === '1') {
  for (const fixture of textFixtures().filter(({ name }) => name.startsWith(process.env.ONLY ?? ''))) {
    const [kept] = readFileSync(fixture.path, 'latin1').split('-- parsed --\n')
    writeFileSync(fixture.path, `${kept}-- parsed --\n${askGo(fixture.bytes).text}`, 'latin1')
  }
}

t.test('text fixtures read as Go reads them', t => {
  for (const fixture of textFixtures()) {
    const { text, error } = readSlowly(fixture.bytes)
    t.equal(text, fixture.parsed, `${fixture.name}: events`)
    if (fixture.failure === null) t.equal(error, '', `${fixture.name}: reaches the end`)
    else t.match(error, fixture.failure, `${fixture.name}: fails as expected`)
    t.not(fixture.story.trim(), '', `${fixture.name}: tells its story`)
    if (noGo) continue
    const go = askGo(fixture.bytes)
    t.equal(text, go.text, `${fixture.name}: Go's events`)
    t.equal(error, go.error, `${fixture.name}: Go's error`)
  }
  t.end()
})

t.test('real and broken traces read as Go reads them', t => {
  const limit = everything ? HUGE_BYTES : LARGE_BYTES
  const fixtures = [...listFixtures(), ...extraTraces()].filter(
    ({ format, bytes }) => format !== 'v1' && bytes <= limit,
  )
  let compared = 0
  for (const fixture of fixtures) {
    const answer = answerFor(fixture)
    if (answer === null) continue
    const { text, error, complaints } = readSlowly(readFileSync(fixture.path))
    t.same(
      { sha256: sha256(text), error },
      { sha256: answer.sha256, error: firstLine(answer.error) },
      `${fixture.name}: events and error`,
    )
    t.equal(error !== '', answer.exit !== 0, `${fixture.name}: exit code`)
    t.same(complaints, [], `${fixture.name}: valid`)
    compared++
  }
  t.ok(compared >= 20, `${compared} of ${fixtures.length} traces compared`)
  t.end()
})

t.test("Go's own test traces", { skip: noGo }, t => {
  const folder = join(goRoot ?? '', 'src/internal/trace/testdata/tests')
  for (const name of readdirSync(folder).sort()) {
    const { bytes, failure } = parseTestArchive(readFileSync(join(folder, name), 'latin1'))
    const { text, error, complaints } = readSlowly(bytes)
    if (failure === null) t.equal(error, '', `${name}: reaches the end`)
    else t.match(error, failure, `${name}: fails as expected`)
    t.same(complaints, [], `${name}: valid`)
    const go = askGo(bytes)
    t.ok(text === go.text, `${name}: events`)
    t.equal(error, go.error, `${name}: error`)
  }
  t.end()
})

t.test('the sort orders, whatever the input', t => {
  let seed = 1
  const random = (limit: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % limit
  }
  for (const length of [0, 1, 12, 13, 49, 50, 200, 3000]) {
    for (const values of [2, length + 1, 1e6]) {
      const list = Array.from({ length }, () => random(values))
      const wanted = [...list].sort((x, y) => x - y)
      slowSort(list, (x, y) => x < y)
      t.same(list, wanted, `${length} numbers below ${values}`)
    }
    const falling = Array.from({ length }, (_, i) => -i)
    const wanted = [...falling].reverse()
    slowSort(falling, (x, y) => x < y)
    t.same(falling, wanted, `${length} falling`)
  }
  t.end()
})
