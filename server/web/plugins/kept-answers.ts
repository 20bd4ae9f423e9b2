/**
 * Keeps the bodies of answers, those used last under a byte budget: what is asked for again is not worked out again. The trace is the same as
 * long as the server runs, so an answer is too; one that says `no-store` is not kept.
 *
 * Who asks for what is being worked out for another waits for that, though not for long: the other's client may be slow.
 */
import { finished, pipeline, Readable, Transform } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TraceClient } from '../../analysis/trace-client.js'
import { abortSignal } from '../web.js'

/** What an answer says of its body; all else is said anew to each client. */
const headersOfBody = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'vary',
  'etag',
  'cache-control',
  'trace-partial',
]
/** Time to wait for an equal answer, ms. */
const WAIT_MS = 10_000
/** Of the budget, for one answer. */
const LARGEST_SHARE = 0.5
/** Of an answer beside its body: the key with a URL, headers, objects. */
const ENTRY_BYTES = 1024

interface Kept {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Bodies by request, the one used last at the end. */
class KeptAnswers {
  private readonly answers = new Map<string, Kept>()
  private bytes = 0
  /** Of streams that are still on their way to a client. */
  private collecting = 0

  constructor(private readonly budgetBytes: number) {}

  get(key: string): Kept | undefined {
    const kept = this.answers.get(key)
    if (kept === undefined) return undefined
    this.answers.delete(key)
    this.answers.set(key, kept)
    return kept
  }

  has(key: string): boolean {
    return this.answers.has(key)
  }

  add(key: string, kept: Kept): void {
    if (kept.body.length > this.budgetBytes * LARGEST_SHARE || this.has(key)) return
    this.answers.set(key, kept)
    this.bytes += kept.body.length + ENTRY_BYTES
    this.makeRoom()
  }

  /** Passes a stream on, and keeps what came by when it has ended well. */
  passing(key: string, headers: Kept['headers'], stream: Readable): Transform {
    let pieces: Buffer[] | null = []
    let bytes = 0
    const drop = () => {
      this.collecting -= bytes
      pieces = null
      bytes = 0
    }
    const passed = new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        if (pieces !== null) {
          pieces.push(piece)
          bytes += piece.length
          this.collecting += piece.length
          if (bytes > this.budgetBytes * LARGEST_SHARE || this.collecting > this.budgetBytes) drop()
          else this.makeRoom()
        }
        done(null, piece)
      },
      flush: done => {
        const body = pieces === null ? null : Buffer.concat(pieces)
        drop()
        if (body !== null) this.add(key, { body, headers })
        done()
      },
    })
    return pipeline(stream, passed, drop)
  }

  private makeRoom(): void {
    for (const [oldest, { body }] of this.answers) {
      if (this.bytes + this.collecting <= this.budgetBytes) break
      this.answers.delete(oldest)
      this.bytes -= body.length + ENTRY_BYTES
    }
  }
}

/** For the routes of `app`; errors are not kept. */
export function registerKeptAnswers(app: FastifyInstance, client: TraceClient, budgetBytes: number): void {
  const answers = new KeptAnswers(budgetBytes)
  /** What is being worked out, by request. */
  const underWay = new Map<string, Promise<void>>()

  // After all hooks that set headers for each client, and after parameters were checked.
  app.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'GET') return
    const key = keyOf(request)
    const signal = abortSignal(reply)
    const until = Date.now() + WAIT_MS
    for (;;) {
      // A trace that failed, because its file changed for one thing, answers nothing.
      if (client.progress().failed !== null) return
      const kept = answers.get(key)
      if (kept !== undefined) return sendKept(request, reply, kept)
      const other = underWay.get(key)
      if (other === undefined || Date.now() >= until || signal.aborted) break
      await within(other, until - Date.now(), signal)
    }
    if (underWay.has(key)) return
    const ended = new Promise<void>(resolve => finished(reply.raw, () => resolve()))
    underWay.set(key, ended)
    void ended.then(() => underWay.delete(key))
  })

  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) return payload
    const key = keyOf(request)
    if (answers.has(key) || String(reply.getHeader('cache-control')).includes('no-store')) return payload
    const headers: Record<string, string> = {}
    for (const name of headersOfBody) {
      const value = reply.getHeader(name)
      if (value !== undefined) headers[name] = String(value)
    }
    if (payload instanceof Readable) return answers.passing(key, headers, payload)
    if (typeof payload === 'string' || payload instanceof Uint8Array) {
      answers.add(key, { body: Buffer.from(payload as Uint8Array), headers })
    }
    return payload
  })
}

/** All of a request that an answer depends on. */
function keyOf({ url, headers }: FastifyRequest): string {
  return JSON.stringify([url, headers.accept, headers['accept-encoding']])
}

function sendKept(request: FastifyRequest, reply: FastifyReply, { body, headers }: Kept): FastifyReply {
  if (headers.etag !== undefined && request.headers['if-none-match'] === headers.etag) return reply.code(304).send()
  return reply.headers(headers).send(body)
}

/** Resolves when something has ended, after a time, or when nobody waits any more. */
function within(ended: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', settle)
      resolve()
    }
    const timer = setTimeout(settle, ms)
    signal.addEventListener('abort', settle, { once: true })
    void ended.then(settle)
  })
}
