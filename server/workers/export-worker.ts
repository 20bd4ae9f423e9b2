/**
 * The thread that writes the trace-event JSON of one job: reads the events of the trace again and sends the text as bytes, piece by
 * piece, no more than the main thread has asked for.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { RelatedGoroutines } from '../analysis/passes/related-goroutines.js'
import { CodedError } from '../errors.js'
import { TraceEventExporter } from '../export/trace-event/exporter.js'
import type { TraceEventPlan } from '../export/trace-event/plan.js'
import type { TraceEventJob } from '../export/trace-event/request.js'
import type { EventBlock } from '../shared/event-block.js'
import { openReader, openTrace } from '../trace/open.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { openSource } from '../trace/source/file-source.js'
import type { Source } from '../trace/source/source.js'
import type { ErrorData } from './messages.js'

export interface ExportWorkerData {
  readonly path: string
  /** Size of the file when the server opened it. */
  readonly sizeBytes: number
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

const { path, sizeBytes, job } = workerData as ExportWorkerData
const main = parentPort as MessagePort
const encoder = new TextEncoder()
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
  const bytes = encoder.encode(value)
  send({ type: 'piece', bytes }, [bytes.buffer as ArrayBuffer])
}

function send(message: ExportMessage, transfer: ArrayBuffer[] = []): void {
  main.postMessage(message, transfer)
}

function* write(): Generator<string> {
  const source = openSource(path)
  try {
    if (source.sizeBytes !== sizeBytes) {
      throw new CodedError('FILE_CHANGED', `${source.name} changed since the server opened it`)
    }
    const plan = completePlan(source)
    const reader = openEvents(source)
    let exporter: TraceEventExporter | undefined
    for (const block of eventsOf(reader)) {
      exporter ??= new TraceEventExporter(reader.dictionary, plan, reader.startTime)
      yield* exporter.feed(block)
    }
    if (exporter !== undefined) yield* exporter.finish()
  } finally {
    source.close()
  }
}

/** Adds the goroutines that only the events tell. */
function completePlan(source: Source): TraceEventPlan {
  const { plan, relatedTo } = job
  if (relatedTo === null) return plan
  const reader = openEvents(source)
  const related = new RelatedGoroutines()
  for (const block of eventsOf(reader)) related.feed(block)
  const { goroutines, wide } = reader.dictionary
  const row = goroutines.find(wide.encode(BigInt(relatedTo)))
  return { ...plan, goroutines: related.of(row).map(at => wide.text(goroutines.ids[at])) }
}

function openEvents(source: Source): OrderedReader {
  return openReader(source, openTrace(source), job.generations)
}

/** The events that a job needs, in order. What a lane shows depends on all before it, so they begin with the first of the trace. */
function* eventsOf(reader: OrderedReader): Generator<EventBlock> {
  for (let block = reader.next(); block !== null; block = reader.next()) {
    yield block
    reader.recycle(block)
  }
}
