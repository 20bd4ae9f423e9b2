/**
 * The walk of the first reading of a trace (assembly/index.ts) on a memory of its own: it sums up the coarse levels of
 * the timeline, and keeps what goroutines, procs, threads and lanes are at, each in a record. The rules of what it does
 * with goroutines are those of TimelinePass (replay/timeline-pass.ts), which reads single generations again; what is
 * rare it hands to `FirstWalkHost`.
 */
import { readFileSync } from 'node:fs'
import type { Clock } from '../analysis/facts/clock.js'
import type { Dictionary } from '../core/dictionary.js'
import { BLOCK_EVENTS, type EventBlock, type EventColumns, MAX_SLOTS } from '../core/event-block.js'
import { EventKind, eventSpecs, slotCounts } from '../core/event-table.js'
import { procShapes, transitionShapes } from '../core/events.js'
import { CodedError } from '../errors.js'
import { mostPages } from '../wasm/address-space.js'
import { waitState } from './column-sums.js'
import { wakeLanes } from './lanes.js'
import * as at from './layout.js'
import { type BucketSums, countSpans, type TimelineLevels } from './levels.js'

interface Exports {
  feed(length: number): void
  finish(): void
  takeLane(lane: number, state: number, since: number): void
  beginWorker(goroutine: number): number
  see(goroutine: number): void
  setAssisting(goroutine: number, assisting: boolean): void
  nextToCarry(row: number, start: number): number
  clearChanged(): void
  clearSums(level: number): void
}

/** Takes what the walk has no rule for. */
export interface FirstWalkHost {
  /** An event that is no transition of a goroutine or proc: the i-th of the block, with its first slot at `slot`. */
  other(block: EventBlock, i: number, slot: number): void
  /** A goroutine that is drawn got its name. */
  named(goroutine: number): void
  /** The first event of a thread or proc that is drawn. */
  meetThread(thread: number): void
  meetProc(proc: number): void
}

const module = new WebAssembly.Module(readFileSync(new URL('./replay.wasm', import.meta.url)))

const MEMORY_PAGE_BYTES = 1 << 16

/** Kinds besides transitions that say something to the timeline or the drawing. */
const others: readonly number[] = [EventKind.Sync, EventKind.GoLabel, EventKind.CpuSample]

export class FirstWalk {
  readonly clock: Clock
  /** The memory as numbers of 4 and of 8 bytes; all of it while nothing is fed. */
  ints: Int32Array
  doubles: Float64Array
  private readonly memory = new WebAssembly.Memory({
    initial: at.FIRST_PAGE / MEMORY_PAGE_BYTES,
    maximum: mostPages,
    shared: true,
  })
  private readonly exports: Exports
  private readonly columns: EventColumns
  private block: EventBlock | null = null
  /** Since when goroutines are mark workers, ns. */
  private readonly workers = new Map<number, number>()

  /** @param levels of goroutines, procs, threads and lanes */
  constructor(
    dictionary: Dictionary,
    private readonly levels: readonly TimelineLevels[],
    host: FirstWalkHost,
  ) {
    const { buffer } = this.memory
    this.ints = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.clock = new Float64Array(buffer, at.CLOCK, 2)
    this.columns = {
      times: new Float64Array(buffer, at.TIMES, BLOCK_EVENTS),
      kinds: new Uint8Array(buffer, at.KINDS, BLOCK_EVENTS),
      threads: new Int32Array(buffer, at.EVENT_THREADS, BLOCK_EVENTS),
      procs: new Int32Array(buffer, at.EVENT_PROCS, BLOCK_EVENTS),
      goroutines: new Int32Array(buffer, at.EVENT_GOROUTINES, BLOCK_EVENTS),
      slots: new Int32Array(buffer, at.SLOTS, BLOCK_EVENTS * MAX_SLOTS),
    }
    this.tellKinds()
    levels.forEach((_, level) => {
      this.tellBucket(level)
    })
    const rare = {
      other: (i: number, slot: number) => host.other(this.block as EventBlock, i, slot),
      named: (goroutine: number) => host.named(goroutine),
      meetThread: (thread: number) => host.meetThread(thread),
      meetProc: (proc: number) => host.meetProc(proc),
      rootFunction: (stack: number) => dictionary.rootFunction(stack),
      waitOf: (reason: number) => waitState(dictionary.strings[reason]) + 1,
      endWorker: (goroutine: number) => this.endWorker(goroutine),
      advance: (level: number) => this.advance(level),
      keep: (level: number, track: number, state: number, part: number, since: number) =>
        levels[level].keep(track, state, part, since, this.clock[0]),
    }
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.memory }, host: rare })
      .exports as unknown as Exports
  }

  feed(block: EventBlock): void {
    const { columns, exports } = this
    const { length } = block
    this.block = block
    columns.times.set(block.times.subarray(0, length))
    columns.kinds.set(block.kinds.subarray(0, length))
    columns.threads.set(block.threads.subarray(0, length))
    columns.procs.set(block.procs.subarray(0, length))
    columns.goroutines.set(block.goroutines.subarray(0, length))
    columns.slots.set(block.slots)
    try {
      exports.feed(length)
    } catch (error) {
      // Only for want of memory does the walk end there.
      if ((error as Error).message !== 'unreachable') throw error
      throw new CodedError('NO_MEMORY', 'the trace needs more memory than there is, for its timeline')
    }
    this.block = null
    this.view()
  }

  /** The trace has ended, at the time of the clock: ends all states. */
  finish(): void {
    this.exports.finish()
    this.view()
  }

  /** Writes the last buckets; nothing may be taken afterwards. */
  write(): void {
    this.levels.forEach((levels, level) => {
      levels.finish(this.sumsOf(level))
    })
  }

  /** A lane of the runtime was in a state since the time sinces[at], ns. */
  take(lane: number, state: number, sinces: Float64Array, at: number): void {
    this.exports.takeLane(lane, state, sinces[at])
  }

  /** The goroutine is labelled as a background mark worker for its present run. */
  beginWorker(goroutine: number): void {
    if (goroutine >= 0 && this.exports.beginWorker(goroutine) !== 0) this.workers.set(goroutine, this.clock[0])
  }

  /** Since when a goroutine is a mark worker, ns; −1: it is none. */
  workerSince(goroutine: number): number {
    return this.workers.get(goroutine) ?? -1
  }

  /** A goroutine takes part in what is drawn. */
  see(goroutine: number): void {
    this.exports.see(goroutine)
  }

  setAssisting(goroutine: number, assisting: boolean): void {
    this.exports.setAssisting(goroutine, assisting)
  }

  /**
   * The first goroutine from `row` on that executes, or whose state is another since `start`, ns; −1: there is none.
   */
  nextToCarry(row: number, start: number): number {
    return this.exports.nextToCarry(row, start)
  }

  /** Where the record of a row is, bytes. The directory (layout.ts) has to have a page for it. */
  recordOf(directory: number, row: number): number {
    return this.pageOf(directory, row) + ((row & at.PAGE_MASK) << at.RECORD_SHIFT)
  }

  /** Where the page of a row's record is; 0: there is none. */
  pageOf(directory: number, row: number): number {
    return this.ints[(directory >> 2) + (row >> at.PAGE_SHIFT)] >>> 0
  }

  /** A field of a goroutine that was met. */
  number(goroutine: number, field: number): number {
    return this.ints[(this.recordOf(at.GOROUTINES, goroutine) + field) >>> 2]
  }

  /** A field of all goroutines, by row; 0 for those that were not met. */
  column(field: number): Int32Array<ArrayBuffer> {
    const pages = this.ints[at.GOROUTINE_PAGES >> 2]
    const column = new Int32Array(pages << at.PAGE_SHIFT)
    for (let row = 0; row < column.length; row++) {
      if (this.pageOf(at.GOROUTINES, row) !== 0) column[row] = this.number(row, field)
    }
    return column
  }

  /** Goroutines that changed their state or lost a proc since the last call, in that order. */
  takeChanged(): number[] {
    const changed: number[] = []
    for (let next = this.ints[at.FIRST_CHANGED >> 2]; next !== 0; next = this.number(next - 1, at.NEXT_CHANGED))
      changed.push(next - 1)
    this.exports.clearChanged()
    return changed
  }

  /** Spans taken on a level so far. */
  taken(level: number): number {
    return this.levels[level].taken + countSpans(this.sumsOf(level))
  }

  private endWorker(goroutine: number): number {
    const since = this.workers.get(goroutine) as number
    this.workers.delete(goroutine)
    return since
  }

  private advance(level: number): void {
    this.levels[level].advance(this.clock[0], this.sumsOf(level))
    this.exports.clearSums(level)
    this.tellBucket(level)
  }

  private tellBucket(level: number): void {
    const { start, end } = this.levels[level]
    this.doubles[(this.levelAt(level) + at.BUCKET_START) >> 3] = start
    this.doubles[(this.levelAt(level) + at.BUCKET_END) >> 3] = end
  }

  private levelAt(level: number): number {
    return at.GOROUTINE_LEVEL + (level << at.LEVEL_SHIFT)
  }

  /** Sums of the present bucket; they hold until the walk goes on. */
  private sumsOf(level: number): BucketSums {
    const directory = at.SUMS + level * at.DIRECTORY_BYTES
    const opened = this.ints[(this.levelAt(level) + at.OPENED) >> 2]
    const sums: Float64Array[] = []
    for (let row = 0; row < opened; row += at.PAGE_MASK + 1) {
      const length = Math.min(opened - row, at.PAGE_MASK + 1) * at.SUM_STRIDE
      sums.push(new Float64Array(this.memory.buffer, this.pageOf(directory, row), length))
    }
    return sums
  }

  private tellKinds(): void {
    const { buffer } = this.memory
    new Uint8Array(buffer, at.WAKE_LANES, wakeLanes.length).set(wakeLanes)
    const facts = new DataView(buffer, at.KIND_FACTS)
    for (const spec of eventSpecs) {
      if (spec?.slots === undefined) continue
      const { kind } = spec
      const isOther = spec.range !== undefined || spec.metric !== undefined || others.includes(kind)
      const isOf = { goroutine: at.OF_GOROUTINE, proc: at.OF_PROC }
      const fact = kind << at.KIND_SHIFT
      const is = spec.transition ? isOf[spec.transition.resource] : isOther ? at.OTHER : at.NOTHING
      facts.setInt32(fact, is === at.OF_PROC ? procShapes[kind] : transitionShapes[kind], true)
      facts.setUint8(fact + at.SLOT_BYTES, slotCounts[kind] * 4)
      facts.setUint8(fact + at.IS, is)
    }
  }

  /** Views cover what the memory was when they were made. */
  private view(): void {
    const { buffer } = this.memory
    if (this.ints.byteLength === buffer.byteLength) return
    this.ints = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
  }
}
