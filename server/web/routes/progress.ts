/** `/progress`: how much of the trace is read, as server-sent events; as JSON once, when asked for JSON. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Progress } from '../../contract/trace.js'
import type { ProgressBody } from '../answers.js'
import { formatProperties, querySchema } from '../view-models/query.js'
import { formatOf, type Web } from '../web.js'

/** Events come at most twice a second; the last one always comes. */
const quietMs = 500

export function progressRoutes(app: FastifyInstance, web: Web): void {
  const open = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const close of open) close()
  })

  app.get('/progress', { schema: querySchema({ format: formatProperties.format }) }, async (request, reply) => {
    // What it finds stands in the progress.
    await web.trace.check().catch(() => {})
    if (formatOf(request) === 'json') return reply.send(progressBody(web.trace.progress()))
    streamProgress(web, reply, open)
    return reply
  })
}

function streamProgress({ trace }: Web, reply: FastifyReply, open: Set<() => void>): void {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })

  let timer: NodeJS.Timeout | undefined
  let stop = (): void => {}
  const end = (): void => {
    clearTimeout(timer)
    stop()
    open.delete(end)
    reply.raw.end()
  }
  const send = (): void => {
    timer = undefined
    const progress = trace.progress()
    reply.raw.write(`event: progress\ndata: ${JSON.stringify(progressBody(progress))}\n\n`)
    if (isOver(progress)) end()
  }
  open.add(end)
  reply.raw.once('close', end)
  stop = trace.onProgress(progress => {
    if (isOver(progress)) {
      clearTimeout(timer)
      send()
    } else {
      timer ??= setTimeout(send, quietMs)
    }
  })
  send()
}

function isOver(progress: Progress): boolean {
  return progress.ready || progress.failed !== null
}

function progressBody(progress: Progress): ProgressBody {
  return { ...progress, failed: progress.failed?.message ?? null }
}
