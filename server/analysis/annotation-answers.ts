/**
 * Answers about what the program itself annotated (tasks, regions), about one goroutine, and about goroutines that had not
 * finished. Shapes of spec json-api.md; the questions are part of `Queries` in trace-client.ts.
 */
import type { HistogramBucket, Id, ListFacts, ListParams, ProfileFrame, Quantiles } from './trace-client.js'

export interface TaskType {
  readonly type: string
  readonly count: number
  readonly incomplete: number
  /** Of the complete tasks' durations. */
  readonly p50Ns: number
  readonly p99Ns: number
  readonly maxNs: number
  /** Complete tasks, from the first to the last bucket that is not empty. */
  readonly histogram: HistogramBucket[]
}

export interface TaskTypesAnswer extends ListFacts {
  readonly types: TaskType[]
}

/** Filters, all of them together; a filter that is not set is undefined. */
export interface TaskFilter {
  /** Present although empty: the tasks without a type. */
  readonly type?: string
  readonly complete?: boolean
  readonly latmin?: number
  readonly latmax?: number
  /** In the type, a region's type, a log's category or message; empty: all. */
  readonly logtext?: string
}

export interface TaskEvent {
  readonly timeNs: number
  /** Since the task's event before it; of the first: since the trace began. */
  readonly elapsedNs: number
  /** −1: none. */
  readonly goroutine: Id
  readonly kind: 'taskBegin' | 'taskEnd' | 'regionBegin' | 'regionEnd' | 'log' | 'transition'
  /** The sentence for people. */
  readonly what: string
  readonly type?: string
  readonly task?: Id
  readonly parent?: Id
  readonly region?: string
  readonly category?: string
  readonly message?: string
  readonly from?: string
  readonly to?: string
}

export interface TaskRow {
  readonly id: Id
  readonly type: string
  /** 0: none. */
  readonly parent: Id
  readonly complete: boolean
  readonly begun: boolean
  readonly ended: boolean
  readonly children: Id[]
  readonly goroutines: Id[]
  readonly startNs: number
  readonly endNs: number
  readonly durationNs: number
  readonly events: TaskEvent[]
}

export interface TasksAnswer extends ListFacts {
  /** The filters in words, as cmd/trace heads the page. */
  readonly title: string
  /** Tasks before `limit`. */
  readonly count: number
  readonly tasks: TaskRow[]
  /** One entry: `Duration`. */
  readonly summary: Record<string, Quantiles>
}

export interface RegionType {
  readonly type: string
  /** The frame that started the region; empty and `0` where the begin is not in the trace. */
  readonly func: string
  readonly pc: string
  readonly file: string
  readonly line: Id
  readonly count: number
  readonly p50Ns: number
  readonly p99Ns: number
  readonly maxNs: number
  readonly histogram: HistogramBucket[]
}

export interface RegionTypesAnswer extends ListFacts {
  readonly regions: RegionType[]
}

export interface RegionFilter {
  readonly type?: string
  /** Hexadecimal without 0x. */
  readonly pc?: string
  readonly latmin?: number
  readonly latmax?: number
}

export interface RegionRow {
  readonly goroutine: Id
  /** 0: none. */
  readonly task: Id
  readonly begun: boolean
  readonly ended: boolean
  readonly startNs: number
  readonly endNs: number
  readonly totalTimeNs: number
  readonly stats: Record<string, number>
  readonly ranges: Record<string, number>
}

export interface RegionsAnswer extends ListFacts {
  readonly title: string
  readonly count: number
  readonly columns: string[]
  readonly rangeColumns: string[]
  readonly regions: RegionRow[]
  readonly summary: Record<string, Quantiles>
}

export interface GoroutineState {
  readonly fromNs: number
  readonly toNs: number
  /** As cmd/trace names states: Runnable, Running, Waiting, Syscall, … */
  readonly state: string
  readonly reason: string
  /** −1: none. */
  readonly proc: Id
  readonly thread: Id
  /** Where it stood: its own stack, never that of another goroutine. */
  readonly stack: ProfileFrame[]
  /** The goroutine that ended this wait; null: it did not end, or no goroutine ended it. */
  readonly wokenBy: Id | null
  /** The stack of that goroutine when it did. */
  readonly wokenStack: ProfileFrame[]
}

export interface GoroutineRegion {
  readonly type: string
  readonly func: string
  readonly task: Id
  readonly startNs: number
  readonly endNs: number
  readonly begun: boolean
  readonly ended: boolean
}

/** `total`, `offset` and `limit` count states. */
export interface GoroutineAnswer extends ListFacts {
  readonly id: Id
  readonly name: string
  /** 0: unknown. */
  readonly creator: Id
  readonly creationStack: ProfileFrame[]
  readonly creationNs: number | null
  readonly startNs: number | null
  readonly endNs: number | null
  readonly totalTimeNs: number
  readonly stats: Record<string, number>
  readonly ranges: Record<string, number>
  readonly regions: GoroutineRegion[]
  readonly tasks: Id[]
  readonly states: GoroutineState[]
}

/** Goroutines that were not finished when the trace ended, in the same state at the same place. */
export interface OpenGroup {
  readonly state: string
  readonly reason: string
  readonly stack: ProfileFrame[]
  readonly count: number
  /** How long the longest of them has been in that state. */
  readonly longestNs: number
  readonly goroutines: Id[]
}

export interface OpenAnswer extends ListFacts {
  readonly groups: OpenGroup[]
}

export interface AnnotationQueries {
  taskTypes: { params: ListParams; answer: TaskTypesAnswer }
  tasks: { params: ListParams & TaskFilter; answer: TasksAnswer }
  regionTypes: { params: ListParams; answer: RegionTypesAnswer }
  regions: { params: ListParams & RegionFilter; answer: RegionsAnswer }
  goroutine: { params: ListParams & { readonly goid: Id }; answer: GoroutineAnswer }
  open: { params: ListParams; answer: OpenAnswer }
}
