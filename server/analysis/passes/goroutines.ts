/**
 * The goroutine pass: state machines → statistics, names, spans for profiles, the overview's running and syscall time.
 *
 * Definitions: endpoints.md §6.2. Calls come in the order of the events. What happens at a transition, in order:
 *   1. the first mention or the creation begins a life, and charges the time since the Sync of the generation to the
 *   new state;
 *   2. leaving a state adds its time to the statistic and its span to the profiles;
 *   3. an unnamed goroutine takes its name from the transition's stack;
 *   4. the new state is entered; death and a wait `forever` end the statistics and close ranges and regions.
 *
 * What is open stays open: what it comes to at a time t is added when somebody asks (`figures`, `sumsNow`), and changes
 * nothing here.
 */

import type { Dictionary } from '../../core/dictionary.js'
import { EMPTY_STACK, NO_STRING } from '../../core/dictionary.js'
import { GoState } from '../../core/states.js'
import { GrowingColumn } from '../../wasm/growing-column.js'
import { Cells, NO_CELL, NOT_OPEN } from '../facts/cells.js'
import { type Clock, NOW, SYNC } from '../facts/clock.js'
import { GoroutineFigures } from '../facts/goroutine-figures.js'
import { GoroutineSnapshots } from '../facts/goroutine-snapshots.js'
import { G, Goroutines, N } from '../facts/goroutines.js'
import { Layer, type OverviewBuckets } from '../facts/overview.js'
import { TRIM_EVERY } from '../facts/records.js'
import { RunLengths } from '../facts/run-lengths.js'
import type { SegmentStore } from '../facts/segment-store.js'
import { kindOfReason, SpanKind, SpanList } from '../facts/spans.js'
import { FOREVER } from '../fast-path/fields.js'
import {
  GENERATION_START,
  GOROUTINE_PAGES,
  HOLDERS,
  RANGE_PAGES,
  REASON_KINDS,
  REASON_PAGES,
  RUNNING_SUM,
  STAYS,
  SYSCALL_SUM,
  SYSCALLERS,
  WAKEUPS,
  WORKER_SUM,
} from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'

const { Undetermined, NotExist, Runnable, Running, Waiting, Syscall } = GoState

/** Behind all rows. */
const MAX_ROW = 0x7fffffff

/** A wait for the reason `forever`: the goroutine counts as dead. */
export { FOREVER }

/** What closes regions when a goroutine ends, and opens the one it inherits. */
export interface RegionHooks {
  inherit(child: number, creator: number, stack: number): void
  /** `from` and `to` are the transition that ended the goroutine. */
  closeAll(goroutine: number, from: number, to: number): void
  /** Gives the open regions of a goroutine the figures that they have now. They stay open. */
  show(goroutine: number): void
}

/** Sums over all goroutines; of what lasts, ns. */
export interface GoroutineSums {
  runningNs: number
  /** Of syscalls, until they lose their proc. */
  syscallNs: number
  workerNs: number
  stays: number
}

export class GoroutinePass {
  readonly goroutines: Goroutines
  readonly reasons: Cells
  readonly ranges: Cells
  /** By SpanKind. */
  readonly spans: readonly SpanList[]
  readonly runLengths: RunLengths
  /** How goroutines stood at the starts of generations. */
  readonly snapshots: GoroutineSnapshots
  regions!: RegionHooks
  /**
   * Times of all runs, of the runs of mark workers and of syscalls that hold a proc, ns: in an array, as a field would
   * change from integer to double.
   */
  private readonly registers: Float64Array
  private readonly words: Uint32Array
  reusedIds = 0
  /** Rows from this one on are new in the present generation; when it was resumed any may have been there before. */
  private firstNew = 0
  /** Where it began, and the goroutines that came from there so far; null: at the beginning of the trace. */
  private resumed: { snapshots: GoroutineSnapshots; generation: number; seen: Set<number> } | null = null
  /** `kindOf` + 1 by row of strings; 0: not looked at yet. */
  private readonly reasonKinds: GrowingColumn<Uint8Array>
  /** Goroutine row in a syscall under each proc row, −1: none. */
  private readonly syscallers: GrowingColumn<Int32Array>
  /**
   * The same without cmd/trace's mistake, that the end of a syscall which had lost its proc clears the record of the
   * next one.
   */
  private readonly holders: GrowingColumn<Int32Array>

  constructor(
    private readonly dictionary: Dictionary,
    private readonly overview: OverviewBuckets,
    private readonly clock: Clock,
    store: SegmentStore,
    memory: AnalysisMemory,
  ) {
    this.goroutines = new Goroutines(store)
    this.goroutines.rows.tellPages(new GrowingColumn(memory, Uint32Array, GOROUTINE_PAGES))
    this.reasons = new Cells(store, new GrowingColumn(memory, Uint32Array, REASON_PAGES))
    this.ranges = new Cells(store, new GrowingColumn(memory, Uint32Array, RANGE_PAGES))
    this.spans = Array.from({ length: SpanKind.None }, (_, kind) => new SpanList(memory, kind, store))
    this.runLengths = new RunLengths(memory)
    this.snapshots = new GoroutineSnapshots(this, store)
    this.reasonKinds = new GrowingColumn(memory, Uint8Array, REASON_KINDS)
    this.syscallers = new GrowingColumn(memory, Int32Array, SYSCALLERS, -1)
    this.holders = new GrowingColumn(memory, Int32Array, HOLDERS, -1)
    this.registers = memory.numbers
    this.words = memory.words
  }

  /** The next generation begins, with its first event at `start`, ns; who sweeps on the procs is another pass's. */
  beginGeneration(start: number, sweepers: Int32Array): void {
    this.registers[GENERATION_START] = start
    this.firstNew = this.resumed === null ? this.goroutines.length : MAX_ROW
    this.snapshots.beginGeneration(start, {
      holders: this.holders.rows.slice(),
      syscallers: this.syscallers.rows.slice(),
      sweepers,
    })
  }

  /** Goes on as `snapshots` tell of the start of a generation; goroutines follow when something happens to them. */
  resume(snapshots: GoroutineSnapshots, generation: number): void {
    this.resumed = { snapshots, generation, seen: new Set() }
    const { holders, syscallers } = snapshots.procsAt(generation)
    for (const [column, rows] of [
      [this.holders, holders],
      [this.syscallers, syscallers],
    ] as const) {
      column.reach(rows.length - 1)
      column.rows.set(rows)
    }
  }

  /** Comes before each change of what figures are made of. */
  private touch(row: number): void {
    // Most are new in the generation.
    if (row < this.firstNew && row >= 0) this.touchOld(row)
  }

  private touchOld(row: number): void {
    const { resumed } = this
    if (resumed !== null && !resumed.seen.has(row)) {
      resumed.seen.add(row)
      resumed.snapshots.restore(resumed.generation, row, this)
    }
    this.snapshots.touch(row)
  }

  get wakeups(): number {
    return this.words[WAKEUPS]
  }

  /** A status event tells again of a state that is known; `goStack` as in `transition`. */
  still(row: number, goStack: number): void {
    const { goroutines } = this
    if (goStack > EMPTY_STACK && goroutines.exists(row)) goroutines.rows.setNumber(row, N.OwnStack, goStack)
  }

  /**
   * `stack` is that of the event (the creator's, the unblocker's), `goStack` the goroutine's own; `proc` and `actor`
   * are the rows of the event's context.
   */
  transition(
    row: number,
    from: number,
    to: number,
    reason: number,
    stack: number,
    goStack: number,
    proc: number,
    actor: number,
  ): void {
    const { goroutines, clock } = this
    this.touch(row)
    if (from === Undetermined || from === NotExist) this.beginLife(row, from, to, stack, proc, actor)
    else if (!goroutines.exists(row)) return
    const now = clock[NOW]
    const { rows } = goroutines
    const times = rows.timesOf(row)
    const t = rows.timeAt(row)
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    const stay = now - times[t + G.Entered]
    const left = numbers[n + N.State]

    switch (left) {
      case Running:
        times[t + G.Exec] += stay
        this.countRun(times, t)
        break
      case Waiting: {
        const why = numbers[n + N.Reason]
        this.addWait(times, t, numbers, n)
        this.words[STAYS]++
        this.words[WAKEUPS]++
        const kind = this.kindOf(why)
        if (kind !== SpanKind.None) this.spans[kind].append(row, numbers[n + N.Stack], times, t + G.Entered, clock)
        break
      }
      case Runnable:
        times[t + G.SchedWait] += stay
        this.words[STAYS]++
        this.spans[SpanKind.Sched].append(row, numbers[n + N.Stack], times, t + G.Entered, clock)
        break
      case Syscall:
        this.leaveSyscall(row, times, t, numbers[n + N.SyscallProc])
        this.words[STAYS]++
        this.spans[SpanKind.Syscall].append(row, numbers[n + N.Stack], times, t + G.Entered, clock)
        break
    }

    if (goStack > EMPTY_STACK) {
      if (numbers[n + N.Name] === NO_STRING) numbers[n + N.Name] = this.rootFunction(goStack)
      numbers[n + N.OwnStack] = goStack
    }
    if (left === Running) this.runLengths.add(numbers[n + N.Name], times, t + G.Entered, clock)

    times[t + G.Entered] = now
    numbers[n + N.Reason] = reason
    numbers[n + N.Stack] = stack
    numbers[n + N.Untouched] = from === Undetermined ? 1 : 0
    switch (to) {
      case Running:
        if (times[t + G.Start] < 0) times[t + G.Start] = now
        numbers[n + N.State] = Running
        break
      case Waiting:
        if (reason !== NO_STRING && this.kindOf(reason) === FOREVER) {
          numbers[n + N.State] = NotExist
          numbers[n + N.Forever] = 1
          this.end(row, from, to)
        } else numbers[n + N.State] = Waiting
        break
      case NotExist:
        numbers[n + N.State] = NotExist
        numbers[n + N.Forever] = 0
        this.end(row, from, to)
        break
      case Syscall:
        numbers[n + N.State] = Syscall
        numbers[n + N.SyscallProc] = proc
        if (proc < 0) times[t + G.Detached] = now
        this.holdProc(row, proc)
        break
      default:
        numbers[n + N.State] = to
    }
  }

  /** A proc goes idle: a goroutine that is in a syscall under it has lost it. */
  procIdle(proc: number): void {
    if (proc < 0 || proc >= this.syscallers.rows.length) return
    const holder = this.holders.rows[proc]
    if (holder >= 0) {
      this.touch(holder)
      this.goroutines.rows.setTime(holder, G.Detached, this.clock[NOW])
    }
    this.releaseProc(holder, proc)
    const row = this.syscallers.rows[proc]
    if (row < 0) return
    this.touch(row)
    this.goroutines.rows.setTime(row, G.LostProc, this.clock[NOW])
    this.syscallers.rows[proc] = -1
  }

  /** The goroutine is labelled as a background mark worker for its present run. */
  beginWorker(row: number): void {
    if (!this.goroutines.exists(row)) return
    if (this.goroutines.time(row, G.Worker) < 0) this.goroutines.rows.setTime(row, G.Worker, this.clock[NOW])
  }

  /** A range begins now, or is told to be active since the latest Sync. */
  openRange(row: number, key: number, active: boolean): void {
    const { goroutines, ranges } = this
    this.touch(row)
    if (!goroutines.exists(row)) return
    const since = this.clock[active ? SYNC : NOW]
    const first = goroutines.number(row, N.FirstRange)
    let cell = ranges.find(first, key)
    if (cell === NO_CELL) {
      cell = ranges.append(key, 0, first)
      goroutines.rows.setNumber(row, N.FirstRange, cell)
    } else if (active && ranges.open(cell) !== NOT_OPEN) ranges.addSum(cell, since - ranges.open(cell))
    ranges.setOpen(cell, since)
  }

  closeRange(row: number, key: number): void {
    const { goroutines, ranges } = this
    this.touch(row)
    if (!goroutines.exists(row)) return
    const cell = ranges.find(goroutines.number(row, N.FirstRange), key)
    if (cell === NO_CELL || ranges.open(cell) === NOT_OPEN) return
    ranges.addSum(cell, this.clock[NOW] - ranges.open(cell))
    ranges.setOpen(cell, NOT_OPEN)
  }

  /**
   * The sums now, with what is open, whose part of the overview is added to `overview`. Regions that are open are shown
   * as closed.
   */
  sumsNow(overview: OverviewBuckets): GoroutineSums {
    const { goroutines, registers, clock } = this
    const { rows } = goroutines
    const now = clock[NOW]
    const sums = {
      runningNs: registers[RUNNING_SUM],
      syscallNs: registers[SYSCALL_SUM],
      workerNs: registers[WORKER_SUM],
      stays: this.words[STAYS],
    }
    for (let row = 0; row < goroutines.length; row++) {
      if (row % TRIM_EVERY === 0) rows.trim()
      if (!goroutines.exists(row)) continue
      if (goroutines.number(row, N.TopRegion) >= 0) this.regions.show(row)
      const state = goroutines.number(row, N.State)
      if (state === NotExist) continue
      sums.stays++
      if (state !== Running) continue
      const times = rows.timesOf(row)
      const t = rows.timeAt(row)
      sums.runningNs += now - times[t + G.Entered]
      overview.addSince(Layer.Running, times, t + G.Entered, clock)
      if (times[t + G.Worker] < 0) continue
      sums.workerNs += now - times[t + G.Worker]
      overview.addSince(Layer.GcWorker, times, t + G.Worker, clock)
    }
    for (const row of this.holders.rows) {
      if (row < 0) continue
      sums.syscallNs += now - rows.time(row, G.Entered)
      overview.addSince(Layer.Syscall, rows.timesOf(row), rows.timeAt(row) + G.Entered, clock)
    }
    return sums
  }

  /** What lasts up to now of a goroutine's states, reasons and ranges. */
  figures(): GoroutineFigures {
    return new GoroutineFigures(this.goroutines, this.reasons, this.ranges, this.clock[NOW])
  }

  /** Counts a run that ends now. */
  private countRun(times: Float64Array, t: number): void {
    this.registers[RUNNING_SUM] += this.clock[NOW] - times[t + G.Entered]
    this.words[STAYS]++
    this.overview.addSince(Layer.Running, times, t + G.Entered, this.clock)
    if (times[t + G.Worker] < 0) return
    this.registers[WORKER_SUM] += this.clock[NOW] - times[t + G.Worker]
    this.overview.addSince(Layer.GcWorker, times, t + G.Worker, this.clock)
    times[t + G.Worker] = -1
  }

  /**
   * Counts the syscall of a goroutine that holds this proc and now ends or loses it: what remains of it keeps no proc
   * busy.
   */
  private releaseProc(row: number, proc: number): void {
    if (row < 0 || proc < 0 || this.holders.rows[proc] !== row) return
    this.holders.rows[proc] = -1
    const { rows } = this.goroutines
    const times = rows.timesOf(row)
    const t = rows.timeAt(row)
    this.registers[SYSCALL_SUM] += this.clock[NOW] - times[t + G.Entered]
    this.overview.addSince(Layer.Syscall, times, t + G.Entered, this.clock)
  }

  /** Adds the time of the present wait to its reason. */
  private addWait(times: Float64Array, t: number, numbers: Int32Array, n: number): void {
    const first = numbers[n + N.FirstReason]
    const why = numbers[n + N.Reason]
    if (this.reasons.addSince(first, why, times, t + G.Entered, this.clock)) return
    numbers[n + N.FirstReason] = this.reasons.append(why, this.clock[NOW] - times[t + G.Entered], first)
  }

  private holdProc(row: number, proc: number): void {
    if (proc < 0) return
    this.syscallers.reach(proc)
    this.holders.reach(proc)
    this.syscallers.rows[proc] = row
    this.holders.rows[proc] = row
  }

  private leaveSyscall(row: number, times: Float64Array, t: number, proc: number): void {
    const now = this.clock[NOW]
    const lost = times[t + G.LostProc]
    if (lost >= 0) {
      times[t + G.SyscallBlock] += now - lost
      times[t + G.Syscall] += lost - times[t + G.Entered]
      times[t + G.LostProc] = -1
      times[t + G.Unnoticed] -= now - lost
    } else times[t + G.Syscall] += now - times[t + G.Entered]
    if (times[t + G.Detached] >= 0) {
      times[t + G.Unnoticed] += now - times[t + G.Detached]
      times[t + G.Detached] = -1
    }
    // The record is cleared even when the proc serves another goroutine's syscall meanwhile, as cmd/trace does.
    if (proc >= 0) this.syscallers.rows[proc] = -1
    this.releaseProc(row, proc)
  }

  private beginLife(row: number, from: number, to: number, stack: number, proc: number, actor: number): void {
    const { goroutines, clock } = this
    if (from === NotExist) {
      if (goroutines.exists(row)) this.reusedIds++
      const creator = goroutines.exists(actor) ? actor : -1
      goroutines.begin(row, clock[NOW], creator, stack)
      if (creator >= 0 && goroutines.number(creator, N.TopRegion) >= 0) this.regions.inherit(row, creator, stack)
      return
    }
    goroutines.begin(row, clock[SYNC], -1, 0)
    const before = clock[NOW] - clock[SYNC]
    switch (to) {
      case Running:
        goroutines.rows.setTime(row, G.Exec, before)
        this.registers[RUNNING_SUM] += before
        this.overview.addSince(Layer.Running, clock, SYNC, clock)
        break
      case Waiting:
        goroutines.rows.setNumber(row, N.FirstReason, this.reasons.append(NO_STRING, before, NO_CELL))
        break
      case Runnable:
        goroutines.rows.setTime(row, G.SchedWait, before)
        break
      case Syscall:
        goroutines.rows.setTime(row, proc < 0 ? G.SyscallBlock : G.Syscall, before)
        if (proc >= 0) {
          this.registers[SYSCALL_SUM] += before
          this.overview.addSince(Layer.Syscall, clock, SYNC, clock)
        }
        break
    }
  }

  /**
   * A goroutine ends, as the death of it or as a wait forever: closes its ranges, and its regions by this transition.
   */
  private end(row: number, from: number, to: number): void {
    const { goroutines, ranges } = this
    const now = this.clock[NOW]
    const { rows } = goroutines
    const times = rows.timesOf(row)
    const t = rows.timeAt(row)
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    if (times[t + G.Total] === 0) times[t + G.Total] = now - times[t + G.Creation]
    for (let cell = numbers[n + N.FirstRange]; cell !== NO_CELL; cell = ranges.next(cell)) {
      if (ranges.open(cell) === NOT_OPEN) continue
      ranges.addSum(cell, now - ranges.open(cell))
      ranges.setOpen(cell, NOT_OPEN)
    }
    times[t + G.End] = now
    if (numbers[n + N.TopRegion] >= 0) this.regions.closeAll(row, from, to)
  }

  /** Which profile counts a wait for this reason, or FOREVER. */
  private kindOf(reason: number): number {
    this.reasonKinds.reach(reason)
    let kind = this.reasonKinds.rows[reason]
    if (kind === 0) {
      const text = this.dictionary.strings[reason]
      kind = (text === 'forever' ? FOREVER : kindOfReason(text)) + 1
      this.reasonKinds.rows[reason] = kind
    }
    return kind - 1
  }

  private rootFunction(stack: number): number {
    const { stackParents, stackFrames, frameFunctions } = this.dictionary
    let at = stack
    while (stackFrames[stackParents[at]] >= 0) at = stackParents[at]
    return frameFunctions[stackFrames[at]]
  }
}
