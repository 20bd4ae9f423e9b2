/**
 * `/openapi.json`: what the pages take and give. Parameters are those of the routes; answers are the types of
 * answers.ts, of which the build makes schemas. They only describe: no answer is checked or written by them.
 */
import { readFileSync } from 'node:fs'
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import { schemaController } from './validation.js'

/** `pages` registers the routes, which lie under `base`. */
export function registerOpenapi(app: FastifyInstance, pages: FastifyPluginAsync, base: string): void {
  let description: Promise<object> | undefined
  app.get('/openapi.json', { schema: { hide: true } }, () => {
    description ??= describe(pages, base)
    return description
  })
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: { readonly enum?: readonly string[] } }[]
  responses?: object
}

interface Schemas {
  readonly definitions: Readonly<Record<string, { readonly properties: Readonly<Record<string, object>> }>>
  readonly properties: Readonly<Record<string, object>>
}

/** A server of its own tells it, because what describes a server delays its start. */
async function describe(pages: FastifyPluginAsync, base: string): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger')
  const app = fastify({ schemaController })
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'trace-serve', description: 'The JSON form of every page', version: '1' },
      servers: [{ url: base }],
    },
  })
  app.register(pages)
  await app.ready()
  const { definitions, properties } = readSchemas()
  const { paths, ...rest } = app.swagger() as { paths: Record<string, { get: Operation }> }
  for (const [path, { get }] of Object.entries(paths)) {
    const schema = definitions.Answers.properties[path]
    get.responses = {
      200: { description: 'the answer', content: schema === undefined ? bytes : contentOf(get, schema) },
      ...(parameter(get, 'wait') && { 202: asJson('with wait=0, while the trace is read', properties.waiting) }),
      default: asJson('why there is no answer', properties.failure),
    }
  }
  return { ...rest, paths, components: { schemas: definitions } }
}

/** As the build wrote them beside the code, with references to where they stand in the description. */
function readSchemas(): Schemas {
  const text = readFileSync(new URL('../answers.json', import.meta.url), 'utf8')
  return JSON.parse(text.replaceAll('"#/definitions/', '"#/components/schemas/')) as Schemas
}

const text = { schema: { type: 'string' } }
const types: Readonly<Record<string, string>> = { html: 'text/html', csv: 'text/csv', svg: 'image/svg+xml' }
/** A tile, the one body that is no JSON. */
const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }

/** JSON, and what else `format` may ask for. */
function contentOf(operation: Operation, schema: object): object {
  const formats = parameter(operation, 'format')?.schema.enum ?? []
  const others = formats.filter(format => types[format] !== undefined).map(format => [types[format], text])
  return { 'application/json': { schema }, ...Object.fromEntries(others) }
}

function parameter({ parameters = [] }: Operation, wanted: string) {
  return parameters.find(({ name }) => name === wanted)
}

function asJson(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } }
}
