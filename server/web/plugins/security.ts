/**
 * What keeps other web sites away from the trace: a strict content policy, and no answer to a request that names a host
 * this server was not asked for (DNS rebinding).
 */
import helmet from '@fastify/helmet'
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import { CodedError } from '../../errors.js'

/** What a page may load: its own files, and nothing written into the page itself. */
export const contentPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}

/** `then` adds what is checked of requests that come by a right name. */
export function registerSecurity(app: FastifyInstance, hosts: readonly string[], then: () => void): void {
  app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  })
  const allowed = new Set(hosts.map(host => host.toLowerCase()))
  // After helmet's own hook, so that a refusal carries the headers too.
  app.after(() => {
    app.addHook('onRequest', refuseStrangers(allowed))
    then()
  })
}

function refuseStrangers(allowed: ReadonlySet<string>): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const host = hostName(request.headers.host)
    if (!isLoopback(host) && !allowed.has(host)) {
      throw new CodedError('WRONG_HOST', `This server answers only to its own address, not to ${JSON.stringify(host)}.`)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply.header('allow', 'GET, HEAD')
      throw new CodedError('BAD_METHOD', `${request.method} is not served: pages are only read.`)
    }
  }
}

/** The name in a Host header, without port and without the brackets of IPv6. */
function hostName(header: string | undefined): string {
  const name = (header ?? '').toLowerCase().replace(/:\d*$/, '')
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
