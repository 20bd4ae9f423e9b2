/**
 * What mutator utilisation is made of, before any flag is chosen: every event that can change it, in order.
 *
 * A query replays the rows for its flags (endpoints.md §14.1 with differences.md 1) and skips what its flags leave out:
 *
 *   Procs                 `value` = GOMAXPROCS (cut to 2^31−1); rows before the first one do not count
 *   StwBegin, StwEnd      stop-the-world whose name contains `GC`
 *   Sweep*, Assist*       ranges; `proc` is the context's, `goroutine` the range's goroutine (sweeps: the context's)
 *   SweepActive, only those of the first generation; `value` 1: the context's goroutine is executing, as far as
 *   AssistActive            transitions since the first Procs row tell
 *   Resume, Pause         a goroutine inside an assist goes to or from an executing state
 *   WorkerBegin           a label `GC …` other than `GC (idle)`; `value` 1: `GC (dedicated)`
 *   WorkerEnd             the first transition from executing to not executing of a goroutine after a WorkerBegin
 *
 * `proc` is a row of dictionary.procs, whose ids are the indexes that GOMAXPROCS bounds; −1: the context has none.
 */
import { Records } from './records.js'
import type { SegmentStore } from './segment-store.js'

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
  private readonly rows: Records

  constructor(store?: SegmentStore) {
    this.rows = new Records(1, 4, store)
  }

  get length(): number {
    return this.rows.length
  }

  append(time: number, kind: number, proc: number, goroutine: number, value: number): void {
    const row = this.rows.add()
    this.rows.setTime(row, 0, time)
    this.rows.setNumber(row, 0, kind)
    this.rows.setNumber(row, 1, proc)
    this.rows.setNumber(row, 2, goroutine)
    this.rows.setNumber(row, 3, value)
  }

  time(row: number): number {
    return this.rows.time(row, 0)
  }

  kind(row: number): number {
    return this.rows.number(row, 0)
  }

  proc(row: number): number {
    return this.rows.number(row, 1)
  }

  goroutine(row: number): number {
    return this.rows.number(row, 2)
  }

  value(row: number): number {
    return this.rows.number(row, 3)
  }
}
