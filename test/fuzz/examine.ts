/**
 * What must hold for any bytes: reading and analysing them ends in time, within its memory and with an answer or a
 * CodedError that says what and where. Anything else is a finding, thrown as a plain Error.
 */
import { readFileSync } from 'node:fs'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { answerQuery, type FactQuery } from '../../server/analysis/queries/answer.js'
import type { ListParams } from '../../server/contract/common.js'
import type { MmuFlags } from '../../server/contract/mmu.js'
import { profileKinds } from '../../server/contract/profile.js'
import { CodedError } from '../../server/errors.js'
import { openTrace } from '../../server/trace/open.js'
import { listFixtures } from '../helpers/fixtures.js'
import { analyseSource } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import type { Seedling } from '../helpers/mutate.js'
import { textFixtures } from '../helpers/text-fixtures.js'
import { BUFFER_BUDGET } from './budget.js'
import type { ServedTrace } from './served.js'

export interface Verdict {
  /** Code of the error that nothing could be served for; null when something is served. */
  readonly refused: string | null
  /** Of what is served. */
  readonly generations: number
  readonly events: number
  readonly partial: boolean
  /** What is served; null when nothing is. */
  readonly served: ServedTrace | null
}

/** What is mutated: the fixtures of both formats, broken ones and hand-made ones too. */
export function fuzzSeedlings(): Seedling[] {
  const files = listFixtures()
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, format, path }) => ({ name, format, bytes: new Uint8Array(readFileSync(path)) }))
  const texts = textFixtures().map(({ name, bytes }) => ({ name: `text/${name}`, format: 'v2' as const, bytes }))
  return [...files, ...texts]
}

/** Reads, analyses and, with `ask`, answers one question of every kind. */
export function examine(bytes: Uint8Array, ask: boolean): Verdict {
  const before = process.memoryUsage().arrayBuffers
  let verdict: Verdict
  try {
    verdict = serve(bytes, ask)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    checkError(error, bytes.length)
    verdict = { refused: error.code, generations: 0, events: 0, partial: false, served: null }
  }
  const grown = process.memoryUsage().arrayBuffers - before
  if (grown > BUFFER_BUDGET) throw new Error(`${bytes.length} bytes took ${grown} bytes of memory`)
  return verdict
}

function serve(bytes: Uint8Array, ask: boolean): Verdict {
  const source = new MemorySource(bytes)
  const trace = openTrace(source)
  const facts = analyseSource(source, trace)
  const { events, generations, partial, endNs, dictionary } = facts
  // The shortest event has two bytes; of v1, one can become several when goroutines from before are told.
  if (events > 4 * bytes.length + 1000) throw new Error(`${bytes.length} bytes gave ${events} events`)
  if (!Number.isSafeInteger(endNs) || endNs < 0) throw new Error(`the trace ends at ${endNs} ns`)
  const characters = dictionary.strings.reduce((sum, text) => sum + text.length, 0)
  if (characters > 4 * bytes.length + 100_000) throw new Error(`${bytes.length} bytes gave ${characters} characters`)
  if (partial !== null) {
    const { lostBytes, lostPercent } = partial
    if (partial.error === '') throw new Error('a loss without a reason')
    if (!(lostBytes >= 0 && lostBytes <= bytes.length)) throw new Error(`lost ${lostBytes} of ${bytes.length} bytes`)
    if (!(lostPercent >= 0 && lostPercent <= 100)) throw new Error(`lost ${lostPercent} %`)
  }
  if (ask) for (const [name, params] of questions()) checkAnswer(facts, name, params, bytes.length)
  const served = { source, trace, facts }
  return { refused: null, generations: generations.length, events, partial: partial !== null, served }
}

function checkAnswer(facts: TraceFacts, name: FactQuery, params: object, size: number): void {
  let text: string
  try {
    text = JSON.stringify(answerQuery(facts, name, params as never))
  } catch (error) {
    // There need not be a group without a name.
    if (error instanceof CodedError && error.code === 'UNKNOWN_GROUP') return
    throw error instanceof CodedError ? new Error(`${name} is refused: ${error.message}`) : error
  }
  if (text.length > 50 * size + 1_000_000) throw new Error(`${size} bytes gave ${text.length} characters of ${name}`)
}

function checkError({ message, place }: CodedError, size: number): void {
  if (message === '' || message.length > 10_000) throw new Error(`an error of ${message.length} characters`)
  const { offset } = place
  if (offset !== undefined && !(offset >= 0 && offset <= size)) throw new Error(`an error at ${offset} of ${size}`)
}

function questions(): [FactQuery, object][] {
  const list: ListParams = { limit: 100, offset: 0, filter: '', sortby: '', order: '' }
  const flags: MmuFlags = { perProc: false, stw: true, background: true, assist: true, sweep: true }
  return [
    ['home', {}],
    ['goroutines', list],
    ['goroutineGroup', { ...list, name: '' }],
    ['taskTypes', list],
    ['tasks', list],
    ['regionTypes', list],
    ['regions', list],
    ['open', list],
    ['mmuPlot', { flags, quantiles: true }],
    ['mmuDetails', { flags, windowNs: 1e6 }],
    ['traceView', {}],
    ...profileKinds.map((kind): [FactQuery, object] => ['profile', { kind }]),
  ]
}
