/** The messages between the threads of a trace: main thread, analyst worker, order worker. All plain data. */
import type { HistoryData } from '../analysis/passes/history.js'
import type { QueryName } from '../contract/trace.js'
import type { EventBlock } from '../core/event-block.js'
import type { Oddity } from '../core/oddities.js'
import type { ErrorData } from '../errors.js'
import type { FileRecord } from '../source/source.js'
import type { OpenedTrace } from '../trace/open.js'
import type { WholeBlock } from '../trace/order/whole-generations.js'

/** An opened trace on its way: its error apart. */
export interface TraceData {
  readonly path: string
  /** The file as it was read before. */
  readonly record: FileRecord
  readonly version: OpenedTrace['version']
  readonly index: OpenedTrace['index']
  readonly indexError: ErrorData | null
}

export interface OrderWorkerData {
  readonly trace: TraceData
  /** MessagePort to the analyst. */
  readonly port: unknown
  /** For what is kept of what was read again. */
  readonly memoryBytes: number
}

export interface AnalystWorkerData {
  readonly trace: TraceData
  readonly file: string
  readonly port: unknown
}

/** Order worker → analyst: blocks of whole generations (trace/order/whole-generations.ts). */
export type OrderMessage =
  | (WholeBlock & { readonly type: 'block' })
  | {
      readonly type: 'end'
      readonly startTime: bigint
      readonly error: ErrorData | null
      readonly usableGenerations: number
      readonly lostBytes: number
      readonly oddities: readonly Oddity[]
    }
  | { readonly type: 'failed'; readonly error: ErrorData }
  | {
      readonly type: 'history'
      readonly id: number
      readonly history: HistoryData | null
      readonly error: ErrorData | null
    }

/** Analyst → order worker. */
export type OrderRequest =
  | { readonly type: 'done'; readonly block: EventBlock }
  /** Nobody waits any more for a history. */
  | { readonly type: 'forget'; readonly id: number }
  /** Read the states of one goroutine again, from generations `from` to `to`; `endNs` is the end of the trace. */
  | {
      readonly type: 'history'
      readonly id: number
      readonly goroutine: number
      readonly from: number
      readonly to: number
      readonly endNs: number
    }

/** Main thread → analyst. */
export type AnalystRequest =
  | { readonly type: 'query'; readonly id: number; readonly name: QueryName; readonly params: unknown }
  | { readonly type: 'cancel'; readonly id: number }

/** Analyst → main thread. */
export type AnalystMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly error: ErrorData }
  | {
      readonly type: 'progress'
      readonly ready: boolean
      readonly generationsRead: number
      readonly bytesRead: number
      readonly failed: ErrorData | null
    }
