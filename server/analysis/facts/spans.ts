/**
 * Spans that profiles count: a goroutine's finished stay in a state, in the order in which they ended. Stays that no profile counts
 * (sleeping, waiting for the collector, …) have no row: 24 bytes a row are the largest part of the facts.
 */
import { Float64Column, Int32Column } from './columns.js'

/** The profile that counts a span; the order is that of profileKinds (trace-client.ts). */
export const SpanKind = { Io: 0, Block: 1, Syscall: 2, Sched: 3, None: 4 } as const

export class Spans {
  readonly goroutines = new Int32Column()
  /** Stack of the event that began the span (row of stacks) × 4 + SpanKind. */
  readonly stackKinds = new Int32Column()
  readonly starts = new Float64Column()
  readonly ends = new Float64Column()

  get length(): number {
    return this.ends.length
  }

  append(kind: number, goroutine: number, stack: number, start: number, end: number): void {
    this.goroutines.push(goroutine)
    this.stackKinds.push(stack * 4 + kind)
    this.starts.push(start)
    this.ends.push(end)
  }

  /** First row that ends after `time`. */
  firstEndingAfter(time: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ends.get(middle) > time) high = middle
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
