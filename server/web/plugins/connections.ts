/**
 * Connections before and between their requests: how many there are, how many requests wait on one, and what is
 * answered to bytes that never become a request of a route. Node and the router would answer these by themselves,
 * without the headers that all answers have.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { policyHeaders } from './security.js'

/** A system gives a program 1,024 files at the least, as a rule. */
const MAX_CONNECTIONS = 512
/** A browser sends the next request when it has the answer to the one before. */
const MAX_UNANSWERED = 4

export class Connections {
  private count = 0
  /** On which nothing was asked yet, the oldest first. */
  private readonly silent = new Set<Socket>()
  /** On which nobody waits for an answer any more, the one that has been so longest first. */
  private readonly idle = new Set<Socket>()
  private readonly unanswered = new WeakMap<Socket, Set<ServerResponse>>()

  constructor(private readonly most = MAX_CONNECTIONS) {}

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.add(socket))
    // Before the routes hear of it.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.begin(request.socket, response),
    )
    server.on('checkExpectation', (_request, response: ServerResponse) => {
      const { headers, body } = refusal(417, 'Nothing is expected here.')
      response.writeHead(417, headers).end(body)
    })
  }

  /** The answer to what is no HTTP, too large or too slow. */
  refuse = (error: NodeJS.ErrnoException, socket: Socket): void => {
    // What is being answered there cannot be told from a refusal in its midst.
    if (socket.writable && error.code !== 'ECONNRESET' && !this.unanswered.get(socket)?.size) {
      const status = statusOf(error)
      const { headers, body } = refusal(status, refusals[status])
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
    }
    socket.destroy()
  }

  private add(socket: Socket): void {
    this.count++
    this.silent.add(socket)
    socket.once('close', () => {
      this.count--
      this.silent.delete(socket)
      this.idle.delete(socket)
      this.closeWaiting(socket)
    })
    // Whoever only holds a connection makes room for who asks; the newest itself, where all others are asking.
    if (this.count > this.most) this.makeRoom()
  }

  private makeRoom(): void {
    const candidates = this.silent.size === 1 && this.idle.size > 0 ? this.idle : this.silent
    for (const longest of candidates) return void longest.destroy()
  }

  private begin(socket: Socket, response: ServerResponse): void {
    const waiting = this.unanswered.get(socket) ?? new Set()
    this.unanswered.set(socket, waiting)
    waiting.add(response)
    this.silent.delete(socket)
    this.idle.delete(socket)
    if (waiting.size > MAX_UNANSWERED) socket.destroy()
    response.once('close', () => {
      waiting.delete(response)
      if (waiting.size === 0 && !socket.destroyed) this.idle.add(socket)
    })
  }

  /** Node tells only the answer that is being sent of the end of its connection, not those that wait behind it. */
  private closeWaiting(socket: Socket): void {
    for (const response of this.unanswered.get(socket) ?? []) {
      if (response.socket !== null) continue
      response.destroy()
      response.emit('close')
    }
  }
}

/** The answer to an address that the router cannot read. */
export function refuseAddress(_error: Error, _request: unknown, reply: FastifyReply): void {
  const { headers, body } = refusal(400, 'This address cannot be read: a % in it is followed by no character.')
  reply.code(400).headers(headers).send(body)
}

const refusals = {
  400: 'This is no request.',
  408: 'This request took too long to come.',
  431: 'The headers of this request are too large.',
} as const

function statusOf({ code }: NodeJS.ErrnoException): keyof typeof refusals {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  return code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
}

function refusal(statusCode: number, message: string): { headers: Record<string, string | number>; body: string } {
  const body = JSON.stringify({ statusCode, error: STATUS_CODES[statusCode], message })
  const type = 'application/json; charset=utf-8'
  return {
    headers: { ...policyHeaders, 'content-type': type, 'content-length': body.length, connection: 'close' },
    body,
  }
}
