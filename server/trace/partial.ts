/** What is lost of a trace whose reading ended early. */
import type { CodedError } from '../errors.js'
import type { OpenedTrace } from './open.js'

/**
 * The loss of a trace of which only the first `usable` generations are served: the bytes behind them, in truth (cmd/trace counts
 * what its buffer had read). Percent of the file, 0…100.
 */
export function partialTrace(
  trace: OpenedTrace,
  usable: number,
  sizeBytes: number,
  error: CodedError,
): { error: string; lostBytes: number; lostPercent: number; generations: number } {
  const last = trace.index?.generations[usable - 1]
  const lostBytes = last === undefined ? sizeBytes : sizeBytes - (last.offset + last.bytes)
  return { error: error.message, lostBytes, lostPercent: (lostBytes / sizeBytes) * 100, generations: usable }
}
