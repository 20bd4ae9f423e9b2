/**
 * Load on a whole server: a mix of all its pages, bodies, exports and tiles over many connections, with its memory on
 * the way.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import autocannon, { type Result } from 'autocannon'
import type { HomeAnswer } from '../../server/contract/home.js'
import { timelineViews } from '../../server/shared/timeline.js'
import { type AbuserOptions, Abusers } from './abusers.js'
import type { LoadReply, LoadRequest } from './load-server.js'

export interface LoadOptions {
  readonly requests: number
  readonly connections: number
  /** Clients beside them whose answers do not count. */
  readonly abusers: AbuserOptions
  /** How often the thread that reads events is ended, at even distances. */
  readonly kills: number
}

export interface LoadResult {
  readonly answered: number
  /** Refused, broken and late ones, by address. */
  readonly failures: ReadonlyMap<string, number>
  readonly seconds: number
  readonly bytes: number
  /** ms */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Of an address that was asked for, ms: the slowest answer. */
  readonly slowest: ReadonlyMap<string, number>
  /** Mean of the resident set in each third of the requests, bytes. */
  readonly memory: readonly [number, number, number]
  readonly peakMemory: number
  readonly kills: number
  /** Connections of abusers. */
  readonly abused: number
}

/** Samples of the memory in all; they come by number of answers, so that no clock decides. */
const SAMPLES = 90
/** s; an answer that waits for 63 others on a busy machine takes its time. */
const PATIENCE = 300
/** Between two looks whether the trace is read. */
const LOOK_MS = 100

/** Whether the last third is within a tenth of the middle one. */
export function isFlat([, middle, last]: LoadResult['memory']): boolean {
  return last <= middle * 1.1
}

export class LoadServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts it on a file; resolves when the trace is read. */
  static async start(path: string): Promise<LoadServer> {
    const child = fork(new URL('./load-server.js', import.meta.url), [path], { stdio: 'inherit' })
    const [message] = (await once(child, 'message')) as [LoadReply & { url: string }]
    const server = new LoadServer(child, message.url)
    await server.json('/goroutines?limit=1')
    return server
  }

  /** The JSON format of a page. */
  async json<A>(path: string): Promise<A> {
    const response = await fetch(this.url + path, { headers: { accept: 'application/json' } })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as A
  }

  async memory(): Promise<number> {
    return ((await this.ask('memory')) as { memory: number }).memory
  }

  /** Resolves when the trace is read; an answer that was kept would tell nothing. */
  async ready(): Promise<void> {
    while (!(await this.json<{ ready: boolean }>('/progress?format=json')).ready) await setTimeout(LOOK_MS)
  }

  /** Ends the thread that reads events; whether there was one. */
  async kill(): Promise<boolean> {
    return ((await this.ask('kill')) as { killed: boolean }).killed
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.send('stop' satisfies LoadRequest)
    await ended
  }

  /** Replies come in the order of the requests, and only one is under way at a time. */
  private async ask(request: LoadRequest): Promise<LoadReply> {
    const answered = once(this.child, 'message')
    this.child.send(request)
    const [reply] = (await answered) as [LoadReply]
    return reply
  }
}

/** Every endpoint, with the busiest ids and names of the trace. */
export async function mixOf(server: LoadServer): Promise<string[]> {
  const { generations, durationNs } = await server.json<HomeAnswer>('/')
  const { groups } = await server.json<{ groups: { name: string }[] }>('/goroutines?limit=4')
  const { types } = await server.json<{ types: { type: string }[] }>('/usertasks?limit=3')
  const { regions } = await server.json<{ regions: { type: string; pc: string }[] }>('/userregions?limit=3')
  const urls = ['/', '/goroutines', '/open', '/usertasks', '/userregions', '/mmu', '/trace', '/help']
  urls.push('/?format=json', '/goroutines?format=json', '/goroutines?format=csv', '/open?format=json')
  urls.push('/mmu?mode=plot', '/mmu?mode=details&window=1000000', '/progress?format=json', '/openapi.json')
  urls.push('/static/css/base.css', '/static/js/timeline.js')
  for (const { name } of groups) {
    const param = encodeURIComponent(name)
    const { goroutines } = await server.json<{ goroutines: { id: number }[] }>(`/goroutine?name=${param}&limit=1`)
    urls.push(`/goroutine?name=${param}`, `/sched?name=${param}&raw=1`, `/block?name=${param}&format=tree`)
    for (const { id } of goroutines) urls.push(`/goroutine?goid=${id}`, `/io?goid=${id}&format=json`)
  }
  for (const { type } of types) urls.push(`/usertask?type=${encodeURIComponent(type)}&limit=100`)
  for (const { type, pc } of regions) {
    const params = `type=${encodeURIComponent(type)}&pc=${pc}`
    urls.push(`/userregion?${params}&limit=100`, `/regionsched?${params}&format=json`)
  }
  for (const kind of ['io', 'block', 'syscall', 'sched']) urls.push(`/${kind}`, `/${kind}?as=graph`, `/${kind}?raw=1`)
  for (const row of [0, Math.floor(generations.length / 2), generations.length - 1]) {
    const { startNs, endNs } = generations[row]
    urls.push(`/jsontrace?from=${startNs}&to=${endNs}`)
  }
  for (const view of timelineViews) {
    const { quickLevel } = await server.json<{ quickLevel: number }>(`/timeline/tracks?view=${view}&limit=8`)
    urls.push(`/timeline/tracks?view=${view}&limit=100`)
    if (view !== 'task') urls.push(`/timeline/tile?view=${view}&tracks=0-0&level=${quickLevel}&index=0`)
  }
  const end = durationNs ?? 0
  urls.push(`/timeline/range?from=${Math.floor(end / 2)}&to=${Math.floor(end / 2) + 1_000_000}`, '/timeline/search?q=a')
  return urls
}

export async function runLoad(server: LoadServer, mix: readonly string[], options: LoadOptions): Promise<LoadResult> {
  const { requests, connections } = options
  const failures = new Map<string, number>()
  const slowest = new Map<string, number>()
  const samples: number[] = []
  let talk: Promise<unknown> = Promise.resolve()
  /** Of the answer that has just come. */
  let path = ''
  const remember = (asked: string) => {
    path = asked
  }
  const abusers = new Abusers(server.url, mix, options.abusers)
  let answered = 0
  let kills = 0
  let clients = 0
  const failed = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1)
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: server.url,
        connections,
        amount: requests,
        timeout: PATIENCE,
        headers: { 'accept-encoding': 'gzip' },
        setupClient: client => {
          // It would put each body together as text, which takes longer than the server takes for an export of 29 MB.
          client.pipelinedRequests.addBody = () => {}
          // Each connection begins elsewhere, so that not all of them want the same at the same time.
          const from = Math.floor((clients++ * mix.length) / connections)
          const turned = [...mix.slice(from), ...mix.slice(0, from)]
          client.setRequests(turned.map(asked => ({ path: asked, onResponse: () => remember(asked) })))
        },
      },
      (error, outcome) => (error === null ? resolve(outcome) : reject(error)),
    )
    instance.on('response', (_client: unknown, status: number, _bytes: number, ms: number) => {
      answered++
      if (status !== 200) failed(`${status} ${path}`)
      if (ms > (slowest.get(path) ?? 0)) slowest.set(path, ms)
      if (answered % Math.max(1, Math.floor(requests / SAMPLES)) === 0) {
        talk = talk.then(async () => samples.push(await server.memory()))
      }
      if (kills < options.kills && answered >= ((kills + 1) * requests) / (options.kills + 1)) {
        kills++
        // Not in the reading that follows the death before: that would be a trace that kills each thread that reads it.
        talk = talk.then(() => server.ready()).then(() => server.kill())
      }
    })
    instance.on('reqError', (error: Error) => failed(String(error)))
  })
  await talk
  await abusers.stop()
  const third = Math.floor(samples.length / 3)
  const mean = (part: readonly number[]) => part.reduce((sum, value) => sum + value, 0) / part.length
  return {
    answered,
    failures,
    seconds: result.duration,
    bytes: result.throughput.total,
    latency: result.latency,
    slowest,
    memory: [mean(samples.slice(0, third)), mean(samples.slice(third, 2 * third)), mean(samples.slice(2 * third))],
    peakMemory: Math.max(...samples),
    kills,
    abused: abusers.opened,
  }
}
