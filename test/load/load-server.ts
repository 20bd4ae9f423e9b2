/** The server of a load test in a process of its own, which tells its memory and ends a thread when it is asked to. */
import type { Worker } from 'node:worker_threads'
import { LOOPBACK } from '../../server/commands/address.js'
import { FaultLog } from '../../server/commands/faults.js'
import { startServer } from '../../server/commands/serve.js'
import type { TraceThreads } from '../../server/engine/threads.js'

export type LoadRequest = 'memory' | 'kill' | 'stop'
export type LoadReply =
  | { readonly url: string }
  /** Resident set, bytes. */
  | { readonly memory: number }
  | { readonly killed: boolean }

const faults = new FaultLog(text => console.error(text))
const server = await startServer(process.argv[2], { host: LOOPBACK, port: 0 }, {}, faults.report)

function reply(message: LoadReply): void {
  process.send?.(message)
}

/** The thread that reads events: no interface of the server gives it away. */
function readingThread(): Worker {
  return (Reflect.get(server.trace, 'threads') as TraceThreads).order
}

process.on('message', async (request: LoadRequest) => {
  if (request === 'memory') reply({ memory: process.memoryUsage.rss() })
  else if (request === 'kill') reply({ killed: (await readingThread().terminate()) !== undefined })
  else {
    await server.close()
    process.exit(0)
  }
})
reply({ url: server.url })
