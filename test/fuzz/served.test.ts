/** Every page, export and tile of hand-made traces, of those that once were findings, and of mutants. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, fixturesFolder } from '../helpers/fixtures.js'
import { mutantOf } from '../helpers/mutate.js'
import { textFixtures } from '../helpers/text-fixtures.js'
import { examine, fuzzSeedlings } from './examine.js'
import { ServedExaminer } from './served.js'

t.setTimeout(300_000)

const web = new ServedExaminer()
t.teardown(() => web.close())

/** What is wrong with the answers; null for nothing, undefined when nothing is served. */
async function findingOf(bytes: Uint8Array): Promise<string | null | undefined> {
  const { served } = examine(bytes, false)
  if (served === null) return undefined
  try {
    await web.check(served)
    return null
  } catch (error) {
    return String((error as Error).stack ?? error)
  }
}

t.test('hand-made traces, and found ones', async t => {
  const folder = join(fixturesFolder, 'fuzz')
  const found = readdirSync(folder).map(name => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }))
  const names = ['boundaries/cgocall-go1.26', 'broken/long-go1.26.cut50', 'tasks-go1.21']
  const files = names.map(name => ({ name, bytes: new Uint8Array(readFileSync(fixture(name).path)) }))
  let served = 0
  for (const { name, bytes } of [...textFixtures(), ...found, ...files]) {
    const finding = await findingOf(bytes)
    if (finding === undefined) continue
    t.equal(finding, null, name)
    served++
  }
  t.ok(served > 35, `${served} are served`)
})

t.test('mutants', async t => {
  const small = fuzzSeedlings().filter(({ bytes }) => bytes.length < 20_000)
  const findings: string[] = []
  let served = 0
  for (let seed = 0; seed < 300; seed++) {
    const { name, bytes } = mutantOf(small, seed)
    const finding = await findingOf(bytes)
    if (finding === undefined) continue
    served++
    if (finding !== null) findings.push(`seed ${seed} (${name}): ${finding}`)
  }
  t.strictSame(findings, [])
  t.ok(served > 15, `${served} are served`)
})
