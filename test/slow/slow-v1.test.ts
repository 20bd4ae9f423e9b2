/** The v1 merge against its slow twin: on real traces and on random streams. */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { Dictionary } from '../../server/core/dictionary.js'
import { CodedError } from '../../server/errors.js'
import { V1Bytes } from '../../server/trace/v1/bytes.js'
import { V1Kind as K, v1Specs } from '../../server/trace/v1/event-table.js'
import { mergeEvents } from '../../server/trace/v1/merge.js'
import { V1Parser } from '../../server/trace/v1/parse.js'
import type { V1Version } from '../../server/trace/v1/reader.js'
import { v1Fixtures } from '../helpers/fixtures.js'
import { longRecord, v1Batch, v1Trace } from '../helpers/v1-bytes.js'
import { mergeSlowly, type SlowEvent } from './slow-v1.js'

t.setTimeout(600_000)

/** Kind, proc, goroutine and ticks of the merged events, by the reader under test. */
function mergeFast(bytes: Uint8Array, version: V1Version): SlowEvent[] | string {
  const dictionary = new Dictionary()
  try {
    const parser = new V1Parser(new V1Bytes(bytes), dictionary, version, null)
    const { kinds, procs, goroutines, ticks } = parser.events
    const { wide } = dictionary
    const base = BigInt(-parser.scan.base.zero)
    return Array.from(mergeEvents(parser), row => ({
      kind: kinds[row],
      proc: BigInt.asIntN(64, wide.decode(parser.procIds.ids[procs[row]])),
      goroutine: wide.decode(parser.tables.goroutines.ids[goroutines[row]]),
      ticks: BigInt(ticks[row]) + base,
    }))
  } catch (error) {
    if (error instanceof CodedError) return error.message
    throw error
  }
}

t.test('the merge equals its slow twin', t => {
  for (const fixture of v1Fixtures().filter(({ bytes }) => bytes < 25_000)) {
    const bytes = new Uint8Array(readFileSync(fixture.path))
    const version = fixture.version as V1Version
    t.ok(isDeepStrictEqual(mergeFast(bytes, version), mergeSlowly(bytes)), fixture.name)
  }
  t.end()
})

t.test('the merge equals its slow twin on random streams', t => {
  let state = 7
  const random = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % limit
  }
  const outcomes = new Map<string, number>()
  for (let round = 0; round < 600; round++) {
    const bytes = randomTrace(random)
    const slow = mergeSlowly(bytes)
    const outcome = typeof slow === 'string' ? slow : 'merged'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (!isDeepStrictEqual(mergeFast(bytes, 19), slow)) {
      t.fail(`round ${round}, ${outcome}: ${Buffer.from(bytes).toString('hex')}`)
      break
    }
  }
  t.ok(outcomes.get('merged')! > 100, 'many can be merged')
  t.ok(outcomes.size >= 4, `outcomes: ${[...outcomes.keys()].join(', ')}`)
  t.end()
})

/** A run of three goroutines on four procs with few different ticks; now and then something in it is wrong. */
function randomTrace(random: (limit: number) => number): Uint8Array {
  type Step = readonly [kind: number, to: number, seq: number, ...rest: number[]]
  const lastTicks = [100, 100, 100, 100]
  const streams: number[][][] = [[], [], [], []]
  const goroutines = [1, 2, 3].map(id => ({ id, status: 0, seq: 0, proc: 0 }))
  let ticks = 100
  const put = (proc: number, kind: number, ...args: number[]): void => {
    const stack = v1Specs[kind]!.stack ? [0] : []
    streams[proc].push(longRecord(kind, Math.max(0, ticks - lastTicks[proc]), ...args, ...stack))
    lastTicks[proc] = Math.max(ticks, lastTicks[proc])
  }
  for (let step = 0; step < 25; step++) {
    ticks += random(8) === 0 ? 1 : 0
    const g = goroutines[random(3)]
    const proc = random(4)
    const seq = random(60) === 0 ? 9 : g.seq
    const choices: Step[][] = [
      [[K.GoCreate, 1, 1, g.id, 0]],
      [
        [K.GoStart, 2, 1, g.id, seq],
        [K.GoStart, 2, 1, g.id, seq],
        [K.GoStartLocal, 2, 1, g.id],
      ],
      [
        [K.GoBlock, 3, 0],
        [K.GoSysBlock, 3, 0],
        [K.GoSched, 1, 0],
      ],
      [
        [K.GoUnblock, 1, 1, g.id, seq],
        [K.GoUnblockLocal, 1, 1, g.id],
        [K.GoSysExit, 1, 1, g.id, seq, random(3) === 0 ? 0 : ticks - random(2)],
      ],
    ]
    const [kind, to, more, ...args] = choices[g.status][random(choices[g.status].length)]
    const busy = goroutines.some(other => other.status === 2 && other.proc === proc)
    if (kind === K.GoStart || kind === K.GoStartLocal) {
      if (busy) continue
      g.proc = proc
    }
    put(g.status === 2 ? g.proc : proc, kind, ...args)
    if (random(6) === 0) put(random(4), K.HeapAlloc, 1)
    if (random(10) === 0) put(random(4), K.CPUSample, ticks, 1, g.id)
    g.status = to
    g.seq += more
  }
  return v1Trace(19, ...streams.map((records, proc) => v1Batch(proc, 100, ...records)))
}
