/** The one queue: so much at a time, the rest waits in order, and what is cancelled leaves it. */
import { CodedError } from '../errors.js'
import { cancelled } from './rpc-messages.js'

interface Waiting {
  begin(): void
  leave(): void
}

export class Turns {
  private readonly waiting = new Set<Waiting>()
  private running = 0
  private closed = false

  /** @param mostWaiting further ones are refused */
  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting = Number.POSITIVE_INFINITY,
  ) {}

  get areWanted(): boolean {
    return this.waiting.size > 0
  }

  /**
   * Resolves when it is one's turn, with what ends it, which may be called more than once. Rejects with CANCELLED when
   * the signal is aborted before that or all is closed, with BUSY when too many wait.
   */
  take(signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (this.closed || signal?.aborted) {
        reject(cancelled())
        return
      }
      if (this.waiting.size >= this.mostWaiting) {
        reject(new CodedError('BUSY', `${this.mostWaiting} requests are waiting already. Try again in a moment.`))
        return
      }
      const waiting: Waiting = {
        begin: () => {
          signal?.removeEventListener('abort', waiting.leave)
          resolve(this.turn())
        },
        leave: () => {
          this.waiting.delete(waiting)
          reject(cancelled())
        },
      }
      signal?.addEventListener('abort', waiting.leave, { once: true })
      this.waiting.add(waiting)
      this.next()
    })
  }

  /** Refuses what waits, and all that will come; what runs goes on. */
  close(): void {
    this.closed = true
    for (const { leave } of this.waiting) leave()
  }

  private turn(): () => void {
    this.running++
    let ended = false
    return () => {
      if (ended) return
      ended = true
      this.running--
      this.next()
    }
  }

  private next(): void {
    for (const waiting of this.waiting) {
      if (this.running >= this.atOnce) return
      this.waiting.delete(waiting)
      waiting.begin()
    }
  }
}
