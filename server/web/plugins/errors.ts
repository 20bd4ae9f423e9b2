/** Every failure as a page or as JSON `{statusCode, error, message}`, in the face that was asked for. */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.js'
import { type Failure, failureModel } from '../view-models/failure.js'
import { faceOf, sendPage, type Web } from '../web.js'

export function registerErrors(app: FastifyInstance, web: Web): void {
  app.setErrorHandler((error: FastifyError | CodedError, request, reply) =>
    sendFailure(web, request, reply, failureOf(error, request)),
  )
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]
    return sendFailure(web, request, reply, {
      status: 404,
      code: 'NOT_FOUND',
      message: `There is no page at ${path}`,
      path,
    })
  })
}

function failureOf(error: FastifyError | CodedError, request: FastifyRequest): Failure {
  if (error instanceof CodedError)
    return { status: error.status, code: error.code, message: error.message, place: error.place }
  if (error.validation !== undefined) {
    return { status: 400, code: 'BAD_PARAMETER', message: parameterMessage(error, request) }
  }
  const status = error.statusCode ?? 500
  if (status < 500) return { status, code: 'BAD_REQUEST', message: error.message }
  // What went wrong inside is for the log, not for the reader of a page.
  request.log.error(error)
  return { status, code: 'INTERNAL', message: 'trace-serve failed while it made this answer.' }
}

/** `limit must be integer, not "many"`. */
function parameterMessage(error: FastifyError, request: FastifyRequest): string {
  const first = error.validation![0]
  const name = first.instancePath.slice(1)
  const value = (request.query as Record<string, unknown>)[name]
  const choices = (first.params as { allowedValues?: string[] }).allowedValues
  const wanted =
    choices === undefined ? first.message : `must be one of ${choices.filter(choice => choice !== '').join(', ')}`
  return `Parameter ${name} ${wanted}, not ${JSON.stringify(value)}`
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
    const { status, message } = failure
    return reply.send({ statusCode: status, error: STATUS_CODES[status] ?? 'Error', message })
  }
  const host = request.socket.localPort === undefined ? null : `http://127.0.0.1:${request.socket.localPort}/`
  const model = failureModel(failure, web.file, host)
  return sendPage(web, reply, { template: 'error.hbs', title: model.title, nav: '', model })
}

/** `format` may be what is malformed, so anything but a plain page is told in JSON. */
function wantsJson(request: FastifyRequest): boolean {
  const { format } = (request.query ?? {}) as { format?: string }
  return faceOf(request) === 'json' || (format !== undefined && format !== 'html')
}
