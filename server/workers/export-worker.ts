/**
 * The thread that writes the trace-event JSON of one job: reads the events of the trace again and sends the text as bytes, piece by
 * piece, no more than the main thread has asked for.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { CodedError } from '../errors.js'
import type { TraceEventJob } from '../export/trace-event/request.js'
import { openTrace } from '../trace/open.js'
import { openSource } from '../trace/source/file-source.js'
import type { FileStamp } from '../trace/source/source.js'
import type { ErrorData } from './messages.js'
import { writeTraceEvents } from './write-trace-events.js'

export interface ExportWorkerData {
  readonly path: string
  /** What the file was when the server opened it. */
  readonly stamp: FileStamp
  readonly job: TraceEventJob
}

/** Main thread → export worker: how many pieces more. */
export interface ExportRequest {
  readonly pieces: number
}

export type ExportMessage =
  | { readonly type: 'piece'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly error: ErrorData }

const { path, stamp, job } = workerData as ExportWorkerData
const main = parentPort as MessagePort
const pieces = write()
let wanted = 0

main.on('message', (request: ExportRequest) => {
  wanted += request.pieces
  try {
    while (wanted > 0) sendNext()
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    send({ type: 'failed', error: error.toJSON() })
    main.close()
  }
})

function sendNext(): void {
  const { done, value } = pieces.next()
  if (done) {
    wanted = 0
    send({ type: 'end' })
    main.close()
    return
  }
  wanted--
  send({ type: 'piece', bytes: value }, [value.buffer as ArrayBuffer])
}

function send(message: ExportMessage, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer)
}

function* write(): Generator<Uint8Array> {
  const source = openSource(path, stamp)
  try {
    yield* writeTraceEvents(source, openTrace(source), job)
  } finally {
    source.close()
  }
}
