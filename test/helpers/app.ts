/** The web server of a trace for tests, which need not name what they don't use. */

import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Trace } from '../../server/contract/trace.js'
import type { TraceEventJob } from '../../server/contract/trace-view.js'
import { type AppOptions, buildApp } from '../../server/web/app.js'

export interface TestOptions extends Partial<AppOptions> {
  /** Name of the trace; its own when left out. */
  readonly file?: string
  /** Writes trace-event JSON in place of the trace. */
  readonly traceEvents?: (job: TraceEventJob, signal?: AbortSignal) => Promise<Readable>
}

export function appOf(trace: Trace, { file, traceEvents, ...options }: TestOptions = {}): FastifyInstance {
  const changes: { -readonly [N in keyof Trace]?: Trace[N] } = {}
  if (file !== undefined) changes.name = file
  if (traceEvents !== undefined) changes.stream = (_name, job, signal) => traceEvents(job, signal)
  const changed: Trace = Object.create(trace, Object.getOwnPropertyDescriptors(changes))
  return buildApp(changed, { layout: () => Promise.reject(new Error('no layout was expected')), ...options })
}
