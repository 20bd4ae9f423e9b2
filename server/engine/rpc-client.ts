/**
 * Questions and streams between two threads: the end that asks (rpc-server.ts is the other).
 *
 * A client outlives the thread that answers: what is open when that one dies is asked again of the next, but not for
 * ever, as it may have died of one of the questions.
 */
import { CodedError } from '../errors.js'
import {
  type Call,
  type Calls,
  cancelled,
  type Methods,
  type RpcPort,
  type RpcReply,
  type RpcRequest,
} from './rpc-messages.js'
import { StreamedCall } from './rpc-stream.js'

/** Threads that may die over one question: most die of another, and a long answer may see two of them. */
const MOST_DEATHS = 3

export class RpcClient<M extends Methods<M>> implements Calls {
  private readonly calls = new Map<number, { readonly call: Call; deaths: number }>()
  private nextId = 1
  /** Null while there is no thread that could answer: calls wait. */
  private port: RpcPort<RpcRequest, RpcReply> | null = null
  /** Why nothing will be answered any more. */
  private failure: CodedError | null = null

  /**
   * @param most questions that may be open while there is a thread: further ones are refused
   * @param failed called with the error of each call that failed, after that was told
   */
  constructor(
    private readonly most = Number.POSITIVE_INFINITY,
    private readonly failed: (error: CodedError) => void = () => {},
  ) {}

  /** Asks all that waits. */
  attach(port: RpcPort<RpcRequest, RpcReply>): void {
    this.port = port
    // What a thread has sent before its end may come when another has been asked.
    port.on('message', (reply: RpcReply) => {
      if (port === this.port) this.receive(reply)
    })
    for (const { call } of this.calls.values()) call.open()
  }

  /** The thread died: what it was asked waits for another. */
  detach(error: CodedError): void {
    if (this.port === null) return
    this.port = null
    for (const [id, waiting] of [...this.calls]) {
      if (++waiting.deaths === MOST_DEATHS) this.end(id)?.failed(error)
    }
  }

  /** Ends all calls with an error, and all that will come. */
  fail(error: CodedError): void {
    this.failure = error
    for (const id of [...this.calls.keys()]) this.end(id)?.failed(error)
  }

  /** Rejects with a CodedError: that of the question, CANCELLED when the signal is aborted, BUSY. */
  call<N extends keyof M & string>(name: N, params: M[N]['params'], signal?: AbortSignal): Promise<M[N]['answer']> {
    if (signal?.aborted) return Promise.reject(cancelled())
    if (this.port !== null && this.calls.size >= this.most) {
      return Promise.reject(new CodedError('BUSY', `${this.most} requests are waiting already. Try again in a moment.`))
    }
    const id = this.newId()
    return new Promise((resolve, reject) => {
      const settle = () => signal?.removeEventListener('abort', abort)
      const abort = () => {
        this.cancel(id)
        reject(cancelled())
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.start(id, {
        open: () => this.send({ type: 'open', id, name, params, pieces: null }),
        piece: () => {},
        done: answer => {
          settle()
          resolve(answer as M[N]['answer'])
        },
        failed: error => {
          settle()
          reject(error)
        },
      })
    })
  }

  /** Begins a stream of bytes, which is destroyed with a CodedError when it fails or the signal is aborted. */
  stream<N extends keyof M & string>(name: N, params: M[N]['params'], signal?: AbortSignal): StreamedCall {
    return new StreamedCall(this, name, params, signal)
  }

  newId(): number {
    return this.nextId++
  }

  start(id: number, call: Call): void {
    this.calls.set(id, { call, deaths: 0 })
    if (this.failure !== null) this.end(id)?.failed(this.failure)
    else if (this.port !== null) call.open()
  }

  cancel(id: number): void {
    if (this.end(id) !== undefined) this.send({ type: 'cancel', id })
  }

  send(request: RpcRequest): void {
    this.port?.postMessage(request)
  }

  private end(id: number): Call | undefined {
    const call = this.calls.get(id)?.call
    this.calls.delete(id)
    return call
  }

  private receive(reply: RpcReply): void {
    if (reply.type === 'piece') this.calls.get(reply.id)?.call.piece(reply.bytes)
    else if (reply.type === 'answer') this.end(reply.id)?.done(reply.answer)
    else if (reply.type === 'failed') {
      const error = CodedError.from(reply.error)
      this.end(reply.id)?.failed(error)
      this.failed(error)
    }
  }
}
