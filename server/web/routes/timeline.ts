/**
 * `/timeline/…`: what the timeline fetches while it is looked at. Bodies are JSON but for tiles, whose encoding is in
 * shared/tile.ts.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DrawnView, TileParams, TimeRange, TrackRange } from '../../contract/timeline.js'
import { CodedError } from '../../errors.js'
import { MAX_LEVEL, TILE_TRACKS, TILE_VERSION } from '../../shared/tile.js'
import { type TimelineView, timelineViews } from '../../shared/timeline.js'
import { idParam, needed, timeParam, timeProperty, windowParam, windowProperties } from '../view-models/params.js'
import { type QueryOf, querySchema } from '../view-models/query.js'
import { abortSignal, jsonOnly, type Web, waitUntilReady } from '../web.js'

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

const momentProperties = { at: timeProperty('a moment, ns since the first event') } as const

interface TrackQuery<V extends TimelineView> {
  readonly view: V
  readonly tracks: string
}

export function timelineRoutes(app: FastifyInstance, web: Web): void {
  const tileViews = timelineViews.filter(name => name !== 'task')

  const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22)
  /** The answer to a URL changes only with the file. */
  const tagOf = (url: string) => `"${digest(`${TILE_VERSION} ${web.trace.tag} ${url}`)}"`
  /** So that a page that is open notices when another trace is served at its address. */
  const file = digest(web.trace.tag)

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
    ({ view, group, filter = '', id, offset, limit }, signal) =>
      web.trace.query('timelineTracks', { view, group, filter, id, offset, limit }, signal),
  )

  get(
    '/timeline/tile',
    { view: view(tileViews), tracks, ...tilePlace },
    ['view', 'tracks', 'level', 'index'],
    (query, signal) => web.trace.query('timelineTile', tileParams(query), signal),
  )

  get(
    '/timeline/stacks',
    { view: view(['goroutine', 'proc', 'thread']), tracks, ...tilePlace },
    ['view', 'tracks', 'level', 'index'],
    (query, signal) => web.trace.query('timelineStacks', tileParams(query), signal),
  )

  get(
    '/timeline/regions',
    { view: view(['goroutine', 'task']), tracks, ...windowProperties },
    ['view', 'tracks', 'from', 'to'],
    (query, signal) => web.trace.query('timelineRegions', { ...trackRange(query), ...stretchOf(query) }, signal),
  )

  get(
    '/timeline/span',
    { goid: { type: 'string', description: 'id of the goroutine' }, ...momentProperties },
    ['goid', 'at'],
    async (query, signal) => {
      const goid = needed('goid', idParam('goid', query.goid))
      const atNs = needed('at', timeParam('at', query.at))
      return web.trace.query('timelineSpan', { goid, atNs }, signal)
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
      return web.trace.query('timelineNeighbours', { view, id, atNs }, signal)
    },
  )

  get('/timeline/arrows', windowProperties, ['from', 'to'], async (query, signal) =>
    web.trace.query('timelineArrows', stretchOf(query), signal),
  )

  get('/timeline/range', windowProperties, ['from', 'to'], async (query, signal) => {
    const range = stretchOf(query)
    if (range.fromNs >= range.toNs) throw new CodedError('BAD_PARAMETER', 'Parameter to must be after from')
    return web.trace.query('timelineRange', range, signal)
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
    ({ q: text, offset, limit }, signal) => web.trace.query('timelineSearch', { text, offset, limit }, signal),
  )
}

function tileParams<V extends DrawnView>({
  level,
  index,
  ...query
}: TrackQuery<V> & QueryOf<typeof tilePlace, 'level' | 'index'>): TileParams<V> {
  if ((index + 1) * 2 ** (level + 9) > 2 ** 53) {
    throw new CodedError('NOT_FOUND', `There is no tile ${index} of level ${level}.`)
  }
  return { ...trackRange(query), level, index }
}

/** A window with both ends. */
function stretchOf(query: { readonly from: string; readonly to: string }): TimeRange {
  const { from, to } = windowParam(query)
  return { fromNs: needed('from', from), toNs: needed('to', to) }
}

function trackRange<V extends TimelineView>({ view, tracks }: TrackQuery<V>): TrackRange & { readonly view: V } {
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
