/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--runs N] [--save FOLDER]`: mutated traces, one after the other, from a
 * seed on; all that were asked for where there are no minutes. `--cuts`: instead of them the smallest fixtures, cut at
 * each byte.
 *
 * Prints every finding with its seed; `--save` writes its bytes. Exit status 1 when there was one. A run that does not
 * end is ended with its thread, and the next seed begins in a new one. So is one that passes the budget of memory: if
 * it does so behind others, whose garbage counts too, it is run once more, alone in its thread.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { cpuMs, HEAP_BUDGET_MB, RESIDENT_BUDGET, TIME_BUDGET_MS, WAIT_BUDGET_MS } from './budget.js'
import type { Finding, FuzzMessage, FuzzWorkerData } from './fuzz-worker.js'
import { cutCount, type FuzzMode, fuzzInputs } from './inputs.js'

const CHECK_EVERY_MS = 100
const SAY_EVERY = 5000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    save: { type: 'string' },
    cuts: { type: 'boolean', default: false },
  },
})
const mode: FuzzMode = values.cuts ? 'cuts' : 'mutants'
const inputs = fuzzInputs(mode)
const firstSeed = Number(values.seed ?? (values.cuts ? 0 : Date.now() % 1_000_000_000))
const maxRuns = Number(values.runs ?? (values.cuts ? cutCount() : 1e9))
const minutes = Number(values.minutes ?? (maxRuns < 1e9 ? Number.POSITIVE_INFINITY : 1))
const untilMs = Date.now() + minutes * 60_000

const state = new SharedArrayBuffer(12)
const progress = new Int32Array(state)
const totals: Record<string, number> = {}
const findings: Finding[] = []
let asked = 0
let said = 0
let begunAnew = 0
let slowest = { seed: 0, ms: 0 }

function report(finding: Finding): void {
  findings.push(finding)
  const { seed, name, what } = finding
  console.log(`seed ${seed} (${name}): ${what}`)
  if (values.save === undefined) return
  mkdirSync(values.save, { recursive: true })
  writeFileSync(join(values.save, `${seed}.trace`), inputs(seed).bytes)
}

function say(): void {
  console.log(`${progress[1]} runs from seed ${firstSeed}: ${JSON.stringify(totals)}, ${asked} asked for every page`)
}

/** Runs a thread from a seed on; the seed to go on with, or null at the end. */
function runFrom(seed: number): Promise<number | null> {
  const data: FuzzWorkerData = { mode, firstSeed: seed, untilMs, maxRuns: firstSeed + maxRuns - seed, state }
  const worker = new Worker(new URL('./fuzz-worker.js', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_BUDGET_MB },
  })
  return new Promise(resolve => {
    let finished = false
    let broken: string | null = null
    let overMemory = false
    let seen = -1
    let since = cpuMs()
    let sinceWall = Date.now()
    const end = (why: string) => {
      broken = why
      void worker.terminate()
    }
    const watch = setInterval(() => {
      const resident = process.memoryUsage.rss()
      if (resident > RESIDENT_BUDGET) {
        overMemory = true
        end(`${Math.round(resident / 2 ** 20)} MB of memory`)
      }
      const now = Atomics.load(progress, 2)
      if (now !== seen) {
        seen = now
        since = cpuMs()
        sinceWall = Date.now()
      } else if (cpuMs() - since > TIME_BUDGET_MS + CHECK_EVERY_MS) {
        end(`no end after ${Math.round(cpuMs() - since)} ms of the processor`)
      } else if (Date.now() - sinceWall > WAIT_BUDGET_MS) end('waits for what does not come')
    }, CHECK_EVERY_MS)
    worker.on('message', (message: FuzzMessage) => {
      if (message.finding !== undefined) report(message.finding)
      finished = message.finished ?? false
      for (const [outcome, count] of Object.entries(message.outcomes ?? {}))
        totals[outcome] = (totals[outcome] ?? 0) + count
      asked += message.asked ?? 0
      if (progress[1] - said >= SAY_EVERY) {
        said = progress[1]
        say()
      }
      if (message.slowest !== undefined && message.slowest.ms > slowest.ms) slowest = message.slowest
    })
    worker.on('error', error => {
      broken = `the thread died: ${error.stack ?? error}`
    })
    worker.on('exit', () => {
      clearInterval(watch)
      if (finished) {
        resolve(null)
        return
      }
      const at = Atomics.load(progress, 0)
      if (overMemory && at !== seed) {
        begunAnew++
        resolve(at)
        return
      }
      report({ seed: at, name: inputs(at).name, what: broken ?? 'the thread ended' })
      Atomics.add(progress, 1, 1)
      resolve(at + 1)
    })
  })
}

for (let seed: number | null = firstSeed; seed !== null; ) seed = await runFrom(seed)
const peak = Math.round(process.resourceUsage().maxRSS / 1024)
say()
console.log(
  `slowest ${Math.round(slowest.ms)} ms (seed ${slowest.seed}), peak ${peak} MB, ${begunAnew} runs once more alone for memory`,
)
console.log(`${findings.length} findings`)
process.exitCode = findings.length === 0 ? 0 : 1
