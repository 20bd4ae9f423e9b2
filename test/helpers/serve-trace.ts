/** The whole server over a fixture, for tests with a browser. */
import type { Test } from 'tap'
import { LayoutPool } from '../../server/engine/layout.js'
import { hostTrace } from '../../server/engine/trace-host.js'
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
  const trace = hostTrace(path)
  const layouts = new LayoutPool()
  const app = buildApp(trace, { base, pageWaitMs: 60_000, layout: layouts.layout })
  const close = async () => {
    await app.close()
    await layouts.close()
    await trace.close()
  }
  return { app, trace, close }
}
