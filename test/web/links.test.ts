/**
 * Every link of the pages, followed from the overview: it leads to an answer, and one to the timeline to something that
 * is there.
 */
import t from 'tap'
import type { SpanAnswer, TracksAnswer } from '../../server/shared/timeline.js'
import { serveTrace } from '../helpers/serve-trace.js'

/** URLs that differ only in the values of their parameters are much the same: so many of them are followed. */
const mostAlike = 2
const mostPages = 120
/** And so many links from pages of one kind to the timeline. */
const mostMoments = 12

interface Crawl {
  /** URL without fragment → page where it stands. */
  readonly pages: Map<string, string>
  /** Links to the timeline with their fragments → page where they stand. */
  readonly timeline: Map<string, string>
}

async function crawl(origin: string, visit: (url: string, from: string) => Promise<string>): Promise<Crawl> {
  const pages = new Map([['/', 'start']])
  const timeline = new Map<string, string>()
  const seen = new Map<string, number>()
  const isOneMore = (kind: string, most: number): boolean => {
    seen.set(kind, (seen.get(kind) ?? 0) + 1)
    return seen.get(kind)! <= most
  }
  const kindOf = ({ pathname, searchParams }: URL) => `${pathname} ${[...searchParams.keys()].sort().join()}`
  for (const url of pages.keys()) {
    const page = new URL(url, origin)
    const body = await visit(url, pages.get(url)!)
    for (const [, href] of body.matchAll(/<a [^>]*href="([^"]+)"/g)) {
      const link = new URL(href.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'), page)
      const path = link.pathname + link.search
      const moment = `${link.search}${link.hash}`
      if (link.pathname === '/trace' && !timeline.has(moment)) {
        const parts = [...new URLSearchParams(link.hash.slice(1)).keys()].join()
        if (isOneMore(`${page.pathname} → ${kindOf(link)}#${parts}`, mostMoments)) timeline.set(moment, url)
      }
      if (pages.size < mostPages && !pages.has(path) && isOneMore(kindOf(link), mostAlike)) pages.set(path, url)
    }
  }
  return { pages, timeline }
}

t.setTimeout(300_000)
for (const name of ['web-go1.26', 'tasks-go1.19', 'cgocall-go1.26', 'empty-go1.26']) {
  t.test(name, async t => {
    const origin = await serveTrace(t, name)
    const json = async <A>(path: string): Promise<A> => (await fetch(origin + path)).json() as Promise<A>
    const refused: string[] = []
    const { pages, timeline } = await crawl(origin, async (url, from) => {
      const response = await fetch(origin + url, { headers: { accept: 'text/html' } })
      if (response.status >= 400) refused.push(`${url} (from ${from}): ${response.status}`)
      const body = await response.text()
      return String(response.headers.get('content-type')).startsWith('text/html') ? body : ''
    })
    t.strictSame(refused, [])
    t.ok(pages.size > 15, `${pages.size} pages`)

    const { endNs } = await json<TracksAnswer>('/timeline/tracks?view=proc')
    const found = { sel: 0, task: 0, range: 0 }
    for (const [link, from] of timeline) {
      const where = `/trace${link} (from ${from})`
      const [search, fragment = ''] = link.split('#')
      const [query, state] = [new URLSearchParams(search), new URLSearchParams(fragment)]
      const selection = /^(\d+)@(\d+)$/.exec(state.get('sel') ?? '')
      if (selection !== null) {
        found.sel++
        const [, goid, at] = selection
        t.equal(query.get('goid'), goid, where)
        const response = await fetch(`${origin}/timeline/span?goid=${goid}&at=${at}`)
        t.equal(response.status, 200, `${where} selects a span`)
        const { startNs, endNs: spanEnd } = (await response.json()) as SpanAnswer
        t.ok(startNs <= Number(at) && Number(at) <= spanEnd, `${where} at that moment`)
        const [windowFrom, windowTo] = [Number(state.get('from')), Number(state.get('to'))]
        t.ok(windowFrom <= Number(at) && Number(at) <= windowTo && windowFrom <= endNs, `${where} shows it`)
      }
      if (state.has('task')) {
        found.task++
        const { tracks } = await json<TracksAnswer>(`/timeline/tracks?view=task&id=${state.get('task')}`)
        t.strictSame(
          tracks.map(({ id }) => String(id)),
          [state.get('task')],
          where,
        )
      }
      if (state.has('range')) {
        found.range++
        const [start, end] = state.get('range')!.split('-')
        t.strictSame([query.get('from'), query.get('to')], [start, end], where)
        t.equal(
          (await fetch(`${origin}/timeline/range?from=${start}&to=${end}`)).status,
          200,
          `${where} selects a range`,
        )
      }
      const goid = query.get('goid')
      if (goid !== null && selection === null) {
        // What the timeline selects when the fragment says nothing.
        const body = await (await fetch(`${origin}/trace${search}`, { headers: { accept: 'text/html' } })).text()
        const at = /data-from="(\d+)"/.exec(body)?.[1]
        t.equal(
          (await fetch(`${origin}/timeline/span?goid=${goid}&at=${at}`)).status,
          200,
          `${where} selects its start`,
        )
      }
    }
    if (name === 'web-go1.26') t.ok(found.sel >= 20 && found.task > 5 && found.range >= 5, JSON.stringify(found))
  })
}
