/**
 * The messages between the threads of a trace, main thread, analyst worker, order worker, beside questions and answers
 * (rpc-messages.ts). All plain data.
 */
import type { TrackFacts } from '../analysis/queries/timeline.js'
import type { TrackOrder } from '../contract/timeline.js'
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
  /** After an end: this thread answers, once it knows the tracks. */
  | { readonly type: 'serves'; readonly tracks: TrackFacts }
  | { readonly type: 'unreadable'; readonly error: ErrorData }

/** Analyst → order worker. */
export type OrderRequest =
  | { readonly type: 'done'; readonly block: EventBlock }
  /** Once, when the trace is ready. */
  | { readonly type: 'tracks'; readonly order: TrackOrder }

/** Analyst → main thread, beside its answers. */
export interface ProgressMessage {
  readonly type: 'progress'
  readonly ready: boolean
  readonly generationsRead: number
  readonly bytesRead: number
  readonly failed: ErrorData | null
}
