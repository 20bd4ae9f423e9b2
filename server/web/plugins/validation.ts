/**
 * Checks queries by their schemas, as fastify does by itself, but loads and compiles nothing for a check before a query
 * asks for something: for all routes at once that took longer than the rest of the start.
 */
import { createRequire } from 'node:module'
import type { ValidatorFactory } from '@fastify/ajv-compiler'
import type { FastifyServerOptions } from 'fastify'

/** Whether a query is accepted; otherwise `errors` says why. */
type Check = ((query: object) => boolean) & { errors?: unknown }
type Compiler = (route: { readonly schema: { readonly required?: readonly string[] } }) => Check
type Factory = (schemas: unknown, options: unknown) => Compiler

const require = createRequire(import.meta.url)

const lazyFactory: Factory = (schemas, options) => {
  let compile: Compiler | undefined
  return route => {
    const anything = (route.schema.required ?? []).length === 0
    let check: Check | undefined
    const lazy: Check = query => {
      if (anything && Object.keys(query).length === 0) return true
      compile ??= (require('@fastify/ajv-compiler') as () => Factory)()(schemas, options)
      check ??= compile(route)
      const accepted = check(query)
      lazy.errors = check.errors
      if (!accepted) return false
      // No bound of a schema holds for these.
      const boundless = Object.entries(query).find(([, value]) => typeof value === 'number' && !Number.isFinite(value))
      if (boundless === undefined) return true
      lazy.errors = [{ instancePath: `/${boundless[0]}`, message: 'must be a finite number', params: {} }]
      return false
    }
    return lazy
  }
}

export const schemaController: FastifyServerOptions['schemaController'] = {
  compilersFactory: {
    buildValidator: lazyFactory as unknown as ValidatorFactory,
    // No route says what its answer looks like; fastify's own would be loaded, and with it the checks, for nothing.
    buildSerializer: () => () => JSON.stringify,
  },
}
