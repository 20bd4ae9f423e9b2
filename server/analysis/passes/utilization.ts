/**
 * The pass that keeps what mutator utilisation needs (facts/utilization.ts). It decides nothing that depends on a flag.
 */

import type { Dictionary } from '../../core/dictionary.js'
import { isExecuting } from '../../core/states.js'
import { GrowingColumn } from '../../wasm/growing-column.js'
import { type Clock, NOW } from '../facts/clock.js'
import type { SegmentStore } from '../facts/segment-store.js'
import { UtilizationKind as U, Utilization } from '../facts/utilization.js'
import * as f from '../fast-path/fields.js'
import { EXECUTING_TOO, UTILIZATION_BITS, WATCHED_ONLY, WATCHING } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'

/** Bits by goroutine row. */
export const WatchBit = { InAssist: f.IN_ASSIST, Worker: f.WORKER, Executing: f.EXECUTING } as const

export class UtilizationPass {
  readonly rows: Utilization
  private readonly bits: GrowingColumn<Uint8Array>
  /** Goroutines with WatchBit.InAssist or WatchBit.Worker. */
  private watched = 0
  private syncs = 0
  private sawProcs = false

  constructor(
    private readonly dictionary: Dictionary,
    private readonly clock: Clock,
    store: SegmentStore,
    private readonly memory: AnalysisMemory,
  ) {
    this.rows = new Utilization(store)
    this.bits = new GrowingColumn(memory, Uint8Array, UTILIZATION_BITS)
    this.updateWatching()
  }

  /** True once a goroutine has been in an assist or labelled: before that no transition matters. */
  get watching(): boolean {
    return this.memory.words[WATCHING] !== 0
  }

  sync(): void {
    this.syncs++
    this.updateWatching()
  }

  procs(count: number, proc: number, goroutine: number): void {
    this.sawProcs = true
    this.updateWatching()
    this.append(U.Procs, proc, goroutine, Math.min(count, 0x7fffffff))
  }

  /** Call only while `watching`. */
  transition(row: number, from: number, to: number, proc: number): void {
    this.bits.reach(row)
    const bits = this.bits.rows[row]
    if (isExecuting(from) !== isExecuting(to)) {
      const resumed = isExecuting(to)
      if (bits & WatchBit.InAssist) this.append(resumed ? U.Resume : U.Pause, proc, row, 0)
      if (bits & WatchBit.Worker && !resumed) {
        this.append(U.WorkerEnd, proc, row, 0)
        this.set(row, bits & ~WatchBit.Worker)
      }
    }
    if (this.sawProcs && this.syncs <= 1) {
      this.bits.rows[row] = isExecuting(to)
        ? this.bits.rows[row] | WatchBit.Executing
        : this.bits.rows[row] & ~WatchBit.Executing
    }
  }

  label(label: number, goroutine: number, proc: number): void {
    const text = this.dictionary.strings[label]
    if (goroutine < 0 || !text.startsWith('GC ') || text === 'GC (idle)') return
    this.bits.reach(goroutine)
    this.append(U.WorkerBegin, proc, goroutine, text === 'GC (dedicated)' ? 1 : 0)
    this.set(goroutine, this.bits.rows[goroutine] | WatchBit.Worker)
  }

  stw(begin: boolean, kind: number, proc: number, goroutine: number): void {
    if (!this.dictionary.strings[kind].includes('GC')) return
    this.append(begin ? U.StwBegin : U.StwEnd, proc, goroutine, 0)
  }

  sweep(begin: boolean, proc: number, goroutine: number): void {
    this.append(begin ? U.SweepBegin : U.SweepEnd, proc, goroutine, 0)
  }

  sweepActive(proc: number, goroutine: number): void {
    if (this.syncs <= 1) this.append(U.SweepActive, proc, goroutine, this.executing(goroutine))
  }

  assist(begin: boolean, proc: number, goroutine: number): void {
    if (goroutine < 0) return
    this.bits.reach(goroutine)
    this.append(begin ? U.AssistBegin : U.AssistEnd, proc, goroutine, 0)
    this.set(
      goroutine,
      begin ? this.bits.rows[goroutine] | WatchBit.InAssist : this.bits.rows[goroutine] & ~WatchBit.InAssist,
    )
  }

  /** `goroutine` is the range's, `actor` the context's. */
  assistActive(proc: number, goroutine: number, actor: number): void {
    if (this.syncs > 1) return
    this.bits.reach(goroutine)
    this.append(U.AssistActive, proc, goroutine, this.executing(actor))
    this.set(goroutine, this.bits.rows[goroutine] | WatchBit.InAssist)
  }

  private append(kind: number, proc: number, goroutine: number, value: number): void {
    this.rows.append(this.clock[NOW], kind, proc, goroutine, value)
  }

  private executing(goroutine: number): number {
    return goroutine >= 0 && goroutine < this.bits.rows.length && this.bits.rows[goroutine] & WatchBit.Executing ? 1 : 0
  }

  private set(row: number, bits: number): void {
    const before = (this.bits.rows[row] & (WatchBit.InAssist | WatchBit.Worker)) !== 0
    const after = (bits & (WatchBit.InAssist | WatchBit.Worker)) !== 0
    this.bits.rows[row] = bits
    if (before !== after) {
      this.watched += after ? 1 : -1
      this.updateWatching()
    }
  }

  private updateWatching(): void {
    const first = this.syncs <= 1
    const mode = this.sawProcs && first ? EXECUTING_TOO : WATCHED_ONLY
    this.memory.words[WATCHING] = first || this.watched > 0 ? mode : 0
  }
}
