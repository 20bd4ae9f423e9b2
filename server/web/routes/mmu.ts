/** `/mmu`: minimum mutator utilisation as page, and as the JSON of cmd/trace (`mode=plot`, `mode=details`). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { MmuPlotAnswer } from '../../contract/mmu.js'
import { CodedError } from '../../errors.js'
import { linkWith } from '../links.js'
import {
  defaultWindow,
  detailsBody,
  type MmuQuery,
  mmuCsv,
  mmuFlags,
  mmuPage,
  mmuProperties,
  pageFlags,
  plotBody,
} from '../view-models/mmu.js'
import { malformed } from '../view-models/params.js'
import { querySchema } from '../view-models/query.js'
import { abortSignal, answer, formatOf, setPartial, type Web, waitUntilReady } from '../web.js'

export function mmuRoutes(app: FastifyInstance, web: Web): void {
  app.get('/mmu', { schema: querySchema(mmuProperties) }, async (request, reply) => {
    const query = request.query as MmuQuery
    if (query.mode === 'details') return sendDetails(web, query, request, reply)
    const asJson = query.mode === 'plot' || formatOf(request) === 'json'
    if (asJson) return sendPlot(web, query, request, reply)
    if (query.view !== undefined) return reply.redirect(formUrl(query), 303)

    const flags = mmuFlags(pageFlags(query))
    return answer(web, request, reply, {
      load: signal => web.trace.query('mmuPlot', flags, signal),
      html: async (plot, signal) => {
        const window = windowOf(query) ?? defaultWindow(plot)
        const params = { flags: flags.flags, windowNs: window }
        return mmuPage(plot, await web.trace.query('mmuDetails', params, signal), window, query)
      },
      csv: mmuCsv,
    })
  })
}

/** JSON whatever the client accepts, as in cmd/trace; a page that waits would be no use to its readers. */
async function sendPlot(
  web: Web,
  query: MmuQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (!(await waitUntilReady(web, request, reply, 'json'))) return reply
  const flags = mmuFlags(query.mode === 'plot' ? (query.flags ?? '') : pageFlags(query))
  const plot: MmuPlotAnswer = await web.trace.query('mmuPlot', flags, abortSignal(reply))
  setPartial(reply, plot.partial)
  return reply.send(plotBody(plot))
}

async function sendDetails(
  web: Web,
  query: MmuQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const windowNs = windowOf(query)
  if (windowNs === undefined) throw new CodedError('BAD_PARAMETER', 'Parameter window is missing: a length in ns.')
  if (!(await waitUntilReady(web, request, reply, 'json'))) return reply
  const { flags } = mmuFlags(query.flags ?? '')
  const details = await web.trace.query('mmuDetails', { flags, windowNs }, abortSignal(reply))
  setPartial(reply, details.partial)
  return reply.type('application/json; charset=utf-8').send(detailsBody(details, windowNs, web.base))
}

/** A length of 2^63 and more is no window, as in cmd/trace. */
function windowOf({ window }: MmuQuery): number | undefined {
  if (window === undefined || window === '') return undefined
  if (!/^[0-9]+$/.test(window) || BigInt(window) >= 1n << 64n) {
    throw malformed('window', 'a whole number of ns', window)
  }
  return BigInt(window) >= 1n << 63n ? 0 : Number(window)
}

/** The form sends a field for each box that is checked. */
function formUrl(query: MmuQuery): string {
  const { view, window } = query
  const fields = query as unknown as Record<string, string | undefined>
  const boxes = ['stw', 'background', 'assist', 'sweep', 'mut'].filter(name => fields[name] !== undefined)
  const flags = [...(view === 'perProc' ? ['perProc'] : []), ...boxes].join('|')
  return linkWith('mmu', { flags, window: window === '' ? undefined : window })
}
