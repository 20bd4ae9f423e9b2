/**
 * What the web and the command line may ask of a trace, and the answers. An answer is the body of the page's JSON
 * (spec json-api.md), so that a page shows nothing that the JSON lacks. Times are ns since the first event of the
 * trace.
 *
 * The one implementation for the server passes the questions to threads (engine/); tests may answer in process.
 */
import type { Readable } from 'node:stream'
import type { CodedError } from '../errors.js'
import type { AnnotationQueries } from './annotations.js'
import type { GoroutineQueries } from './goroutines.js'
import type { HomeAnswer } from './home.js'
import type { MmuDetailsAnswer, MmuDetailsParams, MmuPlotAnswer, MmuPlotParams } from './mmu.js'
import type { ProfileAnswer, ProfileParams } from './profile.js'
import type { TimelineQueries } from './timeline.js'
import type { TraceEventJob, TraceViewQueries } from './trace-view.js'

export interface Progress {
  readonly ready: boolean
  /** 0…1, by bytes. */
  readonly progress: number
  readonly generationsRead: number
  readonly generationsTotal: number
  readonly bytesRead: number
  readonly bytesTotal: number
  /** Set when nothing of the trace can be used. */
  readonly failed: CodedError | null
}

/** Questions and answers by name. */
export interface Queries extends AnnotationQueries, GoroutineQueries, TimelineQueries, TraceViewQueries {
  home: { params: Record<string, never>; answer: HomeAnswer }
  profile: { params: ProfileParams; answer: ProfileAnswer }
  mmuPlot: { params: MmuPlotParams; answer: MmuPlotAnswer }
  mmuDetails: { params: MmuDetailsParams; answer: MmuDetailsAnswer }
}
export type QueryName = keyof Queries

/** What comes as a stream of bytes, by name. */
export interface Streams {
  /** Trace-event JSON, UTF-8. */
  traceEvents: { params: TraceEventJob; answer: unknown }
}
export type StreamName = keyof Streams

export interface Trace {
  /** Base name of the file. */
  readonly name: string
  /** Changes with the bytes of the trace: for caches. */
  readonly tag: string
  progress(): Progress
  /** Calls the listener at every change of progress, until the returned function is called. */
  onProgress(listener: (progress: Progress) => void): () => void
  /**
   * Answers once the trace is ready (home: at once, with null for what is not known yet).
   * Rejects with a CodedError: 404 codes for what does not exist, CANCELLED when the signal is aborted, BUSY, and the
   * reason when nothing of the trace can be used.
   */
  query<N extends QueryName>(name: N, params: Queries[N]['params'], signal?: AbortSignal): Promise<Queries[N]['answer']>
  /**
   * Resolves when the first bytes are there. The stream is destroyed with a CodedError when it fails later or the
   * signal is aborted.
   */
  stream<N extends StreamName>(name: N, params: Streams[N]['params'], signal?: AbortSignal): Promise<Readable>
  /** Resolves when the file is what was read; rejects with FILE_CHANGED when it is not, or never was. */
  check(): Promise<void>
  close(): Promise<void>
}
