/**
 * The main thread's side of the detail service: starts jobs and takes their pieces as the reader of a stream wants
 * them.
 */
import { Readable } from 'node:stream'
import type { Worker } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { CodedError } from '../errors.js'
import type { DetailMessage, DetailRequest } from './detail-service.js'

/** Threads that may die over one question: most die of another, and a long answer may see two of them. */
export const MOST_DEATHS = 3
/** Pieces of a stream that may be on their way. */
const AHEAD = 4

interface Listener {
  /** Starts the job on the thread that there is now, from its beginning. */
  open(): void
  piece(bytes: Uint8Array): void
  end(): void
  failed(error: Error): void
}

export interface StreamedJob {
  readonly stream: Readable
  /** Resolves when the first bytes are there; rejects when the job fails before that. */
  readonly begun: Promise<void>
  /**
   * How often its reader has asked for bytes; null while it waits for them. It stands still while the reader takes
   * nothing of what is there.
   */
  standstill(): number | null
  /** Gives the job up; `wanting` is called when its reader takes bytes again. */
  setAside(wanting: () => void): void
  /** Begins it anew, behind the bytes that have gone on. */
  takeUp(): void
}

export class DetailClient {
  private readonly listeners = new Map<number, Listener>()
  /** Of jobs that a thread died over, how many did. */
  private readonly deaths = new Map<number, number>()
  private nextId = 1
  /** Null while the trace is being read: jobs wait. */
  private worker: Worker | null = null
  /** Why no job will be done any more. */
  private failure: CodedError | null = null

  /** @param changed is told that the file is not what it was, by a job that found it */
  constructor(private readonly changed: (error: CodedError) => void = () => {}) {}

  /** Gives all jobs that wait to the thread that has read the trace. */
  attach(worker: Worker): void {
    this.worker = worker
    // What a thread has sent before its end may come when the job has begun on another.
    worker.on('message', (message: DetailMessage) => {
      if (worker === this.worker) this.receive(message)
    })
    for (const listener of this.listeners.values()) listener.open()
  }

  /** The thread died: jobs wait for another, but not for ever, as it may have died of one of them. */
  detach(error: CodedError): void {
    if (this.worker === null) return
    this.worker = null
    for (const [id, listener] of [...this.listeners]) {
      const deaths = (this.deaths.get(id) ?? 0) + 1
      this.deaths.set(id, deaths)
      if (deaths === MOST_DEATHS) listener.failed(error)
    }
  }

  /** All bytes of a job. Rejects with a CodedError: that of the job, CANCELLED when the signal is aborted. */
  collect(name: string, params: unknown, signal?: AbortSignal): Promise<Buffer> {
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      const pieces: Uint8Array[] = []
      const settled = () => {
        signal?.removeEventListener('abort', abort)
        this.forget(id)
      }
      const abort = () => {
        settled()
        this.send({ type: 'cancel', id })
        reject(cancelled())
      }
      const listener: Listener = {
        open: () => {
          pieces.length = 0
          this.send({ type: 'open', id, name, params })
          this.send({ type: 'more', id, pieces: AHEAD })
        },
        piece: bytes => {
          pieces.push(bytes)
          this.send({ type: 'more', id, pieces: 1 })
        },
        end: () => {
          settled()
          resolve(Buffer.concat(pieces))
        },
        failed: error => {
          settled()
          reject(error)
        },
      }
      this.start(id, listener)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /**
   * Begins a job whose bytes are a stream. It is destroyed with a CodedError when the job fails or the signal is
   * aborted.
   *
   * A job gives the same bytes each time, so that a stream goes on where it was when the job is done again, by another
   * thread or after it was set aside; that the bytes before are those that have gone on is checked by their sum.
   */
  begin(name: string, params: unknown, signal?: AbortSignal): StreamedJob {
    let id = 0
    let onTheWay = 0
    /** What has gone on, and what of it the job has given once more. */
    const gone = new Sum()
    let again = new Sum()
    let ended = false
    let asked = 0
    let isFull = false
    let isAside = false
    let wanting: (() => void) | null = null
    const ask = () => {
      asked++
      isFull = false
      if (isAside) {
        wanting?.()
        wanting = null
        return
      }
      const pieces = AHEAD - onTheWay
      if (pieces <= 0) return
      onTheWay += pieces
      this.send({ type: 'more', id, pieces })
    }
    const stream = new Readable({
      read: ask,
      destroy: (error, done) => {
        signal?.removeEventListener('abort', abort)
        this.cancel(id)
        done(error)
      },
    })
    const abort = () => stream.destroy(cancelled())
    const listener: Listener = {
      open: () => {
        again = new Sum()
        this.send({ type: 'open', id, name, params })
        if (onTheWay > 0) this.send({ type: 'more', id, pieces: onTheWay })
      },
      piece: bytes => {
        onTheWay--
        const rest = bytes.subarray(again.add(bytes, gone.bytes - again.bytes))
        if (again.bytes === gone.bytes && again.crc !== gone.crc) stream.destroy(otherBytes())
        else if (rest.length === 0) ask()
        else {
          gone.add(rest)
          again.take(gone)
          if (stream.push(rest)) ask()
          else isFull = true
        }
      },
      end: () => {
        this.forget(id)
        ended = true
        if (again.bytes < gone.bytes) stream.destroy(otherBytes())
        else stream.push(null)
      },
      failed: error => {
        this.forget(id)
        stream.destroy(error)
      },
    }
    const start = () => {
      id = this.nextId++
      this.start(id, listener)
    }
    start()
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    const begun = new Promise<void>((resolve, reject) => {
      stream.once('readable', resolve)
      stream.once('error', reject)
    })
    // Asks for bytes without taking any.
    stream.read(0)
    return {
      stream,
      begun,
      standstill: () => (isFull || ended ? asked : null),
      setAside: callback => {
        isAside = true
        wanting = callback
        this.cancel(id)
      },
      takeUp: () => {
        isAside = false
        onTheWay = AHEAD
        start()
      },
    }
  }

  /** Ends all jobs with an error, and all that will come. */
  fail(error: CodedError): void {
    this.failure = error
    for (const listener of [...this.listeners.values()]) listener.failed(error)
  }

  private start(id: number, listener: Listener): void {
    this.listeners.set(id, listener)
    if (this.failure !== null) listener.failed(this.failure)
    else if (this.worker !== null) listener.open()
  }

  /** Whether the job was not at its end yet. */
  private forget(id: number): boolean {
    this.deaths.delete(id)
    return this.listeners.delete(id)
  }

  private cancel(id: number): void {
    if (this.forget(id)) this.send({ type: 'cancel', id })
  }

  private receive(message: DetailMessage): void {
    const listener = this.listeners.get(message.id)
    if (listener === undefined) return
    if (message.type === 'piece') listener.piece(message.bytes)
    else if (message.type === 'end') listener.end()
    else {
      const error = CodedError.from(message.error)
      listener.failed(error)
      if (error.code === 'FILE_CHANGED') this.changed(error)
    }
  }

  private send(request: DetailRequest): void {
    this.worker?.postMessage(request)
  }
}

/** Number and checksum of bytes that came by. */
class Sum {
  bytes = 0
  crc = 0

  /** Counts so many bytes at most; how many these were. */
  add(bytes: Uint8Array, most = bytes.length): number {
    const counted = bytes.subarray(0, most)
    this.bytes += counted.length
    // Of nothing at all, zlib begins anew.
    if (counted.length > 0) this.crc = crc32(counted, this.crc)
    return counted.length
  }

  take({ bytes, crc }: Sum): void {
    this.bytes = bytes
    this.crc = crc
  }
}

function otherBytes(): CodedError {
  return new CodedError('WORKER_DIED', 'what was read again differs from what was sent before')
}

function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the request was cancelled')
}
