/** Templates and static files. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import fastifyView from '@fastify/view'
import type { FastifyInstance } from 'fastify'
import { viewEngine } from './view-helpers.js'

// From dist/server/web/plugins to the top of the package.
const top = new URL('../../../../', import.meta.url)
const viewsDir = fileURLToPath(new URL('views/', top))
const staticDir = fileURLToPath(new URL('static/', top))

export function registerViews(app: FastifyInstance): void {
  const partials: Record<string, string> = {}
  for (const file of readdirSync(`${viewsDir}partials`)) {
    partials[file.replace(/\.hbs$/, '')] = `partials/${file}`
  }
  app.register(fastifyView, {
    engine: { handlebars: viewEngine() },
    root: viewsDir,
    layout: 'layout.hbs',
    production: process.env.NODE_ENV !== 'development',
    options: { partials },
  })
  app.register(fastifyStatic, { root: staticDir, prefix: '/static/', index: false })
  app.get('/favicon.ico', { schema: { hide: true } }, (_request, reply) => reply.sendFile('img/icon.svg'))
}
