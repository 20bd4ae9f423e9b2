/**
 * The main thread's side of a trace: starts the order worker and the analyst, follows their progress and passes questions on.
 * It never waits for either, so that requests are answered while a trace is being read.
 */
import { MessageChannel, Worker } from 'node:worker_threads'
import { earlyHome } from '../analysis/queries/early-home.js'
import type { HomeAnswer, Progress, Queries, QueryName, TraceClient } from '../analysis/trace-client.js'
import { CodedError } from '../errors.js'
import { type OpenedTrace, openTrace } from '../trace/open.js'
import { openSource } from '../trace/source/file-source.js'
import type { FileStamp } from '../trace/source/source.js'
import { DetailClient } from './detail-client.js'
import type { AnalystMessage, AnalystRequest, AnalystWorkerData, OrderWorkerData } from './messages.js'
import { traceData } from './trace-data.js'

interface Pending {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/**
 * Opens a trace file and begins to read it. Throws CodedError when nothing of it can be read (see openTrace); what
 * is found later stands in `progress().failed`.
 */
export function hostTrace(path: string): TraceHost {
  const source = openSource(path)
  try {
    return new TraceHost(path, source.name, source.stamp, openTrace(source))
  } finally {
    source.close()
  }
}

export class TraceHost implements TraceClient {
  /** Jobs on the events of single generations; they wait until the trace has been read. */
  readonly detail: DetailClient
  private readonly orderWorker: Worker
  private readonly analyst: Worker
  private readonly pending = new Map<number, Pending>()
  private readonly listeners = new Set<(progress: Progress) => void>()
  private nextId = 1
  private current: Progress
  private closing = false

  constructor(
    path: string,
    private readonly file: string,
    private readonly stamp: FileStamp,
    private readonly trace: OpenedTrace,
  ) {
    this.current = {
      ready: false,
      progress: 0,
      generationsRead: 0,
      generationsTotal: trace.index?.generations.length ?? 1,
      bytesRead: 0,
      bytesTotal: stamp.sizeBytes,
      failed: null,
    }
    const { port1, port2 } = new MessageChannel()
    const data = traceData(path, stamp, trace)
    this.orderWorker = new Worker(new URL('./order-worker.js', import.meta.url), {
      workerData: { trace: data, port: port1 } satisfies OrderWorkerData,
      transferList: [port1],
    })
    this.detail = new DetailClient(this.orderWorker)
    this.analyst = new Worker(new URL('./analyst-worker.js', import.meta.url), {
      workerData: { trace: data, file, port: port2 } satisfies AnalystWorkerData,
      transferList: [port2],
    })
    this.analyst.on('message', (message: AnalystMessage) => this.receive(message))
    for (const [worker, what] of [
      [this.orderWorker, 'reads'],
      [this.analyst, 'analyses'],
    ] as const) {
      const died = (reason: string) =>
        this.fail(new CodedError('WORKER_DIED', `the thread that ${what} the trace died: ${reason}`))
      worker.on('error', error => died(error.message))
      worker.on('exit', code => died(`it ended with status ${code}`))
    }
  }

  /** Tells this state of the file from any other. */
  get fileTag(): string {
    return `${this.stamp.sizeBytes} ${this.stamp.changedAt}`
  }

  progress(): Progress {
    return this.current
  }

  onProgress(listener: (progress: Progress) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  query<N extends QueryName>(
    name: N,
    params: Queries[N]['params'],
    signal?: AbortSignal,
  ): Promise<Queries[N]['answer']> {
    if (this.current.failed !== null) return Promise.reject(this.current.failed)
    if (name === 'home' && !this.current.ready) {
      return Promise.resolve(this.earlyHome())
    }
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.pending.delete(id)
        this.send({ type: 'cancel', id })
        reject(new CodedError('CANCELLED', 'the request was cancelled'))
      }
      if (signal?.aborted) {
        reject(new CodedError('CANCELLED', 'the request was cancelled'))
        return
      }
      const settled = () => {
        this.pending.delete(id)
        signal?.removeEventListener('abort', cancel)
      }
      this.pending.set(id, {
        resolve: answer => {
          settled()
          resolve(answer)
        },
        reject: error => {
          settled()
          reject(error)
        },
      })
      signal?.addEventListener('abort', cancel, { once: true })
      this.send({ type: 'query', id, name, params })
    })
  }

  private earlyHome(): HomeAnswer {
    const { version, index } = this.trace
    const header = { file: this.file, version, sizeBytes: this.stamp.sizeBytes }
    return earlyHome(header, index?.generations ?? [], this.current.progress)
  }

  async close(): Promise<void> {
    this.closing = true
    await Promise.all([this.orderWorker.terminate(), this.analyst.terminate()])
    for (const { reject } of [...this.pending.values()]) reject(new CodedError('CANCELLED', 'the server is closing'))
  }

  private send(request: AnalystRequest): void {
    this.analyst.postMessage(request)
  }

  private receive(message: AnalystMessage): void {
    switch (message.type) {
      case 'answer':
        this.pending.get(message.id)?.resolve(message.answer as never)
        return
      case 'refusal':
        this.pending.get(message.id)?.reject(CodedError.from(message.error))
        return
      case 'progress': {
        const { ready, generationsRead, bytesRead, failed } = message
        if (failed !== null) {
          this.fail(CodedError.from(failed))
          return
        }
        this.advance({
          ...this.current,
          ready,
          generationsRead,
          bytesRead,
          progress: ready ? 1 : Math.min(1, bytesRead / this.stamp.sizeBytes),
        })
      }
    }
  }

  private advance(progress: Progress): void {
    this.current = progress
    for (const listener of [...this.listeners]) listener(progress)
  }

  /** Ends all waiting questions: nothing can be answered any more. */
  private fail(error: CodedError): void {
    if (this.closing || this.current.failed !== null) return
    this.advance({ ...this.current, failed: error })
    for (const { reject } of [...this.pending.values()]) reject(error)
    this.detail.fail(error)
  }
}
