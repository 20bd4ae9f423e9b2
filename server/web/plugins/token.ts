/**
 * A secret for servers that other machines reach: in the URL at first, in a cookie from then on.
 *
 * The cookie is named after the token, so that two servers of one host do not take each other's away.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.js'

export function registerToken(app: FastifyInstance, token: string): void {
  const wanted = digest(token)
  const cookie = `trace-serve-${wanted.toString('hex', 0, 6)}`
  const isRight = (given: string | undefined): boolean => given !== undefined && timingSafeEqual(digest(given), wanted)

  app.addHook('onRequest', async (request, reply) => {
    // Style and script of the page that refuses; nothing of the trace.
    if (/^\/static\/|^\/favicon\.ico$/.test(request.url.split('?')[0])) return
    const query = request.query as { token?: string }
    if (isRight(query.token)) {
      delete query.token
      reply.header('set-cookie', `${cookie}=${token}; Path=/; HttpOnly; SameSite=Strict`)
      // Out of the address bar and of every link that the page makes of its own address.
      if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect(withoutToken(request.url), 303)
      return
    }
    if (isRight(cookieOf(request, cookie))) return
    throw new CodedError('NO_TOKEN', 'This server answers only to the address that it printed when it started.')
  })
}

/** Equally long, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const found = (request.headers.cookie ?? '').split(';').find(part => part.trim().startsWith(`${name}=`))
  return found?.trim().slice(name.length + 1)
}

/** A path of this server, also for an address that names another one. */
function withoutToken(url: string): string {
  const [path, text] = url.split('?', 2)
  const params = new URLSearchParams(text)
  params.delete('token')
  const rest = params.toString()
  return `/${path.replace(/^[/\\]+/, '')}${rest === '' ? '' : `?${rest}`}`
}
