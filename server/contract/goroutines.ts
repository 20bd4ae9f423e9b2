/** Groups of goroutines, the goroutines of a group, one goroutine, and those that had not finished. Times are ns. */
import type { HistogramBucket, Id, ListFacts, ListParams, ProfileFrame, Quantiles } from './common.js'

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

export interface GoroutineQueries {
  goroutines: { params: ListParams; answer: GoroutinesAnswer }
  goroutineGroup: { params: ListParams & { readonly name: string }; answer: GoroutineGroupAnswer }
  goroutine: { params: ListParams & { readonly goid: Id }; answer: GoroutineAnswer }
  open: { params: ListParams; answer: OpenAnswer }
}
