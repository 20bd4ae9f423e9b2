/**
 * Turns of long streams. Each that is being written holds a row a goroutine in the thread that writes it, so that only
 * AT_ONCE are at a time, and the others wait in order. A stream whose client reads nothing while others wait gives its
 * turn away, and waits for another when the client reads again; one whose client is gone does so at once.
 */
import type { Readable } from 'node:stream'
import type { RpcClient } from './rpc-client.js'
import { cancelled, type Methods } from './rpc-messages.js'
import type { StreamedCall } from './rpc-stream.js'
import { Turns } from './turns.js'

const AT_ONCE = 2
/** Requests that may wait for their turn: one a connection. */
const MOST_WAITING = 512
/**
 * Between two looks for clients that take nothing while others wait, ms; a client far away takes a piece of 64 KB in
 * less.
 */
const LOOK_MS = 100

interface Turn {
  readonly call: StreamedCall
  end(): void
  /**
   * Where the stream stood still at the last look. It is looks that count, as between two of them all that read have
   * had their turn.
   */
  stoodAt: number | null
}

export class StreamTurns<M extends Methods<M>> {
  private readonly turns: Turns
  private readonly running = new Set<Turn>()
  /** All that have begun and are not at their end. */
  private readonly open = new Set<Readable>()
  private look: NodeJS.Timeout | null = null

  constructor(
    private readonly client: Pick<RpcClient<M>, 'stream'>,
    atOnce = AT_ONCE,
  ) {
    this.turns = new Turns(atOnce, MOST_WAITING)
  }

  /** Those that are being written. */
  get busy(): number {
    return this.running.size
  }

  /** Resolves when the first bytes are there. Rejects with the error of a stream that fails before, CANCELLED, BUSY. */
  async begin<N extends keyof M & string>(name: N, params: M[N]['params'], signal?: AbortSignal): Promise<Readable> {
    const end = await this.turn(signal)
    const call = this.client.stream(name, params, signal)
    const { stream } = call
    this.open.add(stream)
    stream.once('close', () => this.open.delete(stream))
    this.run(call, end)
    await call.begun
    return stream
  }

  /** Ends all; what waits is cancelled. */
  close(): void {
    this.turns.close()
    for (const stream of this.open) stream.destroy(cancelled())
  }

  private turn(signal?: AbortSignal): Promise<() => void> {
    const turn = this.turns.take(signal)
    this.lookSoon()
    return turn
  }

  private run(call: StreamedCall, end: () => void): void {
    const turn: Turn = {
      call,
      stoodAt: null,
      end: () => {
        this.running.delete(turn)
        end()
      },
    }
    this.running.add(turn)
    if (call.stream.destroyed) turn.end()
    else call.stream.once('close', turn.end)
  }

  private setAside({ call, end }: Turn): void {
    const { stream } = call
    stream.off('close', end)
    end()
    call.setAside(() => {
      const closed = new AbortController()
      const leave = () => closed.abort()
      stream.once('close', leave)
      this.turn(closed.signal).then(
        next => {
          stream.off('close', leave)
          this.run(call, next)
          if (!stream.destroyed) call.takeUp()
        },
        error => stream.destroy(error),
      )
    })
  }

  private lookSoon(): void {
    if (this.turns.areWanted) this.look ??= setTimeout(() => this.setStalledAside(), LOOK_MS)
  }

  private setStalledAside(): void {
    this.look = null
    for (const turn of [...this.running]) {
      const now = turn.call.standstill()
      if (now !== null && now === turn.stoodAt) this.setAside(turn)
      turn.stoodAt = now
    }
    this.lookSoon()
  }
}
