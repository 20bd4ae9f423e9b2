/** A span as it is given to who draws or counts it, made of the columns of a generation or of what was carried. */
import { NO_STACK } from '../core/dictionary.js'
import type { ColumnSums } from '../replay/column-sums.js'
import type { SpanTable } from '../replay/spans.js'
import { type CarriedState, REASON_SHIFT, STATE_MASK, WORKER } from '../replay/timeline-carry.js'
import { TileState } from '../shared/tile.js'

export interface Span {
  state: number
  start: number
  /** Infinity: it goes on behind the generations that were read. */
  end: number
  /** Row of strings. */
  reason: number
  other: number
  /** −1: it is no mark worker. */
  worker: number
  /** The current stack, or that with which it stops running; NO_STACK: none, or in a later generation. */
  stack: number
}

export function newSpan(): Span {
  return { state: 0, start: 0, end: 0, reason: 0, other: -1, worker: -1, stack: NO_STACK }
}

/** Writes a row of a table over a span. */
export function readSpan(table: SpanTable, row: number, span: Span): void {
  const { columns } = table
  const code = columns.codes[row]
  span.state = code & STATE_MASK
  span.start = columns.starts[row]
  span.end = columns.ends[row]
  span.reason = code >> REASON_SHIFT
  span.other = table.other(row)
  span.worker = code & WORKER ? columns.workerSince(row) : -1
  span.stack = columns.stacks[row]
}

/** Writes one that goes on behind the generations that were read over a span. */
export function openSpan(span: Span, { code, since, stack }: CarriedState): void {
  span.state = (code & STATE_MASK) - 1
  span.start = since
  span.end = Number.POSITIVE_INFINITY
  span.reason = code >> REASON_SHIFT
  span.other = -1
  span.worker = -1
  span.stack = stack
}

export function addSpan(sums: ColumnSums, { state, start, end, worker }: Span): void {
  if (end === Number.POSITIVE_INFINITY) sums.addTime(state, start, end)
  else sums.addSpan(state, start, end)
  if (worker >= 0) sums.addTime(TileState.GcWorker, worker, end)
}
