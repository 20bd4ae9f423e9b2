/** The part of autocannon that the load test uses; the package has no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Request {
    readonly path: string
    /** Called before `response` is emitted. */
    readonly onResponse: () => void
  }

  interface Client {
    setRequests(requests: readonly Request[]): void
    /** Answers that are awaited; not a part of what it documents. */
    readonly pipelinedRequests: { addBody: (bytes: Uint8Array) => void }
  }

  interface Options {
    readonly url: string
    readonly connections: number
    /** Requests in all. */
    readonly amount: number
    /** s */
    readonly timeout: number
    readonly headers: Readonly<Record<string, string>>
    readonly setupClient: (client: Client) => void
  }

  export interface Result {
    /** Connections that broke; timeouts among them. */
    readonly errors: number
    readonly timeouts: number
    readonly non2xx: number
    readonly '2xx': number
    /** s */
    readonly duration: number
    /** ms */
    readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
    readonly throughput: { readonly total: number }
  }

  /** Emits `response` (client, status, bytes, ms) and `reqError`. */
  export default function autocannon(
    options: Options,
    done: (error: Error | null, result: Result) => void,
  ): EventEmitter
}
