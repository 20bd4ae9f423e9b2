/** What the fuzzer reads, by seed. */
import { type Mutant, mutantOf } from '../helpers/mutate.js'
import { fuzzSeedlings } from './examine.js'

/** `cuts`: instead of mutants, the smallest fixtures cut at each of their bytes, as many as there are. */
export type FuzzMode = 'mutants' | 'cuts'

/** Of each format. */
const CUT_FIXTURES = 3

export function fuzzInputs(mode: FuzzMode): (seed: number) => Mutant {
  const seedlings = fuzzSeedlings()
  if (mode === 'mutants') return seed => mutantOf(seedlings, seed)
  const whole = wholeTraces()
  return seed => {
    let at = seed
    for (const { name, bytes } of whole) {
      if (at < bytes.length) return { name: `${name} cut at ${at}`, bytes: bytes.slice(0, at) }
      at -= bytes.length
    }
    throw new Error(`there is no cut ${seed}`)
  }
}

export function cutCount(): number {
  return wholeTraces().reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function wholeTraces() {
  const traces = fuzzSeedlings().filter(({ name }) => !name.includes('/'))
  const bySize = traces.sort((a, b) => a.bytes.length - b.bytes.length)
  return (['v1', 'v2'] as const).flatMap(format =>
    bySize.filter(trace => trace.format === format).slice(0, CUT_FIXTURES),
  )
}
