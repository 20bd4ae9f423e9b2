/**
 * The thread that owns the facts of a trace: takes ordered blocks from the order worker, analyses them in sequence and
 * answers questions, so that neither a sort nor a quantile ever holds up a request.
 *
 * A question that comes while the trace is being read waits until it is analysed.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Analyst } from '../analysis/analyst.js'
import { G } from '../analysis/facts/goroutines.js'
import { SegmentStore } from '../analysis/facts/segment-store.js'
import type { TraceFacts } from '../analysis/facts/trace-facts.js'
import { historyOf } from '../analysis/passes/history.js'
import { answerQuery } from '../analysis/queries/answer.js'
import { answerGoroutine, historyRow } from '../analysis/queries/goroutine.js'
import type { Queries } from '../contract/trace.js'
import { Dictionary } from '../core/dictionary.js'
import { CodedError, type ErrorData } from '../errors.js'
import { printable } from '../shared/printable.js'
import { TemporaryFile } from '../source/temporary-file.js'
import { nothingUsable } from '../trace/open.js'
import { partialTrace } from '../trace/partial.js'
import { blockBuffers } from './block-buffers.js'
import type { AnalystMessage, AnalystRequest, AnalystWorkerData, OrderMessage, OrderRequest } from './messages.js'
import { asErrorData, openedTrace } from './trace-data.js'

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
let generationsRead = 0
let bytesRead = 0
let reported = 0
const waiting = new Map<number, AnalystRequest & { type: 'query' }>()

function send(message: AnalystMessage): void {
  main.postMessage(message)
}

function toOrder(request: OrderRequest, transfer: ArrayBuffer[] = []): void {
  orderPort.postMessage(request, transfer)
}

function report(failed: ErrorData | null = null): void {
  reported = Date.now()
  warnOfFailure()
  send({ type: 'progress', ready: facts !== null, generationsRead, bytesRead, failed })
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
  if (message.usableGenerations === 0 && error !== null) {
    giveUp(nothingUsable(file, error))
    return
  }
  generationsRead = message.usableGenerations
  const partial = partialTrace(opened, message.usableGenerations, message.lostBytes, sizeBytes, error)
  facts = analyst.at({ startTime: message.startTime, partial, oddities: message.oddities })
  report()
  for (const request of waiting.values()) answer(request)
  waiting.clear()
}

function giveUp(error: CodedError): void {
  report(error.toJSON())
}

function answer(request: AnalystRequest & { type: 'query' }): void {
  const { id } = request
  try {
    const { name, params } = request
    store.trim()
    if (name === 'goroutine') askHistory(facts as TraceFacts, request as GoroutineQuery)
    else send({ type: 'answer', id, answer: answerQuery(facts as TraceFacts, name, params as never) })
  } catch (error) {
    send({ type: 'refusal', id, error: asErrorData(error) })
  }
  warnOfFailure()
}

/** Questions about one goroutine whose history is being read. */
const histories = new Map<number, GoroutineQuery>()
type GoroutineQuery = { readonly id: number; readonly params: Queries['goroutine']['params'] }

/** The facts keep no states of single goroutines: the order worker reads the generations of its life again. */
function askHistory(facts: TraceFacts, query: GoroutineQuery): void {
  const { id, params } = query
  const goroutine = historyRow(facts, params.goid)
  const creation = facts.goroutines.time(goroutine, G.Creation)
  const end = facts.goroutines.time(goroutine, G.End)
  const { generations, endNs } = facts
  const from = Math.max(
    generations.findLastIndex(({ startNs }) => startNs <= creation),
    0,
  )
  const to = end < 0 ? generations.length - 1 : generations.findLastIndex(({ startNs }) => startNs <= end)
  histories.set(id, query)
  toOrder({ type: 'history', id, goroutine, from, to: Math.max(from, to), endNs })
}

function takeHistory({ id, history, error }: OrderMessage & { type: 'history' }): void {
  const query = histories.get(id)
  histories.delete(id)
  if (query === undefined) return
  try {
    if (history === null) send({ type: 'refusal', id, error: error as ErrorData })
    else send({ type: 'answer', id, answer: answerGoroutine(facts as TraceFacts, query.params, historyOf(history)) })
  } catch (failure) {
    send({ type: 'refusal', id, error: asErrorData(failure) })
  }
}

orderPort.on('message', (message: OrderMessage) => {
  if (message.type === 'block') takeBlock(message)
  else if (message.type === 'history') takeHistory(message)
  else if (message.type === 'end') takeEnd(message)
  else giveUp(CodedError.from(message.error))
})

main.on('message', (request: AnalystRequest) => {
  if (request.type === 'cancel') {
    waiting.delete(request.id)
    if (histories.delete(request.id)) toOrder({ type: 'forget', id: request.id })
  } else if (facts === null) waiting.set(request.id, request)
  else answer(request)
})
