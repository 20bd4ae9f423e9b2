/**
 * The client's end of a stream of bytes. A stream gives the same bytes each time, so that it goes on where it was when
 * it is asked for again, of another thread or after it was set aside; that the bytes before are those that have gone on
 * is checked by their sum.
 */
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { CodedError } from '../errors.js'
import { type Call, type Calls, cancelled } from './rpc-messages.js'

/** Pieces of 64 KB that may be on their way. */
const AHEAD = 4
/** The same of a stream that was set aside often. */
const MOST_AHEAD = 64

export class StreamedCall implements Call {
  readonly stream: Readable
  /** Resolves when the first bytes are there; rejects when it fails before that. */
  readonly begun: Promise<void>
  private id: number
  private ahead = AHEAD
  private onTheWay = AHEAD
  /** What has gone on, and what of it was given once more. */
  private readonly gone = new Sum()
  private again = new Sum()
  private ended = false
  private asked = 0
  private isFull = false
  private isAside = false
  private wanting: (() => void) | null = null

  constructor(
    private readonly client: Calls,
    private readonly name: string,
    private readonly params: unknown,
    signal?: AbortSignal,
  ) {
    const abort = () => this.stream.destroy(cancelled())
    this.stream = new Readable({
      read: () => this.ask(),
      destroy: (error, done) => {
        signal?.removeEventListener('abort', abort)
        client.cancel(this.id)
        done(error)
      },
    })
    this.begun = new Promise((resolve, reject) => {
      this.stream.once('readable', resolve)
      this.stream.once('error', reject)
    })
    this.id = client.newId()
    client.start(this.id, this)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    // Asks for bytes without taking any.
    this.stream.read(0)
  }

  /**
   * How often its reader has asked for bytes; null while it waits for them. It stands still while the reader takes
   * nothing of what is there.
   */
  standstill(): number | null {
    return this.isFull || this.ended ? this.asked : null
  }

  /**
   * Gives the work up; `wanting` is called when its reader takes bytes again. All before them is then written once
   * more, so each time twice as much as before is taken at once: a reader that is slow is not served anew for each
   * piece.
   */
  setAside(wanting: () => void): void {
    this.ahead = Math.min(this.ahead * 2, MOST_AHEAD)
    this.isAside = true
    this.wanting = wanting
    this.client.cancel(this.id)
  }

  /** Begins it anew, after the bytes that have gone on. */
  takeUp(): void {
    this.isAside = false
    this.onTheWay = this.ahead
    this.id = this.client.newId()
    this.client.start(this.id, this)
  }

  open(): void {
    const { id, name, params, onTheWay } = this
    this.again = new Sum()
    this.client.send({ type: 'open', id, name, params, pieces: onTheWay })
  }

  piece(bytes: Uint8Array): void {
    const { again, gone, stream } = this
    this.onTheWay--
    const rest = bytes.subarray(again.add(bytes, gone.bytes - again.bytes))
    if (again.bytes === gone.bytes && again.crc !== gone.crc) stream.destroy(otherBytes())
    else if (rest.length === 0) this.ask()
    else {
      gone.add(rest)
      again.take(gone)
      if (stream.push(rest)) this.ask()
      else this.isFull = true
    }
  }

  done(): void {
    this.ended = true
    if (this.again.bytes < this.gone.bytes) this.stream.destroy(otherBytes())
    else this.stream.push(null)
  }

  failed(error: CodedError): void {
    this.stream.destroy(error)
  }

  private ask(): void {
    this.asked++
    this.isFull = false
    if (this.isAside) {
      this.wanting?.()
      this.wanting = null
      return
    }
    const pieces = this.ahead - this.onTheWay
    if (pieces <= 0) return
    this.onTheWay += pieces
    this.client.send({ type: 'more', id: this.id, pieces })
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
