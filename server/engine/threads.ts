/** The threads that read a trace: an order worker and an analyst. When one ends, so does the other. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { CodedError, type Fault, faultOf } from '../errors.js'
import type { AnalystWorkerData, OrderWorkerData, TraceData } from './messages.js'

export class TraceThreads {
  readonly order: Worker
  readonly analyst: Worker
  private ended = false

  /**
   * @param memoryBytes for what the order worker keeps of what was read again
   * @param died called once, when one died and both have ended: what they held is free again
   */
  constructor(
    trace: TraceData,
    file: string,
    memoryBytes: number,
    private readonly died: (error: CodedError) => void,
  ) {
    const { port1, port2 } = new MessageChannel()
    const orderData: OrderWorkerData = { trace, port: port1, memoryBytes }
    this.order = this.start('order', 'reads the trace', orderData, port1)
    const analystData: AnalystWorkerData = { trace, file, port: port2 }
    this.analyst = this.start('analyst', 'analyses the trace', analystData, port2)
  }

  async end(): Promise<void> {
    this.ended = true
    await Promise.all([this.order.terminate(), this.analyst.terminate()])
  }

  private start(name: string, does: string, workerData: object, port: MessagePort): Worker {
    const worker = newWorker(name, workerData, port)
    let fault: Fault = { kind: 'it ended', frames: '' }
    worker.on('error', error => {
      fault = faultOf(error)
    })
    worker.on('exit', () => {
      if (this.ended) return
      const error = new CodedError('WORKER_DIED', `the thread that ${does} died: ${fault.kind}`, {}, fault)
      void this.end().then(() => this.died(error))
    })
    return worker
  }
}

/**
 * Room for objects that were made just now, MB: four times as much, as by itself, would hold garbage for the most part.
 */
const YOUNG_MB = 12

function newWorker(name: string, workerData: object, port: MessagePort): Worker {
  const options = { workerData, transferList: [port], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } }
  return new Worker(new URL(`./${name}-worker.js`, import.meta.url), options as never)
}
