/**
 * `/timeline/…`: what the timeline fetches while it is looked at. Bodies are JSON but for tiles, whose encoding is in
 * shared/tile.ts.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ProfileAnswer } from '../../contract/profile.js'
import type { TrackRange } from '../../contract/timeline.js'
import { CodedError } from '../../errors.js'
import { MAX_LEVEL, TILE_TRACKS, TILE_VERSION } from '../../shared/tile.js'
import {
  type ArrowsAnswer,
  type NeighboursAnswer,
  type RangeAnswer,
  runtimeLanes,
  type StacksAnswer,
  type TimelineArrow,
  type TimelineSample,
  type TimelineTrack,
  type TimelineView,
  timelineViews,
} from '../../shared/timeline.js'
import { idParam, needed, timeParam, timeProperty, windowParam, windowProperties } from '../view-models/params.js'
import { type QueryOf, querySchema } from '../view-models/query.js'
import { abortSignal, jsonOnly, type Web, waitUntilReady } from '../web.js'

/** Runs a job of the detail service (engine/detail-jobs.ts) and gives its bytes. */
export type DetailSource = (name: string, params: unknown, signal: AbortSignal) => Promise<Uint8Array>

const view = <View extends TimelineView>(views: readonly View[]) =>
  ({ type: 'string', enum: views, description: 'kind of tracks' }) as const
const tracks = {
  type: 'string',
  pattern: '^\\d{1,9}-\\d{1,9}$',
  description: 'indexes A-B, both included, 32 at most',
} as const
const page = {
  offset: { type: 'integer', minimum: 0, default: 0 },
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 200 },
} as const
const tilePlace = {
  level: { type: 'integer', minimum: 0, maximum: MAX_LEVEL, description: 'columns are 2^level ns wide' },
  index: { type: 'integer', minimum: 0, description: 'place of the tile among those of its level' },
} as const
/** An arrow as the detail service tells it: with rows of goroutines. */
type Wake = Omit<TimelineArrow, 'from' | 'to'> & { readonly fromRow: number; readonly toRow: number }

const momentProperties = { at: timeProperty('a moment, ns since the first event') } as const

interface TrackQuery {
  readonly view: TimelineView
  readonly tracks: string
}

export function timelineRoutes(app: FastifyInstance, web: Web, detail: DetailSource, fileTag: string): void {
  const tileViews = timelineViews.filter(name => name !== 'task')
  const kinds = { goroutine: 'goroutines', group: 'goroutines', proc: 'procs', thread: 'threads', runtime: 'runtime' }
  const json = <A>(bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as A

  const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22)
  /** The answer to a URL changes only with the file. */
  const tagOf = (url: string) => `"${digest(`${TILE_VERSION} ${fileTag} ${url}`)}"`
  /** So that a page that is open notices when another trace is served at its address. */
  const file = digest(fileTag)

  const get = <const Properties extends Record<string, object>, Needed extends keyof Properties & string>(
    url: string,
    properties: Properties,
    required: readonly Needed[],
    load: (query: QueryOf<Properties, Needed>, signal: AbortSignal) => Promise<object | Uint8Array>,
  ) =>
    app.get(url, { schema: querySchema(properties, required), config: jsonOnly }, async (request, reply) => {
      reply.header('trace-file', file)
      if (!(await waitUntilReady(web, request, reply, 'json'))) return reply
      const tag = tagOf(request.url)
      if (request.headers['if-none-match'] === tag) return reply.code(304).send()
      const result = await load(request.query as QueryOf<Properties, Needed>, abortSignal(reply))
      reply.header('etag', tag).header('cache-control', 'private, no-cache').header('vary', 'accept-encoding')
      if (!(result instanceof Uint8Array)) return reply.send(result)
      return sendBytes(request, reply, result)
    })

  get(
    '/timeline/tracks',
    {
      view: view(timelineViews),
      group: { type: 'integer', minimum: 0, description: 'only goroutines of this group (its index)' },
      filter: { type: 'string', maxLength: 1000, description: 'text in the name or the id, any case' },
      id: { type: 'string', maxLength: 20, description: 'only the track with this id' },
      ...page,
    },
    ['view'],
    async ({ view, group, filter = '', id, offset, limit }, signal) => {
      const answer = await web.client.query('timelineTracks', { view, group, filter, id, offset, limit }, signal)
      const levels = json<{ quickLevel: number; emptyLanes: number[] }>(await detail('timelineLevels', {}, signal))
      const { quickLevel, emptyLanes } = levels
      const mark = (track: TimelineTrack) => ({ ...track, isEmpty: emptyLanes.includes(track.index) })
      const tracks = view === 'runtime' ? answer.tracks.map(mark) : answer.tracks
      return { view, endNs: answer.endNs, total: answer.total, offset, quickLevel, tracks }
    },
  )

  get(
    '/timeline/tile',
    { view: view(tileViews), tracks, ...tilePlace },
    ['view', 'tracks', 'level', 'index'],
    async (query, signal) => detail('timelineTile', await tileRequest(query, signal), signal),
  )

  get(
    '/timeline/stacks',
    { view: view(['goroutine', 'proc', 'thread']), tracks, ...tilePlace },
    ['view', 'tracks', 'level', 'index'],
    async (query, signal) =>
      json<StacksAnswer>(await detail('timelineStacks', await tileRequest(query, signal), signal)),
  )

  async function tileRequest(
    { level, index, ...query }: TrackQuery & QueryOf<typeof tilePlace, 'level' | 'index'>,
    signal: AbortSignal,
  ) {
    const range = trackRange(query)
    if ((index + 1) * 2 ** (level + 9) > 2 ** 53) throw noSuch(`tile ${index} of level ${level}`)
    const tracks = await rowsOf(range, signal)
    return { kind: kinds[query.view as keyof typeof kinds], firstTrack: range.first, tracks, level, index }
  }

  async function rowsOf(range: TrackRange, signal: AbortSignal): Promise<readonly Uint32Array[]> {
    const rows =
      range.view === 'runtime'
        ? runtimeLanes.slice(range.first, range.last + 1).map(() => new Uint32Array(0))
        : await web.client.query('timelineRows', range, signal)
    if (rows.length === 0) throw noSuch(`track ${range.first}`)
    return rows
  }

  get(
    '/timeline/regions',
    { view: view(['goroutine', 'task']), tracks, ...windowProperties },
    ['view', 'tracks', 'from', 'to'],
    async (query, signal) => {
      const { fromNs, toNs } = stretchOf(query)
      const range = trackRange(query)
      const answer = await web.client.query('timelineRegions', { ...range, fromNs, toNs }, signal)
      if (query.view === 'task') return { ...answer, samples: [] }
      const rows = await rowsOf(range, signal)
      const tracks = new Map(rows.map(([row], i) => [row, range.first + i]))
      const params = { tracks, fromNs, toNs, limit: 5000 }
      const marks = json<{ samples: TimelineSample[]; total: number }>(await detail('timelineSamples', params, signal))
      return { ...answer, samples: marks.samples, totals: { ...answer.totals, samples: marks.total } }
    },
  )

  get(
    '/timeline/span',
    { goid: { type: 'string', description: 'id of the goroutine' }, ...momentProperties },
    ['goid', 'at'],
    async (query, signal) => {
      const goid = needed('goid', idParam('goid', query.goid))
      const atNs = needed('at', timeParam('at', query.at))
      const { row, ...around } = await web.client.query('timelineGoroutine', { goid, atNs }, signal)
      const span = json<object>(await detail('timelineSpan', { row, atNs }, signal))
      return { ...around, ...span }
    },
  )

  get(
    '/timeline/neighbours',
    {
      view: view(['proc', 'thread']),
      id: { type: 'string', maxLength: 20, description: 'of the proc or thread' },
      ...momentProperties,
    },
    ['view', 'id', 'at'],
    async ({ view, id, at }, signal) => {
      const atNs = needed('at', timeParam('at', at))
      const { tracks } = await web.client.query('timelineTracks', { view, id, filter: '', offset: 0, limit: 1 }, signal)
      if (tracks.length === 0) throw noSuch(`${view} ${id}`)
      const [{ index }] = tracks
      const [rows] = await rowsOf({ view, first: index, last: index }, signal)
      return json<NeighboursAnswer>(
        await detail('timelineNeighbours', { kind: kinds[view], row: rows[0], atNs }, signal),
      )
    },
  )

  get('/timeline/arrows', windowProperties, ['from', 'to'], async (query, signal): Promise<ArrowsAnswer> => {
    const { wakes, total } = json<{ wakes: Wake[]; total: number | null }>(
      await detail('timelineArrows', stretchOf(query), signal),
    )
    const rows = wakes.flatMap(({ fromRow, toRow }) => [fromRow, toRow])
    const tracks = await web.client.query('timelineTracksOf', { rows }, signal)
    return {
      arrows: wakes.map(({ fromRow, toRow, ...wake }, i) => ({
        ...wake,
        from: tracks[2 * i],
        to: tracks[2 * i + 1],
      })),
      total,
    }
  })

  get('/timeline/range', windowProperties, ['from', 'to'], async (query, signal) => {
    const { fromNs, toNs } = stretchOf(query)
    if (fromNs >= toNs) throw new CodedError('BAD_PARAMETER', 'Parameter to must be after from')
    const range = json<RangeAnswer>(await detail('timelineRange', { fromNs, toNs }, signal))
    const profiles: [WaitKind, ProfileAnswer][] = []
    for (const kind of ['block', 'io', 'syscall'] as const) {
      const profile = await web.client.query('profile', { kind, from: fromNs, to: toNs }, signal).catch(ofNobody)
      if (profile !== null) profiles.push([kind, profile])
    }
    return { ...range, blocking: blockingStacks(profiles) }
  })

  get(
    '/timeline/search',
    {
      q: {
        type: 'string',
        maxLength: 1000,
        description:
          'text, any case, in start functions, tasks, regions and logs; or the id of a goroutine, with or without g',
      },
      ...page,
    },
    ['q'],
    ({ q: text, offset, limit }, signal) => web.client.query('timelineSearch', { text, offset, limit }, signal),
  )
}

/** A trace without goroutines has no profiles, as in cmd/trace, but it has windows. */
function ofNobody(error: unknown): null {
  if (error instanceof CodedError && error.code === 'UNKNOWN_GROUP') return null
  throw error
}

const STACKS = 20

/** The stacks that waited longest. */
function blockingStacks(profiles: readonly (readonly [WaitKind, ProfileAnswer])[]): RangeAnswer['blocking'] {
  return profiles
    .flatMap(([kind, { samples }]) => samples.map(({ count, delayNs, stack }) => ({ kind, count, delayNs, stack })))
    .sort((a, b) => b.delayNs - a.delayNs)
    .slice(0, STACKS)
    .map(({ stack, ...rest }) => ({ ...rest, stack: stack.map(({ func, file, line }) => ({ func, file, line })) }))
}

/** A window with both ends. */
function stretchOf(query: { readonly from: string; readonly to: string }): { fromNs: number; toNs: number } {
  const { from, to } = windowParam(query)
  return { fromNs: needed('from', from), toNs: needed('to', to) }
}

function trackRange({ view, tracks }: TrackQuery): TrackRange {
  const [first, last] = tracks.split('-').map(Number)
  if (last < first || last - first >= TILE_TRACKS) {
    throw new CodedError('BAD_PARAMETER', `Parameter tracks must name 1 to ${TILE_TRACKS} tracks, not ${tracks}`)
  }
  return { view, first, last }
}

function noSuch(what: string): CodedError {
  return new CodedError('NOT_FOUND', `There is no ${what}.`)
}

type WaitKind = RangeAnswer['blocking'][number]['kind']

const compress = promisify(gzip)

async function sendBytes(request: FastifyRequest, reply: FastifyReply, bytes: Uint8Array): Promise<FastifyReply> {
  reply.type('application/octet-stream')
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) || bytes.length < 1024) {
    return reply.send(Buffer.from(bytes))
  }
  return reply.header('content-encoding', 'gzip').send(await compress(bytes, { level: constants.Z_BEST_SPEED }))
}
