/**
 * What must hold of a trace that is served, whole or in part: each page, export and tile is answered within its size
 * and says what is lost, and generations that are read again from their checkpoints are those of the first reading.
 * Anything else is thrown as a plain Error.
 */
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { trackOrder } from '../../server/analysis/queries/timeline.js'
import type { ListParams } from '../../server/contract/common.js'
import { profileKinds } from '../../server/contract/profile.js'
import type { Trace } from '../../server/contract/trace.js'
import type { Dictionary } from '../../server/core/dictionary.js'
import type { EventBlock } from '../../server/core/event-block.js'
import { decodeTile, MAX_LEVEL } from '../../server/shared/tile.js'
import { type TimelineView, timelineViews } from '../../server/shared/timeline.js'
import type { OpenedTrace } from '../../server/trace/open.js'
import { appOf } from '../helpers/app.js'
import { localClient } from '../helpers/local-trace.js'
import type { MemorySource } from '../helpers/memory-source.js'
import { columnsOf } from '../helpers/ordered.js'
import { type ReadTimeline, timelineOf } from '../helpers/timeline.js'
import { cpuMs, TIME_BUDGET_MS } from './budget.js'

export interface ServedTrace {
  readonly source: MemorySource
  readonly trace: OpenedTrace
  readonly facts: TraceFacts
}

/** Of events that are read again. */
const DETAIL_BYTES = 16 << 20
/**
 * Pages that say nothing of the trace; speedscope's is its own, and the profile that it loads tells the loss by its
 * header.
 */
const ofNoTrace = ['/help', '/openapi.json', '/progress?format=json', '/speedscope/']
/** Of all links of its pages. */
const LINKS_FOLLOWED = 30
const list: ListParams = { limit: 3, offset: 0, filter: '', sortby: '', order: '' }

/** One web server for one trace after the other. */
export class ServedExaminer {
  private trace: Trace | null = null
  private readonly app: FastifyInstance

  /** @param answered called after each answer, with the processor time that it took, ms */
  constructor(private readonly answered: (url: string, ms: number) => void = () => {}) {
    const trace: Trace = {
      name: 'mutant.trace',
      tag: '',
      progress: () => this.now(this.trace).progress(),
      onProgress: () => () => {},
      query: (name, params) => this.now(this.trace).query(name, params),
      stream: (name, params) => this.now(this.trace).stream(name, params),
      check: async () => {},
      close: async () => {},
    }
    this.app = appOf(trace, { layout: async () => '<svg></svg>' })
  }

  close(): Promise<void> {
    return this.app.close()
  }

  async check(served: ServedTrace): Promise<void> {
    const { source, trace, facts } = served
    const timeline = timelineOf(source, trace, DETAIL_BYTES, facts.generations.length)
    this.trace = localClient(() => source, facts, timeline)
    checkGenerations(timeline)
    const urls = urlsOf(facts, timeline.tiles.quickLevel)
    this.checkPreparing(timeline)
    const links = new Set<string>()
    for (const url of urls) for (const link of await this.checkAnswer(url, served)) links.add(link)
    for (const url of urls) links.delete(url)
    const every = Math.ceil(links.size / LINKS_FOLLOWED)
    for (const url of [...links].filter((_, at) => at % every === 0)) await this.checkAnswer(url, served)
  }

  private now<T>(value: T | null): T {
    if (value === null) throw new Error('nothing is served')
    return value
  }

  /** The order worker does so when a trace has been read, before it answers. */
  private checkPreparing({ tiles }: ReadTimeline): void {
    const start = cpuMs()
    for (const _ of tiles.prepare());
    const taken = cpuMs() - start
    if (taken > TIME_BUDGET_MS) throw new Error(`to prepare tiles took ${Math.round(taken)} ms`)
    this.answered('prepare', taken)
  }

  /** The links of a page. */
  private async checkAnswer(url: string, { source, facts }: ServedTrace): Promise<string[]> {
    const start = cpuMs()
    const { statusCode, headers, body, rawPayload } = await this.app.inject({
      url,
      headers: { host: 'localhost', accept: 'text/html' },
    })
    const taken = cpuMs() - start
    if (taken > TIME_BUDGET_MS) throw new Error(`${url} took ${Math.round(taken)} ms`)
    this.answered(url, taken)
    // As in cmd/trace, a trace without goroutines has no profile of them.
    if (statusCode === 404 && facts.groups.rows.length === 0 && /^\/(io|block|syscall|sched)\b/.test(url)) return []
    if (statusCode !== 200)
      throw new Error(`${url}: ${statusCode} ${body.replace(/^[\s\S]*<main[^>]*>/, '').slice(0, 1000)}`)
    if (rawPayload.length > 300 * source.sizeBytes + 3_000_000) {
      throw new Error(`${source.sizeBytes} bytes gave ${rawPayload.length} bytes of ${url}`)
    }
    const type = String(headers['content-type'])
    if (type.startsWith('application/json')) JSON.parse(body)
    if (url.startsWith('/timeline/')) {
      if (type.startsWith('application/octet-stream')) decodeTile(rawPayload)
      return []
    }
    const links = type.startsWith('text/html') ? linksOf(body, url) : []
    if (facts.partial === null || ofNoTrace.includes(url)) return links
    if (headers['trace-partial'] !== `lostBytes=${facts.partial.lostBytes}` && !type.startsWith('text/html')) {
      throw new Error(`${url} says nothing of the loss`)
    }
    if (type.startsWith('text/html') && !body.includes('This trace is incomplete.')) {
      throw new Error(`${url} has no banner`)
    }
    return links
  }
}

/** Paths with their queries; `url` is that of the page. */
function linksOf(page: string, url: string): string[] {
  const links = page.matchAll(/<a [^>]*href="([^"#][^"]*)"/g)
  const textOf = (link: string) => link.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=').replaceAll('&#x27;', "'")
  return Array.from(links, ([, link]) => {
    const { pathname, search } = new URL(textOf(link), `http://localhost${url}`)
    return pathname + search
  })
}

/** Each generation, read alone, against the first reading. */
function checkGenerations({ blocks, dictionary, tiles, timeline }: ReadTimeline): void {
  for (let generation = 0; generation < timeline.starts.length; generation++) {
    const first = hashOf(
      blocks.filter(block => block.generation === generation),
      dictionary,
    )
    const again = hashOf(tiles.detail.blocks(generation, generation), dictionary)
    if (first !== again) throw new Error(`generation ${generation} differs when it is read alone`)
  }
}

function hashOf(blocks: Iterable<EventBlock>, dictionary: Dictionary): string {
  const hashes = Array.from({ length: 6 }, () => createHash('sha1'))
  for (const block of blocks) columnsOf(block, dictionary).forEach((column, i) => void hashes[i].update(column))
  return hashes.map(hash => hash.digest('hex')).join()
}

function urlsOf(facts: TraceFacts, quickLevel: number): string[] {
  const { endNs } = facts
  const urls = [...ofNoTrace, '/', '/goroutines', '/open', '/usertasks', '/userregions', '/mmu', '/trace', '/jsontrace']
  const pages = ['/goroutines', '/open', '/usertasks', '/userregions']
  urls.push(...pages.flatMap(url => [`${url}?format=json`, `${url}?format=csv`]), '/?format=json')
  const perProc = 'flags=perProc|stw|background|assist|sweep|mut'
  urls.push('/mmu?mode=plot&format=json', `/mmu?mode=plot&${perProc}`, `/mmu?mode=details&window=1000&${perProc}`)
  urls.push('/jsontrace?view=thread', `/jsontrace?from=${Math.floor(endNs / 2)}`)
  for (const kind of profileKinds) {
    urls.push(`/${kind}`, `/${kind}?as=graph`, `/${kind}?raw=1`, `/${kind}?format=tree`, `/region${kind}?format=json`)
  }
  for (const { name } of answerQuery(facts, 'goroutines', list).groups) {
    const { goroutines } = answerQuery(facts, 'goroutineGroup', { ...list, name })
    urls.push(`/goroutine?name=${encodeURIComponent(name)}`)
    const id = goroutines.length === 0 ? undefined : BigInt.asUintN(64, BigInt(goroutines[0].id))
    if (id !== undefined) urls.push(`/goroutine?goid=${id}`, `/jsontrace?goid=${id}`, `/trace?goid=${id}`)
  }
  for (const { type } of answerQuery(facts, 'taskTypes', list).types) {
    urls.push(`/usertask?type=${encodeURIComponent(type)}`)
  }
  for (const { id, begun, goroutines } of answerQuery(facts, 'tasks', list).tasks) {
    if (begun) urls.push(`/jsontrace?focustask=${id}`)
    if (begun && Number(goroutines[0]) !== -1) urls.push(`/jsontrace?taskid=${id}`)
  }
  for (const { type, pc } of answerQuery(facts, 'regionTypes', list).regions) {
    urls.push(`/userregion?type=${encodeURIComponent(type)}&pc=${pc}`)
  }
  urls.push(`/timeline/range?from=0&to=${endNs + 1}`, '/timeline/search?q=a')
  const { goroutines: goroutine, procs: proc, threads: thread } = trackOrder(facts)
  const countOf: Partial<Record<TimelineView, Uint32Array>> = { goroutine, group: goroutine, proc, thread }
  for (const view of timelineViews) {
    urls.push(`/timeline/tracks?view=${view}`)
    if (view === 'task' || (countOf[view]?.length ?? 1) === 0) continue
    for (const level of [10, quickLevel, Math.min(quickLevel + 4, MAX_LEVEL)]) {
      urls.push(`/timeline/tile?view=${view}&tracks=0-7&level=${level}&index=0`)
      if (view !== 'runtime' && view !== 'group')
        urls.push(`/timeline/stacks?view=${view}&tracks=0-7&level=${level}&index=0`)
      urls.push(`/timeline/tile?view=${view}&tracks=0-7&level=${level}&index=${Math.floor(endNs / 2 ** (level + 9))}`)
    }
  }
  return urls
}
