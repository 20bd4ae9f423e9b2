/**
 * Every failure as a page or as JSON `{statusCode, error, message}`, with `fault`, its id in the log, when it is a
 * mistake of ours, in the format that was asked for.
 */
import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError, codedError } from '../../errors.js'
import type { FailureBody } from '../answers.js'
import { type Failure, failureModel } from '../view-models/failure.js'
import { faultId, formatOf, sendPage, type Web } from '../web.js'

export function registerErrors(app: FastifyInstance, web: Web): void {
  app.setErrorHandler((error: FastifyError | CodedError, request, reply) =>
    sendFailure(web, request, reply, failureOf(web, error, request)),
  )
  // Of a stream that fails the client sees only that it breaks off.
  app.addHook('onSend', async (request, _reply, payload) => {
    if (payload instanceof Readable) payload.once('error', error => reportBroken(web, error, request))
    return payload
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]
    return sendFailure(web, request, reply, {
      status: 404,
      code: 'NOT_FOUND',
      message: `There is no page at ${path}`,
      path: path.startsWith(web.base) ? path.slice(web.base.length) : '',
    })
  })
}

function failureOf(web: Web, error: FastifyError | CodedError, request: FastifyRequest): Failure {
  if (!(error instanceof CodedError)) {
    if (error.validation !== undefined) {
      return { status: 400, code: 'BAD_PARAMETER', message: parameterMessage(error, request) }
    }
    const { statusCode = 500, message } = error
    if (statusCode < 500) return { status: statusCode, code: 'BAD_REQUEST', message }
  }
  const coded = codedError(error)
  const { status, code, message, place } = coded
  return { status, code, message, place, fault: faultId(web, coded, request) }
}

/** What a stream was destroyed with; errors of the system are those of a client that left. */
function reportBroken(web: Web, error: NodeJS.ErrnoException, request: FastifyRequest): void {
  if (error instanceof CodedError || error.code === undefined) faultId(web, codedError(error), request)
}

/** `limit must be integer, not "many"`. */
function parameterMessage(error: FastifyError, request: FastifyRequest): string {
  const first = error.validation![0]
  const name = first.instancePath.slice(1)
  const value = (request.query as Record<string, unknown>)[name]
  const choices = (first.params as { allowedValues?: string[] }).allowedValues
  const wanted =
    choices === undefined ? first.message : `must be one of ${choices.filter(choice => choice !== '').join(', ')}`
  return `Parameter ${name} ${wanted}, not ${typeof value === 'number' ? value : JSON.stringify(value)}`
}

async function sendFailure(
  web: Web,
  request: FastifyRequest,
  reply: FastifyReply,
  failure: Failure,
): Promise<FastifyReply> {
  reply.code(failure.status)
  if (failure.code === 'BUSY') reply.header('retry-after', '1')
  if (wantsJson(request)) {
    const { status, message, fault } = failure
    return reply.send({
      statusCode: status,
      error: STATUS_CODES[status] ?? 'Error',
      message,
      ...(fault != null && { fault }),
    } satisfies FailureBody)
  }
  const host = request.socket.localPort === undefined ? null : `http://127.0.0.1:${request.socket.localPort}/`
  const model = failureModel(failure, web.trace.name, host)
  return sendPage(web, reply, { template: 'error.hbs', title: model.title, nav: null, model })
}

/** `format` may be what is malformed, so anything but a plain page is told in JSON. */
function wantsJson(request: FastifyRequest): boolean {
  const { format } = (request.query ?? {}) as { format?: string }
  return formatOf(request) === 'json' || (format !== undefined && format !== 'html')
}
