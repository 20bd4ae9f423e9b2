/**
 * The thread that puts a trace's events in order and passes them to the analyst, block by block, those of whole
 * generations alone. At most AHEAD blocks are on their way, so that a slow analyst bounds the memory of both.
 * Afterwards it answers what needs the events of single generations (replay-queries.ts): it has the checkpoints and the
 * dictionary of the first pass.
 */
import { setImmediate } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { TrackOrder } from '../contract/timeline.js'
import { CodedError } from '../errors.js'
import { leastWidths } from '../replay/least-width.js'
import { Detail } from '../replay/replay.js'
import { Timeline } from '../replay/timeline-reading.js'
import { type FileSource, openSource } from '../source/file.js'
import { TimelineTiles } from '../timeline/tiles.js'
import { Tracks } from '../timeline/tracks.js'
import { openReader } from '../trace/open.js'
import { Checkpoints } from '../trace/order/checkpoints.js'
import { WholeGenerations } from '../trace/order/whole-generations.js'
import { blockBuffers } from './block-buffers.js'
import type { OrderMessage, OrderRequest, OrderWorkerData } from './messages.js'
import { type ReplayContext, replayHandlers } from './replay-queries.js'
import { RpcServer } from './rpc-server.js'
import { asErrorData, openedTrace } from './trace-data.js'

/** Blocks on their way to the analyst; at 33 bytes an event and 64 Ki events a block about 8 MB. */
const AHEAD = 4

/**
 * Of the memory for what is kept: the shares of ordered events and of spans of the timeline; the rest is for answers
 * (trace-host.ts).
 */
const EVENTS_SHARE = 0.4
const SPANS_SHARE = 0.2

const { trace, port: rawPort, memoryBytes } = workerData as OrderWorkerData
const port = rawPort as MessagePort
const opened = openedTrace(trace)
/** For the main thread, and for the analyst. */
const servers = [parentPort as MessagePort, port].map(asking => new RpcServer(asking, replayHandlers))

/** null until it answers; then it waits for the tracks. */
let replay: Omit<ReplayContext, 'tracks'> | null = null
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
    const source = openSource(trace.path, trace.record)
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
    serveReplays(source, new Detail(source, opened, first, memoryBytes * EVENTS_SHARE), timeline)
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

function serveReplays(source: FileSource, detail: Detail, timeline: Timeline): void {
  timeline.finish()
  const tiles = new TimelineTiles(detail, timeline, memoryBytes * SPANS_SHARE)
  replay = { detail, tiles, viewer: timeline.viewer, fileSums: () => fileSums(source) }
  send({ type: 'serves', tracks: { quickLevel: tiles.quickLevel, emptyLanes: tiles.emptyLanes } })
  void prepare(tiles)
}

/** Checks that the file is what was read, and gives the checksums of that. */
function fileSums(source: FileSource): Float64Array {
  source.check()
  return source.record().sums
}

/** Between the questions that come. What it fails at is made, and told of, when it is asked for. */
async function prepare(tiles: TimelineTiles): Promise<void> {
  try {
    const parts = tiles.prepare()
    while (parts.next().done !== true) await setImmediate()
  } catch {}
}

/** Tells the analyst of an error that ends all reading; what is no error of the trace brings the thread down. */
function fail(error: unknown): void {
  ordered = null
  if (!(error instanceof CodedError)) throw error
  send({ type: 'unreadable', error: asErrorData(error) })
}

function begin(order: TrackOrder): void {
  if (replay === null) throw new Error('tracks came before the trace was read')
  const { detail } = replay
  for (const server of servers) server.begin({ ...replay, tracks: new Tracks(order, detail.dictionary) })
}

port.on('message', (request: OrderRequest) => {
  if (request.type === 'tracks') begin(request.order)
  else if (request.type === 'done') {
    onTheWay--
    ordered?.recycle(request.block)
    wake()
  }
})

void readTrace()
