/**
 * The main thread's side of a trace: starts the threads that read it, follows their progress and passes questions on.
 * It never waits for them, so that requests are answered while a trace is being read.
 */
import type { Readable } from 'node:stream'
import { earlyHome } from '../analysis/queries/early-home.js'
import type { HomeAnswer } from '../contract/home.js'
import type { Progress, Queries, QueryName, StreamName, Streams, Trace } from '../contract/trace.js'
import { CodedError, type Fault } from '../errors.js'
import { type FileSource, openSource } from '../source/file.js'
import type { FileRecord } from '../source/source.js'
import { type OpenedTrace, openTrace } from '../trace/open.js'
import type { FactMethods } from './fact-queries.js'
import type { ProgressMessage } from './messages.js'
import { type ReplayMethods, type ReplayQueryName, replayQueryNames } from './replay-queries.js'
import { RpcClient } from './rpc-client.js'
import { StreamTurns } from './stream-turns.js'
import { TraceThreads } from './threads.js'
import { traceData } from './trace-data.js'

/** What `-memory` is when nobody says. */
export const DEFAULT_MEMORY_BYTES = 160 << 20

export interface HostOptions {
  /** Bytes for what is kept of what was read again and answered. */
  readonly memoryBytes?: number
  /** Called with what a thread died of. */
  readonly report?: (fault: Fault, where: string) => void
}

/** Of the memory for what is kept: the share of responses, for what serves them. */
export const RESPONSES_SHARE = 0.4
/** Questions that may wait in the thread of the facts. */
const MOST_QUESTIONS = 256

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

export class TraceHost implements Trace {
  private threads: TraceThreads
  private readonly startThreads: () => TraceThreads
  /** Whether the trace is read a second time, because a thread died in the first. */
  private again = false
  /** Both wait until the trace has been read. */
  private readonly facts = new RpcClient<FactMethods>(MOST_QUESTIONS, error => this.notice(error))
  private readonly replay = new RpcClient<ReplayMethods>(undefined, error => this.notice(error))
  private readonly streams = new StreamTurns<ReplayMethods>(this.replay)
  private readonly listeners = new Set<(progress: Progress) => void>()
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
    this.startThreads = () => {
      const data = traceData(path, this.record, trace)
      return new TraceThreads(data, source.name, memoryBytes, error => this.readAgain(error))
    }
    this.threads = this.startThreads()
    this.listen()
  }

  get name(): string {
    return this.source.name
  }

  get tag(): string {
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

  async query<N extends QueryName>(
    name: N,
    params: Queries[N]['params'],
    signal?: AbortSignal,
  ): Promise<Queries[N]['answer']> {
    const { ready, failed } = this.current
    if (failed !== null) throw failed
    if (name === 'home' && !ready) return this.earlyHome()
    const isReplayed = replayQueryNames.includes(name as ReplayQueryName)
    const client = (isReplayed ? this.replay : this.facts) as unknown as RpcClient<Queries>
    return client.call(name, params, signal)
  }

  stream<N extends StreamName>(name: N, params: Streams[N]['params'], signal?: AbortSignal): Promise<Readable> {
    return this.streams.begin(name, params, signal)
  }

  private earlyHome(): HomeAnswer {
    const { version, index } = this.trace
    const header = { file: this.name, version, sizeBytes: this.source.sizeBytes }
    return earlyHome(header, index?.generations ?? [], this.current.progress)
  }

  /**
   * Sizes and times are looked at each time, and where they leave open what was changed, all is read again, once. While
   * the trace is being read the order worker looks itself.
   */
  async check(): Promise<void> {
    if (this.current.failed !== null) throw this.current.failed
    try {
      for (let touch = this.source.lastTouch(); this.current.ready; touch = this.source.lastTouch()) {
        if (touch === this.checkedTouch) return
        await this.checkContent(touch)
      }
    } catch (error) {
      if (error instanceof CodedError) this.notice(error)
      throw error
    }
  }

  /** By the order worker; one such reading at a time. */
  private checkContent(touch: number): Promise<void> {
    this.checking ??= this.replay
      .call('fileSums', null)
      .then(sums => {
        this.record = { stamp: this.source.stamp, sums }
        this.checkedTouch = touch
      })
      .finally(() => {
        this.checking = null
      })
    return this.checking
  }

  /** A file that has changed answers nothing any more, whatever found it. */
  private notice(error: CodedError): void {
    if (error.code === 'FILE_CHANGED') this.fail(error)
  }

  async close(): Promise<void> {
    this.closing = true
    this.source.close()
    this.streams.close()
    await this.threads.end()
    this.failAll(new CodedError('CANCELLED', 'the server is closing'))
  }

  private receive({ ready, generationsRead, bytesRead, failed }: ProgressMessage): void {
    if (failed !== null) {
      this.fail(CodedError.from(failed))
      return
    }
    if (ready) {
      this.again = false
      this.facts.attach(this.threads.analyst)
      this.replay.attach(this.threads.order)
      // What reads it again, when a thread died, must read the same.
      this.checkContent(this.checkedTouch).catch(() => {})
    }
    const progress = ready ? 1 : Math.min(1, bytesRead / this.source.sizeBytes)
    this.advance({ ...this.current, ready, generationsRead, bytesRead, progress })
  }

  private listen(): void {
    const { analyst } = this.threads
    // What a thread has sent before its end may come when another has begun.
    analyst.on('message', (message: ProgressMessage) => {
      if (message.type === 'progress' && analyst === this.threads.analyst) this.receive(message)
    })
  }

  /** After the death of a thread all begins anew, once, and what waits is asked again. */
  private readAgain(error: CodedError): void {
    if (this.closing || this.current.failed !== null) return
    if (error.fault !== null) this.report?.(error.fault, 'a thread')
    if (this.again) {
      this.fail(error)
      return
    }
    this.again = true
    this.threads = this.startThreads()
    this.listen()
    this.advance({ ...this.current, ready: false, progress: 0, generationsRead: 0, bytesRead: 0 })
    this.facts.detach(error)
    this.replay.detach(error)
  }

  private advance(progress: Progress): void {
    this.current = progress
    for (const listener of [...this.listeners]) listener(progress)
  }

  /** Ends all waiting questions: nothing can be answered any more. */
  private fail(error: CodedError): void {
    if (this.closing || this.current.failed !== null) return
    this.advance({ ...this.current, failed: error })
    this.failAll(error)
  }

  private failAll(error: CodedError): void {
    this.facts.fail(error)
    this.replay.fail(error)
  }
}
