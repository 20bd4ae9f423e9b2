/**
 * The threads that read a trace: one order worker, one analyst, and run workers beside them while it is read. A run worker that dies is
 * replaced; whether its run is tried again the order worker knows (run-pool.ts). When one of the other two ends, all end.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { CodedError, type Fault, faultOf } from '../errors.js'
import type { AnalystWorkerData, OrderWorkerData, RunWorkerData, TraceData } from './messages.js'

/** Run workers in all that are started anew. They are a help: where they cannot live, the order worker does without. */
export const MOST_REPLACED = 8

export interface ThreadOptions {
  /** Run workers; the order worker puts runs in order itself where there are none. */
  readonly runWorkers: number
  readonly runBytes: number
  readonly memoryBytes: number
}

export class TraceThreads {
  readonly order: Worker
  readonly analyst: Worker
  readonly runs = new Set<Worker>()
  private readonly toOrder: MessagePort
  private ended = false
  private replaced = 0

  /** @param died called once, when the order worker or the analyst died and all threads have ended: what they held is free again */
  constructor(
    private readonly trace: TraceData,
    file: string,
    { runWorkers, runBytes, memoryBytes }: ThreadOptions,
    private readonly died: (error: CodedError) => void,
  ) {
    const blocks = new MessageChannel()
    const workers = new MessageChannel()
    this.toOrder = workers.port1
    const [port, analystPort] = [blocks.port1, blocks.port2]
    const orderData: OrderWorkerData = { trace, port, workers: workers.port2, runBytes, memoryBytes }
    this.order = this.start('order', 'reads the trace', orderData, [port, workers.port2])
    const analystData: AnalystWorkerData = { trace, file, port: analystPort }
    this.analyst = this.start('analyst', 'analyses the trace', analystData, [analystPort])
    for (let i = 0; i < runWorkers; i++) this.startRunWorker()
  }

  /** Ends the run workers: the trace has been read. */
  endRuns(): void {
    for (const worker of this.runs) void worker.terminate()
    this.runs.clear()
  }

  async end(): Promise<void> {
    this.ended = true
    this.toOrder.close()
    const all = [this.order, this.analyst, ...this.runs]
    this.runs.clear()
    await Promise.all(all.map(worker => worker.terminate()))
  }

  private start(name: string, does: string, workerData: object, transfer: MessagePort[]): Worker {
    const worker = newWorker(name, workerData, transfer)
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

  private startRunWorker(): void {
    const { port1, port2 } = new MessageChannel()
    const worker = newWorker('run', { trace: this.trace, port: port1 } satisfies RunWorkerData, [port1])
    this.runs.add(worker)
    // Without a listener the error would end the program.
    worker.on('error', () => {})
    worker.on('exit', () => {
      if (this.runs.delete(worker) && this.replaced++ < MOST_REPLACED) this.startRunWorker()
    })
    this.toOrder.postMessage(port2, [port2])
  }
}

/** Room for objects that were made just now, MB: four times as much, as by itself, would hold garbage for the most part. */
const YOUNG_MB = 12

function newWorker(name: string, workerData: object, transferList: MessagePort[]): Worker {
  const options = { workerData, transferList, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } }
  return new Worker(new URL(`./${name}-worker.js`, import.meta.url), options as never)
}
