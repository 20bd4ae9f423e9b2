/** What every route is given, and the way from an answer to a page, a JSON body or a CSV file. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Partial } from '../contract/common.js'
import type { Progress, Trace } from '../contract/trace.js'
import type { CodedError, Fault } from '../errors.js'
import type { WaitingBody } from './answers.js'
import { layoutModel, type PageHead } from './view-models/layout.js'
import type { Format } from './view-models/query.js'
import { readingModel } from './view-models/reading.js'

export interface Web {
  readonly trace: Trace
  /** Path under which all pages of the trace lie, with a slash at both ends; see links.ts. */
  readonly base: string
  /** How long a page waits for a trace that is still read, before it shows the progress instead. */
  readonly pageWaitMs: number
  /** Tells the log of a mistake of our own; gives the id that it has there. */
  readonly report: (fault: Fault, where: string) => string
}

/** A page: its template, what stands around it, and its view model. */
export interface Page extends PageHead {
  readonly template: string
  readonly model: object
}

export interface Formats<A> {
  readonly load: (signal: AbortSignal) => Promise<A>
  readonly html: (answer: A, signal: AbortSignal) => Page | Promise<Page>
  readonly csv?: (answer: A) => string
}

/** Config of a route that answers in JSON whatever is asked for, failures too. */
export const jsonOnly = { jsonOnly: true }

/** `format=` decides; without it an `Accept` that names JSON and not HTML. */
export function formatOf(request: FastifyRequest): Format {
  if ((request.routeOptions.config as { jsonOnly?: boolean } | undefined)?.jsonOnly) return 'json'
  const { format } = request.query as { format?: Format }
  if (format !== undefined) return format
  const accept = request.headers.accept ?? ''
  return accept.includes('application/json') && !accept.includes('text/html') ? 'json' : 'html'
}

export async function sendPage(web: Web, reply: FastifyReply, page: Page): Promise<FastifyReply> {
  return reply.view(page.template, { ...layoutModel({ file: web.trace.name, base: web.base }, page), ...page.model })
}

/** Answers in the format that the request asks for; see `waitUntilReady` for a trace that is still read. */
export async function answer<A extends object>(
  web: Web,
  request: FastifyRequest,
  reply: FastifyReply,
  formats: Formats<A>,
): Promise<FastifyReply> {
  const format = formatOf(request)
  if (!(await waitUntilReady(web, request, reply, format))) return reply
  const signal = abortSignal(reply)
  const result = await formats.load(signal)
  setPartial(reply, (result as { partial?: Partial | null }).partial)
  if (format === 'json') return reply.send(result)
  if (format === 'csv' && formats.csv !== undefined) {
    const name = request.routeOptions.url?.split('/').at(-1) || 'trace'
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name}.csv"`)
      .send(formats.csv(result))
  }
  return sendPage(web, reply, await formats.html(result, signal))
}

/** `Trace-Partial` says what was lost, also on bodies that have no room for it. */
export function setPartial(reply: FastifyReply, partial: Partial | null | undefined): void {
  if (partial) reply.header('trace-partial', `lostBytes=${partial.lostBytes}`)
}

/**
 * The id of the mistake of our own that a question failed of, once the log has it; null when it failed of something
 * else.
 */
export function faultId(web: Web, { fault }: CodedError, request: FastifyRequest): string | null {
  return fault === null ? null : web.report(fault, request.routeOptions.url ?? 'no route')
}

/** Aborted when the client goes away before the answer is sent. */
export function abortSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // It may have gone while something else was waited for.
  if (reply.raw.destroyed) controller.abort()
  else {
    reply.raw.once('close', () => {
      if (!reply.raw.writableEnded) controller.abort()
    })
  }
  return controller.signal
}

/**
 * False when the request is already answered: `wait=0`, or a page that has waited long enough, gets 202 with the
 * progress. JSON and CSV wait as long as it takes, so that a script never sees half a figure.
 */
export async function waitUntilReady(
  web: Web,
  request: FastifyRequest,
  reply: FastifyReply,
  format: Format,
): Promise<boolean> {
  const { wait } = request.query as { wait?: string }
  let progress = web.trace.progress()
  if (progress.ready || progress.failed !== null) return true
  if (wait !== '0') {
    if (format !== 'html') return true
    progress = await readyWithin(web, web.pageWaitMs)
    if (progress.ready || progress.failed !== null) return true
  }
  reply.code(202)
  if (format === 'html') {
    await sendPage(web, reply, {
      template: 'reading.hbs',
      title: 'Reading',
      nav: null,
      reload: true,
      model: readingModel(progress),
    })
  } else {
    await reply.send({ ready: false, progress: progress.progress } satisfies WaitingBody)
  }
  return false
}

function readyWithin({ trace }: Web, ms: number): Promise<Progress> {
  return new Promise(resolve => {
    const finish = (): void => {
      clearTimeout(timer)
      stop()
      resolve(trace.progress())
    }
    const timer = setTimeout(finish, ms)
    const stop = trace.onProgress(progress => {
      if (progress.ready || progress.failed !== null) finish()
    })
  })
}
