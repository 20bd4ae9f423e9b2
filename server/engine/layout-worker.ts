/**
 * The thread that lays out graphs: DOT text in, SVG text out, one after the other. The layout is one long synchronous
 * call, so it cannot be cancelled from inside; layout.ts ends the thread instead.
 */
import { parentPort } from 'node:worker_threads'
import { instance } from '@viz-js/viz'
import { type Fault, faultOf } from '../errors.js'

export type LayoutReply = { readonly svg: string } | { readonly fault: Fault }

const port = parentPort
if (port === null) throw new Error('layout-worker runs as a worker thread')
const viz = await instance()

port.on('message', (dot: string) => {
  let reply: LayoutReply
  try {
    reply = { svg: viz.renderString(dot, { format: 'svg', engine: 'dot' }) }
  } catch (error) {
    reply = { fault: faultOf(error) }
  }
  port.postMessage(reply)
})
