/**
 * The thread that puts a trace's events in order and passes them to the analyst, block by block. At most AHEAD blocks
 * are on their way, so that a slow analyst bounds the memory of both. Afterwards it answers what needs the events of
 * single generations (replay-queries.ts): it has the checkpoints and the dictionary of the first pass.
 */
import { setImmediate } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { TrackOrder } from '../contract/timeline.js'
import { CodedError } from '../errors.js'
import { leastWidth } from '../replay/least-width.js'
import { Detail } from '../replay/replay.js'
import { Timeline } from '../replay/timeline-reading.js'
import { openSource } from '../source/file.js'
import type { Source } from '../source/source.js'
import { TimelineTiles } from '../timeline/tiles.js'
import { Tracks } from '../timeline/tracks.js'
import { firstGenerations, openReader } from '../trace/open.js'
import { Checkpoints } from '../trace/order/checkpoints.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { blockBuffers } from './block-buffers.js'
import type { OrderMessage, OrderRequest, OrderWorkerData } from './messages.js'
import { type ReplayContext, replayHandlers } from './replay-queries.js'
import { RpcServer } from './rpc-server.js'
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
let source: Source
/** For the main thread, and for the analyst. */
const servers = [parentPort as MessagePort, port].map(asking => new RpcServer(asking, replayHandlers))

/** null: it does not read. What it knew of the scheduler is free then. */
let reader: OrderedReader | null = null
let checkpoints = new Checkpoints()
let timeline: Timeline
/** Generations that are to be read; 0 where there are none. */
let planned = 0
/** null until it answers; then it waits for the tracks. */
let replay: Omit<ReplayContext, 'tracks'> | null = null
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
        if (!overran && reader.usableGenerations > 0) serveReplays(reader)
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
    source ??= openSource(trace.path, trace.stamp)
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

/** The trace has been read: from now on this thread replays single generations. */
function serveReplays({ dictionary, startTime, usableGenerations }: OrderedReader): void {
  const first = { dictionary, checkpoints, startTime, generations: usableGenerations }
  const detail = new Detail(source, opened, first, memoryBytes * EVENTS_SHARE)
  timeline.finish()
  const tiles = new TimelineTiles(detail, timeline, memoryBytes * SPANS_SHARE)
  replay = { detail, tiles, viewer: timeline.viewer }
  send({ type: 'serves', tracks: { quickLevel: tiles.quickLevel, emptyLanes: tiles.emptyLanes } })
  void prepare(tiles)
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
  reader = null
  if (!(error instanceof CodedError)) throw error
  send({ type: 'unreadable', attempt, error: asErrorData(error) })
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
    reader?.recycle(request.block)
    read()
  } else if (request.type === 'restart') {
    attempt = request.attempt
    start(request.generations)
    read()
  }
})

start()
read()
