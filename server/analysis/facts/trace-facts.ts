/**
 * All that is known of a trace, or of what was fed of it so far: plain data and columns, from which every query
 * answers. What is open counts up to `endNs`.
 */
import type { Partial } from '../../contract/common.js'
import type { Diagnostic } from '../../contract/home.js'
import type { Dictionary } from '../../core/dictionary.js'
import type { Oddity } from '../../core/oddities.js'
import type { GoroutineFigures } from './goroutine-figures.js'
import type { GoroutineSnapshots } from './goroutine-snapshots.js'
import type { Goroutines } from './goroutines.js'
import type { Intervals } from './intervals.js'
import type { OverviewBuckets } from './overview.js'
import type { RowGroups } from './records.js'
import type { Logs, Regions, Tasks } from './regions.js'
import type { RunLengths } from './run-lengths.js'
import type { SpanList } from './spans.js'
import type { TaskIndex } from './task-index.js'
import type { Utilization } from './utilization.js'

/** What is known of the file before an event is read. */
export interface TraceHeader {
  /** Base name of the file. */
  readonly file: string
  /** Header version, 22 for `go 1.22 trace`. */
  readonly version: number
  readonly sizeBytes: number
}

/** What analysis needs of a generation; the ordering reader's facts have it. */
export interface GenerationHeader {
  /** Generation number as in the file. */
  readonly number: bigint
  readonly offset: number
  readonly bytes: number
  /** Absolute trace time (ns) of the clock snapshot and the wall clock then (ns since 1970 in two parts). */
  readonly snapshot: {
    readonly trace: bigint
    readonly wallSeconds: bigint
    readonly wallNanoseconds: bigint
  } | null
}

/** What the events do not say of where they end. */
export interface TraceEnd {
  /** Absolute trace time of time 0, ns. */
  readonly startTime: bigint
  readonly partial: Partial | null
  /** What the reader went on over. */
  readonly oddities: readonly Oddity[]
}

/** A generation, as served. */
export interface GenerationRow extends GenerationHeader {
  events: number
  startNs: number
  endNs: number
}

export interface TraceFacts {
  readonly header: TraceHeader
  readonly dictionary: Dictionary
  readonly startTime: bigint
  readonly partial: Partial | null
  /** Time of the last event, ns. */
  readonly endNs: number
  readonly events: number
  readonly cpuSamples: number
  readonly procCount: number
  readonly threadCount: number
  readonly generations: readonly GenerationRow[]
  readonly diagnostics: readonly Diagnostic[]

  readonly goroutines: Goroutines
  /** What they had spent at `endNs`; how they stood at the starts of generations. */
  readonly spent: GoroutineFigures
  readonly snapshots: GoroutineSnapshots
  /** Names of goroutines: rows of strings, ascending by their bytes; and the goroutine rows of each. */
  readonly groupNames: readonly number[]
  readonly groups: RowGroups
  readonly runLengths: RunLengths
  readonly spans: readonly SpanList[]

  readonly regions: Regions
  readonly tasks: Tasks
  readonly logs: Logs
  readonly taskIndex: TaskIndex

  readonly utilization: Utilization
  readonly overview: OverviewBuckets
  readonly stw: Intervals
  readonly markPhases: Intervals
  readonly assistNs: number
  readonly runningNs: number
  /** Of syscalls, until they lose their proc. */
  readonly syscallNs: number
  readonly workerNs: number
  /** Proc time: GOMAXPROCS over time, ns; before the first such event its value counts. */
  readonly procTimeNs: number
  readonly stays: number
  readonly wakeups: number
  /** Times of every MARK_EVENTS-th event, to cut windows by number of events. */
  readonly timeMarks: readonly number[]
}

/** Events between two entries of `timeMarks`. */
export const MARK_EVENTS = 10_000
