/**
 * The history of one goroutine: its states in order, from a second reading of the ordered events. The facts keep no
 * state span of every goroutine, because few are ever looked at one by one.
 *
 * Feed it every block from the first to the last that concerns the goroutine, in order, with rows of the same
 * dictionary as the facts' or of any other reading of the same trace.
 */
import { NO_STACK, NO_STRING } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { EventKind, slotCounts } from '../../core/event-table.js'
import {
  NO_TRANSITION,
  ownStackOf,
  reasonOf,
  stackOf,
  stateAfter,
  stateBefore,
  subjectOf,
  transitionShapes,
} from '../../core/events.js'
import { GoState } from '../../core/states.js'
import { Records } from '../facts/records.js'

/** Fields of a state. */
export const StateTime = { From: 0, To: 1 } as const
export const StateNumber = {
  State: 0,
  /** Row of strings. */
  Reason: 1,
  /** Rows of procs and threads, −1: none. Those of the event's context for states that execute. */
  Proc: 2,
  Thread: 3,
  /** The goroutine's own: on which it entered the state, or stands since it was woken. */
  Stack: 4,
  /** Goroutine row, −1: none; and the stack on which that one woke it. */
  WokenBy: 5,
  WokenStack: 6,
} as const
const TIMES = 2
const NUMBERS = 7

/** The finished history of a goroutine on its way between threads: the fields of its states, state after state. */
export interface HistoryData {
  readonly row: number
  readonly times: Float64Array
  readonly numbers: Int32Array
}

export function historyOf({ row, times, numbers }: HistoryData): GoroutineHistory {
  const history = new GoroutineHistory(row)
  const { states } = history
  for (let at = 0; at < times.length / TIMES; at++) {
    const state = states.add()
    for (let field = 0; field < TIMES; field++) states.setTime(state, field, times[at * TIMES + field])
    for (let field = 0; field < NUMBERS; field++) states.setNumber(state, field, numbers[at * NUMBERS + field])
  }
  return history
}

export class GoroutineHistory {
  /** Finished states of the last life, and the one that is open once `finish` was called. */
  states = newStates()
  private state: number = GoState.NotExist
  private since = 0
  private reason = NO_STRING
  private stack = NO_STACK
  private proc = -1
  private thread = -1
  private syncTime = 0

  constructor(private readonly row: number) {}

  feed(block: EventBlock): void {
    const { length, kinds, times, slots, goroutines } = block
    let at = 0
    for (let i = 0; i < length; i++) {
      const kind = kinds[i]
      const shape = transitionShapes[kind]
      if (kind === EventKind.Sync) this.syncTime = times[i]
      else if (shape !== NO_TRANSITION) {
        if (subjectOf(shape, slots, at, goroutines[i]) === this.row) this.transition(block, i, at)
      }
      at += slotCounts[kind]
    }
  }

  finish(endNs: number): void {
    if (this.state !== GoState.NotExist) this.close(endNs, -1, NO_STACK)
    this.state = GoState.NotExist
  }

  /** The states as plain data; `historyOf` undoes it. */
  toData(): HistoryData {
    const { states, row } = this
    const times = new Float64Array(states.length * TIMES)
    const numbers = new Int32Array(states.length * NUMBERS)
    for (let state = 0; state < states.length; state++) {
      for (let field = 0; field < TIMES; field++) times[state * TIMES + field] = states.time(state, field)
      for (let field = 0; field < NUMBERS; field++) numbers[state * NUMBERS + field] = states.number(state, field)
    }
    return { row, times, numbers }
  }

  private transition(block: EventBlock, i: number, at: number): void {
    const { kinds, times, slots, procs, threads, goroutines } = block
    const shape = transitionShapes[kinds[i]]
    const from = stateBefore(shape, slots, at)
    const to = stateAfter(shape, slots, at)
    const stack = ownStackOf(shape, slots, at)
    if (from === to) {
      if (this.stack === NO_STACK) this.stack = stack
      return
    }
    if (from === GoState.NotExist) this.states = newStates()
    else if (from === GoState.Waiting) this.close(times[i], goroutines[i], stackOf(kinds[i], slots, at))
    else if (from !== GoState.Undetermined) this.close(times[i], -1, NO_STACK)
    const executing = to === GoState.Running || to === GoState.Syscall
    this.state = to
    this.since = from === GoState.Undetermined ? this.syncTime : times[i]
    this.reason = reasonOf(shape, slots, at)
    // Who waits or was woken stands where it stopped.
    if (stack !== NO_STACK || to === GoState.Running || from === GoState.Running || from === GoState.NotExist) {
      this.stack = stack
    }
    this.proc = executing ? procs[i] : -1
    this.thread = executing ? threads[i] : -1
  }

  private close(time: number, wokenBy: number, wokenStack: number): void {
    const { states } = this
    const row = states.add()
    states.setTime(row, StateTime.From, this.since)
    states.setTime(row, StateTime.To, time)
    states.setNumber(row, StateNumber.State, this.state)
    states.setNumber(row, StateNumber.Reason, this.reason)
    states.setNumber(row, StateNumber.Proc, this.proc)
    states.setNumber(row, StateNumber.Thread, this.thread)
    states.setNumber(row, StateNumber.Stack, this.stack)
    states.setNumber(row, StateNumber.WokenBy, wokenBy)
    states.setNumber(row, StateNumber.WokenStack, wokenStack)
  }
}

function newStates(): Records {
  return new Records(TIMES, NUMBERS)
}
