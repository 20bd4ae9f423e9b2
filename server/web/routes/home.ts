/** `/`: the trace as a whole. */
import type { FastifyInstance } from 'fastify'
import { withLinks } from '../view-models/diagnostics.js'
import { homePage } from '../view-models/home.js'
import { formatProperties, querySchema } from '../view-models/query.js'
import { abortSignal, formatOf, sendPage, setPartial, type Web } from '../web.js'

export function homeRoutes(app: FastifyInstance, web: Web): void {
  // Links of a page are relative to its base, which ends with a slash.
  if (app.prefix !== '') {
    app.get('', { schema: { hide: true } }, (request, reply) =>
      reply.redirect(web.base + request.url.slice(request.url.split('?')[0].length)),
    )
  }
  const options = { schema: querySchema({ format: formatProperties.format }), prefixTrailingSlash: 'slash' as const }
  app.get('/', options, async (request, reply) => {
    const progress = web.trace.progress()
    if (progress.failed !== null) throw progress.failed
    const signal = abortSignal(reply)
    const home = await web.trace.query('home', {}, signal)
    setPartial(reply, home.partial)
    // There will be more to say.
    if (!home.ready) reply.header('cache-control', 'no-store')
    if (formatOf(request) !== 'html') return reply.send(withLinks(home, web.base))
    // The group that ran longest and the number of groups are facts of the goroutines page.
    const groups = home.ready
      ? await web.trace.query('goroutines', { limit: 1, offset: 0, filter: '', sortby: '', order: '' }, signal)
      : null
    return sendPage(web, reply, homePage(withLinks(home), groups, progress))
  })
}
