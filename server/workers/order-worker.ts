/**
 * The thread that puts a trace's events in order and hands them to the analyst, block by block. At most AHEAD blocks are on their way, so that
 * a slow analyst bounds the memory of both. Afterwards it serves detail (detail-service.ts).
 */
import { setImmediate } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { GoroutineHistory } from '../analysis/passes/history.js'
import { Timeline } from '../analysis/passes/timeline-reading.js'
import { ViewerReading } from '../analysis/passes/viewer-reading.js'
import { Detail } from '../detail/detail.js'
import { TimelineTiles } from '../detail/timeline-tiles.js'
import { CodedError } from '../errors.js'
import { openReader } from '../trace/open.js'
import { Checkpoints } from '../trace/order/checkpoints.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { openSource } from '../trace/source/file-source.js'
import type { Source } from '../trace/source/source.js'
import { detailJobs } from './detail-jobs.js'
import { DetailService } from './detail-service.js'
import type { OrderMessage, OrderRequest, OrderWorkerData } from './messages.js'
import { asErrorData, openedTrace } from './trace-data.js'

/** Blocks on their way to the analyst; at 33 bytes an event and 64 Ki events a block about 8 MB. */
const AHEAD = 4

/** Ordered events of re-read generations that are kept, bytes. */
const DETAIL_BYTES = 64 << 20
/** Spans of generations for the timeline that are kept, bytes. */
const SPAN_BYTES = 96 << 20

const { trace, port: rawPort } = workerData as OrderWorkerData
const port = rawPort as MessagePort
const opened = openedTrace(trace)
let source: Source
const detailService = new DetailService(parentPort as MessagePort, detailJobs)

let reader: OrderedReader
let checkpoints = new Checkpoints()
let timeline: Timeline
let viewer: ViewerReading
let detail: Detail | null = null
let attempt = 0
let onTheWay = 0
let reading = false

function send(message: OrderMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** Reads and sends until the analyst is busy or the trace ends. */
function read(): void {
  if (!reading) return
  try {
    while (onTheWay < AHEAD) {
      const block = reader.next()
      if (block === null) {
        reading = false
        const overran = reader.generations.length > reader.usableGenerations
        send({
          type: 'end',
          attempt,
          startTime: reader.startTime,
          error: reader.error?.toJSON() ?? null,
          usableGenerations: reader.usableGenerations,
          overran,
        })
        if (!overran && reader.usableGenerations > 0) serveDetail()
        return
      }
      // Here rather than in the analyst, which is the slower of the two.
      timeline.feed(block)
      viewer.feed(block)
      onTheWay++
      const { times, kinds, threads, procs, goroutines, slots } = block
      send(
        {
          type: 'block',
          attempt,
          block,
          delta: reader.dictionary.takeDelta(),
          generation: reader.generations[block.generation] ?? null,
          bytesRead: reader.bytesRead,
        },
        [times.buffer, kinds.buffer, threads.buffer, procs.buffer, goroutines.buffer, slots.buffer] as ArrayBuffer[],
      )
    }
  } catch (error) {
    fail(error)
  }
}

function start(generations?: number): void {
  try {
    source ??= openSource(trace.path, trace.stamp)
    checkpoints = new Checkpoints()
    reader = openReader(source, opened, generations, checkpoints)
    timeline = new Timeline(reader.dictionary)
    viewer = new ViewerReading(reader.dictionary)
    reading = true
  } catch (error) {
    fail(error)
  }
}

/** The trace has been read: from now on this thread reads single generations again. */
function serveDetail(): void {
  const { dictionary, startTime, usableGenerations } = reader
  const first = { dictionary, checkpoints, startTime, generations: usableGenerations }
  detail = new Detail(source, opened, first, DETAIL_BYTES)
  timeline.finish()
  viewer.finish()
  detailService.begin({ detail, timeline: new TimelineTiles(detail, timeline, SPAN_BYTES), viewer })
}

/** Reads one goroutine's states again; other jobs take their turns between blocks. */
async function sendHistory(request: OrderRequest & { type: 'history' }): Promise<void> {
  const { id, goroutine, from, to, endNs } = request
  try {
    if (detail === null) throw new Error('a history was asked for before the trace was read')
    const history = new GoroutineHistory(goroutine)
    for (const block of detail.blocks(from, to)) {
      history.feed(block)
      await setImmediate()
    }
    history.finish(endNs)
    send({ type: 'history', id, history: history.toData(), error: null })
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    send({ type: 'history', id, history: null, error: error.toJSON() })
  }
}

/** Tells the analyst of an error that ends all reading; what is no error of the trace brings the thread down. */
function fail(error: unknown): void {
  reading = false
  if (!(error instanceof CodedError)) throw error
  send({ type: 'failed', attempt, error: asErrorData(error) })
}

port.on('message', (request: OrderRequest) => {
  if (request.type === 'history') {
    void sendHistory(request)
    return
  }
  if (request.type === 'done') {
    onTheWay--
    if (reading) reader.recycle(request.block)
  } else {
    attempt = request.attempt
    start(request.generations)
  }
  read()
})

start()
read()
