/** Writes ordered events into blocks (shared/event-block.ts) and gives each the time that is shown (format.md §5). */
import { BLOCK_EVENTS, type EventBlock, MAX_SLOTS } from '../../shared/event-block.js'
import type { WideTable } from '../../shared/wide.js'

/** Events that one step of the ordering may add behind the last that fits. */
const MARGIN = 4

const SLOT_CAPACITY = BLOCK_EVENTS * 3

export class BlockWriter {
  length = 0
  /**
   * Time of the event written last, ns since the trace start. Before the first it is that of absolute time 0. NaN until it is set, because
   * a field that begins as a small integer changes its form with the first larger one, and all code compiled for it is thrown away.
   */
  lastTime = Number.NaN

  private times!: Float64Array
  private kinds!: Uint8Array
  private threads!: Int32Array
  private procs!: Int32Array
  private goroutines!: Int32Array
  private slots!: Int32Array
  private slotsLength = 0
  private readonly spare: EventBlock[] = []
  private markedLength = 0
  private markedSlots = 0

  constructor(private readonly wide: WideTable) {
    this.begin()
  }

  get full(): boolean {
    return this.length > BLOCK_EVENTS - MARGIN || this.slotsLength > SLOT_CAPACITY - MARGIN * MAX_SLOTS
  }

  /** Steps of the ordering that will not fill the block; at least 1. */
  get steps(): number {
    const events = BLOCK_EVENTS - MARGIN - this.length
    const slots = SLOT_CAPACITY - MARGIN * MAX_SLOTS - this.slotsLength
    return Math.max(1, Math.floor(Math.min(events, slots / MAX_SLOTS) / MARGIN))
  }

  /** Writes an event's columns; its slots follow by `slot` and `value`. */
  event(kind: number, time: number, thread: number, proc: number, goroutine: number): void {
    const at = this.length++
    // Times are integers. One path for both cases: a second one, first taken late, would throw away the compiled code.
    const earliest = this.lastTime + 1
    const shown = Math.max(time, earliest)
    this.lastTime = shown
    this.times[at] = shown
    this.kinds[at] = kind
    this.threads[at] = thread
    this.procs[at] = proc
    this.goroutines[at] = goroutine
  }

  slot(value: number): void {
    this.slots[this.slotsLength++] = value
  }

  /** A value as a Low/High pair, from its code. */
  value(code: number): void {
    if (code >= 0) {
      this.slots[this.slotsLength++] = code | 0
      this.slots[this.slotsLength++] = (code / 4294967296) | 0
    } else {
      const exact = this.wide.decode(code)
      this.slots[this.slotsLength++] = Number(BigInt.asIntN(32, exact))
      this.slots[this.slotsLength++] = Number(BigInt.asIntN(32, exact >> 32n))
    }
  }

  /** Marks the place that `undo` goes back to. */
  mark(): void {
    this.markedLength = this.length
    this.markedSlots = this.slotsLength
  }

  /** Takes back what was written since; nothing may be written after it. */
  undo(): void {
    this.length = this.markedLength
    this.slotsLength = this.markedSlots
  }

  /** The events written so far as a block; the writer is empty then. */
  take(generation: number): EventBlock {
    const { length, slotsLength, times, kinds, threads, procs, goroutines, slots } = this
    this.length = 0
    this.slotsLength = 0
    if (length * 2 < BLOCK_EVENTS) {
      return {
        generation,
        length,
        times: times.slice(0, length),
        kinds: kinds.slice(0, length),
        threads: threads.slice(0, length),
        procs: procs.slice(0, length),
        goroutines: goroutines.slice(0, length),
        slots: slots.slice(0, slotsLength),
      }
    }
    this.begin()
    return { generation, length, times, kinds, threads, procs, goroutines, slots }
  }

  /** Begins to write into other columns. */
  private begin(): void {
    const spare = this.spare.pop()
    this.times = spare?.times ?? new Float64Array(BLOCK_EVENTS)
    this.kinds = spare?.kinds ?? new Uint8Array(BLOCK_EVENTS)
    this.threads = spare?.threads ?? new Int32Array(BLOCK_EVENTS)
    this.procs = spare?.procs ?? new Int32Array(BLOCK_EVENTS)
    this.goroutines = spare?.goroutines ?? new Int32Array(BLOCK_EVENTS)
    this.slots = spare?.slots ?? new Int32Array(SLOT_CAPACITY)
  }

  /** Takes back the columns of a block that nobody reads any more, to write into them again. */
  recycle(block: EventBlock): void {
    if (block.times.length === BLOCK_EVENTS) this.spare.push(block)
  }
}
