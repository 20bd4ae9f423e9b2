/**
 * Lays out graphs in worker threads, so that no layout holds up a request, and no layout lasts longer than its
 * deadline.
 *
 * At most `threads` layouts run at a time, the others wait in order. The deadline counts from the request, waiting
 * included. A thread whose layout is cancelled or too late is ended, and another starts when it is needed.
 */
import { Worker } from 'node:worker_threads'
import { CodedError, type Fault, faultOf } from '../errors.js'
import type { LayoutReply } from './layout-worker.js'

export interface LayoutOptions {
  readonly threads?: number
  readonly deadlineMs?: number
}

interface Job {
  readonly dot: string
  /** Both settle the request, once; later calls do nothing. */
  readonly resolve: (svg: string) => void
  readonly reject: (error: Error) => void
}

export class LayoutPool {
  private readonly threads: number
  private readonly deadlineMs: number
  private readonly waiting: Job[] = []
  private readonly running = new Map<Job, Worker>()
  private readonly idle: Worker[] = []
  private closed = false

  constructor({ threads = 2, deadlineMs = 10_000 }: LayoutOptions = {}) {
    this.threads = threads
    this.deadlineMs = deadlineMs
  }

  /** SVG of a graph in DOT text. Rejects with TIMED_OUT, CANCELLED or WORKER_DIED. */
  layout = (dot: string, signal?: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      if (this.closed || signal?.aborted) {
        reject(new CodedError('CANCELLED', 'The layout was cancelled.'))
        return
      }
      const settle = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
      }
      const job: Job = {
        dot,
        resolve: svg => {
          settle()
          resolve(svg)
        },
        reject: error => {
          settle()
          reject(error)
        },
      }
      const cancel = () => this.abandon(job, new CodedError('CANCELLED', 'The layout was cancelled.'))
      const timer = setTimeout(() => {
        const seconds = this.deadlineMs / 1000
        this.abandon(
          job,
          new CodedError('TIMED_OUT', `The call graph could not be laid out within ${seconds} seconds.`),
        )
      }, this.deadlineMs)
      signal?.addEventListener('abort', cancel, { once: true })
      this.waiting.push(job)
      this.startNext()
    })

  /** Ends all threads; what runs or waits is cancelled. */
  async close(): Promise<void> {
    this.closed = true
    const ended = this.idle.splice(0).map(worker => worker.terminate())
    for (const [job, worker] of this.running) {
      job.reject(new CodedError('CANCELLED', 'The server is closing.'))
      ended.push(worker.terminate())
    }
    for (const job of this.waiting.splice(0)) job.reject(new CodedError('CANCELLED', 'The server is closing.'))
    this.running.clear()
    await Promise.all(ended)
  }

  private startNext(): void {
    while (!this.closed && this.running.size < this.threads) {
      const job = this.waiting.shift()
      if (job === undefined) return
      const worker = this.idle.pop() ?? this.startWorker()
      this.running.set(job, worker)
      worker.ref()
      worker.postMessage(job.dot)
    }
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./layout-worker.js', import.meta.url))
    worker.on('message', (reply: LayoutReply) => {
      const job = this.jobOf(worker)
      if (job === undefined) return
      this.running.delete(job)
      if ('fault' in reply) {
        // What failed inside may have left it in any state.
        void worker.terminate()
        job.reject(notLaidOut(reply.fault))
      } else {
        // An idle thread must not keep the program alive.
        worker.unref()
        this.idle.push(worker)
        job.resolve(reply.svg)
      }
      this.startNext()
    })
    let fault: Fault = { kind: 'the thread ended', frames: '' }
    worker.on('error', error => {
      fault = faultOf(error)
    })
    worker.on('exit', () => {
      const at = this.idle.indexOf(worker)
      if (at >= 0) this.idle.splice(at, 1)
      const job = this.jobOf(worker)
      if (job === undefined) return
      this.running.delete(job)
      job.reject(notLaidOut(fault))
      this.startNext()
    })
    return worker
  }

  private abandon(job: Job, error: CodedError): void {
    const at = this.waiting.indexOf(job)
    if (at >= 0) this.waiting.splice(at, 1)
    void this.running.get(job)?.terminate()
    this.running.delete(job)
    job.reject(error)
    this.startNext()
  }

  private jobOf(worker: Worker): Job | undefined {
    for (const [job, at] of this.running) if (at === worker) return job
    return undefined
  }
}

function notLaidOut(fault: Fault): CodedError {
  return new CodedError('WORKER_DIED', `The call graph could not be laid out: ${fault.kind}.`, {}, fault)
}
