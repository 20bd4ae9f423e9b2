/** The whole server over a fixture, for tests with a browser. */
import { basename } from 'node:path'
import type { Test } from 'tap'
import { LayoutPool } from '../../server/engine/layout.js'
import { hostTrace } from '../../server/engine/opened-trace.js'
import { TraceEventExports } from '../../server/engine/trace-event-exports.js'
import { buildApp } from '../../server/web/app.js'
import { fixture } from './fixtures.js'

/** Gives its origin; it stops when the test ends. */
export async function serveTrace(t: Test, name: string): Promise<string> {
  const { app, close } = hostedApp(fixture(name).path)
  t.teardown(() => {
    app.server.closeAllConnections()
    return close()
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** All but the socket, with the pages under a base path. Throws CodedError when nothing of the trace can be read. */
export function hostedApp(path: string, base = '/') {
  const client = hostTrace(path)
  const layouts = new LayoutPool()
  const exports = new TraceEventExports(client.detail)
  const app = buildApp(client, {
    file: basename(path),
    base,
    pageWaitMs: 60_000,
    layout: layouts.layout,
    traceEvents: exports.open,
    detail: (job, params, signal) => client.detail.collect(job, params, signal),
    checkFile: () => client.checkFile(),
    fileTag: client.fileTag,
  })
  const close = async () => {
    await app.close()
    await layouts.close()
    exports.close()
    await client.close()
  }
  return { app, client, close }
}
