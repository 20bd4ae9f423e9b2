/**
 * The ordered event columns: what ordering gives to analysis, a block at a time.
 *
 * A block is a stretch of at most BLOCK_EVENTS consecutive events of one generation, in the order in which Go's
 * reader delivers them, one array a column. Ids are rows of the dictionary (dictionary.ts); −1 is none.
 *
 *   times       shown time: ns since the first event of the trace (which has time 0), strictly increasing
 *   kinds       EventKind
 *   threads     context before the event (save where Go shows another one): rows of dictionary.threads, .procs,
 *   procs       .goroutines
 *   goroutines
 *   slots       the arguments of all events one after the other; slotCounts[kind] integers each (event-table.ts)
 */
import { slotCounts } from './event-table.js'

export const BLOCK_EVENTS = 1 << 16

/** The most slots one event can take. */
export const MAX_SLOTS = 6

export interface EventColumns {
  readonly times: Float64Array
  readonly kinds: Uint8Array
  readonly threads: Int32Array
  readonly procs: Int32Array
  readonly goroutines: Int32Array
  readonly slots: Int32Array
}

export interface EventBlock extends EventColumns {
  /** Row of the generation that the events belong to: 0 for the first of the file. */
  readonly generation: number
  readonly length: number
}

/** The value of a Low/High pair of slots as a number; exact up to 2^53. */
export function numberOf(low: number, high: number): number {
  return (high >>> 0) * 4294967296 + (low >>> 0)
}

/** The value of an event that has its first slot at `at`, whose places of slots are these; exact up to 2^53. */
export function valueAt(places: { valueLow: number; valueHigh: number }, slots: Int32Array, at: number): number {
  return numberOf(slots[at + places.valueLow], slots[at + places.valueHigh])
}

/** The value of a Low/High pair of slots, exact. */
export function exactOf(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/** Positions of each event's first slot in a block; for random access. Sequential readers add slotCounts themselves. */
export function slotStarts(block: EventBlock): Uint32Array {
  const starts = new Uint32Array(block.length + 1)
  let at = 0
  for (let i = 0; i < block.length; i++) {
    starts[i] = at
    at += slotCounts[block.kinds[i]]
  }
  starts[block.length] = at
  return starts
}
