/**
 * The hand-made traces of test/fixtures/text, one archive each: the story first, then the parts `expect` (SUCCESS or
 * FAILURE "pattern"), `trace` (text-trace.ts) and `parsed` (what Go's reader printed).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixturesFolder } from './fixtures.js'
import { parseArchive, parseTestArchive, type TextTrace } from './text-trace.js'

export interface TextFixture extends TextTrace {
  readonly name: string
  readonly path: string
  /** What the trace is about and what must come of it. */
  readonly story: string
  /** Output of `go tool trace -d=parsed` with TZ=UTC (Latin-1). */
  readonly parsed: string
}

export function textFixtures(): TextFixture[] {
  const folder = join(fixturesFolder, 'text')
  return readdirSync(folder)
    .filter(file => file.endsWith('.txt'))
    .sort()
    .map(file => {
      const path = join(folder, file)
      const text = readFileSync(path, 'latin1')
      const parts = parseArchive(text)
      return {
        ...parseTestArchive(text),
        name: file.replace(/\.txt$/, ''),
        path,
        story: parts.get('') ?? '',
        parsed: parts.get('parsed') ?? '',
      }
    })
}
