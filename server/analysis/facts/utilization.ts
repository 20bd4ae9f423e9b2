/**
 * What mutator utilisation is made of, before any flag is chosen: every event that can change it, in order.
 *
 * A query replays the rows for its flags (endpoints.md §14.1 with differences.md 1) and skips what its flags leave out:
 *
 *   Procs                 `values` = GOMAXPROCS (cut to 2^31−1); rows before the first one do not count
 *   StwBegin, StwEnd      stop-the-world whose name contains `GC`
 *   Sweep*, Assist*       ranges; `procs` is the context's proc, `goroutines` the range's goroutine (sweeps: the context's)
 *   SweepActive,          only those of the first generation; `values` 1: the context's goroutine is executing, as far as
 *   AssistActive            transitions since the first Procs row tell
 *   Resume, Pause         a goroutine inside an assist goes to or from an executing state
 *   WorkerBegin           a label `GC …` other than `GC (idle)`; `values` 1: `GC (dedicated)`
 *   WorkerEnd             the first transition from executing to not executing of a goroutine after a WorkerBegin
 *
 * `procs` are rows of dictionary.procs, whose ids are the indexes that GOMAXPROCS bounds; −1: the context has none.
 */
import { Float64Column, Int32Column, Uint8Column } from './columns.js'

export const UtilizationKind = {
  Procs: 0,
  StwBegin: 1,
  StwEnd: 2,
  SweepBegin: 3,
  SweepEnd: 4,
  SweepActive: 5,
  AssistBegin: 6,
  AssistEnd: 7,
  AssistActive: 8,
  Resume: 9,
  Pause: 10,
  WorkerBegin: 11,
  WorkerEnd: 12,
} as const

export class Utilization {
  readonly times = new Float64Column()
  readonly kinds = new Uint8Column()
  readonly procs = new Int32Column()
  readonly goroutines = new Int32Column()
  readonly values = new Int32Column()

  get length(): number {
    return this.times.length
  }

  append(time: number, kind: number, proc: number, goroutine: number, value: number): void {
    this.times.push(time)
    this.kinds.push(kind)
    this.procs.push(proc)
    this.goroutines.push(goroutine)
    this.values.push(value)
  }
}
