/** The messages between the threads of a trace: main thread, analyst worker, order worker. All plain data. */
import type { HistoryData } from '../analysis/passes/history.js'
import type { QueryName } from '../contract/trace.js'
import type { DictionaryDelta } from '../core/dictionary.js'
import type { EventBlock } from '../core/event-block.js'
import type { Oddity } from '../core/oddities.js'
import type { ErrorData } from '../errors.js'
import type { FileRecord } from '../source/source.js'
import type { OpenedTrace } from '../trace/open.js'
import type { GenerationFacts } from '../trace/order/reader.js'

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

/** Order worker → analyst. `attempt` tells the blocks of a repeated reading from those before it. */
export type OrderMessage =
  | {
      readonly type: 'block'
      readonly attempt: number
      readonly block: EventBlock
      readonly delta: DictionaryDelta
      /** Facts of the generation that the block belongs to; null for a closing Sync without any generation. */
      readonly generation: GenerationFacts | null
      readonly bytesRead: number
    }
  | {
      readonly type: 'end'
      readonly attempt: number
      readonly startTime: bigint
      readonly error: ErrorData | null
      readonly usableGenerations: number
      readonly lostBytes: number
      readonly oddities: readonly Oddity[]
      /** Whether the timeline, or the analyst, knows something of a generation that is not usable. */
      readonly overran: boolean
    }
  | { readonly type: 'failed'; readonly attempt: number; readonly error: ErrorData }
  | {
      readonly type: 'history'
      readonly id: number
      readonly history: HistoryData | null
      readonly error: ErrorData | null
    }

/** Analyst → order worker. */
export type OrderRequest =
  | { readonly type: 'done'; readonly block: EventBlock }
  /** Read once more, only the first generations. */
  | { readonly type: 'restart'; readonly attempt: number; readonly generations: number }
  /** Read the states of one goroutine again, from generations `from` to `to`; `endNs` is the end of the trace. */
  /** Nobody waits any more for a history. */
  | { readonly type: 'forget'; readonly id: number }
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
