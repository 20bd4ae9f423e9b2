/**
 * Builds what is out of date, silently unless something fails: the server with its tests, the code of the browser, the
 * modules of WebAssembly, the schemas of answers. dist/built.json keeps a hash of what each was made of (sources, compilers, this file); while
 * that is the same, nothing is done.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What a module may use of WebAssembly, as asc does. */
const FEATURES = ['Atomics', 'MutableGlobals', 'NontrappingFPToInt', 'SignExt', 'BulkMemory', 'BulkMemoryOpt']
/**
 * The most instructions of a function that is inlined at each call: a call for every event costs more than the size of
 * the module.
 */
const INLINED = 400
const RECORD = 'dist/built.json'
/** The types of all JSON bodies, and the schemas made of them. */
const ANSWERS = 'server/web/answers.ts'
const SCHEMAS = 'dist/server/web/answers.json'

process.chdir(import.meta.dirname)
const server = filesIn('server')
const products = [
  {
    output: 'dist/server',
    sources: [...server, ...filesIn('test')],
    tools: ['esbuild'],
    build: () => buildServer([...server.filter(file => !file.includes('/assembly/')), ...filesIn('test')]),
  },
  {
    output: 'static/js',
    sources: [...filesIn('views/client'), ...filesIn('server/shared')],
    tools: ['esbuild', 'uplot'],
    build: buildClient,
  },
  ...server.filter(file => file.endsWith('/assembly/index.ts')).map(moduleOf),
  {
    output: SCHEMAS,
    sources: [...withImports(ANSWERS)],
    tools: ['ts-json-schema-generator'],
    build: buildSchemas,
  },
]

const built = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : {}
for (const { output, sources, tools, build } of products) {
  const hash = hashOf(sources, tools)
  if (built[output] === hash && existsSync(output)) continue
  await build()
  built[output] = hash
  writeFileSync(RECORD, `${JSON.stringify(built, null, 2)}\n`)
}

/** The TypeScript files of a folder, but declarations. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** The module of `X/name/assembly`, which is to stand beside the code that loads it: `dist/X/name/name.wasm`. */
function moduleOf(entry) {
  const folder = dirname(dirname(entry))
  const output = `dist/${folder}/${basename(folder)}.wasm`
  return {
    output,
    sources: [...withImports(entry)],
    tools: ['assemblyscript', 'binaryen'],
    build: () => buildModule(entry, output),
  }
}

/** A file with all that it imports; AssemblyScript names files without their ending. */
function withImports(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)'/g)) {
    withImports(`${join(dirname(file), path.replace(/\.js$/, ''))}.ts`, found)
  }
  return found
}

function hashOf(sources, tools) {
  const hash = createHash('sha256')
  for (const tool of tools) hash.update(readFileSync(`node_modules/${tool}/package.json`))
  for (const file of ['build.js', ...sources]) hash.update(`\0${file}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

async function buildServer(entryPoints) {
  const target = { format: 'esm', platform: 'node', target: 'node20' }
  const files = await bundle({ entryPoints, outdir: 'dist', outbase: '.', sourcemap: true, ...target })
  removeOthers('dist', [...files, ...products.map(({ output }) => output), RECORD])
}

async function buildClient() {
  const entryPoints = filesIn('views/client').filter(file => dirname(file) === 'views/client')
  const target = ['chrome123', 'firefox120', 'safari17.5']
  removeOthers('static/js', await bundle({ entryPoints, outdir: 'static/js', bundle: true, minify: true, target }))
}

/** Runs esbuild, which reports what is wrong; gives the files that it wrote. */
async function bundle(options) {
  const { build } = await import('esbuild')
  const { metafile } = await build({ ...options, metafile: true, logLevel: 'warning' }).catch(() => process.exit(1))
  return Object.keys(metafile.outputs)
}

/** Removes what earlier builds left: a test whose source is gone must not run on. */
function removeOthers(folder, files) {
  const wanted = new Set(files.map(file => join(file)))
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isFile() && !wanted.has(file)) rmSync(file)
  }
}

async function buildSchemas() {
  const { createGenerator } = await import('ts-json-schema-generator')
  const generator = createGenerator({ path: ANSWERS, tsconfig: 'tsconfig.json', skipTypeCheck: true, topRef: false })
  writeFileSync(SCHEMAS, JSON.stringify(generator.createSchema('Bodies')))
}

async function buildModule(entry, output) {
  const [{ main }, { default: binaryen }] = await Promise.all([import('assemblyscript/asc'), import('binaryen')])
  const memory = [
    '--importMemory',
    '--noExportMemory',
    '--sharedMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
  ]
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'threads', ...memory]
  let bytes
  const { error, stderr } = await main([entry, ...options, '--outFile', 'module.wasm'], {
    writeFile: (_name, contents) => {
      bytes = contents
    },
  })
  if (error !== null) {
    process.stderr.write(stderr.toString())
    process.exit(1)
  }
  const module = binaryen.readBinary(bytes)
  module.setFeatures(FEATURES.reduce((all, name) => all | binaryen.Features[name], 0))
  binaryen.setOptimizeLevel(3)
  binaryen.setShrinkLevel(0)
  binaryen.setAlwaysInlineMaxSize(INLINED)
  module.optimize()
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, module.emitBinary())
  module.dispose()
}
