/**
 * Goroutines: one record a row of dictionary.goroutines, the last life of that id (a reused id replaces the earlier life).
 *
 * A transition touches most of a record, so a record's numbers stand side by side: two runs of memory an event, where
 * twenty separate columns would be twenty. Fields are named by G (times) and N (rows and small numbers).
 */
import { NO_STACK, NO_STRING } from '../../shared/dictionary.js'
import { GoState } from '../../shared/states.js'
import { NO_CELL } from './cells.js'

/** Fields in ns. −1 stands for "not yet" in Start, End and LostProc. */
export const G = {
  /** When the present state was entered. */
  Entered: 0,
  Creation: 1,
  Start: 2,
  End: 3,
  /** 0 until the goroutine is finalised. */
  Total: 4,
  Exec: 5,
  SchedWait: 6,
  Syscall: 7,
  SyscallBlock: 8,
  /** When the proc of the present syscall was lost. */
  LostProc: 9,
  /** Since when it is labelled as a background mark worker, −1: it is not. */
  Worker: 10,
} as const
const TIMES = 11

export const N = {
  /** Present state (GoState); NotExist once finalised; Undetermined: no such goroutine. */
  State: 0,
  /** Reason and stack of the event that entered the present state: rows of strings and stacks. */
  Reason: 1,
  Stack: 2,
  /** Function of the root frame: row of strings. */
  Name: 3,
  FirstReason: 4,
  FirstRange: 5,
  /** Proc row under which the present syscall was entered. */
  SyscallProc: 6,
  /** Innermost open region, −1: none. */
  TopRegion: 7,
  /** Goroutine row of the creator, −1: unknown. */
  Creator: 8,
  CreationStack: 9,
  /** Number of the life under this id, from 1; 0: none yet. */
  Life: 10,
  /** 1: finalised by a wait `forever`, which counts as death. */
  Forever: 11,
} as const
const NUMBERS = 12

const SHIFT = 10
const ROWS = 1 << SHIFT
export const ROW_MASK = ROWS - 1
export const ROW_SHIFT = SHIFT
export const TIME_STRIDE = TIMES
export const NUMBER_STRIDE = NUMBERS

export class Goroutines {
  /** Rows that may exist: every row of the dictionary that an event named. */
  length = 0
  readonly times: Float64Array[] = []
  readonly numbers: Int32Array[] = []

  /** Makes room for a row. */
  reach(row: number): void {
    while (this.length <= row) {
      if ((this.length & ROW_MASK) === 0) {
        this.times.push(new Float64Array(ROWS * TIMES))
        this.numbers.push(new Int32Array(ROWS * NUMBERS))
      }
      this.length++
    }
  }

  time(row: number, field: number): number {
    return this.times[row >>> SHIFT][(row & ROW_MASK) * TIMES + field]
  }

  number(row: number, field: number): number {
    return this.numbers[row >>> SHIFT][(row & ROW_MASK) * NUMBERS + field]
  }

  setNumber(row: number, field: number, value: number): void {
    this.numbers[row >>> SHIFT][(row & ROW_MASK) * NUMBERS + field] = value
  }

  setTime(row: number, field: number, value: number): void {
    this.times[row >>> SHIFT][(row & ROW_MASK) * TIMES + field] = value
  }

  exists(row: number): boolean {
    return row >= 0 && row < this.length && this.number(row, N.Life) > 0
  }

  /** Begins a life of the row's id. */
  begin(row: number, creation: number, creator: number, creationStack: number): void {
    this.reach(row)
    const times = this.times[row >>> SHIFT]
    const t = (row & ROW_MASK) * TIMES
    times.fill(0, t, t + TIMES)
    times[t + G.Creation] = creation
    times[t + G.Start] = -1
    times[t + G.End] = -1
    times[t + G.LostProc] = -1
    times[t + G.Worker] = -1
    const numbers = this.numbers[row >>> SHIFT]
    const n = (row & ROW_MASK) * NUMBERS
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
  }
}
