/** Serves a trace over HTTP until the program is asked to end. */
import { randomBytes } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { Trace } from '../contract/trace.js'
import { LayoutPool } from '../engine/layout.js'
import { DEFAULT_MEMORY_BYTES, hostTrace, RESPONSES_SHARE } from '../engine/trace-host.js'
import { CodedError } from '../errors.js'
import { buildApp } from '../web/app.js'
import { type Address, DEFAULT_PORT, isLoopback, LOOPBACK, urlOf } from './address.js'
import type { Limits } from './arguments.js'
import type { FaultLog } from './faults.js'

/** How many ports after the default one are tried. */
const PORTS_TRIED = 100

const TOKEN_BYTES = 16
/** Time that answers have to end when the server stops, ms. */
const GRACE_MS = 1000

export interface RunningServer {
  /** With the token, where one is asked for. */
  readonly url: string
  /** Whether other machines may reach it. */
  readonly exposed: boolean
  readonly trace: Trace
  close(): Promise<void>
}

/**
 * Opens the trace, begins to read it and listens; null is the default address or the next free port after it. Throws
 * CodedError when nothing of the trace can be read, or the system refuses the address. `report` is told of mistakes of
 * our own.
 */
export async function startServer(
  file: string,
  address: Address | null,
  limits: Limits,
  report?: FaultLog['report'],
): Promise<RunningServer> {
  const trace = hostTrace(file, { ...limits, report })
  const layouts = new LayoutPool()
  const host = address?.host ?? LOOPBACK
  const exposed = !isLoopback(host)
  const token = exposed ? randomBytes(TOKEN_BYTES).toString('base64url') : undefined
  const app = buildApp(trace, {
    hosts: servedHosts(host),
    token,
    layout: layouts.layout,
    cacheBytes: (limits.memoryBytes ?? DEFAULT_MEMORY_BYTES) * RESPONSES_SHARE,
    report,
  })
  const close = async () => {
    // Answers that are being sent may end; no slow client and no export holds the program up for longer.
    const cut = setTimeout(() => app.server.closeAllConnections(), GRACE_MS)
    await app.close()
    clearTimeout(cut)
    await layouts.close()
    await trace.close()
  }
  try {
    const url = address === null ? await listenNearDefault(app) : await listen(app, address)
    return { url: token === undefined ? url : `${url}/?token=${token}`, exposed, trace, close }
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
  return urlOf(isWildcard(bound.address) ? (ownAddresses()[0] ?? LOOPBACK) : bound.address, bound.port)
}

/** Names by which a server that listens beyond loopback may be asked. */
function servedHosts(host: string): string[] {
  if (isLoopback(host)) return []
  return isWildcard(host) ? [hostname(), ...ownAddresses()] : [host]
}

/** Stands for all addresses of this machine; no browser can open it. */
function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** Addresses of this machine that others may reach, IPv4 first. */
function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const others = addresses.filter(({ internal, scopeid }) => !internal && !scopeid)
  return others.sort((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : 0)).map(({ address }) => address)
}
