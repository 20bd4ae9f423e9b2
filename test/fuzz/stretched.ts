/**
 * `node dist/test/fuzz/stretched.js [--all]`: what small traces cost when the same happens over a longer while. Every
 * step of time is made 10^3 and 10^6 times as long, and an hour of silence put into the middle; no page may cost twice
 * the processor time for it.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Fixture, v1Fixtures, v2Fixtures } from '../helpers/fixtures.js'
import { retimed, silent, stretched, ticksOf } from '../helpers/retime.js'
import { cpuMs } from './budget.js'
import { examine } from './examine.js'
import { ServedExaminer } from './served.js'

/** Fixtures up to this size are small, bytes. */
const SMALL = 70_000
/** Of which the test takes those up to this one. */
const SMALLEST = 11_000
const TIMES_AS_MUCH = 2
/**
 * What the compiler and the collector of garbage may take of any step, ms: work that follows a length takes minutes.
 */
const NOISE_MS = 500
const NS_A_SECOND = 1_000_000_000n
/** Times are served up to 2^53 ns, with some room for what stands behind the last batch. */
const LONGEST_NS = 2n ** 52n

type Costs = Map<string, number>

/** Measures traces; the first one also pays for the compiling. */
export class Meter {
  private costs: Costs = new Map()
  private readonly web = new ServedExaminer((step, ms) => this.add(step, ms))

  close(): Promise<void> {
    return this.web.close()
  }

  /**
   * Processor time, ms, of reading a trace and of each of its pages, by kind of page. Throws where something of it is
   * not served.
   */
  async measure(bytes: Uint8Array): Promise<Costs> {
    this.costs = new Map()
    const start = cpuMs()
    const { served, refused, partial } = examine(bytes, true)
    this.add('reading', cpuMs() - start)
    if (served === null || partial) throw new Error(`not whole: ${refused}`)
    await this.web.check(served)
    return this.costs
  }

  /** The dearest of its kind counts: numbers in the URL, times and levels among them, differ from trace to trace. */
  private add(step: string, ms: number): void {
    const kind = step.replace(/(from|to|window|index|level|goid|focustask|taskid)=[^&]*/g, '$1')
    this.costs.set(kind, Math.max(ms, this.costs.get(kind) ?? 0))
  }
}

/** A trace of the same content over other times. */
interface Variant {
  readonly name: string
  readonly bytes: Uint8Array
}

export function variantsOf(bytes: Uint8Array, format: 'v1' | 'v2'): Variant[] {
  const { length, perSecond } = ticksOf(bytes, format)
  const lengthNs = (length * NS_A_SECOND) / perSecond
  const variants: Variant[] = []
  for (const factor of [1000, 1_000_000]) {
    if (lengthNs * BigInt(factor) > LONGEST_NS) continue
    variants.push({ name: `${factor} times as long`, bytes: retimed(bytes, format, stretched(factor)) })
  }
  const hour = silent(length / 2n, 3600n * perSecond)
  return [...variants, { name: 'an hour of silence', bytes: retimed(bytes, format, hour) }]
}

/** What costs too much, in words. */
export async function findDear(meter: Meter, { name, path, format }: Fixture): Promise<string[]> {
  const bytes = new Uint8Array(readFileSync(path))
  const base = await meter.measure(bytes)
  const dear: string[] = []
  for (const variant of variantsOf(bytes, format as 'v1' | 'v2')) {
    for (const [step, ms] of await meter.measure(variant.bytes)) {
      const before = base.get(step)
      // Links to pages that the base did not lead to.
      if (ms <= TIMES_AS_MUCH * (before ?? 0) + NOISE_MS) continue
      dear.push(`${name}, ${variant.name}: ${step} takes ${Math.round(ms)} ms instead of ${Math.round(before ?? 0)}`)
    }
  }
  return dear
}

export function stretchedFixtures(all: boolean): Fixture[] {
  const most = all ? SMALL : SMALLEST
  return [...v1Fixtures(), ...v2Fixtures()].filter(({ bytes }) => bytes < most)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } })
  const meter = new Meter()
  const dear: string[] = []
  for (const fixture of stretchedFixtures(values.all)) {
    const start = cpuMs()
    dear.push(...(await findDear(meter, fixture)))
    console.log(`${fixture.name}: ${Math.round(cpuMs() - start)} ms`)
  }
  await meter.close()
  console.log(dear.length === 0 ? 'nothing costs more' : dear.join('\n'))
  process.exitCode = dear.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
