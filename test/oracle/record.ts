/**
 * `npm run record [-- NAME…]`: asks `go tool trace` everything about each fixture and writes test/golden/NAME.json.
 * Needs Go 1.27; see README.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { listFixtures } from '../helpers/fixtures.js'
import { noGo } from '../helpers/go.js'
import { type Golden, goldenPath } from '../helpers/golden.js'
import { originalAnswers } from './answers.js'

const wanted = process.argv.slice(2)
const fixtures = listFixtures().filter(({ name }) => wanted.length === 0 || wanted.includes(name))

if (noGo !== false) {
  process.stderr.write(`record: ${noGo}\n`)
  process.exitCode = 1
} else {
  for (const fixture of fixtures) {
    const started = performance.now()
    const golden = await originalAnswers(fixture)
    const path = goldenPath(fixture.name)
    mkdirSync(dirname(path), { recursive: true })
    const text = goldenText(golden)
    writeFileSync(path, text)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stdout.write(
      `${fixture.name}: ${Object.keys(golden.answers).length} answers, ${text.length} bytes, ${seconds} s\n`,
    )
  }
}

/** JSON with an entry a line and sorted by name, so that a change of one answer is one changed line. */
function goldenText(golden: Golden): string {
  const entries = Object.entries(golden).map(([key, value]) => {
    const inside = value !== null && typeof value === 'object' && ['answers', 'curves', 'worst', 'dumps'].includes(key)
    if (!inside) return `${JSON.stringify(key)}: ${JSON.stringify(value)}`
    const lines = Object.entries(value)
      .sort(byName)
      .map(([name, entry]) => `  ${JSON.stringify(name)}: ${JSON.stringify(entry)}`)
    return `${JSON.stringify(key)}: {${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n`}}`
  })
  return `{\n${entries.join(',\n')}\n}\n`
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
