/** Examines mutant after mutant and tells of each finding; the main thread watches the clock. */
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { cpuMs, TIME_BUDGET_MS } from './budget.js'
import { examine } from './examine.js'
import { HostedExaminer } from './hosted.js'
import { type FuzzMode, fuzzInputs } from './inputs.js'
import { ServedExaminer } from './served.js'

export interface FuzzWorkerData {
  readonly mode: FuzzMode
  /** Seed of the first run; the next run has the next seed. */
  readonly firstSeed: number
  readonly untilMs: number
  readonly maxRuns: number
  /** [seed under way, runs done, steps done] */
  readonly state: SharedArrayBuffer
}

export interface Finding {
  readonly seed: number
  readonly name: string
  readonly what: string
}

export interface FuzzMessage {
  readonly finding?: Finding
  /** Since the last message: runs by the code of the refusal, `whole` or `partial`. */
  readonly outcomes?: Readonly<Record<string, number>>
  /** Those of which every page was asked for. */
  readonly asked?: number
  readonly finished?: boolean
  readonly slowest?: { readonly seed: number; readonly ms: number }
}

/**
 * Reading is what most mutants break; one in so many is asked a question of every kind, fewer are asked for every page,
 * and fewer are served with their threads.
 */
const ASK_EVERY = 4
const PAGES_EVERY = 20
const HOST_EVERY = 200
const TELL_EVERY = 100

const { mode, firstSeed, untilMs, maxRuns, state } = workerData as FuzzWorkerData
const progress = new Int32Array(state)
const inputs = fuzzInputs(mode)
let outcomes: Record<string, number> = {}
const step = () => void Atomics.add(progress, 2, 1)
const web = new ServedExaminer(step)
const hosted = new HostedExaminer(step)
let asked = 0
let slowest = { seed: 0, ms: 0 }

function send(message: FuzzMessage): void {
  parentPort?.postMessage(message)
}

function checkTime(seed: number, name: string, start: number): void {
  const ms = cpuMs() - start
  if (ms > slowest.ms) slowest = { seed, ms }
  if (ms > TIME_BUDGET_MS) send({ finding: { seed, name, what: `took ${Math.round(ms)} ms` } })
}

function tell(finished: boolean): void {
  send({ outcomes, slowest, asked, finished })
  outcomes = {}
  asked = 0
}

for (let run = 0; run < maxRuns && Date.now() < untilMs; run++) {
  const seed = firstSeed + run
  Atomics.store(progress, 0, seed)
  const { name, bytes } = inputs(seed)
  const start = cpuMs()
  try {
    const { refused, partial, served } = examine(bytes, run % ASK_EVERY === 0)
    checkTime(seed, name, start)
    step()
    if (served !== null && run % PAGES_EVERY === 0) {
      await web.check(served)
      // Streams and timers of the answers end in turns of the loop, of which there are none otherwise.
      await setImmediate()
      asked++
    }
    if (run % HOST_EVERY === 0) await hosted.check(bytes)
    const outcome = refused ?? (partial ? 'partial' : 'whole')
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  } catch (error) {
    outcomes.finding = (outcomes.finding ?? 0) + 1
    send({ finding: { seed, name, what: String((error as Error).stack ?? error) } })
  }
  step()
  Atomics.add(progress, 1, 1)
  if (run % TELL_EVERY === 0) tell(false)
}
await web.close()
hosted.close()
tell(true)
