/** Opened traces and errors as the plain data that passes between threads, and back. */
import { CodedError, codedError, type ErrorData } from '../errors.js'
import type { FileRecord } from '../source/source.js'
import type { OpenedTrace } from '../trace/open.js'
import type { TraceData } from './messages.js'

export function traceData(path: string, record: FileRecord, trace: OpenedTrace): TraceData {
  const { version, index } = trace
  return {
    path,
    record,
    version,
    index: index === null ? null : { ...index, error: null },
    indexError: index?.error?.toJSON() ?? null,
  }
}

export function openedTrace(data: TraceData): OpenedTrace {
  const { version, index, indexError } = data
  if (index === null) return { version, index }
  return { version, index: { ...index, error: indexError === null ? null : CodedError.from(indexError) } }
}

/** Whatever one question failed of. */
export function asErrorData(error: unknown): ErrorData {
  return codedError(error).toJSON()
}
