/** What the two ends of a channel for questions and streams say to each other, and what waits for the replies. */
import { CodedError, type ErrorData } from '../errors.js'

/** What may be asked, by name. */
export type Methods<M> = { readonly [N in keyof M]: { readonly params: unknown; readonly answer: unknown } }

/** Client → server. */
export type RpcRequest =
  /** `pieces`: how many a stream may give; null for a question, which has none. */
  | {
      readonly type: 'open'
      readonly id: number
      readonly name: string
      readonly params: unknown
      readonly pieces: number | null
    }
  /** The client of a stream takes so many pieces more. */
  | { readonly type: 'more'; readonly id: number; readonly pieces: number }
  | { readonly type: 'cancel'; readonly id: number }

/** Server → client. */
export type RpcReply =
  | { readonly type: 'piece'; readonly id: number; readonly bytes: Uint8Array }
  /** A stream is at its end, a question answered. */
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }

/** The way to a thread; other messages that go there have no `id`. */
export interface RpcPort<Sent, Received> {
  postMessage(message: Sent, transfer?: ArrayBuffer[]): void
  on(event: 'message', listener: (message: Received) => void): unknown
}

/** What waits for the replies to one question. */
export interface Call {
  /** Asks the thread that there is now, from the beginning. */
  open(): void
  piece(bytes: Uint8Array): void
  done(answer: unknown): void
  failed(error: CodedError): void
}

/** Where calls are opened and ended, by numbers of their own. */
export interface Calls {
  newId(): number
  /** Opens the call at once if there is a thread, else with the next. */
  start(id: number, call: Call): void
  /** Does nothing for a call that is at its end. */
  cancel(id: number): void
  send(request: RpcRequest): void
}

export function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the request was cancelled')
}
