/**
 * Reading, measured: our reader in one thread beside Go's, ordering alone and with the analysis.
 *
 * Every measurement is a process of its own, so that it starts with a cold compiler and an empty heap. Go's reader runs
 * with GOMAXPROCS=1, since ours uses one core too. Rounds alternate between the four, and the best round of each
 * counts, since the noise of a shared machine only ever adds time.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { projectFolder } from '../helpers/fixtures.js'
import { goTool, noGo } from '../helpers/go.js'

export interface Reading {
  readonly events: number
  readonly seconds: number
  readonly eventsPerSecond: number
  /** Null where it is not measured. */
  readonly peakBytes: number | null
}

export interface ReadingReport {
  readonly sizeBytes: number
  /** From a file that is in the system's cache. */
  readonly indexSeconds: number
  readonly ordering: Reading
  readonly analysis: Reading
  readonly goReader: Reading | null
  readonly goSummarizer: Reading | null
}

export function measureReading(path: string, rounds: number): ReadingReport {
  const loop = join(projectFolder, 'dist/test/bench/read-loop.js')
  const indexing: number[] = []
  const ordering: Reading[] = []
  const analysis: Reading[] = []
  const reader: Reading[] = []
  const summarizer: Reading[] = []
  let sizeBytes = 0
  const ours = (flags: string[]): Reading => {
    const facts = run(process.execPath, [loop, ...flags, path])
    indexing.push(facts.indexSeconds)
    sizeBytes = facts.sizeBytes
    return readingOf(facts)
  }
  for (let round = 0; round < rounds; round++) {
    ordering.push(ours([]))
    if (noGo === false) reader.push(readingOf(run(goTool('reader'), [path])))
    analysis.push(ours(['--analyse']))
    if (noGo === false) summarizer.push(readingOf(run(goTool('reader'), ['-summary', path])))
  }
  return {
    sizeBytes,
    indexSeconds: Math.min(...indexing),
    ordering: best(ordering),
    analysis: best(analysis),
    goReader: noGo !== false ? null : best(reader),
    goSummarizer: noGo !== false ? null : best(summarizer),
  }
}

/** What read-loop.ts and read-loop.go print. */
interface LoopFacts {
  readonly events: number
  readonly seconds: number
  readonly error: string
  readonly peakBytes: number | null
  readonly indexSeconds: number
  readonly sizeBytes: number
}

function run(command: string, args: string[]): LoopFacts {
  const env = { ...process.env, GOMAXPROCS: '1' }
  const facts = JSON.parse(execFileSync(command, args, { encoding: 'utf8', env }))
  if (facts.error !== '') process.stderr.write(`${command}: ${facts.error}\n`)
  return facts
}

function readingOf({ events, seconds, peakBytes = null }: LoopFacts): Reading {
  return { events, seconds, eventsPerSecond: events / seconds, peakBytes }
}

function best(readings: readonly Reading[]): Reading {
  return readings.reduce((a, b) => (b.seconds < a.seconds ? b : a))
}
