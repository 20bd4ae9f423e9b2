/** `/usertasks`, `/usertask`, `/userregions`, `/userregion`: what the program itself annotated. */
import type { FastifyInstance } from 'fastify'
import type { ListParams } from '../../contract/common.js'
import { completeParam, durationParam, regionFilter } from '../view-models/params.js'
import { type ListQuery, listParams, listProperties, querySchema } from '../view-models/query.js'
import {
  isAskedGroup,
  type RegionsQuery,
  regionsCsv,
  regionsPage,
  regionsProperties,
  regionTypesCsv,
  regionTypesPage,
} from '../view-models/regions.js'
import {
  openRows,
  type TasksQuery,
  taskProperties,
  tasksCsv,
  tasksPage,
  taskTypesCsv,
  taskTypesPage,
} from '../view-models/tasks.js'
import { answer, formatOf, type Web } from '../web.js'

const allRows: ListParams = { limit: 0, offset: 0, filter: '', sortby: '', order: '' }

export function annotationRoutes(app: FastifyInstance, web: Web): void {
  taskRoutes(app, web)
  regionRoutes(app, web)
}

function taskRoutes(app: FastifyInstance, web: Web): void {
  app.get('/usertasks', { schema: querySchema(listProperties) }, (request, reply) => {
    const query = request.query as ListQuery
    return answer(web, request, reply, {
      load: signal => web.trace.query('taskTypes', listParams(query, formatOf(request)), signal),
      html: types => taskTypesPage(types, query),
      csv: taskTypesCsv,
    })
  })

  app.get('/usertask', { schema: querySchema(taskProperties) }, (request, reply) => {
    const query = request.query as TasksQuery
    const format = formatOf(request)
    const params = {
      ...listParams(query, format),
      type: query.type,
      complete: completeParam(query.complete),
      latmin: durationParam('latmin', query.latmin),
      latmax: durationParam('latmax', query.latmax),
      logtext: query.logtext,
    }
    const asked = format === 'html' ? { ...params, ...pageOrder(query), limit: pageLimit(query, params.limit) } : params
    return answer(web, request, reply, {
      load: signal => web.trace.query('tasks', asked, signal),
      html: async (tasks, signal) => {
        const types = query.type === undefined ? null : await web.trace.query('taskTypes', allRows, signal)
        return tasksPage(tasks, types?.types.find(type => type.type === query.type) ?? null, query)
      },
      csv: tasksCsv,
    })
  })
}

/** People look for the slow ones first; the JSON keeps cmd/trace's order. */
function pageOrder(query: TasksQuery): { sortby: string; order: 'asc' | 'desc' | '' } {
  return query.sortby ? { sortby: query.sortby, order: query.order ?? '' } : { sortby: 'Duration', order: 'desc' }
}

/** An unfolded task's events need their part of the rows of a page. */
function pageLimit(query: TasksQuery, limit: number): number {
  return query.open ? Math.min(limit, openRows) : limit
}

function regionRoutes(app: FastifyInstance, web: Web): void {
  app.get('/userregions', { schema: querySchema(listProperties) }, (request, reply) => {
    const query = request.query as ListQuery
    return answer(web, request, reply, {
      load: signal => web.trace.query('regionTypes', listParams(query, formatOf(request)), signal),
      html: types => regionTypesPage(types, query),
      csv: regionTypesCsv,
    })
  })

  app.get('/userregion', { schema: querySchema(regionsProperties) }, (request, reply) => {
    const query = request.query as RegionsQuery
    const params = { ...listParams(query, formatOf(request)), ...regionFilter(query) }
    return answer(web, request, reply, {
      load: signal => web.trace.query('regions', params, signal),
      html: async (regions, signal) => {
        const types =
          params.type === undefined || params.pc === undefined
            ? null
            : await web.trace.query('regionTypes', allRows, signal)
        return regionsPage(regions, types?.regions.find(region => isAskedGroup(region, query)) ?? null, query)
      },
      csv: regionsCsv,
    })
  })
}
