/**
 * The thread that lays out graphs: DOT text in, SVG text out, one after the other. The layout is one long synchronous call,
 * so it cannot be cancelled from inside; layout.ts ends the thread instead.
 */
import { parentPort } from 'node:worker_threads'
import { instance } from '@viz-js/viz'

export interface LayoutReply {
  readonly svg?: string
  readonly error?: string
}

const port = parentPort
if (port === null) throw new Error('layout-worker runs as a worker thread')
const viz = await instance()

port.on('message', (dot: string) => {
  let reply: LayoutReply
  try {
    reply = { svg: viz.renderString(dot, { format: 'svg', engine: 'dot' }) }
  } catch (error) {
    reply = { error: String(error) }
  }
  port.postMessage(reply)
})
