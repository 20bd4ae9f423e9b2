/** The routes below `/timeline`, on traces read by their threads. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { hostTrace } from '../../server/engine/trace-host.js'
import { decodeTile, TileState, tileLength } from '../../server/shared/tile.js'
import type {
  RangeAnswer,
  SearchAnswer,
  SpanAnswer,
  StacksAnswer,
  TimelineRegionsAnswer,
  TracksAnswer,
} from '../../server/shared/timeline.js'
import { appOf } from '../helpers/app.js'
import { fixture } from '../helpers/fixtures.js'
import { readTimeline } from '../helpers/timeline.js'
import { type SlowSpan, slowSpans } from '../slow/timeline-slow.js'

t.setTimeout(300_000)

interface Served {
  readonly app: FastifyInstance
  json<A>(url: string): Promise<A>
  status(url: string): Promise<number>
}

function serve(t: Test, name: string): Served {
  const client = hostTrace(fixture(name).path)
  const app = appOf(client)
  t.teardown(async () => {
    await app.close()
    await client.close()
  })
  return {
    app,
    json: async <A>(url: string) => {
      const answer = await app.inject(url)
      if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`)
      return answer.json() as A
    },
    status: async url => (await app.inject(url)).statusCode,
  }
}

/** A level at which one tile holds the whole trace. */
function wholeLevel(endNs: number): number {
  let level = 0
  while (tileLength(level) <= endNs) level++
  return level
}

t.test('tracks of every view, and their tiles', async t => {
  const { app, json, status } = serve(t, 'web-go1.26')
  const groups = await json<TracksAnswer>('/timeline/tracks?view=group&limit=1000')
  const goroutines = await json<TracksAnswer>('/timeline/tracks?view=goroutine&limit=1000')
  t.equal(
    groups.tracks.reduce((sum, { count = 0 }) => sum + count, 0),
    goroutines.total,
    'groups hold all goroutines',
  )
  for (const group of groups.tracks) {
    const members = await json<TracksAnswer>(`/timeline/tracks?view=goroutine&group=${group.index}&limit=1000`)
    t.equal(members.total, group.count)
    t.equal(members.tracks[0].index, group.first)
    t.ok(members.tracks.every(({ name, group: of }) => name === group.name && of === group.index))
  }
  t.same(
    goroutines.tracks.map(({ index }) => index),
    goroutines.tracks.map((_, i) => i),
  )
  const home = await json<{ procs: number; threads: number }>('/?format=json')
  for (const [view, count] of [
    ['proc', home.procs],
    ['thread', home.threads],
  ] as const) {
    const { total, tracks } = await json<TracksAnswer>(`/timeline/tracks?view=${view}&limit=1000`)
    t.equal(total, count, `as many tracks as there are of ${view}`)
    t.equal(new Set(tracks.map(({ id }) => id)).size, count, 'each with an id of its own')
  }
  const filtered = await json<TracksAnswer>('/timeline/tracks?view=goroutine&filter=BGSWEEP')
  t.same(
    filtered.tracks.map(({ name }) => name),
    ['runtime.bgsweep'],
  )
  const level = wholeLevel(goroutines.endNs)
  for (const view of ['goroutine', 'group', 'proc', 'thread', 'runtime']) {
    const { tracks } = await json<TracksAnswer>(`/timeline/tracks?view=${view}`)
    const last = Math.min(31, tracks.length - 1)
    const url = `/timeline/tile?view=${view}&tracks=0-${last}&level=${level}&index=0`
    const answer = await app.inject({ url, headers: { 'accept-encoding': 'identity' } })
    t.equal(answer.statusCode, 200, url)
    const tile = decodeTile(answer.rawPayload)
    t.match(tile, { level, index: 0, firstTrack: 0 })
    t.equal(tile.tracks.length, last + 1)
    const etag = answer.headers.etag as string
    t.equal((await app.inject({ url, headers: { 'if-none-match': etag } })).statusCode, 304)
  }
  const group = groups.tracks.reduce((a, b) => ((a.runningNs ?? 0) > (b.runningNs ?? 0) ? a : b))
  const url = `/timeline/tile?view=group&tracks=${group.index}-${group.index}&level=${level}&index=0`
  const [columns] = decodeTile((await app.inject(url)).rawPayload).tracks
  if (columns.form !== 'columns') throw new Error('a group comes as columns')
  let running = 0
  for (let i = 0; i < columns.length; i++) running += columns.times[i * 12 + TileState.Running]
  t.equal(running, group.runningNs, 'the time running is that of the statistics')

  const stacks = '/timeline/stacks?view=goroutine&tracks='
  const frames = await app.inject(`${stacks}0-31&level=${level}&index=0`)
  t.match(frames.json(), { level, index: 0, firstTrack: 0, isTooWide: false })
  t.equal((frames.json() as StacksAnswer).tracks.length, 32)
  const unchanged = { 'if-none-match': frames.headers.etag as string }
  t.equal((await app.inject({ url: `${stacks}0-31&level=${level}&index=0`, headers: unchanged })).statusCode, 304)
  t.equal(await status(`${stacks}0-32&level=10&index=0`), 400)
  t.equal(await status(`${stacks}999999-999999&level=10&index=0`), 404)
  t.equal(await status('/timeline/stacks?view=group&tracks=0-0&level=10&index=0'), 400, 'groups have no stacks')

  t.equal(await status('/timeline/tile?view=goroutine&tracks=0-32&level=10&index=0'), 400, 'too many tracks')
  t.equal(await status('/timeline/tile?view=goroutine&tracks=5-2&level=10&index=0'), 400)
  t.equal(await status('/timeline/tile?view=goroutine&tracks=x&level=10&index=0'), 400)
  t.equal(await status('/timeline/tile?view=goroutine&tracks=0-1&level=45&index=0'), 400)
  t.equal(await status('/timeline/tile?view=goroutine&tracks=0-1&level=-1&index=0'), 400)
  t.equal(await status('/timeline/tile?view=nothing&tracks=0-1&level=10&index=0'), 400)
  t.equal(await status('/timeline/tile?view=goroutine&tracks=0-1&level=10'), 400)
  t.equal(await status('/timeline/tile?view=goroutine&tracks=999999-999999&level=10&index=0'), 404)
  t.equal(await status('/timeline/tile?view=runtime&tracks=20-21&level=10&index=0'), 404)
  t.equal(await status('/timeline/tile?view=proc&tracks=0-0&level=44&index=999999999999'), 404)
  const later = await app.inject(`/timeline/tile?view=proc&tracks=0-0&level=${level}&index=7`)
  t.match(decodeTile(later.rawPayload).tracks[0], { length: 0 }, 'behind the end there is nothing')
})

t.test('spans are those of the slow twin, and neighbours lead through all of them', async t => {
  for (const name of ['boundaries/sync-go1.26', 'sync-go1.19', 'web-go1.26']) {
    const { json, status } = serve(t, name)
    const { blocks, dictionary, close } = readTimeline(name)
    const { spans, starters, end } = slowSpans(blocks, dictionary)
    close()
    const rows = [...new Set(spans.map(({ kind, track }) => (kind === 'goroutines' ? track : -1)))].filter(
      row => row >= 0,
    )
    let waits = 0
    for (const row of [...rows.slice(0, 6), ...rows.filter(row => starters.has(row)).slice(0, 6)]) {
      const own = spans.filter(({ kind, track }) => kind === 'goroutines' && track === row)
      const goid = dictionary.goroutines.ids[row]
      const shown = own.slice(0, 12)
      const length = (some: readonly SlowSpan[]) => some.reduce((sum, { start, end }) => sum + end - start, 0)
      const total = {
        lifeNs: length(own),
        runningNs: length(own.filter(({ state }) => state === TileState.Running)),
        spans: own.length,
      }
      const starter = starters.get(row)
      let at: number | null = shown[0].start
      for (const [i, wanted] of shown.entries()) {
        if (at === null) break
        const span: SpanAnswer = await json(`/timeline/span?goid=${goid}&at=${at}`)
        t.match(
          span,
          {
            startNs: wanted.start,
            endNs: wanted.end,
            number: i + 1,
            tileState: wanted.state,
            reason: wanted.reason,
            goid,
          },
          `${name}: goroutine ${goid} at ${at}`,
        )
        t.same(span.total, total, 'all of the goroutine')
        t.equal(span.startedBy?.goid, starter && dictionary.goroutines.ids[starter.goroutine], 'who started it')
        t.equal(span.startedBy?.atNs, starter?.at, 'and when')
        if (span.next !== null) {
          const { start, end, state, reason } = own[i + 1]
          t.match(span.next, { startNs: start, endNs: end, tileState: state, reason }, 'the next span')
        }
        if (wanted.state === TileState.Runnable && span.wokenBy !== null) {
          t.equal(span.wokenBy.atNs, wanted.start)
          const before = own.find(({ end }) => end === wanted.start)
          const waited = before && { ns: before.end - before.start, reason: before.reason }
          t.same(span.wokenBy.waited, waited ?? null, 'the wait before it')
          if (waited !== undefined) waits++
        }
        if (wanted.state === TileState.Chan) t.ok(span.startStack.length > 0, 'where it waits')
        at = span.next?.startNs ?? null
      }
      const last = own[own.length - 1]
      const { number }: SpanAnswer = await json(`/timeline/span?goid=${goid}&at=${last.start}`)
      t.equal(number, own.length, 'the last of all')
    }
    t.ok(waits > 0, 'some were woken')
    t.ok(
      rows.some(row => starters.has(row)),
      'some were started',
    )
    t.equal(await status('/timeline/span?goid=987654321&at=0'), 404)
    t.equal(await status('/timeline/span?goid=x&at=0'), 400)
    t.equal(await status(`/timeline/span?goid=1&at=${end * 10}`), 404)
    t.equal(await status('/timeline/span?goid=1&at=-1'), 400)
  }
})

t.test('ranges add up to the statistics', async t => {
  const { json, status } = serve(t, 'cpuprofile-go1.26')
  const { endNs } = await json<TracksAnswer>('/timeline/tracks?view=group')
  const whole = await json<RangeAnswer>(`/timeline/range?from=0&to=${endNs + 1}`)
  const { groups } = await json<{ groups: { name: string; execTimeNs: number }[] }>('/goroutines?format=json&limit=0')
  const running = groups.reduce((sum, { execTimeNs }) => sum + execTimeNs, 0)
  t.equal(whole.states[TileState.Running], running)
  for (const { name, execTimeNs } of groups) {
    t.equal(whole.functions.find(of => of.name === name)?.states[TileState.Running] ?? 0, execTimeNs, name)
  }
  t.ok(whole.flame.samples > 0, 'has CPU samples')
  const roots = whole.flame.nodes.filter(({ parent }) => parent < 0)
  t.ok(roots.reduce((sum, { samples }) => sum + samples, 0) <= whole.flame.samples)
  const middle = Math.floor(endNs / 3)
  const first = await json<RangeAnswer>(`/timeline/range?from=0&to=${middle}`)
  const second = await json<RangeAnswer>(`/timeline/range?from=${middle}&to=${endNs + 1}`)
  t.same(
    first.states.map((time, state) => time + second.states[state]),
    whole.states,
    'two parts are the whole',
  )
  t.equal(first.spans + second.spans, whole.spans)
  t.equal(first.flame.samples + second.flame.samples, whole.flame.samples)
  t.equal(await status('/timeline/range?from=5&to=5'), 400)
  t.equal(await status('/timeline/range?from=x&to=5'), 400)
})

t.test('regions, logs and the search', async t => {
  const { json, status } = serve(t, 'tasks-go1.26')
  const { endNs, total } = await json<TracksAnswer>('/timeline/tracks?view=goroutine')
  const to = endNs + 1
  const types = await json<{ types: { type: string }[] }>('/usertasks?format=json')
  t.ok(types.types.length > 0)
  const byTask = await json<TimelineRegionsAnswer>(`/timeline/regions?view=task&tracks=0-31&from=0&to=${to}`)
  t.ok(byTask.regions.length > 0)
  const found: TimelineRegionsAnswer[] = []
  for (let first = 0; first < total; first += 32) {
    found.push(await json(`/timeline/regions?view=goroutine&tracks=${first}-${first + 31}&from=0&to=${to}`))
  }
  const regions = found.flatMap(part => part.regions)
  const logs = found.flatMap(part => part.logs)
  t.ok(
    regions.some(({ depth }) => depth > 0),
    'regions nest',
  )
  const overlaps = regions.filter(({ track, depth, startNs, endNs }, at) =>
    regions.some(
      (other, place) =>
        place < at &&
        other.track === track &&
        other.depth === depth &&
        (other.startNs ?? 0) < (endNs ?? to) &&
        (startNs ?? 0) < (other.endNs ?? to),
    ),
  )
  t.same(overlaps, [], 'none lies over another one, those that began before the trace neither')
  const log = logs[0]
  const search = await json<SearchAnswer>(`/timeline/search?q=${encodeURIComponent(log.message)}`)
  t.ok(search.matches.some(({ kind, atNs, track }) => kind === 'log' && atNs === log.atNs && track === log.track))
  const named = regions.find(({ name }) => name !== '')!
  const upper = await json<SearchAnswer>(
    `/timeline/search?q=${encodeURIComponent(named.name.toUpperCase())}&limit=1000`,
  )
  t.ok(
    upper.matches.some(({ kind, text }) => kind === 'region' && text === named.name),
    'in any case',
  )
  const paged = await json<SearchAnswer>(
    `/timeline/search?q=${encodeURIComponent(named.name.toUpperCase())}&limit=1&offset=1`,
  )
  t.same(paged.matches[0], upper.matches[1])
  t.equal(paged.total, upper.total)
  const byId = await json<SearchAnswer>('/timeline/search?q=G1')
  t.match(byId.matches[0], { kind: 'goroutine', goid: 1, text: 'main.main' })
  t.same(await json('/timeline/search?q=nothing%20of%20that%20name'), { total: 0, offset: 0, matches: [] })
  const inside = regions.find(({ depth, startNs }) => depth > 0 && startNs !== null)!
  const span = await json<SpanAnswer>(`/timeline/span?goid=${inside.goid}&at=${inside.startNs}`)
  t.equal(span.regions[inside.depth].name, inside.name, 'the path of regions')
  t.equal(await status(`/timeline/regions?view=proc&tracks=0-1&from=0&to=${to}`), 400)
  t.equal(await status('/timeline/search'), 400)
})
