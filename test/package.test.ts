/** What is published, and what a user installs with it: every further package is one more to trust. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from './helpers/fixtures.js'

const wanted = {
  '@fastify/ajv-compiler': '4.0.7',
  '@fastify/helmet': '13.2.0',
  // Newer ones have a content-disposition that wants Node 22.
  '@fastify/static': '10.1.3',
  '@fastify/swagger': '9.9.3',
  '@fastify/view': '12.0.0',
  '@viz-js/viz': '3.31.0',
  fastify: '5.12.8',
  handlebars: '4.7.10',
  // Nothing imports it: newer ones, which fastify would take, want Node 22.
  'light-my-request': '6.6.0',
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

t.test('each locked package is content with our oldest Node, and none is a nightly build', async t => {
  const oldest = Number(/^>=(\d+)/.exec(readJson('package.json').engines.node)?.[1])
  const locked: [string, { version?: string; engines?: { node?: string } }][] = Object.entries(
    readJson('package-lock.json').packages,
  )
  t.ok(oldest >= 20 && locked.length > 100)
  for (const [name, { version, engines }] of locked) {
    const needed = Number(/^>= ?(\d+)[.\d]*$/.exec(engines?.node ?? '')?.[1] ?? 0)
    t.ok(needed <= oldest, `${name} ${version} works on Node ${oldest}`)
    t.notMatch(version, /nightly/, name)
  }
})

t.test('the package has what runs, and of the tests the sample only', async t => {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const [{ files }] = JSON.parse(execFileSync('npm', pack, { cwd: projectFolder, encoding: 'utf8' }))
  const paths: string[] = files.map(({ path }: { path: string }) => path)
  const expected =
    /^(dist\/server\/.*\.(js|wasm)|dist\/server\/web\/answers\.json|views\/.*\.hbs|static\/.*|test\/fixtures\/sample\.trace|README\.md|LICENSE|package\.json)$/
  t.strictSame(
    paths.filter(path => !expected.test(path)),
    [],
  )
  for (const needed of [
    'dist/server/cli.js',
    'dist/server/web/answers.json',
    'views/home.hbs',
    'static/js/page.js',
    'test/fixtures/sample.trace',
  ])
    t.ok(paths.includes(needed), needed)
  t.ok(paths.some(path => path.endsWith('.wasm')))
})

function readJson(file: string) {
  return JSON.parse(readFileSync(join(projectFolder, file), 'utf8'))
}
