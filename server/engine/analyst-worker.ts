/**
 * The thread that owns the facts of a trace: takes ordered blocks from the order worker, analyses them in sequence and
 * answers questions, so that neither a sort nor a quantile ever holds up a request.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Analyst } from '../analysis/analyst.js'
import { SegmentStore } from '../analysis/facts/segment-store.js'
import type { TraceFacts } from '../analysis/facts/trace-facts.js'
import { type TrackFacts, trackOrder } from '../analysis/queries/timeline.js'
import { Dictionary } from '../core/dictionary.js'
import { CodedError, type ErrorData } from '../errors.js'
import { printable } from '../shared/printable.js'
import { TemporaryFile } from '../source/temporary-file.js'
import { nothingUsable } from '../trace/open.js'
import { partialTrace } from '../trace/partial.js'
import { blockBuffers } from './block-buffers.js'
import { type FactContext, type FactMethods, factHandlers } from './fact-queries.js'
import type { AnalystWorkerData, OrderMessage, OrderRequest, ProgressMessage } from './messages.js'
import type { ReplayParts } from './replay-queries.js'
import { RpcClient } from './rpc-client.js'
import { RpcServer } from './rpc-server.js'
import { openedTrace } from './trace-data.js'

/** Time between two reports of progress, ms. */
const REPORT_EVERY = 100

/** Of the tables of the facts in memory; what does not fit lies in a temporary file. */
const TABLES_BYTES = 16 << 20

const { trace, file, port: rawPort } = workerData as AnalystWorkerData
const { sizeBytes } = trace.record.stamp
const orderPort = rawPort as MessagePort
const main = parentPort as MessagePort
const opened = openedTrace(trace)
const header = { file, version: opened.version, sizeBytes }

const dictionary = new Dictionary()
const temporary = new TemporaryFile()
const store = new SegmentStore(temporary, TABLES_BYTES)
const analyst = new Analyst(dictionary, header, store)
let warned = false
let facts: TraceFacts | null = null
let isServing = false
let generationsRead = 0
let bytesRead = 0
let reported = 0
const replay = new RpcClient<ReplayParts>()
const server = new RpcServer<FactContext, FactMethods>(main, factHandlers, trimmed)

function toOrder(request: OrderRequest, transfer: ArrayBuffer[] = []): void {
  orderPort.postMessage(request, transfer)
}

function report(failed: ErrorData | null = null): void {
  reported = Date.now()
  warnOfFailure()
  const message: ProgressMessage = { type: 'progress', ready: isServing, generationsRead, bytesRead, failed }
  main.postMessage(message)
}

/** Says once that the temporary file failed, which may be while the trace is read and while a question is answered. */
function warnOfFailure(): void {
  if (store.failure === null || warned) return
  warned = true
  const { folder } = temporary
  process.emitWarning(
    printable(`cannot use a temporary file in ${folder}, so that all stays in memory: ${store.failure.message}`),
  )
}

function takeBlock(message: OrderMessage & { type: 'block' }): void {
  const { block, delta, generation } = message
  dictionary.apply(delta)
  if (generation !== null) analyst.feed(block, generation)
  const read = generation === null ? generationsRead : generation.row
  const crossed = read !== generationsRead
  generationsRead = read
  bytesRead = message.bytesRead
  if (crossed && Date.now() - reported >= REPORT_EVERY) report()
  toOrder({ type: 'done', block }, blockBuffers(block))
}

function takeEnd(message: OrderMessage & { type: 'end' }): void {
  const error = message.error === null ? null : CodedError.from(message.error)
  if (message.usableGenerations === 0) {
    giveUp(nothingUsable(file, error))
    return
  }
  generationsRead = message.usableGenerations
  const partial = partialTrace(opened, message.usableGenerations, message.lostBytes, sizeBytes, error)
  facts = analyst.at({ startTime: message.startTime, partial, oddities: message.oddities })
}

/** The other thread replays from now on: questions are answered. */
function serve(tracks: TrackFacts): void {
  if (facts === null) throw new Error('tracks came before the end of the trace')
  toOrder({ type: 'tracks', order: trackOrder(facts) })
  replay.attach(orderPort)
  server.begin({ facts, tracks, replay })
  isServing = true
  report()
}

function giveUp(error: CodedError): void {
  report(error.toJSON())
}

/** A part of an answer, between which the tables keep within their memory. */
function trimmed(work: () => void): void {
  store.trim()
  try {
    work()
  } finally {
    warnOfFailure()
  }
}

orderPort.on('message', (message: OrderMessage) => {
  if (message.type === 'block') takeBlock(message)
  else if (message.type === 'end') takeEnd(message)
  else if (message.type === 'serves') serve(message.tracks)
  else if (message.type === 'unreadable') giveUp(CodedError.from(message.error))
})
