/** The fast path of the analysis (assembly/index.ts) on a block of events. */
import { readFileSync } from 'node:fs'
import { BLOCK_EVENTS, type EventBlock } from '../../core/event-block.js'
import { EventKind as E, EVENT_LIMIT } from '../../core/event-table.js'
import { GOROUTINES, KINDS, LENGTH, PROCS, SLOT, SLOTS, TIMES } from './layout.js'
import type { AnalysisMemory } from './memory.js'

const module = new WebAssembly.Module(readFileSync(new URL('./fast-path.wasm', import.meta.url)))

/** 1 by event number: the fast path takes events of that kind, if not all of them. */
export const isTaken = new Uint8Array(EVENT_LIMIT)
for (const kind of [E.GoStart, E.GoStop, E.GoBlock, E.GoUnblock, E.GoSyscallBegin, E.GoSyscallEnd]) isTaken[kind] = 1
for (const kind of [E.HeapAlloc, E.HeapGoal]) isTaken[kind] = 1

export class FastPath {
  /**
   * Takes events of the block from one on, whose slots begin at `slot`, until one is not its own or comes too late;
   * gives that one.
   */
  run: (event: number, slot: number) => number
  /** Takes the snapshot of a goroutine, or gives 0. */
  readonly take: (goroutine: number) => number
  /**
   * Keeps the figures of the snapshot with those of open regions, from one on; and subtracts those that begin there
   * from it.
   */
  readonly keep: (first: number) => void
  readonly subtract: (first: number, reasons: number, ranges: number) => void
  private readonly words: Uint32Array
  private readonly times: Float64Array
  private readonly kinds: Uint8Array
  private readonly procs: Int32Array
  private readonly goroutines: Int32Array
  private slots: Int32Array

  constructor(private readonly memory: AnalysisMemory) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory } })
    this.run = exports.run as (event: number, slot: number) => number
    this.take = exports.take as (goroutine: number) => number
    this.keep = exports.keep as (first: number) => void
    this.subtract = exports.subtract as (first: number, reasons: number, ranges: number) => void
    this.words = memory.words
    this.times = memory.column(Float64Array, BLOCK_EVENTS)
    this.kinds = memory.column(Uint8Array, BLOCK_EVENTS)
    this.procs = memory.column(Int32Array, BLOCK_EVENTS)
    this.goroutines = memory.column(Int32Array, BLOCK_EVENTS)
    this.slots = memory.column(Int32Array, BLOCK_EVENTS)
    const { words } = this
    words[TIMES] = this.times.byteOffset
    words[KINDS] = this.kinds.byteOffset
    words[PROCS] = this.procs.byteOffset
    words[GOROUTINES] = this.goroutines.byteOffset
  }

  /** Begins a block. */
  begin({ length, times, kinds, procs, goroutines, slots }: EventBlock): void {
    const { memory, words } = this
    if (slots.length > this.slots.length) {
      memory.free(this.slots)
      this.slots = memory.column(Int32Array, slots.length)
    }
    this.times.set(times.subarray(0, length))
    this.kinds.set(kinds.subarray(0, length))
    this.procs.set(procs.subarray(0, length))
    this.goroutines.set(goroutines.subarray(0, length))
    this.slots.set(slots)
    words[SLOTS] = this.slots.byteOffset
    words[LENGTH] = length
  }

  /** Place of the first slot of the event where `run` stopped, among those of the block. */
  get slot(): number {
    return this.words[SLOT]
  }
}
