/**
 * Spans that profiles count: a goroutine's finished stay in a state, in the order in which they ended. Stays that no profile counts
 * (sleeping, waiting for the collector, …) have no row: at 24 bytes a row spans are the largest part of the facts.
 */
import { type Clock, NOW } from './clock.js'
import { Records } from './records.js'

/** The profile that counts a span; the order is that of profileKinds (trace-client.ts). */
export const SpanKind = { Io: 0, Block: 1, Syscall: 2, Sched: 3, None: 4 } as const

const Start = 0
const End = 1
const Goroutine = 0
/** Stack of the event that began the span (row of stacks) × 4 + SpanKind. */
const StackKind = 1

export class Spans {
  private readonly rows = new Records(2, 2)

  get length(): number {
    return this.rows.length
  }

  /** The span ends now (`clock`) and began at `from[at]`; doubles are passed by place, so that none is boxed. */
  append(kind: number, goroutine: number, stack: number, from: Float64Array, at: number, clock: Clock): void {
    const row = this.rows.add()
    const times = this.rows.timesOf(row)
    const t = this.rows.timeAt(row)
    times[t + Start] = from[at]
    times[t + End] = clock[NOW]
    const numbers = this.rows.numbersOf(row)
    const n = this.rows.numberAt(row)
    numbers[n + Goroutine] = goroutine
    numbers[n + StackKind] = stack * 4 + kind
  }

  kind(row: number): number {
    return this.rows.number(row, StackKind) & 3
  }

  stack(row: number): number {
    return this.rows.number(row, StackKind) >> 2
  }

  goroutine(row: number): number {
    return this.rows.number(row, Goroutine)
  }

  start(row: number): number {
    return this.rows.time(row, Start)
  }

  end(row: number): number {
    return this.rows.time(row, End)
  }

  /** First row that ends after `time`. */
  firstEndingAfter(time: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.end(middle) > time) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Which profile counts a wait for this reason, as cmd/trace decides: io by the whole text, block by a part of it. */
export function kindOfReason(reason: string): number {
  if (reason === 'network') return SpanKind.Io
  if (reason.includes('chan') || reason.includes('sync') || reason.includes('select')) return SpanKind.Block
  return SpanKind.None
}
