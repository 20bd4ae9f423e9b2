/**
 * Opens a trace of any version: header and, where the format has generations, the index; then a reader of its ordered
 * events.
 */
import { CodedError, CUT, placedMessage } from '../errors.js'
import type { Source } from '../source/source.js'
import { buildIndex } from './index/build-index.js'
import { isV1, readHeader, type V1Version, type Version } from './index/header.js'
import type { TraceIndex } from './index/trace-index.js'
import type { Checkpoints } from './order/checkpoints.js'
import type { OrderedReader } from './order/reader.js'
import { V2Reader } from './order/v2-reader.js'
import { openV1Reader } from './v1/reader.js'

/** What is known of a trace before its events are read; plain data, but for the error of the index. */
export interface OpenedTrace {
  readonly version: Version
  /** Null for the versions without generations. */
  readonly index: TraceIndex | null
}

/**
 * Reads the header and the index. Throws CodedError: NOT_A_TRACE, UNKNOWN_VERSION, NOT_READABLE; NOTHING_USABLE when
 * the index has no generation.
 */
export function openTrace(source: Source): OpenedTrace {
  const version = readHeader(source)
  if (isV1(version)) return { version, index: null }
  const index = buildIndex(source, version)
  if (index.generations.length === 0) throw nothingUsable(source.name, index.error)
  return { version, index }
}

/** The error of a trace without any generation that can be served; `file` is its base name. */
export function nothingUsable(file: string, error: CodedError | null): CodedError {
  const reason = error === null ? `it ends after its header; it is ${CUT}` : placedMessage(error)
  return new CodedError('NOTHING_USABLE', `nothing of ${file} can be read: ${reason}`, {
    ...error?.place,
    cause: error?.code,
  })
}

/**
 * A reader of the first `generations` generations of a trace, as if the file ended behind them; of all, with the error
 * that stands behind them, when left out. `checkpoints` takes the state at their borders. v1 traces are read whole or
 * not at all: their errors are thrown here.
 */
export function openReader(
  source: Source,
  trace: OpenedTrace,
  generations?: number,
  checkpoints?: Checkpoints,
): OrderedReader {
  if (trace.index === null) return openV1Reader(source, trace.version as V1Version)
  const index = generations === undefined ? trace.index : firstGenerations(trace.index, generations)
  return new V2Reader(source, index, undefined, checkpoints)
}

/** The index of a trace that ends behind its first `count` generations. */
export function firstGenerations(index: TraceIndex, count: number): TraceIndex {
  return { ...index, generations: index.generations.slice(0, count), error: null }
}
