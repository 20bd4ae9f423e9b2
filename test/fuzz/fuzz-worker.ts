/** Examines mutant after mutant and tells of each finding; the main thread watches the clock. */
import { parentPort, workerData } from 'node:worker_threads'
import { mutantOf } from '../helpers/mutate.js'
import { examine, fuzzSeedlings, TIME_BUDGET_MS } from './examine.js'

export interface FuzzWorkerData {
  /** Seed of the first run; the next run has the next seed. */
  readonly firstSeed: number
  readonly untilMs: number
  readonly maxRuns: number
  /** [seed under way, runs done] */
  readonly state: SharedArrayBuffer
}

export interface Finding {
  readonly seed: number
  readonly name: string
  readonly what: string
}

export interface FuzzMessage {
  readonly finding?: Finding
  /** At the end: runs by the code of the refusal, `whole` or `partial`. */
  readonly outcomes?: Readonly<Record<string, number>>
  readonly slowest?: { readonly seed: number; readonly ms: number }
}

const { firstSeed, untilMs, maxRuns, state } = workerData as FuzzWorkerData
const progress = new Int32Array(state)
const seedlings = fuzzSeedlings()
const outcomes: Record<string, number> = {}
let slowest = { seed: 0, ms: 0 }

function send(message: FuzzMessage): void {
  parentPort?.postMessage(message)
}

for (let run = 0; run < maxRuns && Date.now() < untilMs; run++) {
  const seed = firstSeed + run
  Atomics.store(progress, 0, seed)
  const { name, bytes } = mutantOf(seedlings, seed)
  const start = performance.now()
  try {
    const { refused, partial } = examine(bytes, run % 4 === 0)
    const outcome = refused ?? (partial ? 'partial' : 'whole')
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  } catch (error) {
    outcomes.finding = (outcomes.finding ?? 0) + 1
    send({ finding: { seed, name, what: String((error as Error).stack ?? error) } })
  }
  const ms = performance.now() - start
  if (ms > slowest.ms) slowest = { seed, ms }
  if (ms > TIME_BUDGET_MS) send({ finding: { seed, name, what: `took ${Math.round(ms)} ms` } })
  Atomics.add(progress, 1, 1)
}
send({ outcomes, slowest })
