/**
 * Gives out trace-event JSON, written by the thread that has the events (detail-service.ts). Each that is being written holds a row a
 * goroutine, so that at most `atATime` are at a time, and the others wait in order. A reader that is gone gives its turn away.
 */
import type { Readable } from 'node:stream'
import { CodedError } from '../errors.js'
import type { TraceEventJob, TraceEventSource } from '../export/trace-event/request.js'
import type { DetailClient } from './detail-client.js'

/** Requests that may wait for their turn. */
const MAX_WAITING = 128

interface Waiting {
  readonly job: TraceEventJob
  readonly signal: AbortSignal
  readonly resolve: (stream: Readable) => void
  readonly reject: (error: Error) => void
}

export class TraceEventExports {
  private readonly waiting: Waiting[] = []
  private readonly running = new Set<Readable>()
  private closed = false

  constructor(
    private readonly detail: Pick<DetailClient, 'begin'>,
    private readonly atATime = 2,
  ) {}

  /** Exports that are being written. */
  get busy(): number {
    return this.running.size
  }

  open: TraceEventSource = (job, signal) =>
    new Promise((resolve, reject) => {
      if (this.closed || signal.aborted) {
        reject(cancelled())
        return
      }
      if (this.waiting.length >= MAX_WAITING) {
        reject(new CodedError('BUSY', `${MAX_WAITING} exports are waiting already. Try again in a moment.`))
        return
      }
      const cancel = () => {
        const at = this.waiting.indexOf(waiting)
        if (at < 0) return
        this.waiting.splice(at, 1)
        reject(cancelled())
      }
      signal.addEventListener('abort', cancel, { once: true })
      const waiting = { job, signal, resolve, reject }
      this.waiting.push(waiting)
      this.startNext()
    })

  /** Ends all; what runs or waits is cancelled. */
  close(): void {
    this.closed = true
    for (const { reject } of this.waiting.splice(0)) reject(cancelled())
    for (const stream of this.running) stream.destroy(cancelled())
  }

  private startNext(): void {
    while (!this.closed && this.running.size < this.atATime) {
      const next = this.waiting.shift()
      if (next === undefined) return
      const { stream, begun } = this.detail.begin('traceEvents', next.job, next.signal)
      this.running.add(stream)
      stream.once('close', () => {
        this.running.delete(stream)
        this.startNext()
      })
      begun.then(() => next.resolve(stream), next.reject)
    }
  }
}

function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the export was cancelled')
}
