/**
 * `/goroutines`: by start function; `/goroutine`: one start function's goroutines or one goroutine; `/open`: unfinished
 * ones.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Id } from '../../contract/common.js'
import {
  type GoroutineQuery,
  goroutineCsv,
  goroutinePage,
  goroutineProperties,
  openCsv,
  openPage,
} from '../view-models/goroutine.js'
import { goroutineGroupCsv, goroutineGroupPage } from '../view-models/goroutine-group.js'
import { goroutinesCsv, goroutinesPage } from '../view-models/goroutines.js'
import { idParam } from '../view-models/params.js'
import { type ListQuery, listParams, listProperties, querySchema } from '../view-models/query.js'
import { answer, formatOf, type Web } from '../web.js'

export function goroutineRoutes(app: FastifyInstance, web: Web): void {
  app.get('/goroutines', { schema: querySchema(listProperties) }, (request, reply) => {
    const query = request.query as ListQuery
    return answer(web, request, reply, {
      load: signal => web.trace.query('goroutines', listParams(query, formatOf(request)), signal),
      html: groups => goroutinesPage(groups, query),
      csv: goroutinesCsv,
    })
  })

  app.get('/open', { schema: querySchema(listProperties) }, (request, reply) => {
    const query = request.query as ListQuery
    return answer(web, request, reply, {
      load: signal => web.trace.query('open', listParams(query, formatOf(request)), signal),
      html: groups => openPage(groups, query),
      csv: openCsv,
    })
  })

  app.get('/goroutine', { schema: querySchema(goroutineProperties) }, (request, reply) => {
    const goid = idParam('goid', (request.query as GoroutineQuery).goid)
    return goid === undefined ? sendGroup(web, request, reply) : sendGoroutine(web, request, reply, goid)
  })
}

function sendGroup(web: Web, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const query = request.query as GoroutineQuery
  const params = { ...listParams(query, formatOf(request)), name: query.name ?? '' }
  return answer(web, request, reply, {
    load: signal => web.trace.query('goroutineGroup', params, signal),
    html: group => goroutineGroupPage(group, query),
    csv: goroutineGroupCsv,
  })
}

function sendGoroutine(web: Web, request: FastifyRequest, reply: FastifyReply, goid: Id): Promise<FastifyReply> {
  const query = request.query as GoroutineQuery
  const params = { ...listParams(query, formatOf(request)), goid }
  return answer(web, request, reply, {
    load: signal => web.trace.query('goroutine', params, signal),
    html: goroutine => goroutinePage(goroutine, query),
    csv: goroutineCsv,
  })
}
