/** What answers of several pages have in common. Times are ns since the first event of the trace. */
import type { Id } from '../shared/timeline.js'

export type { Id }

export interface Partial {
  readonly error: string
  readonly lostBytes: number
  readonly lostPercent: number
  /** Generations that are served, and the number (as in the file) of the one where reading ended. */
  readonly generations: number
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

export interface Quantiles {
  readonly total: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface HistogramBucket {
  readonly minNs: number
  readonly maxNs: number
  readonly count: number
}

export interface ProfileFrame {
  readonly func: string
  readonly file: string
  readonly line: Id
  /** Hexadecimal without 0x. */
  readonly pc: string
}
