/**
 * The main thread's side of a trace: starts the threads that read it, follows their progress and passes questions on.
 * It never waits for them, so that requests are answered while a trace is being read.
 */
import { earlyHome } from '../analysis/queries/early-home.js'
import type { HomeAnswer } from '../contract/home.js'
import type { Progress, Queries, QueryName, TraceClient } from '../contract/trace.js'
import { CodedError, type Fault } from '../errors.js'
import { type FileSource, openSource } from '../source/file.js'
import type { FileRecord } from '../source/source.js'
import { type OpenedTrace, openTrace } from '../trace/open.js'
import { DetailClient, MOST_DEATHS } from './detail-client.js'
import type { AnalystMessage, AnalystRequest } from './messages.js'
import { TraceThreads } from './threads.js'
import { traceData } from './trace-data.js'

/** What `-memory` is when nobody says. */
export const DEFAULT_MEMORY_BYTES = 160 << 20

export interface HostOptions {
  /** Bytes for what is kept of what was read again and answered. */
  readonly memoryBytes?: number
  /** Told of what a thread died of. */
  readonly report?: (fault: Fault, where: string) => void
}

/** Of the memory for what is kept: the share of answers, for who serves them. */
const ANSWERS_SHARE = 0.4

interface Pending {
  readonly request: AnalystRequest
  /** Threads that died while they were to answer. */
  deaths: number
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/**
 * Opens a trace file and begins to read it. Throws CodedError when nothing of it can be read (see openTrace); what
 * is found later stands in `progress().failed`.
 */
export function hostTrace(path: string, options: HostOptions = {}): TraceHost {
  const source = openSource(path)
  try {
    return new TraceHost(path, source, openTrace(source), options)
  } catch (error) {
    source.close()
    throw error
  }
}

export class TraceHost implements TraceClient {
  /** For answers that are kept. */
  readonly keptBytes: number
  /** Jobs on the events of single generations; they wait until the trace has been read. */
  readonly detail = new DetailClient(error => this.fail(error))
  private threads: TraceThreads
  private readonly startThreads: () => TraceThreads
  /** Whether the trace is read a second time, because a thread died in the first. */
  private again = false
  private readonly pending = new Map<number, Pending>()
  private readonly listeners = new Set<(progress: Progress) => void>()
  private nextId = 1
  private current: Progress
  private closing = false
  private readonly report: HostOptions['report']
  private record: FileRecord
  /** The last change of anything about the file after which its content was known to be the same. */
  private checkedTouch: number
  private checking: Promise<void> | null = null

  constructor(
    path: string,
    private readonly source: FileSource,
    private readonly trace: OpenedTrace,
    { memoryBytes = DEFAULT_MEMORY_BYTES, report }: HostOptions,
  ) {
    this.current = {
      ready: false,
      progress: 0,
      generationsRead: 0,
      generationsTotal: trace.index?.generations.length ?? 1,
      bytesRead: 0,
      bytesTotal: source.sizeBytes,
      failed: null,
    }
    this.report = report
    this.record = source.record()
    this.checkedTouch = source.stamp.touchedAt
    this.keptBytes = memoryBytes * ANSWERS_SHARE
    this.startThreads = () => {
      const data = traceData(path, this.record, trace)
      return new TraceThreads(data, source.name, memoryBytes, error => this.readAgain(error))
    }
    this.threads = this.startThreads()
    this.listen()
  }

  /** Tells this state of the file from any other. */
  get fileTag(): string {
    const { sizeBytes, changedAt, inode } = this.source.stamp
    return `${sizeBytes} ${changedAt} ${inode}`
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
      const request: AnalystRequest = { type: 'query', id, name, params }
      this.pending.set(id, {
        request,
        deaths: 0,
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
      this.send(request)
    })
  }

  private earlyHome(): HomeAnswer {
    const { version, index } = this.trace
    const header = { file: this.source.name, version, sizeBytes: this.source.sizeBytes }
    return earlyHome(header, index?.generations ?? [], this.current.progress)
  }

  /**
   * Resolves when the file is what was read; rejects when it is not, or never was. Sizes and times are looked at each
   * time, and where they leave open what was changed, all is read again, once. While the trace is being read the order
   * worker looks itself.
   */
  async checkFile(): Promise<void> {
    if (this.current.failed !== null) throw this.current.failed
    try {
      for (let touch = this.source.lastTouch(); this.current.ready; touch = this.source.lastTouch()) {
        if (touch === this.checkedTouch) return
        await this.checkContent(touch)
      }
    } catch (error) {
      if (error instanceof CodedError && error.code === 'FILE_CHANGED') this.fail(error)
      throw error
    }
  }

  /** By the order worker; one such reading at a time. */
  private checkContent(touch: number): Promise<void> {
    this.checking ??= this.detail
      .collect('fileSums', {})
      .then(sums => {
        this.record = { stamp: this.source.stamp, sums: new Float64Array(Uint8Array.from(sums).buffer) }
        this.checkedTouch = touch
      })
      .finally(() => {
        this.checking = null
      })
    return this.checking
  }

  async close(): Promise<void> {
    this.closing = true
    this.source.close()
    await this.threads.end()
    const error = new CodedError('CANCELLED', 'the server is closing')
    for (const { reject } of [...this.pending.values()]) reject(error)
    this.detail.fail(error)
  }

  private send(request: AnalystRequest): void {
    this.threads.analyst.postMessage(request)
  }

  private receive(message: AnalystMessage): void {
    switch (message.type) {
      case 'answer':
        this.pending.get(message.id)?.resolve(message.answer as never)
        return
      case 'refusal': {
        const error = CodedError.from(message.error)
        this.pending.get(message.id)?.reject(error)
        if (error.code === 'FILE_CHANGED') this.fail(error)
        return
      }
      case 'progress': {
        const { ready, generationsRead, bytesRead, failed } = message
        if (failed !== null) {
          this.fail(CodedError.from(failed))
          return
        }
        if (ready) {
          this.again = false
          this.detail.attach(this.threads.order)
          // Whoever reads it again, when a thread died, must read the same.
          this.checkContent(this.checkedTouch).catch(() => {})
        }
        this.advance({
          ...this.current,
          ready,
          generationsRead,
          bytesRead,
          progress: ready ? 1 : Math.min(1, bytesRead / this.source.sizeBytes),
        })
      }
    }
  }

  private listen(): void {
    const { analyst } = this.threads
    // What a thread has sent before its end may come when another has begun.
    analyst.on('message', (message: AnalystMessage) => {
      if (analyst === this.threads.analyst) this.receive(message)
    })
  }

  /**
   * After the death of a thread all begins anew, once, and what waits is asked again. One of the questions may have
   * been what it died of: each is repeated twice, so that there is an end to it.
   */
  private readAgain(error: CodedError): void {
    if (this.closing || this.current.failed !== null) return
    if (error.fault !== null) this.report?.(error.fault, 'a thread')
    if (this.again) {
      this.fail(error)
      return
    }
    const answering = this.current.ready
    this.again = true
    this.threads = this.startThreads()
    this.listen()
    this.advance({ ...this.current, ready: false, progress: 0, generationsRead: 0, bytesRead: 0 })
    for (const pending of [...this.pending.values()]) {
      if (answering) pending.deaths++
      if (pending.deaths === MOST_DEATHS) pending.reject(error)
      else this.send(pending.request)
    }
    this.detail.detach(error)
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
