/**
 * Writes trace-event JSON in worker threads, one a request, so that neither requests nor the analyst wait for it. At most `threads` run
 * at a time, the others wait in order. A reader that is slow or gone stops its thread.
 */
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { CodedError } from '../errors.js'
import type { TraceEventSource } from '../export/trace-event/request.js'
import { openSource } from '../trace/source/file-source.js'
import type { FileStamp } from '../trace/source/source.js'
import type { ExportMessage, ExportRequest, ExportWorkerData } from './export-worker.js'

/** Pieces on their way from a thread; at least as many are needed to keep both sides busy. */
const AHEAD = 8
/** Bytes that wait for the client. */
const BUFFERED = 1 << 19
/** What is young dies young in such a thread; with the usual size it takes 30 MB more and is no faster. */
const YOUNG_MB = 8

/** Requests that may wait for a thread. */
const MAX_WAITING = 128

/** Event: the first bytes are there, or it is known that there are none. */
const STARTED = 'started'

export class TraceEventExports {
  private readonly stamp: FileStamp
  private readonly waiting: ExportStream[] = []
  private readonly running = new Set<ExportStream>()
  private closed = false

  constructor(
    private readonly path: string,
    private readonly threads = 2,
  ) {
    const source = openSource(path)
    this.stamp = source.stamp
    source.close()
  }

  /** Threads that run. */
  get busy(): number {
    return this.running.size
  }

  open: TraceEventSource = (job, signal) =>
    new Promise((resolve, reject) => {
      if (this.closed || signal.aborted) {
        reject(cancelled())
        return
      }
      if (this.waiting.length >= MAX_WAITING) {
        reject(new CodedError('BUSY', `${MAX_WAITING} exports are waiting already. Try again in a moment.`))
        return
      }
      const stream = new ExportStream({ path: this.path, stamp: this.stamp, job })
      const cancel = () => stream.destroy(cancelled())
      signal.addEventListener('abort', cancel, { once: true })
      stream.once(STARTED, () => resolve(stream))
      stream.on('error', reject)
      stream.once('close', () => {
        signal.removeEventListener('abort', cancel)
        this.running.delete(stream)
        const at = this.waiting.indexOf(stream)
        if (at >= 0) this.waiting.splice(at, 1)
        this.startNext()
      })
      this.waiting.push(stream)
      this.startNext()
    })

  /** Ends all threads. */
  async close(): Promise<void> {
    this.closed = true
    const streams = [...this.running, ...this.waiting]
    for (const stream of streams) stream.destroy(cancelled())
    await Promise.all(streams.map(stream => stream.ended))
  }

  private startNext(): void {
    while (!this.closed && this.running.size < this.threads) {
      const stream = this.waiting.shift()
      if (stream === undefined) return
      this.running.add(stream)
      stream.start()
    }
  }
}

/** The bytes that a thread writes. Made first, started when it is its turn. */
class ExportStream extends Readable {
  /** Resolves when the thread has ended. */
  ended: Promise<unknown> = Promise.resolve()
  private worker: Worker | null = null
  /** Pieces that were asked for and have not come. */
  private awaited = 0

  constructor(private readonly data: ExportWorkerData) {
    super({ highWaterMark: BUFFERED })
  }

  start(): void {
    // Gone while it waited; its close event gives the turn to the next.
    if (this.destroyed) return
    const worker = new Worker(new URL('./export-worker.js', import.meta.url), {
      workerData: this.data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    this.worker = worker
    worker.on('message', (message: ExportMessage) => this.receive(message))
    worker.on('error', error =>
      this.destroy(new CodedError('WORKER_DIED', `the thread that writes the trace events died: ${error.message}`)),
    )
    this.ask()
  }

  override _read(): void {
    this.ask()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.ended = this.worker?.terminate() ?? this.ended
    callback(error)
  }

  /** Keeps AHEAD pieces on their way. */
  private ask(): void {
    const pieces = AHEAD - this.awaited
    if (this.worker === null || pieces === 0) return
    this.awaited = AHEAD
    this.worker.postMessage({ pieces } satisfies ExportRequest)
  }

  private receive(message: ExportMessage): void {
    if (message.type === 'failed') {
      this.destroy(CodedError.from(message.error))
      return
    }
    this.emit(STARTED)
    this.awaited--
    if (message.type === 'end') this.push(null)
    else if (this.push(message.bytes)) this.ask()
  }
}

function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the export was cancelled')
}
