/** What is lost of a trace whose reading ended before the file does. */
import type { CodedError } from '../errors.js'
import type { OpenedTrace } from './open.js'

export interface LostPart {
  readonly error: string
  readonly lostBytes: number
  /** Percent of the file, 0…100. */
  readonly lostPercent: number
  /** Generations that are served. */
  readonly generations: number
}

/**
 * The loss of a trace of which only the first `usable` generations are served, the last of them but for `lostInside`
 * bytes: those and the bytes behind them, in truth (cmd/trace counts what its buffer had read). Null when nothing is
 * lost. Go's reader takes some files that were cut for whole ones (format.md §2, §3.9), so there may be a loss without
 * an error.
 */
export function partialTrace(
  trace: OpenedTrace,
  usable: number,
  lostInside: number,
  sizeBytes: number,
  error: CodedError | null,
): LostPart | null {
  const last = trace.index?.generations[usable - 1]
  const lostBytes = last === undefined ? 0 : sizeBytes - (last.offset + last.bytes) + lostInside
  if (error === null && lostBytes === 0) return null
  return {
    error: error?.message ?? `the file goes on for ${lostBytes} bytes behind its last whole generation`,
    lostBytes,
    lostPercent: (lostBytes / sizeBytes) * 100,
    generations: usable,
  }
}
