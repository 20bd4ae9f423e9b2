/**
 * Answers about what the program itself annotated: tasks and regions. Shapes of spec json-api.md; the questions are
 * part of `Queries` in trace.ts.
 */
import type { HistogramBucket, Id, ListFacts, ListParams, Quantiles } from './common.js'

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

export interface AnnotationQueries {
  taskTypes: { params: ListParams; answer: TaskTypesAnswer }
  tasks: { params: ListParams & TaskFilter; answer: TasksAnswer }
  regionTypes: { params: ListParams; answer: RegionTypesAnswer }
  regions: { params: ListParams & RegionFilter; answer: RegionsAnswer }
}
