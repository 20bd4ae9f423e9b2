/**
 * The pass that keeps what mutator utilisation needs (facts/utilization.ts). It decides nothing that depends on a flag.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'
import type { Dictionary } from '../../shared/dictionary.js'
import { isExecuting } from '../../shared/states.js'
import { type Clock, NOW } from '../facts/clock.js'
import type { SegmentStore } from '../facts/segment-store.js'
import { UtilizationKind as U, Utilization } from '../facts/utilization.js'

/** Bits by goroutine row. */
const IN_ASSIST = 1
const WORKER = 2
const EXECUTING = 4

export class UtilizationPass {
  readonly rows: Utilization
  /** True once a goroutine has been in an assist or labelled: before that no transition matters. */
  watching = true
  private bits = new Uint8Array(FIRST_ROWS)
  /** Goroutines with IN_ASSIST or WORKER. */
  private watched = 0
  private syncs = 0
  private sawProcs = false

  constructor(
    private readonly dictionary: Dictionary,
    private readonly clock: Clock,
    store: SegmentStore,
  ) {
    this.rows = new Utilization(store)
  }

  sync(): void {
    this.syncs++
    this.updateWatching()
  }

  procs(count: number, proc: number, goroutine: number): void {
    this.sawProcs = true
    this.append(U.Procs, proc, goroutine, Math.min(count, 0x7fffffff))
  }

  /** Call only while `watching`. */
  transition(row: number, from: number, to: number, proc: number): void {
    this.reach(row)
    const bits = this.bits[row]
    if (isExecuting(from) !== isExecuting(to)) {
      const resumed = isExecuting(to)
      if (bits & IN_ASSIST) this.append(resumed ? U.Resume : U.Pause, proc, row, 0)
      if (bits & WORKER && !resumed) {
        this.append(U.WorkerEnd, proc, row, 0)
        this.set(row, bits & ~WORKER)
      }
    }
    if (this.sawProcs && this.syncs <= 1) {
      this.bits[row] = isExecuting(to) ? this.bits[row] | EXECUTING : this.bits[row] & ~EXECUTING
    }
  }

  label(label: number, goroutine: number, proc: number): void {
    const text = this.dictionary.strings[label]
    if (goroutine < 0 || !text.startsWith('GC ') || text === 'GC (idle)') return
    this.reach(goroutine)
    this.append(U.WorkerBegin, proc, goroutine, text === 'GC (dedicated)' ? 1 : 0)
    this.set(goroutine, this.bits[goroutine] | WORKER)
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
    this.reach(goroutine)
    this.append(begin ? U.AssistBegin : U.AssistEnd, proc, goroutine, 0)
    this.set(goroutine, begin ? this.bits[goroutine] | IN_ASSIST : this.bits[goroutine] & ~IN_ASSIST)
  }

  /** `goroutine` is the range's, `actor` the context's. */
  assistActive(proc: number, goroutine: number, actor: number): void {
    if (this.syncs > 1) return
    this.reach(goroutine)
    this.append(U.AssistActive, proc, goroutine, this.executing(actor))
    this.set(goroutine, this.bits[goroutine] | IN_ASSIST)
  }

  private append(kind: number, proc: number, goroutine: number, value: number): void {
    this.rows.append(this.clock[NOW], kind, proc, goroutine, value)
  }

  private executing(goroutine: number): number {
    return goroutine >= 0 && goroutine < this.bits.length && this.bits[goroutine] & EXECUTING ? 1 : 0
  }

  private set(row: number, bits: number): void {
    const before = (this.bits[row] & (IN_ASSIST | WORKER)) !== 0
    const after = (bits & (IN_ASSIST | WORKER)) !== 0
    this.bits[row] = bits
    if (before !== after) {
      this.watched += after ? 1 : -1
      this.updateWatching()
    }
  }

  private updateWatching(): void {
    this.watching = this.watched > 0 || this.syncs <= 1
  }

  private reach(row: number): void {
    if (row >= this.bits.length) this.bits = reaching(this.bits, row)
  }
}
