/** Serving, measured: our server as users start it, and `go tool trace`. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../helpers/fixtures.js'
import { OriginalServer } from '../helpers/go.js'

export interface Serving {
  /** From the start of the program to the first answered page, and to the first page that needs the whole trace. */
  readonly firstPageSeconds: number
  readonly readySeconds: number
  /** Peak resident bytes by then; null where the system does not tell. */
  readonly peakBytes: number | null
}

export interface PageTimes {
  readonly path: string
  readonly firstSeconds: number
  /** 95th percentile of the requests after the first. */
  readonly p95Seconds: number
}

export interface OurServing extends Serving {
  /** /jsontrace over the time of one generation. */
  readonly jsontrace: { readonly firstByteSeconds: number; readonly bytesPerSecond: number; readonly bytes: number }
  readonly pages: readonly PageTimes[]
  /** After all of that. */
  readonly peakBytesServed: number | null
}

/** A page that needs the whole trace. */
const WHOLE = '/goroutines?format=json'

/** Requests of a page after the first. */
const REPEATS = 20

const pages = [
  '/?format=json',
  '/goroutines',
  '/goroutines?format=json',
  '/usertasks?format=json',
  '/userregions?format=json',
  '/open?format=json',
  '/io?format=json',
  '/block?raw=1',
  '/sched',
  '/mmu?mode=plot',
]

export async function measureServing(path: string): Promise<OurServing> {
  return withServer(path, [], async (url, pid, started) => {
    const serving = await timePages(url, pid, started, WHOLE)
    const jsontrace = await timeJsonTrace(url)
    const times: PageTimes[] = []
    for (const page of pages) times.push(await timePage(url, page))
    return { ...serving, jsontrace, pages: times, peakBytesServed: peakMemory(pid) }
  })
}

/** All our threads on one core; null where the system has no `taskset` (only Linux has). */
export async function measureOnOneCore(path: string): Promise<Serving | null> {
  const pin = ['taskset', '-c', '0']
  if (spawnSync(pin[0], ['-V']).error) return null
  return withServer(path, pin, (url, pid, started) => timePages(url, pid, started, WHOLE))
}

/** @param launcher command that starts the server, in its own process */
async function withServer<T>(
  path: string,
  launcher: readonly string[],
  measure: (url: string, pid: number, started: number) => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const cli = join(projectFolder, 'dist/server/cli.js')
  const [command, ...rest] = [...launcher, process.execPath, cli, '--http=127.0.0.1:0', '--no-open', path]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
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
    return await measure(url, child.pid as number, started)
  } finally {
    child.kill()
  }
}

export async function measureOriginal(path: string): Promise<Serving> {
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
  await load(url, whole)
  const ready = performance.now()
  return {
    firstPageSeconds: (firstPage - started) / 1000,
    readySeconds: (ready - started) / 1000,
    peakBytes: peakMemory(pid),
  }
}

interface HomeFacts {
  readonly generations: readonly { readonly startNs: number; readonly endNs: number }[]
}

/** The generation in the middle of the trace, as it is not in any cache. */
async function timeJsonTrace(url: string): Promise<OurServing['jsontrace']> {
  const home = (await (await fetch(new URL('/?format=json', url))).json()) as HomeFacts
  const { startNs, endNs } = home.generations[home.generations.length >> 1]
  const started = performance.now()
  const response = await fetch(new URL(`/jsontrace?view=proc&from=${startNs}&to=${endNs}`, url))
  if (!response.ok || response.body === null) throw new Error(`/jsontrace answers ${response.status}`)
  let bytes = 0
  let first = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (first === 0) first = performance.now()
    bytes += chunk.length
  }
  const seconds = (performance.now() - started) / 1000
  return { firstByteSeconds: (first - started) / 1000, bytesPerSecond: bytes / seconds, bytes }
}

async function timePage(url: string, path: string): Promise<PageTimes> {
  const firstSeconds = await load(url, path)
  const times: number[] = []
  for (let i = 0; i < REPEATS; i++) times.push(await load(url, path))
  times.sort((a, b) => a - b)
  return { path, firstSeconds, p95Seconds: times[Math.ceil(REPEATS * 0.95) - 1] }
}

/** Seconds until the whole answer is here. */
async function load(url: string, path: string): Promise<number> {
  const started = performance.now()
  const response = await fetch(new URL(path, url))
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${path} answers ${response.status}`)
  return (performance.now() - started) / 1000
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
