/**
 * The way to the server: every question of the timeline goes through here, so that one that failed is asked again, and
 * the page can say so.
 *
 * Nothing waits for an answer that failed. Each frame asks for what it shows, and `mayAsk` holds a question back until
 * its pause is over; the pauses grow. While the server does not answer at all one pause holds for all questions, and it
 * is over as soon as any is answered.
 */
import { failureText } from '../../lib/failure.js'

/** Seconds from one failure to the next try; the last holds for all that follow. */
const pauses = [1, 2, 4, 8, 16, 30]
const mostFailures = 1000
/** Names the file that an answer is from. */
const fileHeader = 'trace-file'
/** The status that says so of the file under the server. */
const fileChanged = 409

/** The server did not answer, or broke off. */
export class NoAnswer extends Error {
  constructor() {
    super('The server does not answer.')
  }
}

/** What is wrong now, for the line that says so. */
export interface Trouble {
  readonly text: string
  /** When it is asked again, in the clock's ms; null: not by itself. */
  readonly due: number | null
  /** Only a new page helps. */
  readonly isOver: boolean
}

interface Failure {
  readonly text: string
  readonly failures: number
  readonly due: number
  /** The last frame that asked for it. */
  frame: number
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

export interface ConnectionOptions {
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>
  /** Milliseconds. */
  readonly now: () => number
}

const ofBrowser: ConnectionOptions = {
  fetch: (path, init) => fetch(path, init),
  now: () => performance.now(),
}

export class Connection {
  private outage: { readonly failures: number; readonly due: number } | null = null
  private readonly failed = new Map<string, Failure>()
  private frame = 0
  private file: string | null = null
  /** Why no answer fits what is shown any more, '': they do. */
  private over = ''
  private timer = 0
  private waiting: (() => void)[] = []

  /** `changed`: something may be asked again, or there is another trouble to tell. */
  constructor(
    private readonly changed: () => void,
    private readonly options: ConnectionOptions = ofBrowser,
  ) {}

  beginFrame(): void {
    this.frame++
  }

  /** Whether the server does not answer and it is too early to try again. */
  get isOut(): boolean {
    return this.over !== '' || (this.outage !== null && this.options.now() < this.outage.due)
  }

  /** Whether a question may be asked: it has not failed, or its pause is over. */
  mayAsk(key: string): boolean {
    const failure = this.failed.get(key)
    if (failure !== undefined) failure.frame = this.frame
    return !this.isOut && (failure === undefined || failure.due <= this.options.now())
  }

  /**
   * The answer as `read` takes it from its bytes. A failure is thrown; with a key it is also kept for `mayAsk` and
   * `trouble`. Without one only that the server does not answer is.
   */
  async ask<A>(key: string | null, path: string, read: (bytes: Uint8Array) => A, signal?: AbortSignal): Promise<A> {
    try {
      const answer = read(await this.bytesOf(path, signal))
      if (key !== null) this.failed.delete(key)
      return answer
    } catch (error) {
      if (!isAbort(error)) this.note(key, error as Error)
      throw error
    }
  }

  private async bytesOf(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    const { status, headers, bytes } = await this.answered(path, signal)
    if (this.outage !== null) {
      this.outage = null
      this.wake()
    }
    const file = headers.get(fileHeader)
    if (file !== null) this.file ??= file
    if (file !== null && file !== this.file) {
      this.over = 'The server shows another file now; what stands here is from the one before.'
      throw new Error(this.over)
    }
    if (status >= 200 && status < 300) return bytes
    const text = failureText(decoder.decode(bytes), status)
    if (status === fileChanged) this.over = text
    throw new Refused(text, status)
  }

  /** An answer is here when all of it is. */
  private async answered(path: string, signal?: AbortSignal): Promise<Answer> {
    try {
      const response = await this.options.fetch(path, { signal, headers: { accept: 'application/json' } })
      const { status, headers } = response
      return { status, headers, bytes: new Uint8Array(await response.arrayBuffer()) }
    } catch (error) {
      throw isAbort(error) ? error : new NoAnswer()
    }
  }

  private note(key: string | null, error: Error): void {
    const { failed, options, frame } = this
    if (error instanceof NoAnswer) {
      // Others that were on their way fail with the first.
      if (this.isOut) return
      const failures = (this.outage?.failures ?? 0) + 1
      this.outage = { failures, due: options.now() + pauseAfter(failures) }
    } else if (key !== null) {
      const failures = (failed.get(key)?.failures ?? 0) + 1
      // What the server refuses for good it would refuse again.
      const isForGood = !(error instanceof Refused) || error.status < 500
      const due = isForGood ? Number.POSITIVE_INFINITY : options.now() + pauseAfter(failures)
      failed.set(key, { text: error.message, failures, due, frame })
      for (const oldest of failed.keys()) {
        if (failed.size <= mostFailures) break
        failed.delete(oldest)
      }
    }
    this.schedule()
    this.changed()
  }

  /** What keeps the last frame from being whole; null: nothing. */
  trouble(): Trouble | null {
    if (this.over !== '') return { text: this.over, due: null, isOver: true }
    if (this.outage !== null) return { text: new NoAnswer().message, due: this.outage.due, isOver: false }
    for (const { text, due, frame } of this.failed.values()) {
      if (frame !== this.frame) continue
      return { text: `Part of this is missing: ${text}`, due: Number.isFinite(due) ? due : null, isOver: false }
    }
    return null
  }

  /** All may be asked again at once. */
  retry(): void {
    this.failed.clear()
    if (this.outage !== null) this.outage = { ...this.outage, due: 0 }
    this.wake()
  }

  /** Until something may be asked again. */
  pause(): Promise<void> {
    return new Promise(resolve => this.waiting.push(resolve))
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
    this.schedule()
    this.changed()
  }

  /** One timer, for whatever is due first. */
  private schedule(): void {
    const now = this.options.now()
    let first = Number.POSITIVE_INFINITY
    for (const { due } of [...this.failed.values(), this.outage ?? { due: first }]) {
      if (due > now) first = Math.min(first, due)
    }
    clearTimeout(this.timer)
    if (Number.isFinite(first)) this.timer = setTimeout(() => this.wake(), first - now) as unknown as number
  }
}

class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
}

function pauseAfter(failures: number): number {
  return pauses[Math.min(failures, pauses.length) - 1] * 1000
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

const decoder = new TextDecoder()

export function readJson<A>(bytes: Uint8Array): A {
  return JSON.parse(decoder.decode(bytes)) as A
}
