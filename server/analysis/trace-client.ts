/**
 * What the web and the command line may ask of a trace, and the answers. An answer is the body of the page's JSON face
 * (spec json-api.md), so that a page shows nothing that the JSON lacks. Times are ns since the first event of the trace.
 *
 * The one implementation for the server sends the questions to the analyst worker (workers/); tests may answer in process.
 */
import type { CodedError } from '../errors.js'
import type { AnnotationQueries, RegionFilter } from './annotation-answers.js'
import type { TimelineQueries } from './timeline-queries.js'
import type { TraceViewQueries } from './trace-view-answer.js'

/** A number, or a decimal string where the value passes 2^53. */
export type Id = number | string

export interface Partial {
  readonly error: string
  readonly lostBytes: number
  readonly lostPercent: number
  /** Generations that are served, and the number (as in the file) of the one where reading ended. */
  readonly generations: number
}

export interface Diagnostic {
  readonly kind: string
  readonly severity: 'info' | 'data loss' | 'error'
  readonly count: number
  readonly text: string
}

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

/** Most rows of a list in one answer: a row with its texts and copies takes some 2 KB until it is sent. */
export const MOST_ROWS = 250_000

export interface ListParams {
  readonly limit: number
  readonly offset: number
  /** Text anywhere in the row, any case; empty: all. */
  readonly filter: string
  /** A column title; empty or unknown: the default order. */
  readonly sortby: string
  readonly order: 'asc' | 'desc' | ''
}

export interface ListFacts {
  readonly total: number
  readonly offset: number
  readonly limit: number
  readonly ready: boolean
  readonly partial: Partial | null
}

export interface GenerationAnswer {
  readonly number: Id
  readonly offset: number
  readonly bytes: number
  readonly events: number | null
  readonly startNs: number | null
  readonly endNs: number | null
}

/**
 * One number a bucket. `running`: ns of goroutines that run, with `gcWorker`, the background mark workers, among them; `syscall`: ns of
 * syscalls until they lose their proc, so that `running` + `syscall` is the time of busy procs. `gcOn`, `stw`: ns; `events`: a count.
 */
export interface Overview {
  readonly bucketNs: number
  readonly running: number[]
  readonly syscall: number[]
  readonly gcWorker: number[]
  readonly gcOn: number[]
  readonly stw: number[]
  readonly events: number[]
}

export interface HomeAnswer {
  readonly file: string
  /** `go1.26` and the like. */
  readonly format: string
  readonly sizeBytes: number
  /** ISO 8601, or null without a clock snapshot. */
  readonly startTime: string | null
  readonly durationNs: number | null
  readonly events: number | null
  readonly generations: GenerationAnswer[]
  readonly goroutines: number | null
  readonly tasks: number | null
  readonly regions: number | null
  readonly procs: number | null
  readonly threads: number | null
  readonly cpuSamples: number | null
  readonly partial: Partial | null
  readonly ready: boolean
  readonly progress: number
  readonly wallStart: string | null
  readonly wallEnd: string | null
  readonly logs: number | null
  /** Goroutine state spans, and transitions out of waiting. */
  readonly spans: number | null
  readonly wakeups: number | null
  /** workerShare: share of all proc time spent in background mark workers, 0…1. */
  readonly gc: { readonly cycles: number; readonly workerShare: number; readonly assistNs: number } | null
  readonly stw: {
    readonly count: number
    readonly totalNs: number
    readonly maxNs: number
    readonly reasons: { readonly reason: string; readonly count: number; readonly totalNs: number }[]
  } | null
  /** Share of all proc time in which a proc ran a goroutine or was held by its syscall, 0…1. */
  readonly busyShare: number | null
  readonly diagnostics: Diagnostic[]
  readonly overview: Overview | null
  readonly views: {
    readonly view: string
    readonly url: string
    readonly ranges: { readonly name: string; readonly startNs: number; readonly endNs: number; readonly url: string }[]
  }[]
  /** Per profile kind: samples and their delay over the whole trace, for the cards of the home page. */
  readonly profiles: { readonly kind: ProfileKind; readonly count: number; readonly delayNs: number }[] | null
}

export interface GoroutineGroup {
  readonly name: string
  readonly count: number
  readonly execTimeNs: number
  /** Share of the execution time of all goroutines, 0…1. */
  readonly share: number
  readonly schedWaitNs: number
  /** Sum over the members, by column title as cmd/trace prints it. */
  readonly stats: Record<string, number>
  /** Of the members' execution time, nearest rank. */
  readonly p50Ns: number
  readonly p99Ns: number
  readonly maxNs: number
}

export interface GoroutinesAnswer extends ListFacts {
  /** How many there are in the trace, and in the groups that the filter lets through. */
  readonly goroutines: number
  readonly matching: number
  readonly groups: GoroutineGroup[]
}

export interface Quantiles {
  readonly total: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface GoroutineRow {
  readonly id: Id
  readonly creationNs: number | null
  readonly startNs: number | null
  readonly endNs: number | null
  readonly totalTimeNs: number
  readonly stats: Record<string, number>
  readonly ranges: Record<string, number>
}

export interface GoroutineGroupAnswer extends ListFacts {
  readonly name: string
  /** Goroutines of the group, before filters. */
  readonly count: number
  /** Percent of the execution time of all goroutines; null when there is none. */
  readonly execTimePercent: number | null
  readonly columns: string[]
  readonly rangeColumns: string[]
  readonly goroutines: GoroutineRow[]
  readonly summary: Record<string, Quantiles>
  /** Lengths of the members' single runs, for the histogram of the group page. */
  readonly runs: HistogramBucket[]
}

export interface HistogramBucket {
  readonly minNs: number
  readonly maxNs: number
  readonly count: number
}

export type ProfileKind = 'io' | 'block' | 'syscall' | 'sched'
export const profileKinds: readonly ProfileKind[] = ['io', 'block', 'syscall', 'sched']

export interface ProfileFrame {
  readonly func: string
  readonly file: string
  readonly line: Id
  /** Hexadecimal without 0x. */
  readonly pc: string
}

export interface ProfileParams {
  readonly kind: ProfileKind
  /** Only goroutines of this start function; '' is the unnamed group; undefined: all. */
  readonly name?: string
  readonly goid?: Id
  /** Half-open window, ns. */
  readonly from?: number
  readonly to?: number
  /** Only time within the outermost of these regions; set for the region profiles, without any filter as well. */
  readonly regions?: RegionFilter
}

export interface ProfileAnswer {
  readonly sampleTypes: { readonly type: string; readonly unit: string }[]
  readonly samples: { readonly stack: ProfileFrame[]; readonly count: number; readonly delayNs: number }[]
  readonly ready: boolean
  readonly partial: Partial | null
}

/** What counts as time taken by GC: stops for GC, background workers, assists, sweeping; and whether each proc is looked at alone. */
export interface MmuFlags {
  readonly perProc: boolean
  readonly stw: boolean
  readonly background: boolean
  readonly assist: boolean
  readonly sweep: boolean
}

export interface MmuPlotParams {
  readonly flags: MmuFlags
  /** Whether each row has the percentiles behind the minimum. */
  readonly quantiles: boolean
}

export interface MmuPlotAnswer {
  /** Shortest and longest window, ns. */
  readonly xMin: number
  readonly xMax: number
  /** Shares of all windows, one a column behind the window's length; null: the minimum alone. */
  readonly quantiles: readonly number[] | null
  /** Rows of window length (ns) and utilisation, 0…1. */
  readonly curve: number[][]
  /** Changes on procs that the trace does not have; they are left out. */
  readonly skipped: number
  /** The trace does not say how many procs there were. */
  readonly noProcs: boolean
  readonly ready: boolean
  readonly partial: Partial | null
}

export interface MmuDetailsParams {
  readonly flags: MmuFlags
  readonly windowNs: number
}

export interface MmuDetailsAnswer {
  /** The worst windows that do not overlap, worst first; `time` is absolute trace time. Null: there is no window. */
  readonly windows: { readonly util: number; readonly startNs: number; readonly time: Id }[] | null
  readonly ready: boolean
  readonly partial: Partial | null
}

/** Questions and answers by name. */
export interface Queries extends AnnotationQueries, TimelineQueries, TraceViewQueries {
  home: { params: Record<string, never>; answer: HomeAnswer }
  goroutines: { params: ListParams; answer: GoroutinesAnswer }
  goroutineGroup: { params: ListParams & { readonly name: string }; answer: GoroutineGroupAnswer }
  profile: { params: ProfileParams; answer: ProfileAnswer }
  mmuPlot: { params: MmuPlotParams; answer: MmuPlotAnswer }
  mmuDetails: { params: MmuDetailsParams; answer: MmuDetailsAnswer }
}
export type QueryName = keyof Queries

export interface TraceClient {
  progress(): Progress
  /** Calls the listener at every change of progress, until the returned function is called. */
  onProgress(listener: (progress: Progress) => void): () => void
  /**
   * Answers once the trace is ready (home: at once, with null for what is not known yet).
   * Rejects with a CodedError: 404 codes for what does not exist, CANCELLED when the signal is aborted, and the reason when
   * nothing of the trace can be used.
   */
  query<N extends QueryName>(name: N, params: Queries[N]['params'], signal?: AbortSignal): Promise<Queries[N]['answer']>
  close(): Promise<void>
}
