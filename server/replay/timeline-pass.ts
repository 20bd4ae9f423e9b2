/**
 * The states of goroutines one after the other, and the procs and threads that they occupy: the spans of a generation
 * that is read again. The first walk (replay/assembly/timeline.ts) makes the coarse levels by the same rules;
 * test/replay/walk.test.ts holds them against each other.
 *
 * A goroutine that is first told of in a state was in it since the Sync of that generation, as in the statistics. A
 * syscall occupies its proc until the proc goes idle, and its thread as long as it lasts.
 */
import { type Clock, NOW, SYNC } from '../analysis/facts/clock.js'
import { type Dictionary, NO_STACK } from '../core/dictionary.js'
import { GoState } from '../core/states.js'
import { FIRST_ROWS, reaching } from '../shared/columns.js'
import { TileState } from '../shared/tile.js'
import { waitState } from './column-sums.js'
import { wakeLanes } from './lanes.js'
import type { SpanSink } from './span-sink.js'
import { type CarriedStates, GoroutineStates, REASON_SHIFT, STATE_MASK, WORKER } from './timeline-carry.js'

export class TimelinePass {
  readonly states = new GoroutineStates()
  /** Goroutine row in a syscall on each proc row, −1: none. */
  private readonly syscallers: number[] = []
  /** TileState + 1 of the waits for each row of strings; 0: not looked at yet. */
  private waitStates = new Uint8Array(FIRST_ROWS)

  constructor(
    private readonly dictionary: Dictionary,
    private readonly clock: Clock,
    private readonly goroutines: SpanSink,
    private readonly procs: SpanSink,
    private readonly threads: SpanSink,
    private readonly lanes: SpanSink,
  ) {}

  /** `proc` and `thread` are those of the event's context; `stack` is the goroutine's own, NO_STACK: none is told. */
  transition(row: number, from: number, to: number, reason: number, proc: number, thread: number, stack: number): void {
    if (from === to) return
    const { states, clock } = this
    if (row >= states.sinces.length) states.grow(row)
    const { sinces, codes, procs, threads, stacks } = states
    const before = codes[row] & STATE_MASK
    if (before !== 0) {
      const lane = wakeLanes[before]
      if (lane !== 0 && to !== GoState.Running) {
        this.lanes.take(lane, before - 1, clock, NOW, clock, 0, row, NO_STACK)
      }
      this.leave(row, stack)
    }
    // What does not run stays where it stands: who is woken goes on there.
    if (to === GoState.Running) stacks[row] = NO_STACK
    else if (stack !== NO_STACK || before <= TileState.Running + 1) stacks[row] = stack
    sinces[row] = clock[from === GoState.Undetermined ? SYNC : NOW]
    switch (to) {
      case GoState.Running:
        codes[row] = TileState.Running + 1
        procs[row] = proc
        threads[row] = thread
        // A syscall that was on it has lost it without a word.
        if (proc >= 0 && proc < this.syscallers.length) this.procIdle(proc)
        break
      case GoState.Syscall:
        codes[row] = TileState.Syscall + 1
        procs[row] = proc
        threads[row] = thread
        if (proc >= 0) this.occupy(row, proc)
        break
      case GoState.Runnable:
        codes[row] = (reason << REASON_SHIFT) | (TileState.Runnable + 1)
        break
      case GoState.Waiting:
        codes[row] = (reason << REASON_SHIFT) | this.waitOf(reason)
        break
      default:
        codes[row] = 0
    }
  }

  /** A proc goes idle: a syscall that is still on it loses it. */
  procIdle(proc: number): void {
    if (proc < 0 || proc >= this.syscallers.length) return
    const row = this.syscallers[proc]
    if (row < 0) return
    const { states } = this
    this.procs.take(proc, TileState.Syscall, states.sinces, row, this.clock, 0, row, states.stacks[row])
    states.procs[row] = -1
    this.syscallers[proc] = -1
  }

  /** The goroutine is labelled as a background mark worker for its present run. */
  beginWorker(row: number): void {
    const { codes, workers } = this.states
    if (row < 0 || row >= codes.length || codes[row] !== TileState.Running + 1) return
    codes[row] |= WORKER
    workers.set(row, this.clock[NOW])
  }

  /** Ends every state that is open; nothing may come afterwards. */
  finish(): void {
    const { codes } = this.states
    for (let row = 0; row < codes.length; row++) if (codes[row] !== 0) this.leave(row, NO_STACK)
    this.states.clear()
  }

  /**
   * Takes up the states in which goroutines were at the start of a generation.
   *
   * @param from an earlier one, at whose start it stands; 0: nothing was fed
   */
  resume(carried: CarriedStates, generation: number, from: number): void {
    const { states } = this
    const take = (row: number, code: number, since: number, stack: number) => {
      if (row >= states.sinces.length) states.grow(row)
      states.sinces[row] = since
      states.codes[row] = code
      states.stacks[row] = stack
    }
    if (from === 0) carried.each(generation, take)
    else carried.eachChanged(from, generation, take)
    this.syscallers.length = 0
    states.workers.clear()
    carried.eachExecuting(generation, (row, proc, thread, worker) => {
      states.procs[row] = proc
      states.threads[row] = thread
      if (states.codes[row] & WORKER) states.workers.set(row, worker)
      if (proc >= 0 && (states.codes[row] & STATE_MASK) === TileState.Syscall + 1) this.occupy(row, proc)
    })
  }

  private occupy(row: number, proc: number): void {
    while (this.syscallers.length <= proc) this.syscallers.push(-1)
    this.procIdle(proc)
    this.syscallers[proc] = row
  }

  /** `last`: the stack that is told with its end. */
  private leave(row: number, last: number): void {
    const { clock } = this
    const { sinces, codes, procs, threads, stacks } = this.states
    const code = codes[row]
    const state = (code & STATE_MASK) - 1
    const stack = state === TileState.Running ? last : stacks[row]
    if (state > TileState.Syscall) {
      this.goroutines.take(row, state, sinces, row, clock, code >> REASON_SHIFT, -1, stack)
      return
    }
    const proc = procs[row]
    const thread = threads[row]
    this.goroutines.take(row, state, sinces, row, clock, 0, proc, stack)
    if (proc >= 0) {
      this.procs.take(proc, state, sinces, row, clock, 0, row, stack)
      if (state === TileState.Syscall) this.syscallers[proc] = -1
    }
    if (thread >= 0) this.threads.take(thread, state, sinces, row, clock, 0, row, stack)
    if (code & WORKER) this.leaveWorker(row, proc, thread)
  }

  private leaveWorker(row: number, proc: number, thread: number): void {
    const { clock } = this
    const since = this.states.workers.get(row) as number
    this.states.workers.delete(row)
    this.goroutines.takeWorker(row, since, clock)
    if (proc >= 0) this.procs.takeWorker(proc, since, clock)
    if (thread >= 0) this.threads.takeWorker(thread, since, clock)
  }

  private waitOf(reason: number): number {
    if (reason >= this.waitStates.length) this.waitStates = reaching(this.waitStates, reason)
    if (this.waitStates[reason] === 0) this.waitStates[reason] = waitState(this.dictionary.strings[reason]) + 1
    return this.waitStates[reason]
  }
}
