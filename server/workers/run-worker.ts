/** The thread that puts runs of generations in order ahead (trace/order/runs.ts) and hands them to the order worker, generation by generation. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { blockBuffers } from '../engine/block-buffers.js'
import type { RunMessage, RunRequest, RunWorkerData } from '../engine/messages.js'
import { openedTrace } from '../engine/trace-data.js'
import { CodedError } from '../errors.js'
import { openSource } from '../source/file.js'
import { OrderingMemory } from '../trace/fast-path/memory.js'
import { orderRun } from '../trace/order/runs.js'

const { trace, port: rawPort } = workerData as RunWorkerData
const port = rawPort as MessagePort
const { index } = openedTrace(trace)
const memory = new OrderingMemory()

port.on('message', ({ id, run, spare }: RunRequest) => {
  try {
    if (index === null) throw new Error('a trace without generations has no runs')
    const source = openSource(trace.path, trace.stamp)
    try {
      for (const generation of orderRun(source, index, run, memory, spare)) {
        send({ type: 'generation', id, generation }, generation.blocks.flatMap(blockBuffers))
      }
    } finally {
      memory.clear()
      source.close()
    }
  } catch (error) {
    // The order worker reads what is missing, and finds the same.
    if (!(error instanceof CodedError)) throw error
  }
  send({ type: 'end', id })
})

function send(message: RunMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}
