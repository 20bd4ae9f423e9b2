/** What one client may take: bytes of a request, time to send it, time in which it reads nothing of an answer. */
import type { Server } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.js'

/** A URL with a filter and two function names of 1024 bytes, percent-encoded. */
const MAX_URL = 8192
/** Of what Node takes. */
export const LONGEST_URL = 16_384
/** Looks for requests that are late, in the time that one has. */
const LOOKS = 6

export interface Limits {
  /** Time to send a request, ms. */
  readonly requestMs: number
  /** Time in which a client may read nothing of an answer that is being sent, ms. */
  readonly stalledMs: number
}

const usual: Limits = { requestMs: 30_000, stalledMs: 60_000 }

/** Options of the server itself; Node refuses larger headers with 431, and later requests with 408. */
export function limitOptions({ requestMs }: Limits = usual): FastifyHttpOptions<Server> {
  return {
    bodyLimit: 1024,
    requestTimeout: requestMs,
    http: {
      maxHeaderSize: LONGEST_URL,
      connectionsCheckingInterval: requestMs / LOOKS,
      // A request without a host is refused as one with a wrong host is.
      requireHostHeader: false,
    },
  }
}

export function registerLimits(app: FastifyInstance, limits: Limits = usual): void {
  app.addHook('onRequest', async (request, reply) => {
    // All requests of one packet come, also those behind the one that ended their connection.
    if (request.raw.socket.destroyed) return reply.hijack()
    const { length } = request.url
    if (length > MAX_URL)
      throw new CodedError('TOO_LONG', `This address has ${length} characters, of at most ${MAX_URL}.`)
  })
  // Only while an answer is sent: somebody may wait for long until a trace is read. Streams of progress do not come by
  // here.
  app.addHook('onSend', async (request, reply) => {
    // A request that was injected has no connection, and its timer nobody who ends it.
    const { socket } = request.raw
    if (!(socket instanceof Socket)) return
    reply.raw.setTimeout(limits.stalledMs, () => {
      // With nothing to read, it is the client that waits: for a large export, or for a trace that is read again.
      if (socket.writableLength > 0 || reply.raw.writableLength > 0) reply.raw.destroy()
      else reply.raw.setTimeout(limits.stalledMs)
    })
  })
}
