/**
 * What keeps other web sites away from the trace: a strict content policy, no answer to a request that names a host
 * this server was not asked for (DNS rebinding), and none to what a page of another site loads by itself.
 */
import { isIPv4, isIPv6 } from 'node:net'
import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
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

/** What helmet sets with this policy, for answers that no hook comes by. */
export const policyHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': Object.entries(contentPolicy)
    .map(([name, sources]) => `${name.replace(/[A-Z]/g, capital => `-${capital.toLowerCase()}`)} ${sources.join(' ')}`)
    .join(';'),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
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
    for (const text of hostsOf(request)) {
      const host = hostName(text)
      if (!isLoopback(host) && !allowed.has(host)) {
        throw new CodedError(
          'WRONG_HOST',
          `This server answers only to its own address, not to ${JSON.stringify(text)}.`,
        )
      }
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply.header('allow', 'GET, HEAD')
      throw new CodedError('BAD_METHOD', `${request.method} is not served: pages are only read.`)
    }
    if (isLoadedByOthers(request)) {
      throw new CodedError('CROSS_SITE', 'This server answers to its own pages, and to links that somebody follows.')
    }
  }
}

/**
 * All hosts that a request names: its Host headers, of which it must have one, and that of a whole URL in its first
 * line.
 */
function hostsOf({ raw }: FastifyRequest): string[] {
  const { rawHeaders, url = '' } = raw
  const named = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1].toLowerCase() === 'host')
  if (named.length > 1) throw new CodedError('BAD_REQUEST', 'This request has more than one Host header.')
  const whole = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)
  return [named[0] ?? '', ...(whole === null ? [] : [whole[1]])]
}

/**
 * The name in a Host header in lower case, without port and without the brackets of IPv6; empty where it has no such
 * form.
 */
function hostName(header: string): string {
  const [, ipv6 = '', name = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{0,5})?$/.exec(header) ?? []
  return (isIPv6(ipv6) ? ipv6 : name).toLowerCase()
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/**
 * Whether a page of another site asks for it on its own account: an image, a script, a frame, a fetch. It could not
 * read the answer, but would make this server work for it. A link that somebody follows is welcome.
 */
function isLoadedByOthers({ headers }: FastifyRequest): boolean {
  if (headers['sec-fetch-site'] !== 'cross-site') return false
  return headers['sec-fetch-mode'] !== 'navigate' || (headers['sec-fetch-dest'] ?? 'document') !== 'document'
}
