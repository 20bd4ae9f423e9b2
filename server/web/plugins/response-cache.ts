/**
 * The response cache: the bodies of answers under a byte budget. What is asked for again is not worked out again, as
 * the trace, and so the answer, is the same as long as the server runs; one that says `no-store` is not kept.
 *
 * Who asks for what is being worked out for another waits for that, unless the other's client takes it too slowly.
 */
import { createHash } from 'node:crypto'
import { finished, pipeline, Readable, Transform } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Trace } from '../../contract/trace.js'
import { Lru } from '../../core/lru.js'
import { abortSignal, formatOf } from '../web.js'

/** What an answer says of its body; all else is said anew to each client. */
const headersOfBody = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'vary',
  'etag',
  'cache-control',
  'trace-partial',
  'trace-file',
]
/** Time in all for which a client keeps a stream waiting that others wait for, ms; and how often they look. */
const STALLED_MS = 5000
const LOOK_MS = 1000
/** Of the budget, for one answer. */
const LARGEST_SHARE = 0.5
/** Of an answer beside its body and its headers: the key, a hash, and objects; 0.9 KB were measured. */
const ENTRY_BYTES = 1024

interface Kept {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** All that is held for it. */
  readonly bytes: number
}

type Headers = Kept['headers']

/** An answer that is being worked out, or sent as a stream. */
class UnderWay {
  /** When its client was given a piece that it has not taken yet; null: there is none. */
  private givenAt: number | null = null
  /** For how long it left pieces lying, ms. */
  private lay = 0
  /** Ends the waiting for it: it is kept, or it will not be. */
  end!: () => void
  readonly ended = new Promise<void>(resolve => {
    this.end = resolve
  })

  given(): void {
    this.givenAt ??= performance.now()
  }

  taken(): void {
    this.lay = this.lying
    this.givenAt = null
  }

  /** Whether its client holds those up who wait: it takes nothing, or little at a time. */
  get isStalled(): boolean {
    return this.lying > STALLED_MS
  }

  private get lying(): number {
    return this.lay + (this.givenAt === null ? 0 : performance.now() - this.givenAt)
  }

  /** Resolves at its end, after a while, or when nobody waits any more. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const settle = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', settle)
        resolve()
      }
      const timer = setTimeout(settle, LOOK_MS)
      signal.addEventListener('abort', settle, { once: true })
      void this.ended.then(settle)
    })
  }
}

class ResponseCache {
  private readonly responses: Lru<string, Kept>
  /** Of streams that are still on their way to a client. */
  private collecting = 0

  constructor(private readonly budgetBytes: number) {
    this.responses = new Lru({ budget: budgetBytes, sizeOf: ({ bytes }) => bytes })
  }

  get(key: string): Kept | undefined {
    return this.responses.get(key)
  }

  has(key: string): boolean {
    return this.responses.has(key)
  }

  /** The body becomes ours: its memory holds nothing else. */
  add(key: string, body: Buffer, headers: Headers): void {
    if (body.length > this.budgetBytes * LARGEST_SHARE || this.has(key)) return
    const texts = Object.values(headers).reduce((sum, { length }) => sum + length, 0)
    const bytes = body.length + texts + ENTRY_BYTES
    this.responses.makeRoom(bytes + this.collecting)
    this.responses.add(key, { body, headers, bytes })
  }

  /** Passes a stream on, and keeps what came by when it has ended well and is not too large. */
  passing(key: string, headers: Headers, stream: Readable, waited: UnderWay | undefined): Transform {
    let pieces: Buffer[] | null = []
    let bytes = 0
    const drop = () => {
      this.collecting -= bytes
      pieces = null
      bytes = 0
    }
    const passed = new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        waited?.given()
        if (pieces !== null) {
          pieces.push(piece)
          bytes += piece.length
          this.collecting += piece.length
          if (bytes > this.budgetBytes * LARGEST_SHARE || this.collecting > this.budgetBytes) {
            drop()
            waited?.end()
          } else this.responses.makeRoom(this.collecting)
        }
        done(null, piece)
      },
      flush: done => {
        const body = pieces === null ? null : ownCopy(pieces)
        drop()
        if (body !== null) this.add(key, body, headers)
        done()
      },
    })
    passed.on('drain', () => waited?.taken())
    return pipeline(stream, passed, drop)
  }
}

/** Small buffers share memory with others, which would be kept too. */
function ownCopy(pieces: readonly Uint8Array[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    copy.set(piece, at)
    at += piece.length
  }
  return copy
}

/** For the routes of `app`; errors are not kept. */
export function registerResponseCache(app: FastifyInstance, trace: Trace, budgetBytes: number): void {
  const responses = new ResponseCache(budgetBytes)
  /** By request in words, and by request as such. */
  const underWay = new Map<string, UnderWay>()
  const waitedFor = new WeakMap<FastifyRequest, UnderWay>()

  // After all hooks that set headers for each client, and after parameters were checked.
  app.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'GET') return
    const key = keyOf(request)
    const signal = abortSignal(reply)
    for (;;) {
      // A trace that failed, because its file changed for one thing, answers nothing.
      if (trace.progress().failed !== null) return
      const kept = responses.get(key)
      if (kept !== undefined) return sendKept(request, reply, kept)
      // A page tells soon how far the trace has been read, to each who asks.
      if (!trace.progress().ready && formatOf(request) === 'html') return
      const other = underWay.get(key)
      if (other === undefined) break
      if (other.isStalled || signal.aborted) return
      await other.wait(signal)
    }
    const mine = new UnderWay()
    underWay.set(key, mine)
    waitedFor.set(request, mine)
    void mine.ended.then(() => underWay.delete(key))
    finished(reply.raw, mine.end)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) return payload
    const key = keyOf(request)
    if (responses.has(key) || String(reply.getHeader('cache-control')).includes('no-store')) return payload
    const headers: Record<string, string> = {}
    for (const name of headersOfBody) {
      const value = reply.getHeader(name)
      if (value !== undefined) headers[name] = String(value)
    }
    const waited = waitedFor.get(request)
    if (payload instanceof Readable) return responses.passing(key, headers, payload, waited)
    if (typeof payload === 'string' || payload instanceof Uint8Array) {
      const body = typeof payload === 'string' ? Buffer.from(payload) : payload
      responses.add(key, ownCopy([body]), headers)
      waited?.end()
    }
    return payload
  })
}

/** Names all of a request that an answer depends on, in a length that no request chooses. */
function keyOf({ url, headers }: FastifyRequest): string {
  const asked = JSON.stringify([url, headers.accept, headers['accept-encoding']])
  return createHash('sha256').update(asked).digest('base64url')
}

function sendKept(request: FastifyRequest, reply: FastifyReply, { body, headers }: Kept): FastifyReply {
  if (headers.etag !== undefined && request.headers['if-none-match'] === headers.etag) return reply.code(304).send()
  return reply.headers(headers).send(body)
}
