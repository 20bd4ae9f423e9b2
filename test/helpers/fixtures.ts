/**
 * The traces that tests run on: those of test/fixtures, and as an extra the larger ones of ../shared/traces where that
 * folder is present. A fixture is known by its path without `.trace`: `web-go1.26`, `boundaries/gc-go1.26`,
 * `broken/long-go1.23.cut50`.
 *
 * Tests of all fixtures take them from the lists here. With TEST_FIXTURES=few (`npm run test:fast`) these have the six
 * of FEW only.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top folder of the project, from dist/test/helpers. */
export const projectFolder = fileURLToPath(new URL('../../../', import.meta.url))
export const fixturesFolder = join(projectFolder, 'test', 'fixtures')
const extraFolder = join(projectFolder, '..', 'shared', 'traces')

export interface Fixture {
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** The number in the header, such as 26 of `go 1.26 trace`; null when the file does not start with one. */
  readonly version: number | null
  /** Which of the two formats a reader would take it for; null when neither. */
  readonly format: 'v1' | 'v2' | null
  /** From broken/: cut, flipped, foreign or unorderable. Some of them `go tool trace` reads to the end all the same. */
  readonly broken: boolean
  /** Not in the repository, and therefore without a golden. */
  readonly extra: boolean
}

/** Small ones, one for each version of the two formats, each of another program. */
const FEW: readonly string[] = [
  'restart-go1.19',
  'sync-go1.21',
  'cgocall-go1.22',
  'syscalls-go1.23',
  'tasks-go1.25',
  'web-newconns-go1.26',
]
/** Whether tests have the few fixtures only. */
export const few = process.env.TEST_FIXTURES === 'few'

const v1Versions = [11, 19, 21]
const v2Versions = [22, 23, 25, 26]

/** All fixtures of the repository, by name. */
export function listFixtures(): Fixture[] {
  const all = listFolder(fixturesFolder, false)
  return few ? all.filter(({ name }) => FEW.includes(name)) : all
}

/** The whole and readable fixtures of the newer format. */
export function v2Fixtures(): Fixture[] {
  return listFixtures().filter(fixture => fixture.format === 'v2' && !fixture.broken)
}

/** The whole and readable fixtures of the older format. */
export function v1Fixtures(): Fixture[] {
  return listFixtures().filter(fixture => fixture.format === 'v1' && !fixture.broken)
}

export function brokenFixtures(): Fixture[] {
  return listFixtures().filter(fixture => fixture.broken)
}

/** The fixture of that name; throws when there is none. */
export function fixture(name: string): Fixture {
  const found = listFolder(fixturesFolder, false).find(candidate => candidate.name === name)
  if (found === undefined) throw new Error(`no fixture is called ${name}`)
  return found
}

/** Traces of ../shared/traces that are too large for the repository; empty where that folder is absent. */
export function extraTraces(): Fixture[] {
  if (few || !existsSync(extraFolder)) return []
  const known = new Set(listFixtures().map(({ name }) => name))
  return listFolder(extraFolder, true).filter(({ name }) => !known.has(name))
}

function listFolder(folder: string, extra: boolean): Fixture[] {
  const fixtures: Fixture[] = []
  for (const sub of ['', 'boundaries', 'broken']) {
    const inside = join(folder, extra && sub === 'boundaries' ? 'seams' : sub)
    if (!existsSync(inside)) continue
    for (const file of readdirSync(inside).sort()) {
      if (!file.includes('.trace')) continue
      const path = join(inside, file)
      const version = headerVersion(path)
      const name = file.replace(/\.trace$/, '')
      fixtures.push({
        name: sub === '' ? name : `${sub}/${name}`,
        path,
        bytes: statSync(path).size,
        version,
        format: formatOf(version),
        broken: sub === 'broken',
        extra,
      })
    }
  }
  return fixtures
}

function formatOf(version: number | null): 'v1' | 'v2' | null {
  if (version === null) return null
  if (v1Versions.includes(version)) return 'v1'
  return v2Versions.includes(version) ? 'v2' : null
}

function headerVersion(path: string): number | null {
  const head = Buffer.alloc(16)
  const file = openSync(path, 'r')
  const length = readSync(file, head, 0, 16, 0)
  closeSync(file)
  const match = /^go 1\.(\d+) trace\0+$/.exec(head.toString('latin1', 0, length))
  return match === null || length < 16 ? null : Number(match[1])
}
