/** What a user installs with the program: every further package is one more to trust. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from './helpers/fixtures.js'

const wanted = {
  '@fastify/ajv-compiler': '4.0.7',
  '@fastify/helmet': '13.2.0',
  '@fastify/static': '10.1.11',
  '@fastify/swagger': '9.9.3',
  '@fastify/view': '12.0.0',
  '@viz-js/viz': '3.31.0',
  fastify: '5.12.8',
  handlebars: '4.7.10',
  'pprof-format': '2.3.2',
  speedscope: '1.25.0',
  uplot: '1.6.32',
}

t.test('the runtime dependencies are these, in these versions', async t => {
  const { dependencies, optionalDependencies, bundledDependencies } = readJson('package.json')
  t.strictSame(dependencies, wanted)
  t.equal(optionalDependencies, undefined)
  t.equal(bundledDependencies, undefined)
})

t.test('the lock file has each of them, with its hash', async t => {
  const { packages } = readJson('package-lock.json')
  for (const [name, version] of Object.entries(wanted)) {
    const locked = packages[`node_modules/${name}`]
    t.equal(locked?.version, version, name)
    t.match(locked?.integrity, /^sha512-/, name)
  }
})

function readJson(file: string) {
  return JSON.parse(readFileSync(join(projectFolder, file), 'utf8'))
}
