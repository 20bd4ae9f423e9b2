/**
 * Runs test files, each as a program of its own (`node dist/test/….test.js`), as many at a time as there are
 * processors:
 *
 *     node dist/test/run.js            all
 *     node dist/test/run.js --fast     without those of SLOW, on the few fixtures of helpers/fixtures.ts
 *     node dist/test/run.js FILE…      these, with their whole output
 *
 * One line a file, then what failed, with its diagnosis; the last line is `N passed, N failed`, the sum of the files'
 * own totals. A file without an assertion fails.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
/**
 * Folders and files that start browsers, servers, threads or Go, try thousands of traces or ask every page, or say
 * little of few fixtures.
 */
const SLOW = [
  /^(browser|engine|fuzz|load|oracle|slow|timeline)\/|^(cli|package)\.test/,
  /^(analysis\/(at|diagnostics|mmu|segment-store)|export\/trace-event|replay\/walk)\.test/,
  /^trace\/(checkpoints|fast-path|order)\.test|^commands\/scarce\.test/,
  /^web\/(base-path|jsontrace|leaving|links|many-generations|names|openapi|pages|prototype-names)\.test/,
  /^web\/(response-cache|security|timeline|timeline-jsontrace)\.test/,
]
/** Seconds that a file may take; a few say in their own text that they need longer. */
const TIMEOUT = 600

interface Result {
  readonly passed: number
  readonly failed: number
  /** What is wrong, ready to be printed; '' when nothing is. */
  readonly complaint: string
}

const args = process.argv.slice(2)
const fast = args.includes('--fast')
const named = args.filter(arg => arg !== '--fast')
const files =
  named.length > 0 ? named : testFiles().filter(file => !fast || !SLOW.some(slow => slow.test(relative(folder, file))))
const results: Result[] = []
const queue = [...files]

async function takeTurns(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const start = performance.now()
    const result = await run(file)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const word = result.complaint === '' ? 'ok' : 'not ok'
    console.log(`${word} ${relative(process.cwd(), file)} ${result.passed + result.failed} in ${seconds} s`)
    results.push(result)
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), files.length) }, takeTurns))
for (const { complaint } of results) if (complaint !== '') console.log(`\n${complaint}`)
const passed = results.reduce((sum, result) => sum + result.passed, 0)
const failed = results.reduce((sum, result) => sum + result.failed, 0)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = results.every(({ complaint }) => complaint === '') ? 0 : 1

function testFiles(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.js'))
    .sort()
    .map(name => join(folder, name))
}

async function run(file: string): Promise<Result> {
  const env = { ...process.env, TAP_TIMEOUT: String(TIMEOUT), ...(fast ? { TEST_FIXTURES: 'few' } : {}) }
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // tap ends a file that waits too long, but none that never gives way.
    timeout: TIMEOUT * 2000,
    killSignal: 'SIGKILL',
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text
  })
  const status = await new Promise<string>(resolve => {
    child.on('close', (code, signal) => resolve(String(code ?? signal)))
  })
  if (named.length > 0) process.stdout.write(output)
  const total = /^# \{ total: \d+(?:, pass: (\d+))?(?:, fail: (\d+))?/m.exec(output)
  const passed = Number(total?.[1] ?? 0)
  const failed = Number(total?.[2] ?? 0)
  const complaints: string[] = failures(output)
  if (!hasAssertion(output)) complaints.push('no assertion')
  if (status !== '0') complaints.push(errors, `exit status ${status}`)
  if (complaints.length === 0) return { passed, failed, complaint: '' }
  return { passed, failed: Math.max(failed, 1), complaint: `${file}\n${complaints.join('\n')}` }
}

/** Each failed assertion with the tests that it stands in and its diagnosis. */
function failures(output: string): string[] {
  const found: string[] = []
  const tests: string[] = []
  let closing = false
  let taking = false
  for (const line of output.split('\n')) {
    const depth = /^ */.exec(line)![0].length / 4
    const text = line.trim()
    if (text.startsWith('# Subtest: ')) tests.splice(Math.floor(depth), tests.length, text.slice('# Subtest: '.length))
    if (/^(not )?ok /.test(text)) {
      taking = text.startsWith('not ok ') && !closing && !/# (SKIP|TODO)/i.test(text)
      if (taking) found.push(tests.slice(0, Math.floor(depth)).join(' > '))
      closing = false
    }
    if (/^1\.\.\d+/.test(text)) closing = true
    if (taking) found.push(line)
    if (text === '...') taking = false
  }
  return found
}

/** An `ok` after a plan closes a subtest; the others are assertions, or skipped with a reason. */
function hasAssertion(output: string): boolean {
  let closing = false
  for (const [line] of output.matchAll(/^ *((not )?ok |1\.\.\d).*$/gm)) {
    if (/^ *1\.\./.test(line)) {
      if (line.includes(' # ')) return true
      closing = true
    } else if (closing) closing = false
    else return true
  }
  return false
}
