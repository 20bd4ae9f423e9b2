/** `/io`, `/block`, `/syscall`, `/sched`: the profiles, as page, pprof bytes, SVG, JSON or CSV. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type Id,
  type ProfileAnswer,
  type ProfileKind,
  type ProfileParams,
  profileKinds,
} from '../../analysis/trace-client.js'
import { CodedError } from '../../errors.js'
import { callGraph, type GraphLayout, pageSvg, standaloneSvg } from '../../export/call-graph.js'
import { buildCallTree } from '../../export/call-tree.js'
import { encodeProfile } from '../../export/pprof.js'
import { type ProfilePageParts, type ProfileQuery, profileCsv, profilePage, treeBody } from '../view-models/profile.js'
import { faceProperties, listProperties, querySchema } from '../view-models/query.js'
import { abortSignal, answer, setPartial, type Web } from '../web.js'

const profileProperties = {
  ...listProperties,
  ...faceProperties,
  format: {
    type: 'string',
    enum: ['html', 'json', 'csv', 'svg', 'tree'],
    description:
      'html (default), json, csv (functions), svg (call graph) or tree (calls merged by function, as JSON columns)',
  },
  name: {
    type: 'string',
    description: 'only goroutines of this start function; empty: those without a recorded stack',
  },
  goid: { type: 'string', pattern: '^[0-9]*$', description: 'only this goroutine' },
  from: { type: 'string', pattern: '^[0-9]*$', description: 'start of the window, ns since the first event' },
  to: { type: 'string', pattern: '^[0-9]*$', description: 'end of the window, ns; not in it' },
  raw: { type: 'string', description: 'not empty: gzip’d pprof, as a file' },
  as: { type: 'string', enum: ['flame', 'graph', 'top'], description: 'what the page shows' },
  by: { type: 'string', enum: ['delay', 'count'], description: 'what the widths of the flame graph are' },
  find: { type: 'string', description: 'text to look for in the flame graph' },
} as const

type Query = Omit<ProfileQuery, 'format'> & { readonly raw?: string; readonly format?: string }

export function profileRoutes(app: FastifyInstance, web: Web, layout: GraphLayout): void {
  for (const kind of profileKinds) {
    app.get(`/${kind}`, { schema: querySchema(profileProperties) }, (request, reply) =>
      sendProfile(web, layout, kind, request, reply),
    )
  }
}

async function sendProfile(
  web: Web,
  layout: GraphLayout,
  kind: ProfileKind,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = withoutEmpty(request.query as Query)
  const params = profileParams(kind, query)
  const load = (signal: AbortSignal): Promise<ProfileAnswer> => web.client.query('profile', params, signal)
  const loadNow = async (): Promise<{ profile: ProfileAnswer; signal: AbortSignal }> => {
    const signal = abortSignal(reply)
    const profile = await load(signal)
    setPartial(reply, profile.partial)
    return { profile, signal }
  }

  if (query.raw) {
    const { profile } = await loadNow()
    return reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="${kind}.profile"`)
      .send(encodeProfile(profile))
  }
  if (query.format === 'tree') {
    const { profile } = await loadNow()
    return reply.send(treeBody(buildCallTree(profile)))
  }
  if (query.format === 'svg' || (query.format === undefined && wantsSvg(request))) {
    const { profile, signal } = await loadNow()
    const graph = callGraph(profile)
    return reply.type('image/svg+xml').send(standaloneSvg(await layout(graph.dot, signal), graph))
  }
  return answer(web, request, reply, {
    load,
    html: async profile => {
      const signal = abortSignal(reply)
      const list = { limit: 30, offset: 0, filter: '', sortby: '', order: '' } as const
      const { groups } = await web.client.query('goroutines', list, signal)
      const graph = query.as === 'graph' ? await pageGraph(profile, layout, signal) : null
      return profilePage({ kind, query: query as ProfileQuery, profile, groups, graph })
    },
    csv: profile => profileCsv(kind, query as ProfileQuery, profile),
  })
}

/** A page whose call graph takes too long still has its other tabs, so it says so in its place. */
async function pageGraph(
  profile: ProfileAnswer,
  layout: GraphLayout,
  signal: AbortSignal,
): Promise<ProfilePageParts['graph']> {
  const graph = callGraph(profile)
  try {
    const svg = pageSvg(
      await layout(graph.dot, signal),
      graph,
      'Call graph; the tab Top functions has the same figures',
    )
    return { svg, shown: graph.shown, total: graph.total }
  } catch (error) {
    if (error instanceof CodedError && error.code !== 'CANCELLED') return { error: error.message }
    throw error
  }
}

/** A browser that follows a link names `text/html` first, an `<img>` does not. */
function wantsSvg(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  return accept.includes('image/svg+xml') && !accept.includes('text/html')
}

/** A form sends its empty fields; only the name may be empty and mean something. */
function withoutEmpty(query: Query): Query {
  return Object.fromEntries(Object.entries(query).filter(([name, value]) => name === 'name' || value !== ''))
}

function profileParams(kind: ProfileKind, { name, goid, from, to }: Query): ProfileParams {
  return {
    kind,
    ...(name !== undefined && { name }),
    ...(goid !== undefined && { goid: goroutineId(goid) }),
    ...(from !== undefined && { from: Number(from) }),
    ...(to !== undefined && { to: Number(to) }),
  }
}

function goroutineId(text: string): Id {
  const id = BigInt(text)
  if (id >= 1n << 64n) throw new CodedError('BAD_PARAMETER', `Parameter goid is beyond 64 bits: ${text}`)
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : String(id)
}
