/** The web server of a trace; the caller lets it listen. */
import fastify, { type FastifyInstance } from 'fastify'
import type { Trace } from '../contract/trace.js'
import type { GraphLayout } from '../export/call-graph.js'
import { prefixOf } from './links.js'
import { Connections, refuseAddress } from './plugins/connections.js'
import { registerErrors } from './plugins/errors.js'
import { type Limits, LONGEST_URL, limitOptions, registerLimits } from './plugins/limits.js'
import { registerOpenapi } from './plugins/openapi.js'
import { registerResponseCache } from './plugins/response-cache.js'
import { registerSecurity } from './plugins/security.js'
import { registerSpeedscope } from './plugins/speedscope.js'
import { registerToken } from './plugins/token.js'
import { schemaController } from './plugins/validation.js'
import { registerViews } from './plugins/views.js'
import { annotationRoutes } from './routes/annotations.js'
import { goroutineRoutes } from './routes/goroutines.js'
import { helpRoutes } from './routes/help.js'
import { homeRoutes } from './routes/home.js'
import { traceViewRoutes } from './routes/jsontrace.js'
import { mmuRoutes } from './routes/mmu.js'
import { profileRoutes } from './routes/profile.js'
import { progressRoutes } from './routes/progress.js'
import { timelineRoutes } from './routes/timeline.js'
import type { Web } from './web.js'

export interface AppOptions {
  /** Path under which the pages of the trace lie, with a slash at both ends; without it, the root. */
  readonly base?: string
  /** Host names that are served beside the loopback names. */
  readonly hosts?: readonly string[]
  /** How long a page waits for the trace before it shows the progress. */
  readonly pageWaitMs?: number
  /** Lays out call graphs. */
  readonly layout: GraphLayout
  /** For responses that may be asked for again; without it, none is kept. */
  readonly cacheBytes?: number
  /** What a request must carry; without it, whoever reaches the server may read. */
  readonly token?: string
  readonly limits?: Limits
  /** Is told of mistakes of our own, and gives the id that pages show of them. */
  readonly report?: Web['report']
}

/** First value of a repeated parameter wins, as in cmd/trace. */
export function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) query[name] ??= value
  return query
}

/** The routes are in plugins of their own, so that security and views are there before them. */
export function buildApp(trace: Trace, options: AppOptions): FastifyInstance {
  const connections = new Connections()
  const app = fastify({
    ...limitOptions(options.limits),
    schemaController,
    clientErrorHandler: connections.refuse,
    frameworkErrors: refuseAddress,
    routerOptions: { querystringParser: parseQuery, maxParamLength: LONGEST_URL },
  })
  connections.watch(app.server)
  const web: Web = {
    trace,
    base: options.base ?? '/',
    pageWaitMs: options.pageWaitMs ?? 2000,
    report: options.report ?? (() => 'unknown'),
  }
  registerSecurity(app, options.hosts ?? [], () => {
    registerLimits(app, options.limits)
    if (options.token !== undefined) registerToken(app, options.token)
  })
  registerViews(app)
  registerErrors(app, web)
  app.register(async routes => registerSpeedscope(routes))
  const tracePages = async (app: FastifyInstance) => {
    app.register(async routes => {
      progressRoutes(routes, web)
      helpRoutes(routes, web)
    })
    app.register(async routes => {
      routes.addHook('onRequest', () => trace.check())
      if (options.cacheBytes !== undefined) registerResponseCache(routes, trace, options.cacheBytes)
      homeRoutes(routes, web)
      goroutineRoutes(routes, web)
      annotationRoutes(routes, web)
      mmuRoutes(routes, web)
      profileRoutes(routes, web, options.layout)
      traceViewRoutes(routes, web)
      timelineRoutes(routes, web)
    })
  }
  const prefix = prefixOf(web.base)
  app.register(tracePages, { prefix })
  app.register(async routes => registerOpenapi(routes, tracePages, web.base), { prefix })
  return app
}
