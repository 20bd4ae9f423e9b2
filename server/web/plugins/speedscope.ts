/**
 * `/speedscope/`: the page of the npm package speedscope, which opens the profile that its fragment names. Everything
 * of it comes from the package; the policy lets it ask nobody but this server.
 */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { contentPolicy } from './security.js'

const folder = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release')

/**
 * It writes its styles into a `<style>` of its own, draws with the font of its folder, and, whatever profile it opens,
 * makes the WebAssembly module of one of its readers, whose bytes are in its script. None of this lets the page ask
 * another server or run a text as script.
 */
const policy = {
  ...contentPolicy,
  scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  fontSrc: ["'self'"],
}

export function registerSpeedscope(app: FastifyInstance): void {
  const files = new Set(readdirSync(folder))
  files.delete('index.html')
  const helmet = { contentSecurityPolicy: { useDefaults: false, directives: policy } }
  app.get('/speedscope/', { schema: { hide: true }, helmet }, (_request, reply) => reply.sendFile('index.html', folder))
  app.get('/speedscope/:file', { schema: { hide: true } }, (request, reply) => {
    const { file } = request.params as { file: string }
    return files.has(file) ? reply.sendFile(file, folder) : reply.callNotFound()
  })
}
