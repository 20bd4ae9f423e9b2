/** What one client may take: bytes of a request, time to send it, time in which it reads nothing of an answer, connections. */

import type { Server } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.js'

/** A URL with a filter and two function names of 1024 bytes, percent-encoded. */
const MAX_URL = 8192
const MAX_CONNECTIONS = 512

export interface Limits {
  /** Time to send a request, ms. */
  readonly requestMs: number
  /** Time in which a client may read nothing of an answer that is being sent, ms. */
  readonly stalledMs: number
}

const usual: Limits = { requestMs: 30_000, stalledMs: 60_000 }

/** Options of the server itself; Node refuses larger headers with 431. */
export function limitOptions(limits: Limits = usual): FastifyHttpOptions<Server> {
  return { bodyLimit: 1024, requestTimeout: limits.requestMs, http: { maxHeaderSize: 16_384 } }
}

export function registerLimits(app: FastifyInstance, limits: Limits = usual): void {
  app.server.maxConnections = MAX_CONNECTIONS
  app.addHook('onRequest', async request => {
    const { length } = request.url
    if (length > MAX_URL)
      throw new CodedError('TOO_LONG', `This address has ${length} characters, of at most ${MAX_URL}.`)
  })
  // Only while an answer is sent: somebody may wait for long until a trace is read. Streams of progress do not come by here.
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
