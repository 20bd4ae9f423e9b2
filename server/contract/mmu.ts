/** Minimum mutator utilisation: the curve, and the worst windows of one length. Times are ns. */
import type { Id, Partial } from './common.js'

/**
 * What counts as time taken by GC: stops for GC, background workers, assists, sweeping; and whether each proc is looked
 * at alone.
 */
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
