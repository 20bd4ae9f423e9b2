/** The rules between folders: who may import whom, who may touch files and the console, how long a file may be. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import t from 'tap'
import { projectFolder } from './helpers/fixtures.js'

interface Rule {
  /** Rooms of server/ that may be imported beside the own one. */
  readonly imports: readonly string[]
  /** Rooms of which only types may be imported. */
  readonly types?: readonly string[]
}

const EVERYTHING: Rule = {
  imports: ['shared', 'errors', 'trace', 'analysis', 'detail', 'workers', 'export', 'web', 'commands'],
}

const rooms: Readonly<Record<string, Rule>> = {
  shared: { imports: [] },
  errors: { imports: [] },
  trace: { imports: ['shared', 'errors'] },
  analysis: { imports: ['shared', 'errors'] },
  detail: { imports: ['shared', 'errors', 'trace', 'analysis'] },
  workers: { imports: ['shared', 'errors', 'trace', 'analysis', 'detail', 'export'] },
  export: { imports: ['shared', 'errors'], types: ['analysis'] },
  web: { imports: ['shared', 'errors', 'export'], types: ['analysis'] },
  commands: EVERYTHING,
  cli: EVERYTHING,
}

/** The same inside server/trace; files directly in it may import all of these. */
const traceRooms: Readonly<Record<string, readonly string[]>> = {
  source: [],
  wire: ['source'],
  index: ['source', 'wire'],
  'fast-path': [],
  generation: ['source', 'wire', 'index', 'fast-path'],
  order: ['source', 'wire', 'index', 'fast-path', 'generation'],
  v1: ['source', 'wire', 'index', 'fast-path', 'generation', 'order'],
}

/** The contract between rooms: values may be imported where types of its room may. */
const CONTRACT = 'server/analysis/trace-client.ts'

// The fast paths and the first walk read their own modules.
const fileSystem =
  /^server\/(trace\/source|trace\/fast-path|analysis\/fast-path|analysis\/first-walk|web\/plugins|commands|cli)\b/
const consoleUsers = /^server\/(commands\/|cli\.ts$)/

interface Import {
  /** As written. */
  readonly text: string
  /** Path from the project's folder, for imports of its files. */
  readonly path: string | null
  readonly typeOnly: boolean
}

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

const clause = /^(?:import|export)\s+(type\s+)?([\w\s{},*$]*?)\s*from\s+'([^']+)'/gm
const bare = /^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, typeOnly: boolean) => {
    const target = specifier.startsWith('.') ? join(dirname(path), specifier).replace(/\.js$/, '.ts') : null
    found.push({ text: specifier, path: target?.split(sep).join('/') ?? null, typeOnly })
  }
  for (const [, type, names, specifier] of text.matchAll(clause)) add(specifier, type !== undefined || allTypes(names))
  for (const [, statement, dynamic] of text.matchAll(bare)) add(statement ?? dynamic, false)
  return found
}

function allTypes(names: string): boolean {
  const list =
    /^\{(.*)\}$/s
      .exec(names)?.[1]
      .split(',')
      .filter(name => name.trim() !== '') ?? []
  return list.length > 0 && list.every(name => name.trim().startsWith('type '))
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
function violation(file: SourceFile, { path, text, typeOnly }: Import): string {
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
  const rule = rooms[from]
  if (rule === undefined) return `${way}: room ${from} has no rule`
  if (from === 'trace' && to === 'trace') return traceViolation(file.path, path, way)
  if (from === to || rule.imports.includes(to)) return ''
  if (!rule.types?.includes(to)) return `${way}: ${from} may not import ${to}`
  return typeOnly || path === CONTRACT ? '' : `${way}: ${from} may import only types of ${to}`
}

function traceViolation(fromPath: string, toPath: string, way: string): string {
  const [, , from, inside] = fromPath.split('/')
  const to = toPath.split('/')[2]
  if (inside === undefined || from === to) return ''
  if (traceRooms[from] === undefined) return `${way}: room trace/${from} has no rule`
  return traceRooms[from].includes(to) ? '' : `${way}: trace/${from} may not import trace/${to}`
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

t.test('the rules themselves', async t => {
  const check = (path: string, text: string) => {
    const file = { path, text, imports: importsOf(path, text) }
    return file.imports.map(each => violation(file, each)).join('\n')
  }
  const cases: [string, string, RegExp][] = [
    [
      'server/shared/a.ts',
      "import { b } from '../errors.js'",
      /^server\/shared\/a\.ts → server\/errors\.ts: shared may not/,
    ],
    ['server/trace/wire/a.ts', "import { b } from '../../analysis/c.js'", /trace may not import analysis/],
    ['server/trace/wire/a.ts', "import type { b } from '../index/c.js'", /trace\/wire may not import trace\/index/],
    ['server/trace/open.ts', "import { b } from './order/c.js'", /^$/],
    ['server/trace/index/a.ts', "import { readFileSync } from 'node:fs'", /files are not its business/],
    ['server/trace/source/a.ts', "import { readFileSync } from 'node:fs'", /^$/],
    ['server/web/a.ts', "import { b } from '../analysis/c.js'", /only types of analysis/],
    ['server/web/a.ts', "import { type b, type d } from '../analysis/c.js'", /^$/],
    ['server/web/a.ts', "import {\n  type b,\n  d,\n} from '../analysis/c.js'", /only types of analysis/],
    ['server/web/a.ts', "import { b } from '../analysis/trace-client.js'", /^$/],
    ['server/web/a.ts', "export * from '../workers/c.js'", /web may not import workers/],
    ['server/web/a.ts', "  const b = await import('../workers/c.js')", /web may not import workers/],
    ['server/cli.ts', "import { b } from './web/c.js'", /^$/],
    ['server/cli.ts', "import { b } from '../test/c.js'", /the server has server\/ only/],
    ['server/new/a.ts', "import { b } from '../errors.js'", /room new has no rule/],
    ['views/client/a.ts', "import { b } from '../../server/shared/c.js'", /^$/],
    ['views/client/lib/a.ts', "import { b } from '../../../server/errors.js'", /the browser has/],
  ]
  for (const [path, text, wanted] of cases) t.match(check(path, text), wanted, `${path}: ${text}`)
})
