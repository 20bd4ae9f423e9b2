/**
 * The order worker's second life: once the trace has been read it answers jobs on the events of single generations. It
 * has what they need, the checkpoints and the dictionary of the first pass.
 *
 * A job is a generator of pieces of bytes. Jobs take turns, piece by piece, and none gives more pieces than its client
 * has asked for; so a slow client holds neither memory nor the others up. An empty piece is a turn that gave nothing
 * yet, of which the client hears nothing: a trace may have 30,000 generations.
 */
import type { MessagePort } from 'node:worker_threads'
import type { ErrorData } from '../errors.js'
import type { Detail } from '../replay/replay.js'
import type { ViewerFacts } from '../replay/viewer-facts.js'
import type { TimelineTiles } from '../timeline/tiles.js'
import { asErrorData } from './trace-data.js'

/** Main thread → order worker. */
export type DetailRequest =
  | { readonly type: 'open'; readonly id: number; readonly name: string; readonly params: unknown }
  /** The client takes so many pieces more. */
  | { readonly type: 'more'; readonly id: number; readonly pieces: number }
  | { readonly type: 'cancel'; readonly id: number }

/** Order worker → main thread. */
export type DetailMessage =
  | { readonly type: 'piece'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }

/** What jobs work with. */
export interface DetailContext {
  readonly detail: Detail
  readonly timeline: TimelineTiles
  readonly viewer: ViewerFacts
}

/** Gives the pieces of a job; throws CodedError for what can't be answered. Whatever it throws fails this job alone. */
// biome-ignore lint/suspicious/noExplicitAny: each job knows its own parameters
export type DetailJob = (context: DetailContext, params: any) => Generator<Uint8Array>

interface Running {
  readonly name: string
  readonly params: unknown
  pieces: Generator<Uint8Array> | null
  wanted: number
}

export class DetailService {
  private readonly running = new Map<number, Running>()
  private context: DetailContext | null = null
  private scheduled = false

  constructor(
    private readonly port: MessagePort,
    private readonly jobs: Readonly<Record<string, DetailJob>>,
  ) {
    port.on('message', (request: DetailRequest) => this.receive(request))
  }

  /** The trace has been read: jobs that wait begin. */
  begin(context: DetailContext): void {
    this.context = context
    this.schedule()
  }

  private receive(request: DetailRequest): void {
    const { id } = request
    if (request.type === 'cancel') {
      this.running.get(id)?.pieces?.return(undefined)
      this.running.delete(id)
      return
    }
    if (request.type === 'open') {
      this.running.set(id, { name: request.name, params: request.params, pieces: null, wanted: 0 })
    } else {
      const job = this.running.get(id)
      if (job !== undefined) job.wanted += request.pieces
    }
    this.schedule()
  }

  /** Takes the next turn soon, after messages that wait. */
  private schedule(): void {
    if (this.scheduled || this.context === null) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.turn(this.context as DetailContext)
    })
  }

  /** One piece of each job that may give one. */
  private turn(context: DetailContext): void {
    let more = false
    for (const [id, job] of this.running) {
      if (job.wanted === 0) continue
      try {
        job.pieces ??= this.jobs[job.name](context, job.params)
        const { done, value } = job.pieces.next()
        if (done) {
          this.running.delete(id)
          this.send({ type: 'end', id })
          continue
        }
        if (value.length === 0) {
          more = true
          continue
        }
        job.wanted--
        more ||= job.wanted > 0
        this.send({ type: 'piece', id, bytes: value }, [value.buffer as ArrayBuffer])
      } catch (error) {
        this.running.delete(id)
        this.send({ type: 'failed', id, error: asErrorData(error) })
      }
    }
    if (more) this.schedule()
  }

  private send(message: DetailMessage, transfer: ArrayBuffer[] = []): void {
    this.port.postMessage(message, transfer)
  }
}
