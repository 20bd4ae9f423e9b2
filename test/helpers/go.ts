/**
 * The original, where its Go can be had: `go tool trace` of GO_VERSION built from its sources, as they are (`trace`),
 * with the patches of test/oracle/patches.ts and lenient.ts (`reference`), and a loop over Go's reader for the
 * benchmark (`reader`).
 *
 * Whatever Go is installed gets that version by itself, from its module cache or the network. Built once per version
 * and set of patches, into the system's folder for temporary files.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { lenientPatches } from '../oracle/lenient.js'
import { type Patch, patches } from '../oracle/patches.js'
import { projectFolder } from './fixtures.js'

/** The Go whose answers are ours. */
export const GO_VERSION = 'go1.27.4'

/** How long to wait for the version that is not there yet, ms. */
const DOWNLOAD = 120_000

/** TZ because `-d=parsed` prints the wall clock in local time; BROWSER because the server opens one. */
const environment = {
  ...process.env,
  TZ: 'UTC',
  BROWSER: 'true',
  GOFLAGS: '',
  GOWORK: 'off',
  GOTOOLCHAIN: GO_VERSION,
}

/** GOROOT of that version; null when it cannot be had. */
export const goRoot: string | null = (() => {
  const run = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8', env: environment, timeout: DOWNLOAD })
  return run.status === 0 ? run.stdout.trim() : null
})()

/** Why a test that needs Go is skipped, or false. */
export const noGo: string | false = goRoot === null ? `${GO_VERSION} cannot be had` : false

/** `sorted`: the reference, as strict as `trace`. */
export type Tool = 'trace' | 'sorted' | 'reference' | 'reader'

const built = new Map<Tool, string>()

/** Path of a tool's binary, built when it is not there yet. */
export function goTool(tool: Tool): string {
  let path = built.get(tool)
  if (path === undefined) {
    path = build(tool)
    built.set(tool, path)
  }
  return path
}

function build(tool: Tool): string {
  if (goRoot === null) throw new Error(`${GO_VERSION} cannot be had`)
  const files = overlayFiles(tool, goRoot)
  const contents = createHash('sha256')
    .update(JSON.stringify([...files]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(tmpdir(), `trace-serve-go-${userInfo().uid}`, `${GO_VERSION}-${tool}-${contents}`)
  const binary = join(folder, tool)
  if (existsSync(binary)) return binary
  const replaced: Record<string, string> = {}
  for (const [file, text] of files) {
    const path = join(folder, 'src', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    replaced[join(goRoot, 'src', file)] = path
  }
  mkdirSync(folder, { recursive: true })
  const overlay = join(folder, 'overlay.json')
  writeFileSync(overlay, JSON.stringify({ Replace: replaced }))
  const target = tool === 'reader' ? 'internal/trace/benchmain' : 'cmd/trace'
  const partial = `${binary}.${process.pid}`
  // The toolchain may lie in the module cache, where no file may be replaced: it gets another one, which it does not
  // need.
  const apart = { ...environment, GOTOOLCHAIN: 'local', GOMODCACHE: join(folder, 'modules') }
  const go = join(goRoot, 'bin', 'go')
  execFileSync(go, ['build', '-overlay', overlay, '-o', partial, target], { env: apart, stdio: 'pipe' })
  renameSync(partial, binary)
  return binary
}

/** Text by path below GOROOT/src of the files that differ from the installed ones. */
function overlayFiles(tool: Tool, root: string): Map<string, string> {
  const files = new Map<string, string>()
  if (tool === 'reader') {
    const source = join(projectFolder, 'test', 'oracle', 'read-loop.go')
    files.set('internal/trace/benchmain/main.go', readFileSync(source, 'utf8'))
  }
  const edited = tool === 'reference' ? [...patches, ...lenientPatches] : tool === 'sorted' ? patches : []
  for (const patch of edited) {
    const source = files.get(patch.file) ?? readFileSync(join(root, 'src', patch.file), 'utf8')
    files.set(patch.file, patched(source, patch))
  }
  return files
}

function patched(source: string, { file, edits, imports }: Patch): string {
  let text = source
  for (const { find, replace, times = 1 } of edits) {
    const found = text.split(find).length - 1
    if (found !== times) throw new Error(`${file} has "${find}" ${found} times, wanted ${times}`)
    text = text.replaceAll(find, () => replace)
  }
  const missing = imports.filter(name => !text.includes(`"${name}"\n`)).map(name => `\t"${name}"\n`)
  return text.replace('import (\n', head => head + missing.join(''))
}

export interface DumpResult {
  readonly stdout: Buffer
  readonly stderr: string
  readonly exit: number
}

/** Runs a tool with flags on a file. */
export function runTool(tool: Tool, args: readonly string[]): DumpResult {
  const run = spawnSync(goTool(tool), args, { env: environment, maxBuffer: 2 ** 30 })
  if (run.error) throw run.error
  return { stdout: run.stdout, stderr: run.stderr.toString(), exit: run.status ?? -1 }
}

export interface DumpFacts {
  readonly exit: number
  /** Of stdout. */
  readonly sha256: string
  readonly bytes: number
  readonly stderr: string
  /** Sync events in a dump of `-d=parsed`. */
  readonly syncs: number
}

const SYNC = Buffer.from('\nM=-1 P=-1 G=-1 Sync Time=')

/** Runs `-d=MODE` on a file; the output, which may be larger than memory, is hashed as it comes. */
export function dumpFacts(tool: Tool, mode: string, path: string): Promise<DumpFacts> {
  const child = spawn(goTool(tool), [`-d=${mode}`, path], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const hash = createHash('sha256')
  let bytes = 0
  let syncs = 0
  let stderr = ''
  // Behind a chunk: what may be the beginning of a Sync line. In front of all: the line break that the first line
  // lacks.
  let rest = Buffer.from('\n')
  child.stdout.on('data', (data: Buffer) => {
    hash.update(data)
    bytes += data.length
    const text = Buffer.concat([rest, data])
    for (let at = text.indexOf(SYNC); at >= 0; at = text.indexOf(SYNC, at + SYNC.length)) syncs++
    rest = Buffer.from(text.subarray(Math.max(0, text.length - SYNC.length + 1)))
  })
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ exit: code ?? -1, sha256: hash.digest('hex'), bytes, stderr, syncs }))
  })
}

/** The running web server of the original. */
export class OriginalServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** What it wrote on stderr until it listened. */
    readonly log: string,
  ) {}

  /** Starts it on a file; rejects with what it wrote when it gives up. */
  static start(tool: 'trace' | 'reference', path: string): Promise<OriginalServer> {
    const child = spawn(goTool(tool), ['-http=localhost:0', path], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    return new Promise((resolve, reject) => {
      let log = ''
      child.stderr!.on('data', (data: Buffer) => {
        log += data.toString()
        const url = /listening on (http:\S+)/.exec(log)?.[1]
        if (url !== undefined) resolve(new OriginalServer(child, url, log))
      })
      child.on('error', reject)
      child.on('exit', code => reject(new Error(`go tool trace ended with ${code}: ${log}`)))
    })
  }

  get pid(): number {
    return this.child.pid!
  }

  /** The answer to a path; status 0 where the original drops the connection. */
  async get(path: string): Promise<{ readonly status: number; readonly body: Buffer }> {
    try {
      const response = await fetch(this.url + path)
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
    } catch {
      return { status: 0, body: Buffer.alloc(0) }
    }
  }

  stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve()
    return new Promise(resolve => {
      this.child.once('exit', () => resolve())
      this.child.kill('SIGKILL')
    })
  }
}
