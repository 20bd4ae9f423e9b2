/**
 * Reads a trace with our reader in one thread and prints how many events it gave, how long it took and the peak memory:
 * the other side of test/oracle/read-loop.go. With --analyse the events also go to the analyst.
 *
 * A process of its own, so that every measurement starts with a cold compiler and an empty heap.
 */
import { Analyst } from '../../server/analysis/analyst.js'
import { openSource } from '../../server/source/file.js'
import { openReader, openTrace } from '../../server/trace/open.js'

const [path] = process.argv.slice(2).filter(arg => !arg.startsWith('-'))
const started = performance.now()
const source = openSource(path)
const opened = openTrace(source)
const indexSeconds = (performance.now() - started) / 1000
const reader = openReader(source, opened)
const analyst = process.argv.includes('--analyse')
  ? new Analyst(reader.dictionary, { file: source.name, version: opened.version, sizeBytes: source.sizeBytes })
  : null
let events = 0
for (let block = reader.next(); block !== null; block = reader.next()) {
  events += block.length
  analyst?.feed(block, reader.generations[block.generation])
  reader.recycle(block)
}
analyst?.at({ startTime: reader.startTime, partial: null, oddities: [] })
const seconds = (performance.now() - started) / 1000
const peakBytes = process.resourceUsage().maxRSS * 1024
const facts = {
  events,
  seconds,
  indexSeconds,
  sizeBytes: source.sizeBytes,
  peakBytes,
  error: reader.error?.message ?? '',
}
process.stdout.write(`${JSON.stringify(facts)}\n`)
