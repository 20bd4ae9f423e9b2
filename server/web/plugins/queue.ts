/**
 * Questions wait their turn here rather than in the analyst, which answers one after the other and can't forget one
 * that it was sent: a question whose client is gone costs nothing, and there is an end to how many wait.
 */
import type { Queries, QueryName, TraceClient } from '../../contract/trace.js'
import { CodedError } from '../../errors.js'

/** One is answered while the next is on its way. */
const AT_ONCE = 2
const MAX_WAITING = 256

/** The same client, asked few questions at a time. Rejects with BUSY when too many wait. */
export function queuedClient(client: TraceClient, maxWaiting = MAX_WAITING): TraceClient {
  const waiting: (() => void)[] = []
  let running = 0

  const turn = (signal: AbortSignal | undefined): Promise<void> => {
    if (signal?.aborted) return Promise.reject(cancelled())
    if (running < AT_ONCE) {
      running++
      return Promise.resolve()
    }
    if (waiting.length >= maxWaiting) {
      return Promise.reject(
        new CodedError('BUSY', `${maxWaiting} requests are waiting already. Try again in a moment.`),
      )
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', leave)
        running++
        resolve()
      }
      const leave = (): void => {
        waiting.splice(waiting.indexOf(start), 1)
        reject(cancelled())
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.push(start)
    })
  }

  return {
    progress: () => client.progress(),
    onProgress: listener => client.onProgress(listener),
    close: () => client.close(),
    async query<N extends QueryName>(
      name: N,
      params: Queries[N]['params'],
      signal?: AbortSignal,
    ): Promise<Queries[N]['answer']> {
      // Until the trace is read the client keeps the questions, and answers those that need no facts.
      if (!client.progress().ready) return client.query(name, params, signal)
      await turn(signal)
      try {
        return await client.query(name, params, signal)
      } finally {
        running--
        waiting.shift()?.()
      }
    },
  }
}

function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the request was cancelled')
}
