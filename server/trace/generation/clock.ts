/**
 * The clock of one generation: raw ticks → ns since the trace start, with Go's arithmetic (format.md §5): every batch
 * base, every delta and every sample is scaled and truncated by itself, in doubles.
 */
import type { WideTable } from '../../core/wide.js'

const MIN_INT64 = -(1n << 63n)

/** A double as Go on amd64 converts it to an int64: cut toward zero, the smallest int64 where it does not fit. */
export function toInt64(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return MIN_INT64
  return BigInt(Math.trunc(value))
}

/** ns per tick. The shape of the expression is Go's: for odd frequencies another one rounds differently. */
export function nsPerTick(frequency: bigint): number {
  return 1 / (Number(frequency) / 1e9)
}

export class Clock {
  readonly factor: number

  /** @param start absolute ns of the trace start */
  constructor(
    frequency: bigint,
    readonly start: bigint,
  ) {
    this.factor = nsPerTick(frequency)
  }

  /** Absolute ns of a raw time. */
  absolute(ticks: bigint): bigint {
    return toInt64(Number(ticks) * this.factor)
  }

  /** ns since the trace start of a raw time. */
  relative(ticks: bigint): number {
    return Number(this.absolute(ticks) - this.start)
  }

  /** ns of a time delta whose code is not a plain number. */
  wideDelta(code: number, wide: WideTable): number {
    return Number(toInt64(Number(wide.decode(code)) * this.factor))
  }
}
