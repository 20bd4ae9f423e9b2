/**
 * `/jsontrace`: the events of a view as trace-event JSON, streamed; `/trace` draws the view, `/perfetto` hands its JSON
 * over.
 */
import { pipeline, type Readable } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TraceViewAnswer } from '../../contract/trace-view.js'
import { traceEventJob } from '../../export/trace-event/request.js'
import { perfettoPage } from '../view-models/perfetto.js'
import { formatProperties, type QueryOf, querySchema } from '../view-models/query.js'
import {
  type TraceViewQuery,
  traceEventRequest,
  traceViewPage,
  traceViewParams,
  traceViewProperties,
} from '../view-models/trace-view.js'
import { abortSignal, answer, jsonOnly, setPartial, type Web, waitUntilReady } from '../web.js'

const jsonProperties = {
  ...traceViewProperties,
  wait: formatProperties.wait,
  download: { type: 'string', description: '1: as a file' },
} as const

export function traceViewRoutes(app: FastifyInstance, web: Web): void {
  app.get('/jsontrace', { schema: querySchema(jsonProperties), config: jsonOnly }, (request, reply) =>
    sendEvents(web, request, reply),
  )

  const pageSchema = querySchema({ ...formatProperties, ...traceViewProperties })
  const load = (query: TraceViewQuery): ((signal: AbortSignal) => Promise<TraceViewAnswer>) => {
    const params = traceViewParams(query)
    // Malformed ones are refused here rather than by the JSON that the page links to.
    traceEventRequest(query)
    return signal => web.trace.query('traceView', params, signal)
  }
  app.get('/trace', { schema: pageSchema }, (request, reply) => {
    const query = request.query as TraceViewQuery
    return answer(web, request, reply, { load: load(query), html: view => traceViewPage(view, query) })
  })

  // With the policy of all other pages, a page could not talk to the window that it opens.
  const helmet = { crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' as const } }
  app.get('/perfetto', { schema: pageSchema, helmet }, (request, reply) => {
    const query = request.query as TraceViewQuery
    return answer(web, request, reply, {
      load: load(query),
      html: async (view, signal) => {
        const home = await web.trace.query('home', {}, signal)
        // The trace is read again just now.
        if (!home.ready) reply.header('cache-control', 'no-store')
        return perfettoPage(web.trace.name, view, home, query)
      },
    })
  })
}

async function sendEvents(web: Web, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const query = request.query as QueryOf<typeof jsonProperties>
  const params = traceViewParams(query)
  const asked = traceEventRequest(query)
  if (!(await waitUntilReady(web, request, reply, 'json'))) return reply
  const signal = abortSignal(reply)
  const view = await web.trace.query('traceView', params, signal)
  setPartial(reply, view.partial)
  reply.type('application/json; charset=utf-8').header('vary', 'accept-encoding')
  if (query.download === '1') reply.header('content-disposition', attachment(`${web.trace.name}.json`))
  if (request.method === 'HEAD') return reply.send()
  const events = await web.trace.stream('traceEvents', traceEventJob(view, asked), signal)
  if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(events)
  reply.header('content-encoding', 'gzip')
  return reply.send(gzip(events))
}

/**
 * The text repeats itself so much that the fastest level is small enough; a better one is slower than the events come.
 */
function gzip(events: Readable): Readable {
  // Errors reach the reply through the gzip stream, which the pipeline destroys.
  return pipeline(events, createGzip({ level: constants.Z_BEST_SPEED }), () => {})
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .map(entry => entry.trim().split(/\s*;\s*/))
    .some(([name, ...params]) => name === 'gzip' && !params.some(param => /^q=0(\.0*)?$/.test(param)))
}

/** A name for people, and one in ASCII for old clients. */
function attachment(name: string): string {
  const ascii = name.replace(/[^ !#-[\]-~]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, character => `%${character.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
