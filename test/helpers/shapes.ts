/**
 * Traces of shapes that no real program has, for who promises that work follows content. A seed decides how large and
 * how far.
 */
import { V1Kind } from '../../server/trace/v1/event-table.js'
import type { Random } from './mutate-random.js'
import { batch, clockBatch, END_OF_GENERATION, header } from './trace-bytes.js'
import * as v1 from './v1-bytes.js'
import { bytesOf, event, NO_THREAD, running, stringTable, traceOf } from './v2-trace.js'

export interface Shape {
  readonly name: string
  readonly format: 'v1' | 'v2'
  readonly make: (random: Random) => Uint8Array
}

const MAX_WIDE = 2n ** 64n - 1n

/** About a power of two up to that one, so that small and large come as often. */
function size(random: Random, most: number): number {
  return Math.max(1, Math.floor(2 ** ((random.below(1000) / 1000) * Math.log2(most))))
}

function list<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i))
}

/** Ticks that are much, and seldom too much to be served. */
function farTicks(random: Random): bigint {
  return 2n ** BigInt(20 + random.below(random.chance(20) ? 44 : 20))
}

export const shapes: readonly Shape[] = [
  {
    // Each thread waits for the next, and time proposes them the wrong way round.
    name: 'threads in a chain',
    format: 'v2',
    make: random => {
      const count = size(random, 1500)
      const threads = list(count, i => {
        const status = i === 0 ? event(13, 1, 0, 2) : []
        return batch([...status, ...event(10, 1, 0, i + 1), ...event(11, 1)], { thread: 100 + i, time: 5000 - i })
      })
      return traceOf([], threads)
    },
  },
  {
    name: 'many generations',
    format: 'v2',
    make: random => {
      const parts: number[][] = [header(26)]
      const step = random.chance(2) ? 1n : farTicks(random) >> 10n
      const sameGoroutine = !random.chance(8)
      for (let gen = 1n, count = BigInt(size(random, 2000)); gen <= count; gen++) {
        const place = { gen, time: 1000n + gen * step }
        const waiting = event(25, 1, sameGoroutine ? 1n : gen, NO_THREAD, 4)
        parts.push(clockBatch(26, place), batch(waiting, place), [END_OF_GENERATION])
      }
      return bytesOf(parts)
    },
  },
  {
    name: 'deep regions',
    format: 'v2',
    make: random => {
      const depth = size(random, 10_000)
      const ends = random.chance(2) ? depth : random.below(depth)
      return traceOf([
        ...running,
        ...list(depth, () => event(42, 1, 0, 1, 1)),
        ...list(ends, () => event(43, 1, 0, 1, 1)),
      ])
    },
  },
  {
    name: 'many names',
    format: 'v2',
    make: random => {
      const count = size(random, 4000)
      const names = list(count, i => `name ${i}`.padEnd(random.chance(50) ? 1000 : 1, ' long'))
      const begin = random.pick([
        (id: number, name: number) => [event(40, 1, id, 0, name, 1)],
        (_: number, name: number) => [event(42, 1, 0, name, 1), event(43, 1, 0, name, 1)],
        (_: number, name: number) => [event(44, 1, 0, name, name, 1)],
        (_: number, name: number) => [event(26, 1, name, 1), event(27, 1)],
      ])
      return traceOf([...running, ...names.flatMap((_, i) => begin(i + 1, i + 2))], stringTable(...names))
    },
  },
  {
    name: 'long silences',
    format: 'v2',
    make: random => {
      const steps = list(size(random, 60), i => [event(37, farTicks(random), i), event(40, 1, i + 1, 0, 1, 1)]).flat()
      return traceOf(
        random.chance(2) ? [...running, ...steps] : [event(13, 1, 0, 1), ...steps.filter(([kind]) => kind === 37)],
      )
    },
  },
  {
    name: 'far times',
    format: 'v2',
    make: random => {
      const start = random.wide(0n)
      const batches = list(1 + random.below(4), i => {
        const time = BigInt.asUintN(64, start + BigInt(i) * farTicks(random))
        return batch(i === 0 ? running.flat() : event(25, 1, i + 1, NO_THREAD, 4), { time, thread: 7 + i })
      })
      return bytesOf([header(26), clockBatch(26, { time: start }), ...batches, [END_OF_GENERATION]])
    },
  },
  {
    name: 'huge ids',
    format: 'v2',
    make: random => {
      const wide = () => random.wide(2n ** BigInt(random.below(64)))
      const events = list(size(random, random.chance(4) ? 300 : 8), () =>
        random.pick([
          () => event(14, 1, wide(), 1, 1),
          () => event(40, 1, wide(), wide(), 1, 1),
          () => event(41, 1, wide(), 1),
          () => event(13, 1, wide(), 2),
          () => event(25, 1, wide(), wide(), 1),
          () => event(9, 1, wide(), 1),
          () => event(44, 1, wide(), 1, 1, 1),
          () => event(37, 1, wide()),
        ])(),
      )
      const threads = list(random.below(4), () => batch(event(13, 1, wide(), 2), { thread: wide() % MAX_WIDE }))
      const strings = batch([4, ...event(5, wide()), 1, 121], { thread: NO_THREAD })
      const stacks = batch([2, ...event(3, wide(), 1, wide(), 1, 1, wide())], { thread: NO_THREAD })
      return traceOf([...running, ...events], [strings, stacks, ...threads])
    },
  },
  {
    name: 'long silences',
    format: 'v1',
    make: random => {
      const starts = random.chance(2) ? [v1.record(V1Kind.ProcStart, 1, 1)] : []
      const goroutine = [v1.record(V1Kind.GoCreate, 1, 1, 0, 0), v1.record(V1Kind.GoStartLocal, 1, 1)]
      const steps = list(size(random, 60), i => v1.record(V1Kind.HeapAlloc, farTicks(random), i))
      return v1.v1Trace(
        11,
        v1.v1Batch(0, 1, ...starts, ...(random.chance(2) ? goroutine : []), ...steps),
        v1.frequency(random.pick([1, 1000, 1e9, 15_625_000])),
      )
    },
  },
  {
    name: 'huge ids',
    format: 'v1',
    make: random => {
      const wide = () => random.wide(2n ** BigInt(random.below(64)))
      const stack = 1 + random.below(2 ** 31)
      const records = list(size(random, random.chance(4) ? 200 : 8), () =>
        random.pick([
          () => v1.record(V1Kind.GoCreate, 1, wide(), stack, stack),
          () => v1.record(V1Kind.UserTaskCreate, 1, wide(), wide(), 1, stack),
          () => v1.record(V1Kind.UserTaskEnd, 1, wide(), stack),
          () => v1.record(V1Kind.Gomaxprocs, 1, wide(), stack),
          () => v1.record(V1Kind.HeapGoal, 1, wide()),
        ])(),
      )
      const procs = list(1 + random.below(4), i =>
        v1.v1Batch(i === 0 ? 0 : wide() >> 1n, 1, ...(i === 0 ? records : [])),
      )
      return v1.v1Trace(11, ...procs, v1.stackRecord(stack, [0x1000, 1, 1, 7]), v1.text(1, 'x'), v1.frequency(1e9))
    },
  },
]
