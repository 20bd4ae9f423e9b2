/**
 * The index of a trace: what its batch headers tell, without decoding an event or keeping a byte of the file.
 */
import type { V2Version } from '../../core/formats.js'
import type { CodedError } from '../../errors.js'

/** What a batch holds, from its type byte, experiment byte and first payload byte (format.md §2). */
export const BatchKind = {
  Events: 0,
  Strings: 1,
  Stacks: 2,
  CpuSamples: 3,
  /** That of the clock: a frequency batch, or a sync batch (core/formats.ts). */
  Sync: 4,
  Experimental: 5,
} as const

/** One row per batch, in file order. 64-bit values are exact. */
export interface BatchColumns {
  readonly length: number
  /** Offset of the payload in the file. */
  readonly offsets: Float64Array
  readonly sizes: Uint32Array
  readonly kinds: Uint8Array
  /** Thread id as on the wire; 2^64−1 is none. */
  readonly threads: BigUint64Array
  /** Raw base time. */
  readonly times: BigUint64Array
  readonly experiments: Uint8Array
}

/** A clock snapshot: raw trace time and the machine's clocks at that moment. */
export interface ClockSnapshot {
  /** Raw trace time (ticks). */
  readonly ticks: bigint
  /** Monotonic clock, ns. */
  readonly mono: bigint
  /** Wall clock: seconds and nanoseconds since 1970. */
  readonly seconds: bigint
  readonly nanoseconds: bigint
}

export interface GenerationEntry {
  /** Generation number as in the file. */
  readonly number: bigint
  /** Bytes of the file from the first batch's header to the end of the last batch (end byte included). */
  readonly offset: number
  readonly bytes: number
  /** Rows of `batches`, half open. */
  readonly firstBatch: number
  readonly endBatch: number
  /** Smallest raw base time of all batches, 0 counted as unset (format.md §3.7). */
  readonly minTime: bigint
  /** Clock units per second. */
  readonly frequency: bigint
  readonly snapshot: ClockSnapshot | null
}

/**
 * Why reading ends after the last generation of the index: `null` when it ends as a complete trace does, else the
 * error that stands there. Generations in the index are those whose framing is whole and whose clock facts are there;
 * tables and events are checked when they are read.
 */
export interface TraceIndex {
  readonly version: V2Version
  readonly sizeBytes: number
  readonly generations: readonly GenerationEntry[]
  readonly batches: BatchColumns
  readonly error: CodedError | null
}
