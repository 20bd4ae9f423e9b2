/**
 * The thread that puts a trace's events in order and hands them to the analyst, block by block. At most AHEAD blocks
 * are on their way, so that a slow analyst bounds the memory of both. Afterwards it serves detail (detail-service.ts).
 */
import { setImmediate } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { GoroutineHistory } from '../analysis/passes/history.js'
import { CodedError } from '../errors.js'
import { leastWidths } from '../replay/least-width.js'
import { Detail } from '../replay/replay.js'
import { Timeline } from '../replay/timeline-reading.js'
import { type FileSource, openSource } from '../source/file.js'
import { TimelineTiles } from '../timeline/tiles.js'
import { openReader } from '../trace/open.js'
import { Checkpoints } from '../trace/order/checkpoints.js'
import { WholeGenerations } from '../trace/order/whole-generations.js'
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

let detail: Detail | null = null
let onTheWay = 0
/** null: the trace has been read. */
let ordered: WholeGenerations | null = null
/** Called when the analyst has done with a block. */
let wake = () => {}

function send(message: OrderMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** Orders the trace and sends it, at the analyst's pace; then serves what is read of it again. */
async function readTrace(): Promise<void> {
  try {
    source = openSource(trace.path, trace.record)
    const checkpoints = new Checkpoints()
    const reader = openReader(source, opened, undefined, checkpoints)
    const timeline = new Timeline(reader.dictionary, opened.index === null ? [] : leastWidths(opened.index))
    ordered = new WholeGenerations(reader)
    await sendAll(ordered, timeline)
    source.check()
    const { dictionary, startTime, usableGenerations, lostBytes, error, oddities } = reader
    // What it knew of the scheduler is free then.
    ordered = null
    send({ type: 'end', startTime, error: error?.toJSON() ?? null, usableGenerations, lostBytes, oddities })
    if (usableGenerations === 0) return
    const first = { dictionary, checkpoints, startTime, generations: usableGenerations }
    serveDetail(new Detail(source, opened, first, memoryBytes * EVENTS_SHARE), timeline)
  } catch (error) {
    fail(error)
  }
}

async function sendAll(ordered: WholeGenerations, timeline: Timeline): Promise<void> {
  for (;;) {
    const isFree = onTheWay < AHEAD
    if (isFree && sendNext(ordered, timeline)) continue
    if (isFree && ordered.ended) return
    if (ordered.isBehind) {
      ordered.order()
      // For the blocks that come back.
      if (onTheWay > 0) await setImmediate()
    } else {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}

/** Sends a block of a whole generation; false: none is ready. */
function sendNext(ordered: WholeGenerations, timeline: Timeline): boolean {
  const next = ordered.take()
  if (next === null) return false
  // Here rather than in the analyst, which is the slower of the two.
  timeline.feed(next.block)
  onTheWay++
  send({ type: 'block', ...next }, blockBuffers(next.block))
  return true
}

function serveDetail(read: Detail, timeline: Timeline): void {
  detail = read
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
  ordered = null
  if (!(error instanceof CodedError)) throw error
  send({ type: 'failed', error: asErrorData(error) })
}

port.on('message', (request: OrderRequest) => {
  if (request.type === 'history') void sendHistory(request)
  else if (request.type === 'forget') histories.delete(request.id)
  else {
    onTheWay--
    ordered?.recycle(request.block)
    wake()
  }
})

void readTrace()
