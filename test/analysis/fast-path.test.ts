/** The fast path of the analysis: what it takes, the passes take in the same way when it is taken away. */
import t from 'tap'
import { Analyst } from '../../server/analysis/analyst.js'
import { NUMBERS, TIMES } from '../../server/analysis/facts/goroutines.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { openSource } from '../../server/source/file.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { extraTraces, v1Fixtures, v2Fixtures } from '../helpers/fixtures.js'

t.setTimeout(600_000)

const LARGE_BYTES = 1_000_000

interface Analysis {
  /** Everything that the fast path writes, as text. */
  readonly text: string
  /** Events that the fast path took. */
  readonly taken: number
  readonly events: number
}

function analyse(path: string, isFast: boolean): Analysis {
  const source = openSource(path)
  const reader = openReader(source, openTrace(source))
  const analyst = new Analyst(reader.dictionary, { file: '', version: 26, sizeBytes: 0 })
  const { fastPath } = analyst
  const { run } = fastPath
  let taken = 0
  fastPath.run = (event, slot) => {
    const stopped = isFast ? run(event, slot) : event
    taken += stopped - event
    return stopped
  }
  for (let block = reader.next(); block !== null; block = reader.next()) {
    if (block.generation >= 0) analyst.feed(block, reader.generations[block.generation])
    reader.recycle(block)
  }
  source.close()
  const facts = analyst.at({ startTime: 0n, partial: null, oddities: [] })
  return { text: textOf(facts), taken, events: facts.events }
}

function textOf(facts: TraceFacts): string {
  const { goroutines, regions, utilization, overview } = facts
  const rows = (length: number, of: (row: number) => unknown) => Array.from({ length }, (_, row) => of(row))
  return JSON.stringify([
    [facts.runningNs, facts.syscallNs, facts.workerNs, facts.stays, facts.wakeups, facts.diagnostics, facts.endNs],
    rows(goroutines.length, row => [
      rows(TIMES, field => goroutines.time(row, field)),
      rows(NUMBERS, field => goroutines.number(row, field)),
      cellsOf(visit => facts.spent.eachReason(row, visit)),
      cellsOf(visit => facts.spent.eachRange(row, visit)),
    ]),
    rows(facts.dictionary.strings.length, name => facts.runLengths.of(name)?.join()),
    rows(6, layer => overview.layer(layer)),
    facts.spans.map(list => {
      const spans: number[][] = []
      for (const span = list.after(-1); span.next(); ) spans.push([span.goroutine, span.stack, span.start, span.end])
      return spans
    }),
    rows(regions.length, row => [regions.start(row), regions.end(row), rows(5, stat => regions.stat(stat).value(row))]),
    rows(utilization.length, row => [
      utilization.time(row),
      utilization.kind(row),
      utilization.proc(row),
      utilization.goroutine(row),
      utilization.value(row),
    ]),
  ])
}

function cellsOf(each: (visit: (key: number, sum: number) => void) => void): number[][] {
  const cells: number[][] = []
  each((key, sum) => cells.push([key, sum]))
  return cells
}

t.test('with the fast path and without it, the facts are the same', async t => {
  let taken = 0
  let events = 0
  for (const { name, path, bytes, format, broken } of [...v2Fixtures(), ...v1Fixtures(), ...extraTraces()]) {
    if (bytes > LARGE_BYTES || broken || format === null) continue
    const [fast, slow] = [analyse(path, true), analyse(path, false)]
    // Not `equal`: it would print megabytes.
    t.ok(fast.text === slow.text, name)
    taken += fast.taken
    events += fast.events
  }
  t.ok(taken > events * 0.5, `${taken} of ${events} events`)
})
