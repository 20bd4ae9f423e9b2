/**
 * `/timeline/…`: what the timeline fetches while it is looked at. Bodies are JSON but for tiles, whose encoding is in
 * shared/tile.ts.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TileParams, TrackRange } from '../../contract/timeline.js'
import type { Queries } from '../../contract/trace.js'
import { CodedError } from '../../errors.js'
import { MAX_LEVEL, TILE_TRACKS, TILE_VERSION } from '../../shared/tile.js'
import { type TimelineView, timelineViews } from '../../shared/timeline.js'
import { idParam } from '../view-models/params.js'
import { querySchema } from '../view-models/query.js'
import { abortSignal, jsonOnly, type Web, waitUntilReady } from '../web.js'

const view = (views: readonly TimelineView[]) => ({ type: 'string', enum: views, description: 'kind of tracks' })
const ns = (description: string) => ({ type: 'number', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })
const tracks = { type: 'string', pattern: '^\\d{1,9}-\\d{1,9}$', description: 'indexes A-B, both included, 32 at most' }
const page = {
  offset: { type: 'integer', minimum: 0, default: 0 },
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 200 },
}
const tilePlace = {
  level: { type: 'integer', minimum: 0, maximum: MAX_LEVEL, description: 'columns are 2^level ns wide' },
  index: { type: 'integer', minimum: 0, description: 'place of the tile among those of its level' },
}
interface TrackQuery {
  readonly view: TimelineView
  readonly tracks: string
}

interface TileQuery extends TrackQuery {
  readonly level: number
  readonly index: number
}

export function timelineRoutes(app: FastifyInstance, web: Web): void {
  const tileViews = timelineViews.filter(name => name !== 'task')

  const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22)
  /** The answer to a URL changes only with the file. */
  const tagOf = (url: string) => `"${digest(`${TILE_VERSION} ${web.trace.tag} ${url}`)}"`
  /** So that a page that is open notices when another trace is served at its address. */
  const file = () => digest(web.trace.tag)

  const get = <Q>(
    url: string,
    properties: Record<string, object>,
    required: readonly string[],
    load: (query: Q, signal: AbortSignal) => Promise<object | Uint8Array>,
  ) =>
    app.get(url, { schema: querySchema(properties, required), config: jsonOnly }, async (request, reply) => {
      reply.header('trace-file', file())
      if (!(await waitUntilReady(web, request, reply, 'json'))) return reply
      const tag = tagOf(request.url)
      if (request.headers['if-none-match'] === tag) return reply.code(304).send()
      const result = await load(request.query as Q, abortSignal(reply))
      reply.header('etag', tag).header('cache-control', 'private, no-cache').header('vary', 'accept-encoding')
      if (!(result instanceof Uint8Array)) return reply.send(result)
      return sendBytes(request, reply, result)
    })

  get<{ view: TimelineView; group?: number; filter?: string; id?: string; offset: number; limit: number }>(
    '/timeline/tracks',
    {
      view: view(timelineViews),
      group: { type: 'integer', minimum: 0, description: 'only goroutines of this group (its index)' },
      filter: { type: 'string', maxLength: 1000, description: 'text in the name or the id, any case' },
      id: { type: 'string', maxLength: 20, description: 'only the track with this id' },
      ...page,
    },
    ['view'],
    ({ view, group, filter = '', id, offset, limit }, signal) =>
      web.trace.query('timelineTracks', { view, group, filter, id, offset, limit }, signal),
  )

  get<TileQuery>(
    '/timeline/tile',
    { view: view(tileViews), tracks, ...tilePlace },
    ['view', 'tracks', 'level', 'index'],
    (query, signal) => web.trace.query('timelineTile', tileParams<TileParams>(query), signal),
  )

  get<TileQuery>(
    '/timeline/stacks',
    { view: view(['goroutine', 'proc', 'thread']), tracks, ...tilePlace },
    ['view', 'tracks', 'level', 'index'],
    (query, signal) =>
      web.trace.query('timelineStacks', tileParams<Queries['timelineStacks']['params']>(query), signal),
  )

  get<TrackQuery & { from: number; to: number }>(
    '/timeline/regions',
    {
      view: view(['goroutine', 'task']),
      tracks,
      from: ns('start of the window, ns'),
      to: ns('end of the window, ns; not in it'),
    },
    ['view', 'tracks', 'from', 'to'],
    ({ from: fromNs, to: toNs, ...query }, signal) =>
      web.trace.query('timelineRegions', { ...trackRange(query), fromNs, toNs }, signal),
  )

  get<{ goid: string; at: number }>(
    '/timeline/span',
    { goid: { type: 'string', description: 'id of the goroutine' }, at: ns('a moment, ns') },
    ['goid', 'at'],
    async ({ goid, at }, signal) => {
      const id = idParam('goid', goid)
      if (id === undefined) throw new CodedError('BAD_PARAMETER', 'Parameter goid must be a number')
      return web.trace.query('timelineSpan', { goid: id, atNs: at }, signal)
    },
  )

  get<{ view: 'proc' | 'thread'; id: string; at: number }>(
    '/timeline/neighbours',
    {
      view: view(['proc', 'thread']),
      id: { type: 'string', maxLength: 20, description: 'of the proc or thread' },
      at: ns('a moment, ns'),
    },
    ['view', 'id', 'at'],
    ({ view, id, at: atNs }, signal) => web.trace.query('timelineNeighbours', { view, id, atNs }, signal),
  )

  get<{ from: number; to: number }>(
    '/timeline/arrows',
    { from: ns('start, ns'), to: ns('end, ns; not in it') },
    ['from', 'to'],
    ({ from: fromNs, to: toNs }, signal) => web.trace.query('timelineArrows', { fromNs, toNs }, signal),
  )

  get<{ from: number; to: number }>(
    '/timeline/range',
    { from: ns('start, ns'), to: ns('end, ns; not in it') },
    ['from', 'to'],
    async ({ from, to }, signal) => {
      if (from >= to) throw new CodedError('BAD_PARAMETER', 'Parameter to must be after from')
      return web.trace.query('timelineRange', { fromNs: from, toNs: to }, signal)
    },
  )

  get<{ q: string; offset: number; limit: number }>(
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
    ({ q: text, offset, limit }, signal) => web.trace.query('timelineSearch', { text, offset, limit }, signal),
  )
}

/** The schema of the route leaves no other views than those of the question. */
function tileParams<P extends TileParams>({ level, index, ...query }: TileQuery): P {
  if ((index + 1) * 2 ** (level + 9) > 2 ** 53) {
    throw new CodedError('NOT_FOUND', `There is no tile ${index} of level ${level}.`)
  }
  return { ...trackRange(query), level, index } as P
}

function trackRange({ view, tracks }: TrackQuery): TrackRange {
  const [first, last] = tracks.split('-').map(Number)
  if (last < first || last - first >= TILE_TRACKS) {
    throw new CodedError('BAD_PARAMETER', `Parameter tracks must name 1 to ${TILE_TRACKS} tracks, not ${tracks}`)
  }
  return { view, first, last }
}

const compress = promisify(gzip)

async function sendBytes(request: FastifyRequest, reply: FastifyReply, bytes: Uint8Array): Promise<FastifyReply> {
  reply.type('application/octet-stream')
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) || bytes.length < 1024) {
    return reply.send(Buffer.from(bytes))
  }
  return reply.header('content-encoding', 'gzip').send(await compress(bytes, { level: constants.Z_BEST_SPEED }))
}
