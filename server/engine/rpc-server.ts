/**
 * The end that answers (rpc-client.ts is the one that asks). Work goes on in turns, one part at a time, and messages
 * are taken between two parts: what was cancelled costs nothing any more, however much waits before it. A stream gives
 * no more pieces than its client has asked for, so that a slow client holds neither memory nor the others up.
 */

import type { Methods, RpcPort, RpcReply, RpcRequest } from './rpc-messages.js'
import { asErrorData } from './trace-data.js'

/**
 * Work in parts, and its answer. A stream yields its bytes, whose memory is the client's then; an empty piece, the only
 * kind of a question, lets the others have their turn.
 */
export type Work<A> = Generator<Uint8Array, A>

/**
 * Gives answers, at once, later or by work in turns; throws CodedError for what can't be answered. Whatever it throws
 * fails this question alone. The signal is aborted when no one waits any more.
 */
export type Handlers<C, M extends Methods<M>> = {
  readonly [N in keyof M]: (
    context: C,
    params: M[N]['params'],
    signal: AbortSignal,
  ) => M[N]['answer'] | Promise<M[N]['answer']> | Work<M[N]['answer']>
}

interface Job {
  readonly name: string
  readonly params: unknown
  readonly leaving: AbortController
  work: Work<unknown> | null
  /** Pieces that its client takes. */
  wanted: number
}

export class RpcServer<C, M extends Methods<M>> {
  /** In the order of their turns. */
  private readonly jobs = new Map<number, Job>()
  /** Those whose answer comes by itself. */
  private readonly later = new Map<number, Job>()
  private context: C | null = null
  private scheduled = false

  /** @param around stands around each part of the work */
  constructor(
    private readonly port: RpcPort<RpcReply, RpcRequest>,
    private readonly handlers: Handlers<C, M>,
    private readonly around: (work: () => void) => void = work => work(),
  ) {
    port.on('message', (request: RpcRequest) => this.receive(request))
  }

  /** Begins with what waits. */
  begin(context: C): void {
    this.context = context
    this.schedule()
  }

  private receive(request: RpcRequest): void {
    const { id } = request
    if (request.type === 'open') {
      const { name, params, pieces } = request
      const wanted = pieces ?? Number.POSITIVE_INFINITY
      this.jobs.set(id, { name, params, leaving: new AbortController(), work: null, wanted })
    } else if (request.type === 'more') {
      const job = this.jobs.get(id)
      if (job !== undefined) job.wanted += request.pieces
    } else if (request.type === 'cancel') {
      const job = this.jobs.get(id) ?? this.later.get(id)
      this.jobs.delete(id)
      this.later.delete(id)
      job?.work?.return(undefined)
      job?.leaving.abort()
    } else return
    this.schedule()
  }

  /** Takes the next turn soon, after messages that wait. */
  private schedule(): void {
    if (this.scheduled || this.context === null) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.turn(this.context as C)
    })
  }

  /** One part of the job whose turn it is. */
  private turn(context: C): void {
    for (const [id, job] of this.jobs) {
      if (job.wanted === 0) continue
      this.jobs.delete(id)
      try {
        this.around(() => this.goOn(context, id, job))
      } catch (error) {
        this.send({ type: 'failed', id, error: asErrorData(error) })
      }
      this.schedule()
      return
    }
  }

  private goOn(context: C, id: number, job: Job): void {
    if (job.work === null) {
      const handler = this.handlers[job.name as keyof M]
      const begun: unknown = handler(context, job.params as never, job.leaving.signal)
      if (begun instanceof Promise) {
        this.later.set(id, job)
        this.finish(id, begun)
        return
      }
      if (!isWork(begun)) {
        this.answer(id, begun)
        return
      }
      job.work = begun
    }
    const { done, value } = job.work.next()
    if (done) {
      this.answer(id, value)
      return
    }
    this.jobs.set(id, job)
    if ((value as Uint8Array).length === 0) return
    job.wanted--
    this.send({ type: 'piece', id, bytes: value as Uint8Array }, [(value as Uint8Array).buffer as ArrayBuffer])
  }

  private finish(id: number, answer: Promise<unknown>): void {
    const isWanted = () => this.later.delete(id)
    answer.then(
      value => {
        if (isWanted()) this.answer(id, value)
      },
      error => {
        if (isWanted()) this.send({ type: 'failed', id, error: asErrorData(error) })
      },
    )
  }

  private answer(id: number, answer: unknown): void {
    this.send({ type: 'answer', id, answer }, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : [])
  }

  private send(reply: RpcReply, transfer: ArrayBuffer[] = []): void {
    this.port.postMessage(reply, transfer)
  }
}

function isWork(begun: unknown): begun is Work<unknown> {
  return typeof begun === 'object' && begun !== null && Symbol.iterator in begun && 'next' in begun
}
