/**
 * Gives out trace-event JSON, written by the thread that has the events (detail-service.ts). Each that is being written
 * holds a row a goroutine there, so that at most `atATime` are at a time, and the others wait in order. Whoever reads
 * nothing while others wait gives its turn away, and waits for another when it reads again; whoever is gone does so at
 * once.
 */
import { CodedError } from '../errors.js'
import type { TraceEventSource } from '../export/trace-event/request.js'
import type { DetailClient, StreamedJob } from './detail-client.js'

/** Requests that may wait for their turn: one a connection. */
const MAX_WAITING = 512
/**
 * Between two looks for readers that take nothing while others wait, ms; a client far away takes a piece of 64 KB in
 * less.
 */
const LOOK_MS = 100

/** What waits for its turn: takes it, or is told that there will be none. */
interface Waiting {
  take(): StreamedJob
  cancel(): void
}

export class TraceEventExports {
  private readonly waiting = new Set<Waiting>()
  /**
   * With where each stood still at the last look. It is looks that count, as between two of them all who read have had
   * their turn.
   */
  private readonly running = new Map<StreamedJob, number | null>()
  /** Of all that have begun, what they are when they wait for their next turn. */
  private readonly turns = new Map<StreamedJob, Waiting>()
  private look: NodeJS.Timeout | null = null
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
      if (this.waiting.size >= MAX_WAITING) {
        reject(new CodedError('BUSY', `${MAX_WAITING} exports are waiting already. Try again in a moment.`))
        return
      }
      const leave = () => {
        if (this.waiting.delete(waiting)) waiting.cancel()
      }
      const waiting: Waiting = {
        take: () => {
          signal.removeEventListener('abort', leave)
          const begun = this.detail.begin('traceEvents', job, signal)
          this.follow(begun)
          begun.begun.then(() => resolve(begun.stream), reject)
          return begun
        },
        cancel: () => reject(cancelled()),
      }
      signal.addEventListener('abort', leave, { once: true })
      this.enqueue(waiting)
    })

  /** Ends all; what runs or waits is cancelled. */
  close(): void {
    this.closed = true
    for (const waiting of this.waiting) waiting.cancel()
    this.waiting.clear()
    for (const { stream } of this.turns.keys()) stream.destroy(cancelled())
  }

  private follow(job: StreamedJob): void {
    const next: Waiting = {
      take: () => {
        job.takeUp()
        return job
      },
      cancel: () => job.stream.destroy(cancelled()),
    }
    this.turns.set(job, next)
    job.stream.once('close', () => {
      this.turns.delete(job)
      this.waiting.delete(next)
      this.running.delete(job)
      this.startNext()
    })
  }

  private enqueue(waiting: Waiting): void {
    this.waiting.add(waiting)
    this.startNext()
  }

  private startNext(): void {
    for (const next of this.waiting) {
      if (this.closed || this.running.size >= this.atATime) break
      this.waiting.delete(next)
      this.running.set(next.take(), null)
    }
    if (this.waiting.size > 0) this.look ??= setTimeout(() => this.setStalledAside(), LOOK_MS)
  }

  private setStalledAside(): void {
    this.look = null
    for (const [job, before] of this.running) {
      const now = job.standstill()
      this.running.set(job, now)
      if (now === null || now !== before) continue
      this.running.delete(job)
      const next = this.turns.get(job) as Waiting
      job.setAside(() => this.enqueue(next))
    }
    this.startNext()
  }
}

function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the export was cancelled')
}
