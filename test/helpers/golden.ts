/**
 * Recorded answers of `go tool trace`: test/golden/NAME.json, written by `npm run record`, and how to compare with
 * them.
 *
 * A golden knows each answer by its question, which is the path and query that both programs take
 * (`/goroutine?name=main.main`). It keeps the hash of the canonical form and the number of its lines, and the form
 * itself where that is small.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Form, hashForm } from './canonical.js'
import { projectFolder } from './fixtures.js'

export const goldenFolder = join(projectFolder, 'test', 'golden')

export interface GoldenAnswer {
  readonly hash: string
  readonly lines: number
  /** The form itself, where it is small. */
  readonly form?: Form
}

/** What a dump to stdout (`-d=MODE`) gave. */
export interface GoldenDump {
  readonly exit: number
  /** Of stdout. */
  readonly sha256: string
  readonly bytes: number
  /** First line of stderr; what follows it is in random order. */
  readonly error: string
}

/**
 * A curve of `/mmu?mode=plot`: every third of its 100 points, rounded to 1e-9; null where the original answers nothing.
 */
export interface GoldenCurve {
  readonly xMin: number
  readonly xMax: number
  readonly utilization: readonly number[]
}

export interface Golden {
  readonly name: string
  readonly bytes: number
  readonly dumps: Readonly<Record<'parsed' | 'wire' | 'footprint', GoldenDump>>
  /**
   * Bytes of the file up to the end of its last usable generation, and how many generations those are: the answers are
   * those of that part. Null: nothing can be used, there are no answers.
   */
  readonly usable: { readonly bytes: number; readonly generations: number } | null
  readonly answers: Readonly<Record<string, GoldenAnswer>>
  readonly curves: Readonly<Record<string, GoldenCurve | null>>
  /** `/mmu?mode=details`: ten worst windows, [absolute time, utilization] each. */
  readonly worst: Readonly<Record<string, readonly (readonly [number, number])[]>>
}

export function goldenPath(name: string): string {
  return join(goldenFolder, `${name}.json`)
}

/** The golden of a fixture; null when none was recorded. */
export function readGolden(name: string): Golden | null {
  const path = goldenPath(name)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Golden) : null
}

/** Questions of a golden whose path is this one. */
export function questionsOf(golden: Golden, path: string): string[] {
  return Object.keys(golden.answers).filter(question => question.split(/[?#]/)[0] === path)
}

/**
 * What is wrong with our form of an answer, in words; '' when it equals the recorded one. `live` gives the original's
 * form where Go is present, for answers that the golden does not keep.
 */
export function differenceFrom(golden: GoldenAnswer, ours: Form, live?: Form): string {
  const hash = hashForm(ours)
  if (hash === golden.hash) return ''
  const theirs = golden.form ?? live
  const counts = `${ours.length} lines (hash ${hash}), recorded ${golden.lines} lines (hash ${golden.hash})`
  return theirs === undefined ? counts : `${counts}\n${lineDifference(theirs, ours)}`
}

/** The first lines that only one of two forms has, at most `limit` of each. */
export function lineDifference(theirs: Form, ours: Form, limit = 10): string {
  const missing = without(theirs, ours)
  const extra = without(ours, theirs)
  if (missing.length === 0 && extra.length === 0) {
    const at = theirs.findIndex((line, i) => line !== ours[i])
    return `same lines in another order from line ${at}: wanted ${theirs[at]}, found ${ours[at]}`
  }
  const shown = (sign: string, lines: Form) => lines.slice(0, limit).map(line => `${sign} ${line.slice(0, 400)}`)
  return [`missing ${missing.length}, extra ${extra.length}`, ...shown('-', missing), ...shown('+', extra)].join('\n')
}

/** Lines of `from` that `other` does not have as often. */
function without(from: Form, other: Form): string[] {
  const counts = new Map<string, number>()
  for (const line of other) counts.set(line, (counts.get(line) ?? 0) + 1)
  return from.filter(line => {
    const count = counts.get(line) ?? 0
    counts.set(line, count - 1)
    return count <= 0
  })
}
