/**
 * `npm run bench -- FILE [--json] [--rounds=N]`: our reader beside Go's in the same run, and our server beside `go tool trace`.
 *
 * Reading: ordered events per second in one thread, ordering alone and with the analysis, against Go's reader without and with its
 * summarizer. Rounds alternate between the four, each in a process of its own, and the best round of each counts, since the
 * noise of a shared machine only ever adds time.
 * Serving: time from start to the first answered page and to the first page that needs the whole trace, and the
 * peak memory of the process by then.
 *
 * Without Go only our side is measured.
 */
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../helpers/fixtures.js'
import { goTool, goVersion, OriginalServer } from '../helpers/go.js'

interface Reading {
  readonly events: number
  readonly seconds: number
  readonly eventsPerSecond: number
  /** Null where it is not measured. */
  readonly peakBytes: number | null
}

interface Serving {
  readonly firstPageSeconds: number
  readonly readySeconds: number
  readonly peakBytes: number | null
}

interface Report {
  readonly file: string
  readonly go: string | null
  readonly ordering: Reading
  readonly analysis: Reading
  readonly goReader: Reading | null
  readonly goSummarizer: Reading | null
  /** Our events per second divided by Go's. */
  readonly orderingRatio: number | null
  readonly analysisRatio: number | null
  readonly server: Serving
  readonly goServer: Serving | null
}

const args = process.argv.slice(2)
const file = args.find(arg => !arg.startsWith('--'))
const rounds = Number(args.find(arg => arg.startsWith('--rounds='))?.slice(9) ?? 3)
if (file === undefined || !(rounds >= 1)) {
  process.stderr.write('usage: npm run bench -- FILE [--json] [--rounds=N]\n')
  process.exitCode = 2
} else {
  const report = await measure(file)
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
}

async function measure(path: string): Promise<Report> {
  const withGo = goVersion !== null
  const loop = join(projectFolder, 'dist/test/bench/read-loop.js')
  const reader = withGo ? goTool('reader') : ''
  const runs = { ordering: [] as Reading[], analysis: [] as Reading[], go: [] as Reading[], summary: [] as Reading[] }
  for (let round = 0; round < rounds; round++) {
    runs.ordering.push(read(process.execPath, [loop, path]))
    if (withGo) runs.go.push(read(reader, [path]))
    runs.analysis.push(read(process.execPath, [loop, '--analyse', path]))
    if (withGo) runs.summary.push(read(reader, ['-summary', path]))
  }
  const [ordering, analysis] = [best(runs.ordering), best(runs.analysis)]
  const [goReader, goSummarizer] = withGo ? [best(runs.go), best(runs.summary)] : [null, null]
  return {
    file: path,
    go: goVersion,
    ordering,
    analysis,
    goReader,
    goSummarizer,
    orderingRatio: goReader && ordering.eventsPerSecond / goReader.eventsPerSecond,
    analysisRatio: goSummarizer && analysis.eventsPerSecond / goSummarizer.eventsPerSecond,
    server: await serve(path),
    goServer: withGo ? await serveOriginal(path) : null,
  }
}

function read(command: string, args: string[]): Reading {
  const output = execFileSync(command, args, { encoding: 'utf8' })
  const { events, seconds, peakBytes = null, error } = JSON.parse(output)
  if (error !== '') process.stderr.write(`${command}: ${error}\n`)
  return { events, seconds, eventsPerSecond: events / seconds, peakBytes }
}

function best(readings: readonly Reading[]): Reading {
  return readings.reduce((a, b) => (b.seconds < a.seconds ? b : a))
}

/** Our server, as users start it. */
async function serve(path: string): Promise<Serving> {
  const started = performance.now()
  const cli = join(projectFolder, 'dist/server/cli.js')
  const child = spawn(process.execPath, [cli, '--http=127.0.0.1:0', '--no-open', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = ''
      child.stdout.on('data', (data: Buffer) => {
        text += data.toString()
        const found = /listening on (http:\S+)/.exec(text)?.[1]
        if (found !== undefined) resolve(found)
      })
      child.on('error', reject)
      child.on('exit', code => reject(new Error(`trace-serve ended with ${code}`)))
    })
    return await timePages(url, child.pid!, started, '/goroutines?format=json')
  } finally {
    child.kill()
  }
}

async function serveOriginal(path: string): Promise<Serving> {
  const started = performance.now()
  const server = await OriginalServer.start('trace', path)
  try {
    return await timePages(server.url, server.pid, started, '/goroutines')
  } finally {
    await server.stop()
  }
}

async function timePages(url: string, pid: number, started: number, whole: string): Promise<Serving> {
  await (await fetch(new URL('/', url))).text()
  const firstPage = performance.now()
  const response = await fetch(new URL(whole, url))
  await response.text()
  if (!response.ok) throw new Error(`${whole} answers ${response.status}`)
  const ready = performance.now()
  return {
    firstPageSeconds: (firstPage - started) / 1000,
    readySeconds: (ready - started) / 1000,
    peakBytes: peakMemory(pid),
  }
}

/** Peak resident bytes of a running process; null where the system does not tell (only Linux does). */
function peakMemory(pid: number): number | null {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return peak === null ? null : Number(peak[1]) * 1024
  } catch {
    return null
  }
}

function reportText(report: Report): string {
  const { ordering, analysis, goReader, goSummarizer, server, goServer } = report
  const reading = (name: string, facts: Reading | null) =>
    facts === null
      ? []
      : [
          `${name.padEnd(24)} ${millions(facts.eventsPerSecond)} M events/s  ${facts.seconds.toFixed(2)} s${memory(facts)}`,
        ]
  const serving = (name: string, facts: Serving | null) =>
    facts === null
      ? []
      : [
          `${name.padEnd(24)} first page ${facts.firstPageSeconds.toFixed(2)} s, ready ${facts.readySeconds.toFixed(2)} s${memory(facts)}`,
        ]
  const ratio = (name: string, value: number | null) =>
    value === null ? [] : [`${name.padEnd(24)} ${value.toFixed(2)}×`]
  return [
    `${report.file}: ${ordering.events} events, ${report.go ?? 'Go is not installed'}, best of ${rounds}`,
    ...reading('ordering', ordering),
    ...reading("Go's reader", goReader),
    ...ratio('  ratio', report.orderingRatio),
    ...reading('ordering and analysis', analysis),
    ...reading("Go's with summarizer", goSummarizer),
    ...ratio('  ratio', report.analysisRatio),
    ...serving('trace-serve', server),
    ...serving('go tool trace', goServer),
    '',
  ].join('\n')
}

function millions(value: number): string {
  return (value / 1e6).toFixed(2).padStart(6)
}

function memory({ peakBytes }: { readonly peakBytes: number | null }): string {
  return peakBytes === null ? '' : `, peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`
}
