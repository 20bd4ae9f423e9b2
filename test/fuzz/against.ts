/**
 * `node dist/test/fuzz/against.js [--runs N] [--seed S]`: mutants, read by us and by `go tool trace -d=parsed`: both
 * accept or both refuse, and both print the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutantOf } from '../helpers/mutate.js'
import { fuzzSeedlings } from './examine.js'
import { compareWithGo } from './go-twin.js'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
})
process.env.TZ = 'UTC'
// Go's output is compared in memory.
const LARGEST = 120_000
const seedlings = fuzzSeedlings().filter(({ bytes }) => bytes.length <= LARGEST)
const folder = mkdtempSync(join(tmpdir(), 'trace-serve-fuzz-'))
const outcomes: Record<string, number> = {}
let differences = 0
for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run
  const { name, bytes } = mutantOf(seedlings, seed)
  const path = join(folder, 'mutant.trace')
  writeFileSync(path, bytes)
  const { outcome, difference } = compareWithGo(path)
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  if (difference === '') continue
  differences++
  console.log(`seed ${seed} (${name}): ${difference}`)
}
rmSync(folder, { recursive: true })
console.log(`${values.runs} runs from seed ${values.seed}: ${JSON.stringify(outcomes)}, ${differences} differences`)
process.exitCode = differences === 0 ? 0 : 1
