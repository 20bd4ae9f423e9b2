/**
 * The program where the system gives it little: address space (`ulimit -v`), open files (`ulimit -n`), a full device.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { addressSpaceLimit, isNarrow, pagesUnder } from '../../server/wasm/address-space.js'
import { fixture, projectFolder } from '../helpers/fixtures.js'

t.setTimeout(120_000)

const GB = 2 ** 30
const skip = process.platform === 'linux' ? false : 'only Linux limits the address space'

/** The program under a limit in KB. */
function start(limit: number, ...args: string[]) {
  return startAfter(`ulimit -v ${limit}`, ...args)
}

function startAfter(before: string, ...args: string[]) {
  const command = `${before} && exec "$0" "$@"`
  const cli = join(projectFolder, 'dist', 'server', 'cli.js')
  const child = spawn('sh', ['-c', command, process.execPath, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', data => {
    said.out += data
  })
  child.stderr.on('data', data => {
    said.err += data
  })
  return { child, said }
}

t.test('shares of a limited address space', async t => {
  t.equal(pagesUnder(Number.POSITIVE_INFINITY), 65_536)
  t.equal(pagesUnder(100 * GB), 65_536)
  t.equal(pagesUnder(2 * GB), 0)
  const [under4, under8] = [pagesUnder(4 * GB), pagesUnder(8 * GB)]
  t.ok(under4 > 4000 && under8 > 3 * under4, `${under4} and ${under8} pages`)
  t.notOk(isNarrow(Number.POSITIVE_INFINITY))
  t.ok(addressSpaceLimit() > 0)
})

t.test('serves within 4 GB, and ends when it is asked to', { skip }, async t => {
  const { child, said } = start(4_000_000, '-http=:0', '-no-open', fixture('sample').path)
  const ended = once(child, 'exit')
  for await (const _ of child.stdout) if (said.out.includes('\n')) break
  const [url] = /http:\S+/.exec(said.out) ?? []
  const answer = await fetch(`${url}/goroutines?format=json`)
  t.equal(answer.status, 200)
  await answer.text()
  child.kill('SIGTERM')
  t.strictSame(await ended, [0, null])
  t.equal(said.err, '')
})

t.test('one sentence where it cannot', { skip }, async t => {
  const { child, said } = start(2_000_000, '-d=footprint', fixture('sample').path)
  const [status] = await once(child, 'close')
  t.equal(status, 1)
  t.equal(
    said.err,
    'trace-serve: the address space is limited to 1.9 GB (ulimit -v), which is too little: 3 GB are wanted\n',
  )
})

t.test('commands that write to stdout', { skip }, async t => {
  const { child, said } = start(4_000_000, '-d=footprint', fixture('sample').path)
  t.strictSame(await once(child, 'close'), [0, null])
  t.match(said.out, /GoStart/)
})

t.test('a full device, and few open files: one sentence', { skip }, async t => {
  const file = fixture('sample').path
  const full = 'trace-serve: cannot write to standard output: write: there is no space left on the device\n'
  for (const args of [['-version'], ['-d=wire', file], ['-pprof=net', file], ['-http=:0', '-no-open', file]]) {
    const { child, said } = startAfter('exec >/dev/full', ...args)
    t.strictSame(await once(child, 'close'), [1, null], args[0])
    t.equal(said.err, full)
  }
  const { child, said } = startAfter('ulimit -n 64', '-http=:0', '-no-open', file)
  t.strictSame(await once(child, 'close'), [1, null])
  t.match(said.err, /^trace-serve: at most 64 files may be open at a time \(ulimit -n\).*\n$/)
})
