/** The program as a user runs it: what it writes, and its exit status. */
import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { fixture, projectFolder } from './helpers/fixtures.js'

t.setTimeout(300_000)

const program = join(projectFolder, 'dist', 'server', 'cli.js')
const sample = fixture('sample').path
const folder = t.testdir({ 'text.trace': 'hello, this is no trace\n', 'empty.trace': '' })

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(...args: string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  })
  return { status, stdout, stderr }
}

t.test('help and version', async t => {
  const { status, stdout, stderr } = run('--help')
  t.equal(status, 0)
  t.match(stdout, /^trace-serve opens .*\n\nUsage:\n {2}trace-serve \[flags\] \[binary\] FILE\n/)
  t.equal(stderr, '')
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'))
  t.strictSame(run('--version'), { status: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('a wrong command line: a sentence, exit 2', async t => {
  for (const args of [[], ['-x', sample], ['-d=foo', sample]]) {
    const { status, stdout, stderr } = run(...args)
    t.equal(status, 2, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^trace-serve: .+ \(see trace-serve -help\)\n$/)
  }
})

t.test('a file that is no trace: one sentence, exit 1, whatever is asked of it', async t => {
  const files: [string, RegExp][] = [
    [join(folder, 'none.trace'), /^trace-serve: cannot open .*none\.trace: there is no such file\n$/],
    [folder, /^trace-serve: cannot open .*: it is a directory.*\n$/],
    [join(folder, 'empty.trace'), /^trace-serve: empty\.trace is empty, not a Go trace .*\n$/],
    [join(folder, 'text.trace'), /^trace-serve: text\.trace is not a Go trace .*found "hello, this is n".*\n$/],
    [fixture('broken/web-go1.26.trace.gz').path, /is gzip data, not a Go trace .*; unpack it first.*\n$/],
    [fixture('broken/future-version').path, /unknown format go 1\.99 .*\n$/],
    [fixture('broken/header-part').path, /ends inside its header .*; it is perhaps still being written, or cut\n$/],
  ]
  if (process.platform !== 'win32') {
    spawnSync('mkfifo', [join(folder, 'pipe')])
    files.push([join(folder, 'pipe'), /^trace-serve: cannot open .*pipe: it is a pipe; .*\n$/])
  }
  for (const [file, message] of files) {
    const { status, stdout, stderr } = run('-http=:0', file)
    t.equal(status, 1, file)
    t.equal(stdout, '')
    t.match(stderr, message)
    t.equal(stderr.split('\n').length, 2, 'one line')
  }
  for (const flag of ['-d=wire', '-d=parsed', '-d=footprint', '-pprof=net']) {
    t.match(run(flag, join(folder, 'text.trace')), { status: 1, stdout: '', stderr: /is not a Go trace/ }, flag)
  }
  const header = join(folder, 'header.trace')
  writeFileSync(header, 'go 1.26 trace\0\0\0')
  t.match(run('-http=:0', header), {
    status: 1,
    stdout: '',
    stderr: /^trace-serve: nothing of header\.trace can be read/,
  })
})

t.test(
  'a name that would give orders to the terminal is written out',
  { skip: process.platform === 'win32' },
  async t => {
    const name = 'a\x1b]0;b\x07\n\x1b[31mred.trace'
    const path = join(t.testdir({ [name]: 'hello' }), name)
    for (const missing of ['', '.gone']) {
      const { stderr } = run('-d=parsed', path + missing)
      t.match(stderr, 'a\\x1b]0;b\\x07\\n\\x1b[31mred.trace')
      t.notMatch(stderr, '\x1b')
      t.equal(stderr.split('\n').length, 2, 'one line')
    }
  },
)

t.test('dumps', async t => {
  const wire = run('-d', 'wire', 'binary', sample)
  t.match(wire, { status: 0, stdout: /^EventBatch gen=\d+ m=\d+ time=\d+ size=\d+\n/, stderr: '' })
  t.match(run('--d=parsed', sample), { status: 0, stdout: /^M=-1 P=-1 G=-1 Sync Time=\d+ N=1/, stderr: '' })
  t.match(run('-d=footprint', sample), { status: 0, stdout: /^Event +Bytes +% +Count +%\n/, stderr: '' })

  const cut = join(folder, 'cut.trace')
  writeFileSync(cut, readFileSync(sample).subarray(0, 5000))
  const broken = run('-d=parsed', cut)
  t.match(broken, { status: 1, stderr: /^trace-serve: wanted .* at offset \d+.*\n$/ })
  t.match(broken.stdout, /Sync/, 'what stands before the fault is printed')
})

t.test('a reader that goes away ends it quietly', { skip: process.platform === 'win32' }, async t => {
  for (const flag of ['-d=wire', '-d=parsed', '-d=footprint', '-pprof=sched', '-help', '-version']) {
    const child = spawn(process.execPath, [program, flag, sample], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', data => {
      stderr += data
    })
    const [status] = await once(child, 'close')
    t.equal(status, 0, flag)
    t.equal(stderr, '', flag)
  }
})

t.test('profiles', async t => {
  for (const type of ['net', 'sync', 'syscall', 'sched']) {
    const { status, stdout, stderr } = run(`-pprof=${type}`, sample)
    t.equal(status, 0)
    t.equal(stderr, '')
    t.match(gunzipSync(Buffer.from(stdout, 'latin1')).toString('latin1'), 'contentions')
  }
})

interface Serving {
  readonly child: ChildProcess
  readonly url: string
  readonly line: string
  /** The first line that it writes on stderr. */
  readonly complaint: Promise<string>
  /** Ends it; its exit status and what it wrote on stderr. */
  readonly stop: () => Promise<{ status: number | null; stderr: string }>
}

function startProgram(...args: string[]): Promise<Serving> {
  return serving(spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }))
}

async function serving(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Serving> {
  let stderr = ''
  const complaint = new Promise<string>(resolve => {
    child.stderr.on('data', data => {
      stderr += data
      if (stderr.includes('\n')) resolve(stderr.split('\n')[0])
    })
  })
  t.teardown(() => child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    const [status] = await closed
    return { status, stderr }
  }
  const ended = closed.then(([status]) => Promise.reject(new Error(`it ended with status ${status}: ${stderr}`)))
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string]
  ended.catch(() => {})
  return { child, line, url: line.split(' ').pop() ?? '', complaint, stop }
}

/** Tries that a server has to answer at all, each with its own patience. */
const TRIES = 100
const PATIENCE_MS = 10_000

/** The status of the first answer; 0 when none comes. */
async function statusInTime(url: string, child: ChildProcess): Promise<number> {
  for (let tries = 0; tries < TRIES && child.exitCode === null; tries++) {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null)
    if (response !== null) return response.status
    await setTimeout(100)
  }
  return 0
}

t.test('Ctrl-C ends it at once, while the trace is read', async t => {
  const { child } = await startProgram('-http=127.0.0.1:0', fixture('procs-50k-go1.26').path)
  const closed = once(child, 'close')
  child.kill('SIGINT')
  t.same(await closed, [0, null])
})

t.test('serving', async t => {
  const server = await startProgram('-http=localhost:0', sample)
  t.match(server.line, /^trace-serve: listening on http:\/\/127\.0\.0\.1:\d+$/)
  const page = await fetch(`${server.url}/`)
  t.equal(page.status, 200)
  t.match(await page.text(), 'sample.trace')
  const profile = await fetch(`${server.url}/sched?raw=1`)
  t.equal(profile.status, 200)
  t.ok(gunzipSync(Buffer.from(await profile.arrayBuffer())).length > 0)
  t.strictSame(await server.stop(), { status: 0, stderr: '' }, 'nothing is written to a stderr that is no terminal')
})

t.test(
  'it ends when it is told to, whoever reads slowly or not at all',
  { skip: process.platform === 'win32' },
  async t => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { child, url } = await startProgram('-http=:0', fixture('boundaries/procs-go1.26').path)
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET /jsontrace HTTP/1.1\r\nhost: localhost\r\n\r\n')
      await once(socket, 'readable')
      const closed = once(child, 'close')
      child.kill(signal)
      const [status] = await closed
      t.equal(status, 0, signal)
      socket.destroy()
    }
  },
)

t.test('nobody reads the address', { skip: process.platform === 'win32' }, async t => {
  const blocker = await occupy(0)
  const { port } = blocker!.address() as AddressInfo
  blocker!.close()
  const child = spawn(process.execPath, [program, `-http=:${port}`, sample], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  t.teardown(() => child.kill('SIGKILL'))
  t.equal(await statusInTime(`http://127.0.0.1:${port}/`, child), 200, 'it serves all the same')
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  t.equal((await closed)[0], 0)
})

t.test('more connections than the system gives', { skip: process.platform === 'win32' }, async t => {
  const command = `ulimit -n 160 && exec "${process.execPath}" "${program}" -http=:0 "${sample}"`
  const server = await serving(spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] }))
  t.equal((await fetch(`${server.url}/goroutines`)).status, 200)
  const sockets = Array.from({ length: 300 }, () => connect(Number(new URL(server.url).port), '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => {})
  await Promise.all(sockets.map(socket => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  for (const socket of sockets) socket.destroy()
  t.equal(await statusInTime(`${server.url}/sched?raw=1`, server.child), 200, 'it goes on when they are gone')
  t.equal((await server.stop()).status, 0)
})

t.test('what is lost of a broken trace is said', async t => {
  const server = await startProgram('-http=:0', fixture('broken/long-go1.26.cutlastgen').path)
  const complaint = await server.complaint
  t.match(complaint, /^trace-serve: long-go1\.26\.cutlastgen\.trace is incomplete: 6 generations are used, 1303 bytes/)
  t.equal((await server.stop()).status, 0)
})

async function occupy(port: number): Promise<Server | null> {
  const blocker = createServer()
  try {
    await once(blocker.listen(port, '127.0.0.1'), 'listening')
    return blocker
  } catch {
    return null
  }
}

t.test('a port that is taken', async t => {
  const blocker = await occupy(0)
  const address = blocker?.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { status, stdout, stderr } = run(`-http=:${port}`, sample)
  blocker?.close()
  t.equal(status, 1)
  t.equal(stdout, '')
  t.equal(stderr, `trace-serve: cannot listen on http://127.0.0.1:${port}: the port is taken\n`)
})

t.test('the default port, or the next free one', async t => {
  // Either this takes the port or somebody else has it: it is taken in both cases.
  const blocker = await occupy(8722)
  const server = await startProgram('--no-open', sample)
  const { port, hostname } = new URL(server.url)
  t.equal(hostname, '127.0.0.1')
  t.ok(Number(port) > 8722 && Number(port) <= 8822, port)
  t.equal((await fetch(server.url)).status, 200)
  await server.stop()
  blocker?.close()
})
