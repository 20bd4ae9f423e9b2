/** `/goroutines`: by start function; `/goroutine`: one start function's goroutines. */
import type { FastifyInstance } from 'fastify'
import { type GroupQuery, goroutineGroupCsv, goroutineGroupPage } from '../view-models/goroutine-group.js'
import { goroutinesCsv, goroutinesPage } from '../view-models/goroutines.js'
import { type ListQuery, listParams, listProperties, querySchema } from '../view-models/query.js'
import { answer, faceOf, type Web } from '../web.js'

export function goroutineRoutes(app: FastifyInstance, web: Web): void {
  app.get('/goroutines', { schema: querySchema(listProperties) }, (request, reply) => {
    const query = request.query as ListQuery
    return answer(web, request, reply, {
      load: signal => web.client.query('goroutines', listParams(query, faceOf(request)), signal),
      html: groups => goroutinesPage(groups, query),
      csv: goroutinesCsv,
    })
  })

  const groupProperties = {
    ...listProperties,
    name: { type: 'string', description: 'start function; empty or missing: goroutines without a recorded stack' },
  }
  app.get('/goroutine', { schema: querySchema(groupProperties) }, (request, reply) => {
    const query = request.query as GroupQuery
    const params = { ...listParams(query, faceOf(request)), name: query.name ?? '' }
    return answer(web, request, reply, {
      load: signal => web.client.query('goroutineGroup', params, signal),
      html: group => goroutineGroupPage(group, query),
      csv: goroutineGroupCsv,
    })
  })
}
