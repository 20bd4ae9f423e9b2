/**
 * `/io`, `/block`, `/syscall`, `/sched`, and `/regionio` and so on for time within regions: the profiles, as page,
 * pprof bytes, SVG, JSON or CSV.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ProfileAnswer, type ProfileParams, profileKinds } from '../../contract/profile.js'
import { CodedError } from '../../errors.js'
import { callGraph, type GraphLayout, pageSvg, standaloneSvg } from '../../export/call-graph.js'
import { buildCallTree } from '../../export/call-tree.js'
import { encodeProfile } from '../../export/pprof.js'
import { speedscopeFile } from '../../export/speedscope.js'
import { faultAdvice } from '../view-models/failure.js'
import { idParam, regionFilter, windowParam } from '../view-models/params.js'
import {
  type AskedProfile,
  type ProfilePageParts,
  type ProfileQuery,
  profileCsv,
  profileName,
  profilePage,
  profileProperties,
  regionProfileProperties,
} from '../view-models/profile.js'
import { querySchema } from '../view-models/query.js'
import { abortSignal, answer, faultId, formatOf, setPartial, type Web, waitUntilReady } from '../web.js'

export function profileRoutes(app: FastifyInstance, web: Web, layout: GraphLayout): void {
  for (const kind of profileKinds) {
    for (const ofRegions of [false, true]) {
      const schema = querySchema(ofRegions ? regionProfileProperties : profileProperties)
      app.get(`/${profileName({ kind, ofRegions })}`, { schema }, (request, reply) =>
        sendProfile(web, layout, { kind, ofRegions }, request, reply),
      )
    }
  }
}

async function sendProfile(
  web: Web,
  layout: GraphLayout,
  which: Pick<AskedProfile, 'kind' | 'ofRegions'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = withoutEmpty(request.query as ProfileQuery)
  const asked: AskedProfile = { ...which, query }
  const params = profileParams(asked)
  if (!(await waitUntilReady(web, request, reply, isPage(request, query) ? 'html' : 'json'))) return reply
  const load = (signal: AbortSignal): Promise<ProfileAnswer> => web.trace.query('profile', params, signal)
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
      .header('content-disposition', `attachment; filename="${profileName(which)}.profile"`)
      .send(encodeProfile(profile))
  }
  if (query.format === 'tree') {
    const { profile } = await loadNow()
    return reply.send(buildCallTree(profile))
  }
  if (query.format === 'speedscope') {
    const { profile } = await loadNow()
    return reply.send(speedscopeFile(buildCallTree(profile), profileName(which)))
  }
  if (query.format === 'svg' || (query.format === undefined && wantsSvg(request))) {
    const { profile, signal } = await loadNow()
    const graph = callGraph(profile)
    return reply.type('image/svg+xml').send(standaloneSvg(await layout(graph.dot, signal), graph))
  }
  return answer(web, request, reply, {
    load,
    html: async (profile, signal) => {
      const list = { limit: 30, offset: 0, filter: '', sortby: '', order: '' } as const
      const groups = which.ofRegions ? [] : (await web.trace.query('goroutines', list, signal)).groups
      const graph = query.as === 'graph' ? await pageGraph(web, request, profile, layout, signal) : null
      // It may be laid out in time when the machine is less busy.
      if (graph !== null && 'error' in graph) reply.header('cache-control', 'no-store')
      return profilePage({ ...asked, base: web.base, profile, groups, graph })
    },
    csv: profile => profileCsv(asked, profile),
  })
}

/** A page whose call graph takes too long still has its other tabs, so it says so in its place. */
async function pageGraph(
  web: Web,
  request: FastifyRequest,
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
    if (!(error instanceof CodedError) || error.code === 'CANCELLED') throw error
    const fault = faultId(web, error, request)
    return { error: fault === null ? error.message : `${error.message} ${faultAdvice(fault)}` }
  }
}

/** Whether a person waits for it, who is shown the progress while the trace is read. */
function isPage(request: FastifyRequest, query: ProfileQuery): boolean {
  return !query.raw && formatOf(request) === 'html' && !wantsSvg(request)
}

/** A browser that follows a link names `text/html` first, an `<img>` does not. */
function wantsSvg(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  return accept.includes('image/svg+xml') && !accept.includes('text/html')
}

/** Parameters that mean something when they are empty: what has no name. */
const mayBeEmpty = new Set(['name', 'type'])

/** A form sends its empty fields. */
function withoutEmpty(query: ProfileQuery): ProfileQuery {
  return Object.fromEntries(Object.entries(query).filter(([name, value]) => mayBeEmpty.has(name) || value !== ''))
}

function profileParams({ kind, ofRegions, query }: AskedProfile): ProfileParams {
  const { name } = query
  const goid = idParam('goid', query.goid)
  return {
    kind,
    ...(ofRegions ? { regions: regionFilter(query) } : name !== undefined && { name }),
    ...(goid !== undefined && { goid }),
    ...windowParam(query),
  }
}
