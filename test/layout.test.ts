/**
 * The rules between folders: who may import whom, who may touch files and the console, how long a file may be, how wide
 * a comment, how long a README.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import t from 'tap'
import { projectFolder } from './helpers/fixtures.js'

t.setTimeout(300_000)

/**
 * What each room of server/ may import beside itself: rooms, folders of them or single files. `errors` and `shared` are
 * for all.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  // The numbers are nothing but that.
  shared: ['wasm/numbers'],
  errors: [],
  wasm: [],
  core: ['wasm'],
  contract: [],
  source: [],
  trace: ['core', 'wasm', 'source'],
  analysis: ['core', 'wasm', 'contract'],
  replay: ['core', 'wasm', 'source', 'trace', 'analysis/facts'],
  timeline: ['core', 'contract', 'replay', 'analysis/facts'],
  insight: ['core', 'contract', 'replay', 'analysis/facts'],
  export: ['core', 'contract', 'replay', 'analysis/facts'],
  engine: ['core', 'contract', 'source', 'trace', 'analysis', 'replay', 'timeline', 'insight', 'export'],
  web: [
    'contract',
    ...['lru', 'reasons'].map(file => `core/${file}`),
    ...['call-graph', 'call-tree', 'pprof', 'speedscope', 'trace-event/request'].map(file => `export/${file}`),
  ],
  commands: [
    'core',
    'contract',
    'source',
    'trace',
    'analysis',
    'replay',
    'timeline',
    'insight',
    'export',
    'engine',
    'web',
    'wasm/address-space',
  ],
  cli: ['commands'],
}
/** These import nothing of server/; errors as little. */
const GROUND = ['shared', 'errors']

/** The same inside server/trace; files directly in it may import all of these. */
const traceRooms: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  index: ['wire'],
  'fast-path': [],
  generation: ['wire', 'index', 'fast-path'],
  order: ['wire', 'index', 'fast-path', 'generation'],
  v1: ['wire', 'index', 'fast-path', 'generation', 'order'],
}

// Modules of WebAssembly are read by what runs them; what the system limits stands in a file.
const fileSystem =
  /^server\/(source|wasm\/address-space|trace\/fast-path|analysis\/fast-path|replay\/walk|web\/plugins|commands|cli)\b/
const consoleUsers = /^server\/(commands\/|cli\.ts$)/

interface Import {
  /** As written. */
  readonly text: string
  /** Path from the project's folder, for imports of its files. */
  readonly path: string | null
}

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

const clause = /^(?:import|export)\s+(?:type\s+)?(?:[\w\s{},*$]*?)\s*from\s+'([^']+)'/gm
const bare = /^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

/** Types and values alike. */
function importsOf(path: string, text: string): Import[] {
  const specifiers = [...text.matchAll(clause), ...text.matchAll(bare)].map(([, first, second]) => first ?? second)
  return specifiers.map(specifier => ({
    text: specifier,
    path: specifier.startsWith('.') ? pathOf(path, specifier) : null,
  }))
}

/** AssemblyScript names no endings. */
function pathOf(from: string, specifier: string): string {
  const target = join(dirname(from), specifier).split(sep).join('/')
  return from.includes('/assembly/') ? `${target}.ts` : target.replace(/\.js$/, '.ts')
}

function filesIn(folder: string, ending: RegExp): SourceFile[] {
  return readdirSync(join(projectFolder, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && ending.test(entry.name))
    .map(entry => {
      const full = join(entry.parentPath, entry.name)
      const path = relative(projectFolder, full).split(sep).join('/')
      const text = readFileSync(full, 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

/** `server/web/app.ts` → `web`. */
function roomOf(path: string): string {
  return path.split('/')[1].replace(/\.ts$/, '')
}

/** What is wrong with one import of a file of server/ or views/client/; '' when nothing is. */
function violation(file: SourceFile, { path, text }: Import): string {
  const way = `${file.path} → ${path ?? text}`
  if (path === null) {
    if (/^(node:)?fs(\/promises)?$/.test(text) && !fileSystem.test(file.path))
      return `${way}: files are not its business`
    return ''
  }
  if (file.path.startsWith('views/client/')) {
    const allowed = path.startsWith('views/client/') || path.startsWith('server/shared/')
    return allowed ? '' : `${way}: the browser has views/client and server/shared only`
  }
  if (!path.startsWith('server/')) return `${way}: the server has server/ only`
  const from = roomOf(file.path)
  const to = roomOf(path)
  if (rooms[from] === undefined) return `${way}: room ${from} has no rule`
  if (file.path.includes('/assembly/')) {
    const allowed = to === 'wasm' || dirname(path) === dirname(file.path) || isLayout(file.path, path)
    return allowed ? '' : `${way}: a folder of AssemblyScript has wasm, its layout and itself only`
  }
  if (from === 'trace' && to === 'trace') return traceViolation(file.path, path, way)
  const allowed = [...(GROUND.includes(from) ? [] : GROUND), ...rooms[from]]
  return from === to || allowed.some(each => isIn(path, each)) ? '' : `${way}: ${from} may not import ${to}`
}

/** Whether a file has the numbers that a folder of AssemblyScript shares with the TypeScript beside it. */
function isLayout(from: string, path: string): boolean {
  return dirname(path) === dirname(dirname(from)) && /\/(layout|fields)\.ts$/.test(path)
}

/** Whether a file is that place of server/ or lies in it. */
function isIn(path: string, place: string): boolean {
  return path === `server/${place}.ts` || path.startsWith(`server/${place}/`)
}

function traceViolation(fromPath: string, toPath: string, way: string): string {
  const [, , from, inside] = fromPath.split('/')
  const to = toPath.split('/')[2]
  if (inside === undefined || from === to) return ''
  if (traceRooms[from] === undefined) return `${way}: room trace/${from} has no rule`
  return traceRooms[from].includes(to) ? '' : `${way}: trace/${from} may not import trace/${to}`
}

/** The first circle of imports that is found: its files, the first again at the end; empty when there is none. */
function circleIn(files: readonly SourceFile[]): string[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map(each => each.path)]))
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): string[] => {
    const at = way.indexOf(path)
    if (at >= 0) return [...way.slice(at), path]
    if (done.has(path)) return []
    way.push(path)
    for (const next of importsOf.get(path) ?? []) {
      const circle = next === null ? [] : visit(next)
      if (circle.length > 0) return circle
    }
    way.pop()
    done.add(path)
    return []
  }
  for (const { path } of files) {
    const circle = visit(path)
    if (circle.length > 0) return circle
  }
  return []
}

const server = filesIn('server', /\.ts$/)
const client = filesIn('views/client', /\.ts$/)
const tests = filesIn('test', /\.ts$/)

t.test('imports', async t => {
  t.ok(server.length > 50 && client.length > 3, 'the files are found')
  for (const file of [...server, ...client]) {
    t.strictSame(
      file.imports.map(each => violation(file, each)).filter(text => text !== ''),
      [],
      file.path,
    )
  }
})

t.test('no file imports itself on a way round, types included', async t => {
  t.strictSame(circleIn([...server, ...client]), [])
})

t.test('no file is imported that does not exist', async t => {
  const known = new Set([...server, ...client, ...tests].map(({ path }) => path))
  for (const { path, imports } of [...server, ...client, ...tests]) {
    // The imports in this file's own examples.
    if (path === 'test/layout.test.ts') continue
    const missing = imports.filter(each => each.path?.endsWith('.ts') && !known.has(each.path))
    t.strictSame(missing, [], path)
  }
})

t.test('only the command line writes to the console, only the program ends the process', async t => {
  for (const { path, text } of server) {
    if (!consoleUsers.test(path)) t.notMatch(text, /\bconsole\.\w+\(/, path)
    if (path !== 'server/cli.ts') t.notMatch(text, /\bprocess\.exit\(/, path)
  }
})

t.test('a file over 500 lines says why in its head', async t => {
  const others = [...filesIn('views', /\.hbs$/), ...filesIn('static/css', /\.css$/)]
  for (const { path, text } of [...server, ...client, ...tests, ...others]) {
    const head = /^\s*(#!.*\n)?\s*(\/\*[\s\S]*?\*\/)?/.exec(text)?.[2] ?? ''
    t.ok(text.split('\n').length <= 501 || /\b500 lines\b/.test(head), path)
  }
})

const WIDEST = 120

t.test('comments wrap at 120 characters', async t => {
  for (const { path, text } of [...server, ...client, ...tests, ...filesIn('static/css', /\.css$/)]) {
    const wide = text.split('\n').filter(line => line.length > WIDEST && /^\s*(\/?\*|\/\/)/.test(line))
    t.strictSame(
      wide.filter(line => !line.includes('biome-ignore')),
      [],
      path,
    )
  }
})

t.test('README.md is short, and each room has one', async t => {
  const lines = readFileSync(join(projectFolder, 'README.md'), 'utf8').trimEnd().split('\n')
  t.ok(lines.length <= 100, `${lines.length} lines`)
  t.strictSame(
    lines.filter(line => line.length > WIDEST),
    [],
  )
  const folders = readdirSync(join(projectFolder, 'server'), { withFileTypes: true }).filter(each => each.isDirectory())
  for (const { name } of folders) {
    const readme = readFileSync(join(projectFolder, 'server', name, 'README.md'), 'utf8')
      .trimEnd()
      .split('\n')
    t.ok(readme.length >= 9 && readme.length <= 20, `${name}: ${readme.length} lines`)
  }
})

t.test('the rules themselves', async t => {
  const fileOf = (path: string, text: string) => ({ path, text, imports: importsOf(path, text) })
  const check = (path: string, text: string) => {
    const file = fileOf(path, text)
    return file.imports.map(each => violation(file, each)).join('\n')
  }
  const cases: [string, string, RegExp][] = [
    [
      'server/shared/a.ts',
      "import { b } from '../errors.js'",
      /^server\/shared\/a\.ts → server\/errors\.ts: shared may not/,
    ],
    ['server/core/a.ts', "import { b } from '../errors.js'", /^$/],
    ['server/core/a.ts', "import { b } from '../source/c.js'", /core may not import source/],
    ['server/trace/wire/a.ts', "import { b } from '../../analysis/c.js'", /trace may not import analysis/],
    ['server/trace/wire/a.ts', "import type { b } from '../index/c.js'", /trace\/wire may not import trace\/index/],
    ['server/trace/open.ts', "import { b } from './order/c.js'", /^$/],
    ['server/trace/index/a.ts', "import { readFileSync } from 'node:fs'", /files are not its business/],
    ['server/source/a.ts', "import { readFileSync } from 'node:fs'", /^$/],
    ['server/replay/a.ts', "import type { b } from '../analysis/facts/c.js'", /^$/],
    ['server/replay/a.ts', "import type { b } from '../analysis/passes/c.js'", /replay may not import analysis/],
    ['server/replay/a.ts', "import {\n  type b,\n  d,\n} from '../timeline/c.js'", /replay may not import timeline/],
    ['server/replay/assembly/a.ts', "import { b } from './c'", /^$/],
    ['server/replay/assembly/a.ts', "import { b } from '../../wasm/c'", /^$/],
    ['server/replay/assembly/a.ts', "import { b } from '../../core/c'", /wasm, its layout and itself only/],
    ['server/timeline/a.ts', "import { b } from '../export/c.js'", /timeline may not import export/],
    ['server/web/a.ts', "import { b } from '../export/pprof.js'", /^$/],
    ['server/web/a.ts', "import type { b } from '../export/trace-event/exporter.js'", /web may not import export/],
    ['server/web/a.ts', "export * from '../engine/c.js'", /web may not import engine/],
    ['server/web/a.ts', "  const b = await import('../engine/c.js')", /web may not import engine/],
    ['server/cli.ts', "import { b } from './commands/c.js'", /^$/],
    ['server/cli.ts', "import { b } from '../test/c.js'", /the server has server\/ only/],
    ['server/new/a.ts', "import { b } from '../errors.js'", /room new has no rule/],
    ['views/client/a.ts', "import { b } from '../../server/shared/c.js'", /^$/],
    ['views/client/lib/a.ts', "import { b } from '../../../server/errors.js'", /the browser has/],
  ]
  for (const [path, text, wanted] of cases) t.match(check(path, text), wanted, `${path}: ${text}`)
  const round = [
    fileOf('server/a.ts', "import { b } from './b.js'"),
    fileOf('server/b.ts', "import { c } from './c.js'"),
    fileOf('server/c.ts', "import type { b } from './b.js'"),
  ]
  t.strictSame(circleIn(round), ['server/b.ts', 'server/c.ts', 'server/b.ts'])
  t.strictSame(circleIn(round.slice(0, 2)), [])
})
