/**
 * What every reader of ordered events gives: that of traces with generations (v2-reader.ts) and that of older ones
 * (../v1).
 */
import type { Dictionary } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import type { Oddity } from '../../core/oddities.js'
import type { CodedError } from '../../errors.js'

/** Facts of a generation that consumers of the ordered stream need. Absolute times are exact. */
export interface GenerationFacts {
  readonly row: number
  /** Generation number as in the file. */
  readonly number: bigint
  readonly offset: number
  readonly bytes: number
  /**
   * Absolute trace time (ns) of the clock snapshot, monotonic ns and wall clock (since 1970: seconds, may be negative,
   * and nanoseconds below a second); null before Go 1.25.
   */
  readonly snapshot: {
    readonly trace: bigint
    readonly mono: bigint
    readonly wallSeconds: bigint
    readonly wallNanoseconds: bigint
  } | null
}

/**
 * A reader of the ordered stream. `next` gives block after block, null at the end; the first event is always a Sync
 * (slot generation = row of the generation it opens, −1 for a closing Sync) and so is the last one of a stream that
 * ends well. After a block for which it returned null, `error` says why the stream ended early: null, or what stands
 * after the last delivered event. Events of a generation that ends in an error have been delivered up to it, as Go's
 * reader does; `usableGenerations` counts those that were delivered whole, and one that ends because what follows is
 * too late (`lostBytes`).
 */
export interface OrderedReader {
  readonly dictionary: Dictionary
  /** Absolute time, ns, of time 0 of the blocks: that of the first event. */
  readonly startTime: bigint
  readonly generations: readonly GenerationFacts[]
  readonly error: CodedError | null
  readonly usableGenerations: number
  /** Bytes of the last usable generation that are not served. */
  readonly lostBytes: number
  /** What is wrong in what was delivered, and none of ordering's business. */
  readonly oddities: readonly Oddity[]
  /** File offset up to which generations have been delivered, for progress. */
  readonly bytesRead: number
  next(): EventBlock | null
  /** Takes back a block that nobody reads any more; `next` may give its columns out again. */
  recycle(block: EventBlock): void
}
