/**
 * Goroutines: a record a row of dictionary.goroutines, for the last life of that id (a reused id replaces the earlier
 * life). Fields are named by G (times, ns) and N (numbers).
 */

import { NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { GoState } from '../../core/states.js'
import * as f from '../fast-path/fields.js'
import { NO_CELL } from './cells.js'
import { Table } from './records.js'
import type { SegmentStore } from './segment-store.js'

/** −1 stands for "not yet" in Start, End, LostProc, Worker and Detached. */
export const G = {
  /** When the present state was entered. */
  Entered: f.ENTERED,
  Creation: f.CREATION,
  Start: f.START,
  End: 3,
  /** 0 until the goroutine is finalised. */
  Total: f.TOTAL,
  Exec: f.EXEC,
  SchedWait: f.SCHED_WAIT,
  Syscall: f.SYSCALL_TIME,
  SyscallBlock: f.SYSCALL_BLOCK,
  /** When the proc of the present syscall was lost, as far as cmd/trace notices. */
  LostProc: f.LOST_PROC,
  /** Since when it runs as a background mark worker. */
  Worker: f.WORKER_SINCE,
  /** Since when the present syscall has no proc. */
  Detached: 11,
  /** Time of syscalls without a proc that cmd/trace takes for time with one; it is part of Syscall. */
  Unnoticed: 12,
} as const

export const N = {
  /** Present state (GoState); NotExist once finalised. */
  State: f.STATE,
  /** Reason and stack of the event that entered the present state: rows of strings and stacks. */
  Reason: f.REASON,
  Stack: f.STACK,
  /** Function of the root frame: row of strings. */
  Name: f.NAME,
  /** First cells of the block times by reason and of the times in ranges. */
  FirstReason: f.FIRST_REASON,
  FirstRange: f.FIRST_RANGE,
  /** Proc row under which the present syscall was entered. */
  SyscallProc: f.SYSCALL_PROC,
  /** Place of the innermost open region (OpenRegions), −1: none. */
  TopRegion: 7,
  /** Goroutine row of the creator, −1: unknown; and its stack then. */
  Creator: 8,
  CreationStack: 9,
  /** Number of the life under this id, from 1; 0: the trace knows no such goroutine. */
  Life: 10,
  /** 1: finalised by a wait `forever`, which counts as death. */
  Forever: 11,
  /** 1: still in the state in which it was first seen, and in which it was before. */
  Untouched: f.UNTOUCHED,
  /** The goroutine's own stack when it was last told. */
  OwnStack: f.OWN_STACK,
} as const

/** Times and numbers of a row. */
export const TIMES = f.TIME_FIELDS
export const NUMBERS = f.NUMBER_FIELDS

export class Goroutines extends Table {
  constructor(store?: SegmentStore) {
    super(TIMES, NUMBERS, store)
  }

  exists(row: number): boolean {
    return row >= 0 && row < this.rows.length && this.rows.number(row, N.Life) > 0
  }

  /** Begins a life of the row's id. */
  begin(row: number, creation: number, creator: number, creationStack: number): void {
    const { rows } = this
    while (rows.length <= row) rows.add()
    const times = rows.timesOf(row)
    const t = rows.timeAt(row)
    times.fill(0, t, t + TIMES)
    times[t + G.Creation] = creation
    times[t + G.Start] = -1
    times[t + G.End] = -1
    times[t + G.LostProc] = -1
    times[t + G.Worker] = -1
    times[t + G.Detached] = -1
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    numbers[n + N.State] = GoState.NotExist
    numbers[n + N.Reason] = NO_STRING
    numbers[n + N.Stack] = NO_STACK
    numbers[n + N.Name] = NO_STRING
    numbers[n + N.FirstReason] = NO_CELL
    numbers[n + N.FirstRange] = NO_CELL
    numbers[n + N.SyscallProc] = -1
    numbers[n + N.TopRegion] = -1
    numbers[n + N.Creator] = creator
    numbers[n + N.CreationStack] = creationStack
    numbers[n + N.Life]++
    numbers[n + N.Forever] = 0
    numbers[n + N.Untouched] = 0
    numbers[n + N.OwnStack] = NO_STACK
  }
}
