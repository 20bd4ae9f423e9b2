/**
 * The ordering reader against its slow twin, event by event: times, contexts, kinds, details, stacks, where the stream
 * ends and of what, and how many generations are usable; strict as Go's reader, and lenient. Fixtures above 130 KB run
 * only with SLOW=1.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { V2Version } from '../../server/core/formats.js'
import { CodedError } from '../../server/errors.js'
import { buildIndex } from '../../server/trace/index/build-index.js'
import { readHeader } from '../../server/trace/index/header.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { extraTraces, listFixtures } from '../helpers/fixtures.js'
import { MemorySource } from '../helpers/memory-source.js'
import { looseRegions } from '../helpers/odd-traces.js'
import { parsedEvents } from '../helpers/parsed-events.js'
import { textFixtures } from '../helpers/text-fixtures.js'
import type { ParsedEvent } from '../slow/parsed-event.js'
import { printEvent } from '../slow/slow-printer.js'
import { slowEvents, usableGenerations } from '../slow/slow-reader.js'
import { SlowTraceError } from '../slow/slow-wire.js'
import { sameStack } from '../slow/validator.js'

const LARGE_BYTES = 130_000
const HUGE_BYTES = 2_000_000
const everything = process.env.SLOW === '1'

t.setTimeout(3_600_000)

/** What a Sync's experimental data says is not in the columns. */
function sameEvent(fast: ParsedEvent, slow: ParsedEvent): boolean {
  if (fast.wire !== slow.wire || fast.time !== slow.time || fast.kind !== slow.kind) return false
  if (fast.thread !== slow.thread || fast.proc !== slow.proc || fast.goroutine !== slow.goroutine) return false
  if (!sameStack(fast.stack, slow.stack)) return false
  const skipped = new Set(['stack', 'transitionStack', 'experiments'])
  for (const [name, value] of Object.entries(slow)) {
    if (skipped.has(name)) continue
    const other = (fast as unknown as Record<string, unknown>)[name]
    if (value !== null && typeof value === 'object' ? plain(value) !== plain(other) : value !== other) return false
  }
  if (slow.kind !== 'StateTransition' || fast.kind !== 'StateTransition') return true
  return sameStack(fast.transitionStack, slow.transitionStack)
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part))
}

/** What differs between the two readings, in words; '' for nothing. */
function compareReadings(bytes: Uint8Array): string {
  return compare(bytes, true) || compare(bytes, false)
}

function compare(bytes: Uint8Array, strict: boolean): string {
  const slow = slowEvents(bytes, !strict)
  const syncs: ParsedEvent[] = []
  let slowError: string | null = null
  const nextSlow = (): ParsedEvent | null => {
    try {
      const { done, value } = slow.next()
      if (done) return null
      if (value.kind === 'Sync') syncs.push(value)
      return value
    } catch (error) {
      if (!(error instanceof SlowTraceError)) throw error
      slowError = error.message
      return null
    }
  }

  const source = new MemorySource(bytes)
  let reader: V2Reader
  try {
    reader = new V2Reader(source, buildIndex(source, readHeader(source) as V2Version), undefined, undefined, strict)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return nextSlow() === null && slowError !== null ? '' : `refused: ${error.message}, but ${slowError ?? 'it opens'}`
  }

  let count = 0
  for (const fast of parsedEvents(reader)) {
    const wanted = nextSlow()
    if (wanted === null) return `event ${count} is too many: ${printEvent(fast)}`
    if (!sameEvent(fast, wanted)) {
      return `event ${count}: wanted ${printEvent(wanted)} (event ${wanted.wire}), found ${printEvent(fast)} (event ${fast.wire})`
    }
    count++
  }
  const missing = nextSlow()
  if (missing !== null)
    return `after ${count} events: wanted ${printEvent(missing)}, found the end (${reader.error?.message})`
  const endsWell = reader.error === null || reader.endsQuietly
  if (endsWell !== (slowError === null)) return `ends with ${reader.error?.message}, wanted ${slowError}`
  const usable = usableGenerations(syncs)
  if (reader.usableGenerations !== usable) return `${reader.usableGenerations} usable generations, wanted ${usable}`
  return ''
}

t.test('text fixtures', t => {
  for (const { name, bytes } of textFixtures()) t.equal(compareReadings(bytes), '', name)
  t.end()
})

t.test('regions that end in any order', t => {
  for (let seed = 1; seed <= 20; seed++) t.equal(compareReadings(looseRegions(seed)), '', `seed ${seed}`)
  t.end()
})

t.test('real and broken traces', t => {
  const limit = everything ? HUGE_BYTES : LARGE_BYTES
  const traces = [...listFixtures(), ...(everything ? extraTraces() : [])]
  for (const { name, path, format, bytes } of traces) {
    if (format === 'v2' && bytes <= limit) t.equal(compareReadings(readFileSync(path)), '', name)
  }
  t.end()
})
