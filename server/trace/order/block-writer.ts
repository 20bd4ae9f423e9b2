/** Writes ordered events into blocks (core/event-block.ts) and gives each the time that is shown (format.md §5). */
import { BLOCK_EVENTS, type EventBlock, type EventColumns, MAX_SLOTS } from '../../core/event-block.js'
import type { WideTable } from '../../core/wide.js'
import {
  EVENTS,
  EVENTS_LIMIT,
  GOROUTINES,
  KINDS,
  LAST_TIME,
  MARKED_EVENTS,
  MARKED_SLOTS,
  PROCS,
  SLOTS,
  SLOTS_LIMIT,
  SLOTS_USED,
  THREADS,
  TIMES,
} from '../fast-path/layout.js'
import type { OrderingMemory } from '../fast-path/memory.js'

/** Events that one step of the ordering may add behind the last that fits. */
const MARGIN = 4

const SLOT_CAPACITY = BLOCK_EVENTS * 3

/** Of the columns of a full block: a number of 8 bytes, one of 1, three of 4, and the slots. */
export const BLOCK_BYTES = BLOCK_EVENTS * 21 + SLOT_CAPACITY * 4

export class BlockWriter {
  private readonly times: Float64Array
  private readonly kinds: Uint8Array
  private readonly threads: Int32Array
  private readonly procs: Int32Array
  private readonly goroutines: Int32Array
  private readonly slots: Int32Array
  private readonly words: Uint32Array
  private readonly numbers: Float64Array
  private readonly spare: EventColumns[] = []
  private markedTime = 0

  constructor(
    private readonly wide: WideTable,
    memory: OrderingMemory,
  ) {
    this.times = memory.column(Float64Array, BLOCK_EVENTS)
    this.kinds = memory.column(Uint8Array, BLOCK_EVENTS)
    this.threads = memory.column(Int32Array, BLOCK_EVENTS)
    this.procs = memory.column(Int32Array, BLOCK_EVENTS)
    this.goroutines = memory.column(Int32Array, BLOCK_EVENTS)
    this.slots = memory.column(Int32Array, SLOT_CAPACITY)
    this.words = memory.words
    this.numbers = memory.numbers
    this.words[TIMES] = this.times.byteOffset
    this.words[KINDS] = this.kinds.byteOffset
    this.words[THREADS] = this.threads.byteOffset
    this.words[PROCS] = this.procs.byteOffset
    this.words[GOROUTINES] = this.goroutines.byteOffset
    this.words[SLOTS] = this.slots.byteOffset
    this.words[EVENTS_LIMIT] = BLOCK_EVENTS - MARGIN
    this.words[SLOTS_LIMIT] = SLOT_CAPACITY - MARGIN * MAX_SLOTS
  }

  /** Events in the block. */
  get length(): number {
    return this.words[EVENTS]
  }

  /** Time of the event written last, ns since the trace start. Before the first it is that of absolute time 0. */
  get lastTime(): number {
    return this.numbers[LAST_TIME]
  }

  set lastTime(time: number) {
    this.numbers[LAST_TIME] = time
  }

  get full(): boolean {
    const { words } = this
    return words[EVENTS] > words[EVENTS_LIMIT] || words[SLOTS_USED] > words[SLOTS_LIMIT]
  }

  /** Writes an event's columns; its slots follow by `slot` and `value`. */
  event(kind: number, time: number, thread: number, proc: number, goroutine: number): void {
    const at = this.words[EVENTS]++
    const shown = Math.max(time, this.lastTime + 1)
    this.lastTime = shown
    this.times[at] = shown
    this.kinds[at] = kind
    this.threads[at] = thread
    this.procs[at] = proc
    this.goroutines[at] = goroutine
  }

  slot(value: number): void {
    this.slots[this.words[SLOTS_USED]++] = value
  }

  /** A value as a Low/High pair, from its code. */
  value(code: number): void {
    if (code >= 0) {
      this.slot(code | 0)
      this.slot((code / 4294967296) | 0)
    } else {
      const exact = this.wide.decode(code)
      this.slot(Number(BigInt.asIntN(32, exact)))
      this.slot(Number(BigInt.asIntN(32, exact >> 32n)))
    }
  }

  /**
   * Marks the place that `undo` goes back to. The fast path marks places without a time: behind those nothing may be
   * written.
   */
  mark(): void {
    this.markedTime = this.lastTime
    this.words[MARKED_EVENTS] = this.words[EVENTS]
    this.words[MARKED_SLOTS] = this.words[SLOTS_USED]
  }

  /** Takes back what was written since. */
  undo(): void {
    this.lastTime = this.markedTime
    this.words[EVENTS] = this.words[MARKED_EVENTS]
    this.words[SLOTS_USED] = this.words[MARKED_SLOTS]
  }

  /** The events written so far as a block; the writer is empty then. */
  take(generation: number): EventBlock {
    const { length, words } = this
    const spare = length * 2 < BLOCK_EVENTS ? undefined : (this.spare.pop() ?? newBlock())
    const copy = <C extends Float64Array | Int32Array | Uint8Array>(
      column: C,
      rows: number,
      target: C | undefined,
    ): C => {
      const written = column.subarray(0, rows)
      if (target === undefined) return written.slice() as C
      target.set(written)
      return target
    }
    const block = {
      generation,
      length,
      times: copy(this.times, length, spare?.times),
      kinds: copy(this.kinds, length, spare?.kinds),
      threads: copy(this.threads, length, spare?.threads),
      procs: copy(this.procs, length, spare?.procs),
      goroutines: copy(this.goroutines, length, spare?.goroutines),
      slots: copy(this.slots, words[SLOTS_USED], spare?.slots),
    }
    words[EVENTS] = 0
    words[SLOTS_USED] = 0
    return block
  }

  /** Takes back the columns of a block that nobody reads any more, to write into them again. */
  recycle(block: EventBlock): void {
    if (isReusable(block)) this.spare.push(block)
  }
}

/** Whether the columns of a block have room for as much as one can have; others are cut to their length. */
export function isReusable(block: EventBlock): boolean {
  return block.times.length === BLOCK_EVENTS
}

/** The columns of a block that have that room. */
export function newBlock(): EventColumns {
  return {
    times: new Float64Array(BLOCK_EVENTS),
    kinds: new Uint8Array(BLOCK_EVENTS),
    threads: new Int32Array(BLOCK_EVENTS),
    procs: new Int32Array(BLOCK_EVENTS),
    goroutines: new Int32Array(BLOCK_EVENTS),
    slots: new Int32Array(SLOT_CAPACITY),
  }
}
