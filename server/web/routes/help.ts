/** `/help`: keys, states and the glossary. */
import type { FastifyInstance } from 'fastify'
import { helpPage } from '../view-models/help.js'
import { sendPage, type Web } from '../web.js'

export function helpRoutes(app: FastifyInstance, web: Web): void {
  app.get('/help', { schema: { hide: true } }, (_request, reply) => sendPage(web, reply, helpPage()))
}
