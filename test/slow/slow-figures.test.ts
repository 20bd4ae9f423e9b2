/**
 * Figures of goroutines in windows against their slow twin: between any two of some boundaries and some times inside
 * generations; and over a partition of the trace they sum up to the whole. On the fixtures of the newer format up to
 * LARGE_BYTES and one larger (all with SLOW=1).
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { Analyst } from '../../server/analysis/analyst.js'
import { RangeKey } from '../../server/analysis/facts/cells.js'
import { WindowFigures } from '../../server/analysis/facts/clean-figures.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { figuresAt } from '../../server/analysis/window.js'
import { RangeName } from '../../server/core/event-table.js'
import { v2Fixtures } from '../helpers/fixtures.js'
import { readDetail } from '../helpers/local-detail.js'
import { SlowFigures } from './slow-figures.js'
import { readTraceSlowly } from './slow-reader.js'
import { usableEvents } from './slow-summary.js'

const LARGE_BYTES = process.env.SLOW === '1' ? Number.POSITIVE_INFINITY : 100_000
/** In it assists are open over boundaries. */
const WITH_RANGES = 'boundaries/gc-go1.25'
const BOUNDARIES = process.env.SLOW === '1' ? Number.POSITIVE_INFINITY : 3
const TIMES = 3

t.setTimeout(3_600_000)

/** Figures of a goroutine that are not 0. */
function spent(facts: TraceFacts, figures: WindowFigures, row: number): Record<string, number> {
  const { strings } = facts.dictionary
  const all: Record<string, number> = {
    exec: figures.exec(row),
    schedWait: figures.schedWait(row),
    syscall: figures.syscall(row),
    syscallBlock: figures.syscallBlock(row),
  }
  figures.eachReason(row, (key, sum) => {
    all[`block ${strings[key]}`] = sum
  })
  figures.eachRange(row, (key, sum) => {
    const stw = `${RangeName.STW} (${strings[key]})`
    const name = key === RangeKey.Assist ? RangeName.Assist : key === RangeKey.Sweep ? RangeName.Sweep : stw
    all[`range ${name}`] = sum
  })
  return Object.fromEntries(Object.entries(all).filter(([, sum]) => sum !== 0))
}

/** The same numbers from the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function sorted(figures: Record<string, number>): string {
  return JSON.stringify(Object.entries(figures).sort())
}

t.test('windows are what their spans say, and a partition sums up to the whole', async t => {
  let windows = 0
  for (const { name, path, bytes } of v2Fixtures()) {
    if (bytes > LARGE_BYTES && name !== WITH_RANGES) continue
    const read = readDetail(path)
    const { dictionary } = read.detail
    const analyst = new Analyst(dictionary, { file: name, version: 26, sizeBytes: bytes })
    for (const block of read.blocks) {
      if (block.generation >= 0)
        analyst.feed(block, { number: BigInt(block.generation + 1), offset: 0, bytes: 1, snapshot: null })
    }
    const facts = analyst.at({ startTime: 0n, partial: null, oddities: [] })
    const slow = new SlowFigures(usableEvents(readTraceSlowly(readFileSync(path)).events))
    const next = random(bytes)
    const starts = facts.generations.map(({ startNs }) => startNs)
    const step = Math.max(1, Math.floor(starts.length / BOUNDARIES))
    const times = starts.filter((_, i) => i % step === 0)
    for (let i = 0; i < TIMES; i++) times.push(Math.floor(next() * facts.endNs))
    const cuts = [...new Set([0, ...times, facts.endNs])].sort((a, b) => a - b)
    const figures = cuts.map(time => figuresAt(facts, time, generation => read.detail.blocks(generation, generation)))
    const wrong: string[] = []
    const compare = (from: number, to: number) => {
      const window = new WindowFigures(figures[from], figures[to])
      for (let row = 0; row < dictionary.goroutines.length; row++) {
        const id = BigInt(dictionary.wide.signedText(dictionary.goroutines.ids[row]))
        const [found, wanted] = [sorted(spent(facts, window, row)), sorted(slow.spent(id, cuts[from], cuts[to]))]
        if (found !== wanted) wrong.push(`goroutine ${id} in [${cuts[from]}, ${cuts[to]}): ${found}, wanted ${wanted}`)
      }
      windows++
    }
    for (let i = 1; i < cuts.length; i++) compare(i - 1, i)
    compare(0, cuts.length - 1)
    compare(1, Math.max(1, cuts.length - 2))
    for (let row = 0; row < dictionary.goroutines.length; row++) {
      // Of an id that is used again windows tell the life at their end.
      if (figures[cuts.length - 1].life(row) > 1) continue
      const parts = cuts.slice(1).map((_, i) => new WindowFigures(figures[i], figures[i + 1]).total(row))
      const whole = figures[cuts.length - 1].total(row)
      if (parts.reduce((sum, part) => sum + part, 0) !== whole)
        wrong.push(`row ${row}: ${parts.join(' + ')} ≠ ${whole}`)
    }
    t.same(wrong.slice(0, 5), [], name)
    read.close()
  }
  t.ok(windows > 250, `${windows} windows`)
})
