/** `/openapi.json` describes the answer of every path, and every JSON body on small traces is as described. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import type { GoroutineGroupAnswer, GoroutinesAnswer } from '../../server/contract/goroutines.js'
import { fixture } from '../helpers/fixtures.js'
import { hostedApp } from '../helpers/serve-trace.js'

interface Description {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, { readonly get: { readonly responses: Record<string, Response> } }>>
}

interface Response {
  readonly content: Readonly<Record<string, { readonly schema: object }>>
}

const profiles = ['io', 'block', 'syscall', 'sched'].flatMap(kind => [`/${kind}`, `/region${kind}`])
/** By path: what is asked, to the same answer in several forms or of several things. */
const questions: Readonly<Record<string, readonly string[]>> = {
  '/': [''],
  '/progress': [''],
  '/goroutines': ['', 'filter=zzz', 'wait=0'],
  '/goroutine': ['name=GROUP', 'goid=GOID', 'name=nobody'],
  '/open': [''],
  '/usertasks': [''],
  '/usertask': [''],
  '/userregions': [''],
  '/userregion': ['', 'sortby=Total&order=desc'],
  '/mmu': ['', 'mode=plot&flags=stw', 'mode=details&window=100000'],
  '/trace': ['', 'goid=GOID'],
  '/perfetto': [''],
  '/jsontrace': ['', 'goid=GOID'],
  '/timeline/tracks': ['goroutine', 'proc', 'thread', 'task', 'group', 'runtime'].map(view => `view=${view}`),
  '/timeline/tile': ['view=proc&tracks=0-0&level=20&index=0'],
  '/timeline/stacks': ['view=goroutine&tracks=0-0&level=20&index=0'],
  '/timeline/regions': ['view=goroutine&tracks=0-31&from=0&to=900000000', 'view=task&tracks=0-31&from=0&to=900000000'],
  '/timeline/span': ['goid=GOID&at=AT'],
  '/timeline/neighbours': ['view=proc&id=0&at=AT', 'view=thread&id=0&at=AT'],
  '/timeline/arrows': ['from=0&to=900000000'],
  '/timeline/range': ['from=0&to=900000000'],
  '/timeline/search': ['q=main', 'q=g1'],
  ...Object.fromEntries(profiles.map(path => [path, ['', 'format=tree', 'format=speedscope']])),
}

/** One a family of formats, and one with everything that a program may note. */
const traces = ['tasks-go1.26', 'tasks-go1.19', 'empty-go1.26', 'web-go1.26']

t.setTimeout(300_000)
for (const name of traces) {
  t.test(name, async t => {
    const { app, close } = hostedApp(fixture(name).path)
    t.teardown(close)
    const ask = (url: string) => app.inject({ url, headers: { host: 'localhost', accept: 'application/json' } })
    const description = (await ask('/openapi.json')).json<Description>()
    t.strictSame(Object.keys(description.paths).sort(), Object.keys(questions).sort(), 'every path is asked')

    const ajv = new Ajv2020({ strict: false, allErrors: false })
    ajv.addSchema(description, 'openapi')
    const at = (...parts: string[]) =>
      parts.map(part => part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B')).join('/')
    const fault = (path: string, status: string, body: unknown): string => {
      const place = at('paths', path, 'get', 'responses', status, 'content', 'application/json', 'schema')
      const validate = ajv.getSchema(`openapi#/${place}`)
      if (validate === undefined) return `${status} is not described`
      return validate(body) ? '' : ajv.errorsText(validate.errors)
    }

    const { groups } = (await ask('/goroutines')).json<GoroutinesAnswer>()
    const group = encodeURIComponent(groups[0]?.name ?? '')
    const { goroutines } = (await ask(`/goroutine?name=${group}`)).json<GoroutineGroupAnswer>()
    const [goid, since] = [String(goroutines[0]?.id ?? 1), String(goroutines[0]?.startNs ?? 0)]
    let answered = 0
    for (const [path, queries] of Object.entries(questions)) {
      t.ok(description.paths[path].get.responses[200].content, path)
      for (const query of queries) {
        const asked = query.replace('GROUP', group).replace('GOID', goid).replace('AT', since)
        // Pages without a form to choose answer JSON to who accepts only that.
        const { statusCode, headers, body } = await ask(`${path}?${asked}`)
        const isJson = String(headers['content-type']).startsWith('application/json')
        if (path === '/timeline/tile' && statusCode === 200) {
          t.notOk(isJson, 'a tile is bytes')
          continue
        }
        if (statusCode === 200) answered++
        else if (statusCode !== 404) t.fail(`${path}?${asked}: ${statusCode}`)
        t.equal(fault(path, statusCode === 200 ? '200' : 'default', JSON.parse(body)), '', `${path}?${asked}`)
      }
    }
    if (name === 'web-go1.26') t.ok(answered > 50, `${answered} answers`)
    t.equal(fault('/goroutines', 'default', (await ask('/goroutines?limit=x')).json()), '', 'a refusal')
    t.equal(fault('/goroutines', '202', { ready: false, progress: 0.5 }), '', 'what waits')
    t.not(fault('/goroutines', '200', { groups: [] }), '', 'a schema can refuse')
  })
}
