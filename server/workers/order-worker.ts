/**
 * The thread that puts a trace's events in order and hands them to the analyst, block by block. At most AHEAD blocks are on their way, so that
 * a slow analyst bounds the memory of both.
 */
import { type MessagePort, workerData } from 'node:worker_threads'
import { CodedError } from '../errors.js'
import { openReader } from '../trace/open.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { openSource } from '../trace/source/file-source.js'
import type { OrderMessage, OrderRequest, OrderWorkerData } from './messages.js'
import { asErrorData, openedTrace } from './trace-data.js'

/** Blocks on their way to the analyst; at 33 bytes an event and 64 Ki events a block about 8 MB. */
const AHEAD = 4

const { trace, port: rawPort } = workerData as OrderWorkerData
const port = rawPort as MessagePort
const source = openSource(trace.path)
const opened = openedTrace(trace)

let reader: OrderedReader
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
        send({
          type: 'end',
          attempt,
          startTime: reader.startTime,
          error: reader.error?.toJSON() ?? null,
          usableGenerations: reader.usableGenerations,
          overran: reader.generations.length > reader.usableGenerations,
        })
        return
      }
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
    reader = openReader(source, opened, generations)
    reading = true
  } catch (error) {
    fail(error)
  }
}

/** Tells the analyst of an error that ends all reading; what is no error of the trace brings the thread down. */
function fail(error: unknown): void {
  reading = false
  if (!(error instanceof CodedError)) throw error
  send({ type: 'failed', attempt, error: asErrorData(error) })
}

port.on('message', (request: OrderRequest) => {
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
