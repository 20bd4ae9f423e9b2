/**
 * The thread that puts a trace's events in order and hands them to the analyst, block by block. At most AHEAD blocks
 * are on their way, so that a slow analyst bounds the memory of both. Afterwards it serves detail (detail-service.ts).
 */
import { setImmediate } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { GoroutineHistory } from '../analysis/passes/history.js'
import { CodedError } from '../errors.js'
import { leastWidth } from '../replay/least-width.js'
import { Detail } from '../replay/replay.js'
import { Timeline } from '../replay/timeline-reading.js'
import { type FileSource, openSource } from '../source/file.js'
import { TimelineTiles } from '../timeline/tiles.js'
import { firstGenerations, openReader } from '../trace/open.js'
import { Checkpoints } from '../trace/order/checkpoints.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { blockBuffers } from './block-buffers.js'
import { detailJobs } from './detail-jobs.js'
import { DetailService } from './detail-service.js'
import type { OrderMessage, OrderRequest, OrderWorkerData } from './messages.js'
import { asErrorData, openedTrace } from './trace-data.js'

/** Blocks on their way to the analyst; at 33 bytes an event and 64 Ki events a block about 8 MB. */
const AHEAD = 4

/**
 * Of the memory for what is kept: the shares of ordered events and of spans of the timeline; the rest is for answers
 * (opened-trace.ts).
 */
const EVENTS_SHARE = 0.4
const SPANS_SHARE = 0.2

const { trace, port: rawPort, memoryBytes } = workerData as OrderWorkerData
const port = rawPort as MessagePort
const opened = openedTrace(trace)
let source: FileSource
const detailService = new DetailService(parentPort as MessagePort, { ...detailJobs, fileSums })

/** null: it does not read. What it knew of the scheduler is free then. */
let reader: OrderedReader | null = null
let checkpoints = new Checkpoints()
let timeline: Timeline
/** Generations that are to be read; 0 where there are none. */
let planned = 0
let detail: Detail | null = null
let attempt = 0
let onTheWay = 0

function send(message: OrderMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** Reads and sends until the analyst is busy or the trace ends. */
function read(): void {
  if (reader === null) return
  try {
    while (onTheWay < AHEAD) {
      const block = reader.next()
      if (block === null) {
        source.check()
        // Of a generation that was dropped the timeline knows something, if only how long the trace would be.
        const overran = Math.max(reader.generations.length, planned) > reader.usableGenerations
        send({
          type: 'end',
          attempt,
          startTime: reader.startTime,
          error: reader.error?.toJSON() ?? null,
          usableGenerations: reader.usableGenerations,
          lostBytes: reader.lostBytes,
          oddities: reader.oddities,
          overran,
        })
        if (!overran && reader.usableGenerations > 0) serveDetail(reader)
        reader = null
        return
      }
      // Here rather than in the analyst, which is the slower of the two.
      timeline.feed(block)
      onTheWay++
      send(
        {
          type: 'block',
          attempt,
          block,
          delta: reader.dictionary.takeDelta(),
          generation: reader.generations[block.generation] ?? null,
          bytesRead: reader.bytesRead,
        },
        blockBuffers(block),
      )
    }
  } catch (error) {
    fail(error)
  }
}

function start(generations?: number): void {
  try {
    source ??= openSource(trace.path, trace.record)
    checkpoints = new Checkpoints()
    const { index } = opened
    const usable = index === null || generations === undefined ? index : firstGenerations(index, generations)
    reader = openReader(source, { ...opened, index: usable }, undefined, checkpoints)
    planned = usable?.generations.length ?? 0
    timeline = new Timeline(reader.dictionary, usable === null ? 0 : leastWidth(usable))
  } catch (error) {
    fail(error)
  }
}

/** The trace has been read: from now on this thread reads single generations again. */
function serveDetail({ dictionary, startTime, usableGenerations }: OrderedReader): void {
  const first = { dictionary, checkpoints, startTime, generations: usableGenerations }
  detail = new Detail(source, opened, first, memoryBytes * EVENTS_SHARE)
  timeline.finish()
  const tiles = new TimelineTiles(detail, timeline, memoryBytes * SPANS_SHARE)
  detailService.begin({ detail, timeline: tiles, viewer: timeline.viewer })
  void prepare(tiles)
}

/** Checks that the file is what was read, and gives the checksums of that: numbers of 64 bits. */
function* fileSums(): Generator<Uint8Array> {
  source.check()
  yield new Uint8Array(source.record().sums.buffer)
}

/** Between the jobs that come. What it fails at is made, and told of, when it is asked for. */
async function prepare(tiles: TimelineTiles): Promise<void> {
  try {
    const parts = tiles.prepare()
    while (parts.next().done !== true) await setImmediate()
  } catch {}
}

/** Histories that somebody waits for. */
const histories = new Set<number>()

/**
 * Reads one goroutine's states again, as long as somebody waits for them; other jobs take their turns between blocks.
 */
async function sendHistory(request: OrderRequest & { type: 'history' }): Promise<void> {
  const { id, goroutine, from, to, endNs } = request
  histories.add(id)
  try {
    if (detail === null) throw new Error('a history was asked for before the trace was read')
    const history = new GoroutineHistory(goroutine)
    for (const block of detail.blocks(from, to)) {
      history.feed(block)
      await setImmediate()
      if (!histories.has(id)) return
    }
    history.finish(endNs)
    send({ type: 'history', id, history: history.toData(), error: null })
  } catch (error) {
    send({ type: 'history', id, history: null, error: asErrorData(error) })
  } finally {
    histories.delete(id)
  }
}

/** Tells the analyst of an error that ends all reading; what is no error of the trace brings the thread down. */
function fail(error: unknown): void {
  reader = null
  if (!(error instanceof CodedError)) throw error
  send({ type: 'failed', attempt, error: asErrorData(error) })
}

port.on('message', (request: OrderRequest) => {
  if (request.type === 'history') {
    void sendHistory(request)
    return
  }
  if (request.type === 'forget') {
    histories.delete(request.id)
    return
  }
  if (request.type === 'done') {
    onTheWay--
    reader?.recycle(request.block)
  } else {
    attempt = request.attempt
    start(request.generations)
  }
  read()
})

start()
read()
