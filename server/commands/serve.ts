/** Serves a trace over HTTP until the program is asked to end. */
import { hostname, networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { TraceClient } from '../analysis/trace-client.js'
import { CodedError } from '../errors.js'
import { buildApp } from '../web/app.js'
import { LayoutPool } from '../workers/layout.js'
import { TraceEventExports } from '../workers/trace-event-exports.js'
import { hostTrace } from '../workers/trace-host.js'
import { type Address, DEFAULT_PORT, isLoopback, LOOPBACK, urlOf } from './address.js'

/** How many ports after the default one are tried. */
const PORTS_TRIED = 100

export interface RunningServer {
  readonly url: string
  readonly client: TraceClient
  close(): Promise<void>
}

/**
 * Opens the trace, begins to read it and listens; null is the default address or the next free port after it. Throws CodedError
 * when nothing of the trace can be read, or the system refuses the address.
 */
export async function startServer(file: string, address: Address | null): Promise<RunningServer> {
  const client = hostTrace(file)
  const layouts = new LayoutPool()
  const exports = new TraceEventExports(file)
  const app = buildApp(client, {
    file: basename(file),
    hosts: servedHosts(address?.host ?? LOOPBACK),
    layout: layouts.layout,
    traceEvents: exports.open,
    detail: (name, params, signal) => client.detail.collect(name, params, signal),
    fileTag: client.fileTag,
  })
  const close = async () => {
    // Streams of progress would keep the server open.
    app.server.closeAllConnections()
    await app.close()
    await layouts.close()
    await exports.close()
    await client.close()
  }
  try {
    const url = address === null ? await listenNearDefault(app) : await listen(app, address)
    return { url, client, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function listenNearDefault(app: FastifyInstance): Promise<string> {
  for (let port = DEFAULT_PORT; ; port++) {
    try {
      return await listen(app, { host: LOOPBACK, port })
    } catch (error) {
      const taken = error instanceof CodedError && error.place.found === TAKEN
      if (!taken || port === DEFAULT_PORT + PORTS_TRIED) throw error
    }
  }
}

const TAKEN = 'EADDRINUSE'

const reasons: Readonly<Record<string, string>> = {
  [TAKEN]: 'the port is taken',
  EACCES: 'the port is not allowed',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'there is no such host',
}

async function listen(app: FastifyInstance, { host, port }: Address): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new CodedError('CANNOT_LISTEN', `cannot listen on ${urlOf(host, port)}: ${reasons[code] ?? message}`, {
      found: code,
    })
  }
  const bound = app.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('listening without an address')
  return urlOf(bound.address, bound.port)
}

/** Names by which a server that listens beyond loopback may be asked. */
function servedHosts(host: string): string[] {
  if (isLoopback(host)) return []
  if (host !== '0.0.0.0' && host !== '::') return [host]
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return [hostname(), ...addresses.map(({ address }) => address)]
}
