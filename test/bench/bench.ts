/**
 * `npm run bench -- FILE… [--json] [--rounds=N]`: our reader beside Go's in the same run (reading.ts), and our server,
 * also on one core, beside `go tool trace` (serving.ts). With several files also how time and memory grow with the
 * size.
 *
 * Without Go only our side is measured. `go tool trace` needs about 200 times the file, so that it is only asked for
 * files up to ORIGINAL_BYTES.
 */
import { cpus, totalmem } from 'node:os'
import { GO_VERSION, noGo } from '../helpers/go.js'
import { measureReading, type ReadingReport } from './reading.js'
import { measureOnOneCore, measureOriginal, measureServing, type OurServing, type Serving } from './serving.js'

const ORIGINAL_BYTES = 80e6

interface FileReport {
  readonly file: string
  readonly reading: ReadingReport
  readonly oneCore: Serving | null
  readonly server: OurServing
  readonly original: Serving | null
}

interface Report {
  readonly machine: string
  readonly go: string | null
  readonly files: readonly FileReport[]
}

const args = process.argv.slice(2)
const paths = args.filter(arg => !arg.startsWith('--'))
const rounds = Number(args.find(arg => arg.startsWith('--rounds='))?.slice(9) ?? 3)
if (paths.length === 0 || !(rounds >= 1)) {
  process.stderr.write('usage: npm run bench -- FILE… [--json] [--rounds=N]\n')
  process.exitCode = 2
} else {
  const files: FileReport[] = []
  for (const path of paths) files.push(await measure(path))
  const machine = `${cpus().length} × ${cpus()[0].model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`
  const report: Report = { machine, go: noGo === false ? GO_VERSION : null, files }
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
}

async function measure(path: string): Promise<FileReport> {
  const reading = measureReading(path, rounds)
  return {
    file: path,
    reading,
    oneCore: await measureOnOneCore(path),
    server: await measureServing(path),
    original: noGo === false && reading.sizeBytes <= ORIGINAL_BYTES ? await measureOriginal(path) : null,
  }
}

function reportText({ machine, go, files }: Report): string {
  const lines = [`${machine}, ${go ?? 'Go is not installed'}, best of ${rounds}`]
  for (const file of files) lines.push('', ...fileText(file))
  if (files.length > 1) lines.push('', ...growthText(files))
  return `${lines.join('\n')}\n`
}

/** Rows of what was measured: our figure, the original's, and how many times better ours is. */
function fileText({ file, reading, oneCore, server, original }: FileReport): string[] {
  const { ordering, analysis, goReader, goSummarizer } = reading
  const rows: [string, string, string, string][] = [
    ['', 'trace-serve', 'Go', 'ratio'],
    ['index', milliseconds(reading.indexSeconds), '', ''],
    ['ordering, one core', rate(ordering), rate(goReader), ratio(goReader?.seconds, ordering.seconds)],
    ['ordering and analysis', rate(analysis), rate(goSummarizer), ratio(goSummarizer?.seconds, analysis.seconds)],
    [
      'first page',
      seconds(server.firstPageSeconds),
      seconds(original?.firstPageSeconds),
      ratio(original?.firstPageSeconds, server.firstPageSeconds),
    ],
    [
      'everything ready',
      seconds(server.readySeconds),
      seconds(original?.readySeconds),
      ratio(original?.readySeconds, server.readySeconds),
    ],
    [
      '  beside Go’s bare reader',
      seconds(server.readySeconds),
      seconds(goReader?.seconds),
      ratio(goReader?.seconds, server.readySeconds),
    ],
    ['  on one core', seconds(oneCore?.readySeconds), '', ratio(oneCore?.readySeconds, server.readySeconds)],
    [
      'peak memory, ready',
      mebibytes(server.peakBytes),
      mebibytes(original?.peakBytes),
      ratio(original?.peakBytes, server.peakBytes),
    ],
    ['peak memory, all pages', mebibytes(server.peakBytesServed), '', ''],
    ['/jsontrace, first byte', milliseconds(server.jsontrace.firstByteSeconds), '', ''],
    ['/jsontrace', `${(server.jsontrace.bytesPerSecond / 1e6).toFixed(0)} MB/s`, '', ''],
  ]
  const table = rows.map(
    ([what, ours, theirs, times]) => `${what.padEnd(26)}${ours.padStart(16)}${theirs.padStart(16)}${times.padStart(9)}`,
  )
  const pages = server.pages.map(
    page =>
      `${page.path.padEnd(26)}${milliseconds(page.firstSeconds).padStart(16)}${milliseconds(page.p95Seconds).padStart(16)}`,
  )
  return [
    `${file}: ${(reading.sizeBytes / 1e6).toFixed(1)} MB, ${ordering.events} events`,
    ...table,
    `${'page'.padEnd(26)}${'first'.padStart(16)}${'p95'.padStart(16)}`,
    ...pages,
  ]
}

/** How time and memory grow with the size: figures a megabyte should stay the same. */
function growthText(files: readonly FileReport[]): string[] {
  const heads = ['MB', 'events/MB', 'ordering ms/MB', 'ready ms/MB', 'peak MiB', 'MiB/MB']
  const rows = files.map(({ reading, server }) => {
    const size = reading.sizeBytes / 1e6
    const peak = (server.peakBytes ?? 0) / 2 ** 20
    return [
      size.toFixed(1),
      (reading.ordering.events / size).toFixed(0),
      ((reading.ordering.seconds * 1000) / size).toFixed(1),
      ((server.readySeconds * 1000) / size).toFixed(1),
      peak.toFixed(0),
      (peak / size).toFixed(2),
    ]
  })
  return [heads, ...rows].map(row => row.map(cell => cell.padStart(16)).join(''))
}

function rate(reading: { readonly eventsPerSecond: number } | null): string {
  return reading === null ? '' : `${(reading.eventsPerSecond / 1e6).toFixed(2)} M events/s`
}

function seconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)} s`
}

function milliseconds(value: number): string {
  return `${(value * 1000).toFixed(0)} ms`
}

function mebibytes(bytes: number | null | undefined): string {
  return bytes == null ? '' : `${(bytes / 2 ** 20).toFixed(0)} MiB`
}

/** How many times more the original takes. */
function ratio(theirs: number | null | undefined, ours: number | null): string {
  return theirs == null || ours === null ? '' : `${(theirs / ours).toFixed(2)}×`
}
