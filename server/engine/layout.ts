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
import { cancelled } from './rpc-messages.js'
import { Turns } from './turns.js'

export interface LayoutOptions {
  readonly threads?: number
  readonly deadlineMs?: number
}

export class LayoutPool {
  private readonly turns: Turns
  private readonly deadlineMs: number
  private readonly closing = new AbortController()
  private readonly idle: Worker[] = []

  constructor({ threads = 2, deadlineMs = 10_000 }: LayoutOptions = {}) {
    this.turns = new Turns(threads)
    this.deadlineMs = deadlineMs
  }

  /** SVG of a graph in DOT text. Rejects with TIMED_OUT, CANCELLED or WORKER_DIED. */
  layout = async (dot: string, signal?: AbortSignal): Promise<string> => {
    const deadline = AbortSignal.timeout(this.deadlineMs)
    const ending = AbortSignal.any([deadline, this.closing.signal, ...(signal === undefined ? [] : [signal])])
    try {
      const end = await this.turns.take(ending)
      try {
        return await this.layOut(dot, ending)
      } finally {
        end()
      }
    } catch (error) {
      if (!deadline.aborted || ending.reason !== deadline.reason) throw error
      const seconds = this.deadlineMs / 1000
      throw new CodedError('TIMED_OUT', `The call graph could not be laid out within ${seconds} seconds.`)
    }
  }

  /** Ends all threads; what runs or waits is cancelled. */
  async close(): Promise<void> {
    this.closing.abort()
    await Promise.all(this.idle.splice(0).map(worker => worker.terminate()))
  }

  private layOut(dot: string, ending: AbortSignal): Promise<string> {
    if (ending.aborted) return Promise.reject(cancelled())
    const worker = this.idle.pop() ?? this.startWorker()
    return new Promise((resolve, reject) => {
      const settle = () => {
        worker.off('error', fail).off('exit', exit).off('message', take)
        ending.removeEventListener('abort', abort)
      }
      const give = (error: CodedError) => {
        settle()
        void worker.terminate()
        reject(error)
      }
      const abort = () => give(cancelled())
      const fail = (error: unknown) => give(notLaidOut(faultOf(error)))
      const exit = () => give(notLaidOut({ kind: 'the thread ended', frames: '' }))
      const take = (reply: LayoutReply) => {
        // What failed inside may have left it in any state.
        if ('fault' in reply) return give(notLaidOut(reply.fault))
        settle()
        // An idle thread must not keep the program alive.
        worker.unref()
        this.idle.push(worker)
        resolve(reply.svg)
      }
      ending.addEventListener('abort', abort, { once: true })
      worker.on('error', fail).on('exit', exit).on('message', take)
      worker.ref()
      worker.postMessage(dot)
    })
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./layout-worker.js', import.meta.url))
    // One that ends while it is idle is forgotten; else the layout is told.
    worker.on('error', () => {})
    worker.on('exit', () => {
      const at = this.idle.indexOf(worker)
      if (at >= 0) this.idle.splice(at, 1)
    })
    return worker
  }
}

function notLaidOut(fault: Fault): CodedError {
  return new CodedError('WORKER_DIED', `The call graph could not be laid out: ${fault.kind}.`, {}, fault)
}
