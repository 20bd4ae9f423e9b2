/** The main thread's side of the detail service: starts jobs and takes their pieces as the reader of a stream wants them. */
import { Readable } from 'node:stream'
import type { Worker } from 'node:worker_threads'
import { CodedError } from '../errors.js'
import type { DetailMessage, DetailRequest } from './detail-service.js'

/** Pieces of a stream that may be on their way. */
const AHEAD = 4

interface Listener {
  /** Starts the job, on another thread too as long as no piece of it has come. */
  open(): void
  piece(bytes: Uint8Array): void
  end(): void
  failed(error: Error): void
}

export class DetailClient {
  private readonly listeners = new Map<number, Listener>()
  private nextId = 1

  private worker!: Worker

  constructor(worker: Worker) {
    this.attach(worker)
  }

  /** Goes on with another thread; jobs that have not begun begin there. */
  attach(worker: Worker): void {
    this.worker = worker
    worker.on('message', (message: DetailMessage) => this.receive(message))
    for (const listener of this.listeners.values()) listener.open()
  }

  /** All bytes of a job. Rejects with a CodedError: that of the job, CANCELLED when the signal is aborted. */
  async collect(name: string, params: unknown, signal?: AbortSignal): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of this.stream(name, params, signal)) pieces.push(piece as Buffer)
    return Buffer.concat(pieces)
  }

  /** The bytes of a job as a stream, and when the first of them are there; rejects when the job fails before that. */
  begin(name: string, params: unknown, signal?: AbortSignal): { stream: Readable; begun: Promise<void> } {
    const stream = this.stream(name, params, signal)
    const begun = new Promise<void>((resolve, reject) => {
      stream.once('readable', resolve)
      stream.once('error', reject)
    })
    // Asks for bytes without taking any.
    stream.read(0)
    return { stream, begun }
  }

  /** The bytes of a job as a stream. It is destroyed with a CodedError when the job fails or the signal is aborted. */
  stream(name: string, params: unknown, signal?: AbortSignal): Readable {
    const id = this.nextId++
    let onTheWay = 0
    const ask = () => {
      const pieces = AHEAD - onTheWay
      if (pieces <= 0) return
      onTheWay += pieces
      this.send({ type: 'more', id, pieces })
    }
    const stream = new Readable({
      read: ask,
      destroy: (error, done) => {
        signal?.removeEventListener('abort', abort)
        if (this.listeners.delete(id)) this.send({ type: 'cancel', id })
        done(error)
      },
    })
    const abort = () => stream.destroy(new CodedError('CANCELLED', 'the request was cancelled'))
    const open = () => {
      this.send({ type: 'open', id, name, params })
      if (onTheWay > 0) this.send({ type: 'more', id, pieces: onTheWay })
    }
    this.listeners.set(id, {
      open,
      piece: bytes => {
        onTheWay--
        if (stream.push(bytes)) ask()
      },
      end: () => {
        this.listeners.delete(id)
        stream.push(null)
      },
      failed: error => {
        this.listeners.delete(id)
        stream.destroy(error)
      },
    })
    open()
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    return stream
  }

  /** Ends all jobs with an error, because the thread is gone. */
  fail(error: CodedError): void {
    for (const listener of [...this.listeners.values()]) listener.failed(error)
  }

  private receive(message: DetailMessage): void {
    const listener = this.listeners.get(message.id)
    if (listener === undefined) return
    if (message.type === 'piece') listener.piece(message.bytes)
    else if (message.type === 'end') listener.end()
    else listener.failed(CodedError.from(message.error))
  }

  private send(request: DetailRequest): void {
    this.worker.postMessage(request)
  }
}
