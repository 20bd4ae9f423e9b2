/**
 * The seams between runs: makes the generations of a run (runs.ts) what one sequential pass would have given, or refuses them.
 *
 * Per generation, in the order of its events:
 *   1. Rows become those of the trace's dictionary; what a thread held at the seam takes the place of ASSUMED.
 *   2. What only the past can tell is written into the events: whether a proc is new, the name of a task that ends, the kind of a
 *      stop-the-world range, that a proc was not found abandoned but is stolen in a syscall that was seen to begin.
 *   3. What only the past can refute is checked on the carried state: statuses, open ranges, regions, tasks, collections, and that a thread which
 *      was taken to hold nothing does so.
 *   4. The carried state becomes that of the generation's end.
 * The first check that fails refuses the generation and all behind it: a pass from the true state says what is right there.
 */
import type { Dictionary } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { EventKind, eventSpecs, slotCounts } from '../../core/event-table.js'
import { GoState, ProcState, shownGoStates } from '../../core/states.js'
import { NONE } from '../../core/wide.js'
import { reaching } from '../../shared/columns.js'
import { shownProcStates } from './handlers-procs.js'
import type { Ordering } from './ordering.js'
import { RowMaps } from './row-maps.js'
import type { OrderedGeneration } from './runs.js'
import { ASSUMED, type Assumed, GCState, GoStatus, ProcStatus, type SchedulerState } from './state.js'

const E = EventKind

/** Whether a goroutine or proc was mentioned in the run. */
const Mention = { None: 0, Alive: 1, Ended: 2 } as const

/** Events that a thread which holds a goroutine, or a proc, can't have, or not yet. */
const goroutineless = flags(E.GoCreate, E.GoCreateBlocked, E.GoStart, E.GoCreateSyscall)
const procless = flags(E.ProcStart, E.GoSyscallEndBlocked, E.GoDestroySyscall)

/** Events that take part in steps 2 and 3. */
const followed = flags(
  ...[E.ProcStart, E.ProcSteal, E.ProcStatus, E.GoCreate, E.GoCreateBlocked, E.GoCreateSyscall, E.GoDestroy],
  ...[E.GoDestroySyscall, E.GoStatus, E.GoStatusStack, E.STWBegin, E.STWEnd, E.GCSweepActive, E.GCSweepBegin],
  ...[E.GCSweepEnd, E.GCMarkAssistActive, E.GCMarkAssistBegin, E.GCMarkAssistEnd, E.UserTaskBegin, E.UserTaskEnd],
  ...[E.UserRegionBegin, E.UserRegionEnd],
)

function flags(...kinds: number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const kind of kinds) table[kind] = 1
  return table
}

/** What the rows of a slot are rows of, by its name. */
const slotTables: Readonly<Record<string, 'goroutines' | 'procs' | 'tasks' | 'strings' | 'stacks'>> = {
  g: 'goroutines',
  p: 'procs',
  task: 'tasks',
  parent: 'tasks',
  reason: 'strings',
  stwKind: 'strings',
  label: 'strings',
  name: 'strings',
  category: 'strings',
  message: 'strings',
  stack: 'stacks',
  newStack: 'stacks',
}

/** For each slot of each event, by `kind * MAX_SLOTS + slot`: the table its rows are of, as an index into `tables`. */
const tables = ['none', 'goroutines', 'procs', 'tasks', 'strings', 'stacks'] as const
const SLOTS = 8
const slotTableOf = new Uint8Array(256 * SLOTS)
for (const spec of eventSpecs) {
  spec?.slots?.forEach((slot, i) => {
    const table = slotTables[slot]
    if (table !== undefined) slotTableOf[spec.kind * SLOTS + i] = tables.indexOf(table)
  })
}

/** How often what happened at seams, for tests and measurements. */
export interface SeamCounts {
  /** Generations that were taken over, and that were refused. */
  taken: number
  refused: number
  /** Of those taken over: what was put right in them. */
  laterTimes: number
  steals: number
  newProcs: number
}

/** Takes over the generations of one run, one after the other. */
export class RunJoin {
  private readonly maps: RowMaps
  private readonly dictionary: Dictionary
  /** Mention, by row of the run's dictionary. */
  private goroutines = new Uint8Array(64)
  private procs = new Uint8Array(16)
  /** 1 for threads, by row + 1 of the trace's dictionary, of which the run has told what proc they hold. */
  private procTold = new Uint8Array(16)
  /** The same for those that got another goroutine in this generation than what they carried in, while they hold the proc they carried in. */
  private goroutineTold = new Set<number>()
  /** Procs, rows of the trace's dictionary, that are in a syscall which began before the run, where the run took them for abandoned. */
  private readonly inSyscall = new Set<number>()
  /** The maps of all tables that slots are rows of, one behind the other, and where each begins; −1 for slots that are no rows. */
  private slotRows = new Int32Array(0)
  private readonly slotBases = new Int32Array(tables.length).fill(NONE)
  private assumed: Assumed = { procStatuses: [], victims: [], gc: null }
  private nextStatus = 0
  private nextVictim = 0

  constructor(
    private readonly order: Ordering,
    private readonly counts: SeamCounts,
  ) {
    this.dictionary = order.dictionary
    this.maps = new RowMaps(order.dictionary)
  }

  /**
   * Takes over the next generation of the run: its blocks are changed into those of the trace, `order.state` into the state at its end.
   * Returns the shown time of its last event, or null when the generation is refused; then the state is of no use.
   *
   * @param lastTime shown time of the event before
   */
  take(generation: OrderedGeneration, lastTime: number): number | null {
    const { maps, order } = this
    const { state } = order
    // Without an event before, it is not the run's to say which generation is the first.
    if (Number.isNaN(order.initialGeneration)) return null
    maps.extend(generation.delta)
    this.makeRoom(state)
    this.assumed = generation.assumed
    this.nextStatus = 0
    this.nextVictim = 0
    if (!collectorFits(state, generation.assumed)) return null
    let time = lastTime
    for (const block of generation.blocks) {
      if (!this.follow(block, state)) return null
      time = this.delay(block, time)
    }
    this.leave(generation, state)
    this.counts.taken++
    return time
  }

  private makeRoom(state: SchedulerState): void {
    const { dictionary, maps } = this
    state.ensureGoroutine(dictionary.goroutines.length)
    state.ensureProc(dictionary.procs.length)
    state.ensureThread(dictionary.threads.length)
    state.ensureTask(dictionary.tasks.length)
    const roomFor = (column: Uint8Array<ArrayBuffer>, rows: number) =>
      rows > column.length ? reaching(column, rows) : column
    this.goroutines = roomFor(this.goroutines, maps.goroutines.length)
    this.procs = roomFor(this.procs, maps.procs.length)
    this.procTold = roomFor(this.procTold, state.threadProc.length)
    this.goroutineTold.clear()
    this.mapSlots()
  }

  private mapSlots(): void {
    const { slotBases } = this
    const maps = tables.map(table => (table === 'none' ? null : this.maps[table]))
    const length = maps.reduce((sum, map) => sum + (map?.length ?? 0), 0)
    this.slotRows = new Int32Array(length)
    let base = 0
    maps.forEach((map, i) => {
      if (map === null) return
      slotBases[i] = base
      this.slotRows.set(map.values.subarray(0, map.length), base)
      base += map.length
    })
  }

  /** Steps 1 to 3 for a block; false when it is refused. */
  private follow(block: EventBlock, state: SchedulerState): boolean {
    const { kinds, threads, procs, goroutines, slots, length } = block
    const { maps } = this
    const threadRows = maps.threads.values
    const procRows = maps.procs.values
    const goroutineRows = maps.goroutines.values
    const { slotRows, slotBases } = this
    for (let i = 0, at = 0; i < length; i++) {
      const kind = kinds[i]
      const thread = threads[i] >= 0 ? threadRows[threads[i]] : NONE
      const goroutine = goroutines[i]
      const proc = procs[i]
      threads[i] = thread
      if (proc >= 0) procs[i] = procRows[proc]
      else if (proc === ASSUMED) {
        const held = state.threadProc[thread + 1]
        if (held >= 0 && procless[kind] === 1) return false
        procs[i] = held
      }
      if (goroutine >= 0) goroutines[i] = goroutineRows[goroutine]
      else if (goroutine === ASSUMED) {
        const held = state.threadGoroutine[thread + 1]
        if (held >= 0 && goroutineless[kind] === 1) return false
        if (!this.staysInSyscall(kind, held, slots, at)) return false
        goroutines[i] = held
      }
      // The first slot is the subject where there is one.
      const subject = slots[at]
      const end = at + slotCounts[kind]
      for (let slot = at, table = kind * SLOTS; slot < end; slot++, table++) {
        const base = slotBases[slotTableOf[table]]
        const row = slots[slot]
        if (base >= 0 && row >= 0) slots[slot] = slotRows[base + row]
      }
      if (followed[kind] === 1 && !this.check(block, i, at, subject, goroutine, state)) return false
      at = end
    }
    return true
  }

  /** A goroutine said to be in a syscall on a thread must be the one that the thread carried in. */
  private staysInSyscall(kind: number, held: number, slots: Int32Array, at: number): boolean {
    if ((kind !== E.GoStatus && kind !== E.GoStatusStack) || slots[at + 2] !== GoState.Syscall) return true
    return held === this.maps.goroutines.values[slots[at]]
  }

  /**
   * Steps 2 and 3 for one event.
   *
   * @param subject its first slot, and `goroutine` its context, as rows of the run's dictionary
   */
  private check(
    block: EventBlock,
    i: number,
    at: number,
    subject: number,
    goroutine: number,
    state: SchedulerState,
  ): boolean {
    const { kinds, threads, procs, goroutines, slots } = block
    const thread = threads[i]
    switch (kinds[i]) {
      case E.ProcStart:
        this.procTold[thread + 1] = 1
        return true
      case E.ProcSteal:
        return slots[at + 1] !== ProcState.Idle || this.steal(block, i, at, state)
      case E.ProcStatus:
        return this.procStatus(block, i, at, subject, state)
      case E.GoCreate:
      case E.GoCreateBlocked:
        return this.goCreate(subject, slots[at], state)
      case E.GoCreateSyscall:
        if (this.procTold[thread + 1] === 0) this.goroutineTold.add(thread)
        return this.goCreate(subject, slots[at], state)
      case E.GoDestroy:
      case E.GoDestroySyscall:
        this.goroutines[goroutine] = Mention.Ended
        state.forgetGoroutine(goroutines[i])
        return true
      case E.GoStatus:
      case E.GoStatusStack:
        if (slots[at + 2] === GoState.Running && this.procTold[thread + 1] === 0) this.goroutineTold.add(thread)
        return this.goStatus(subject, slots[at], slots[at + 2], state)
      case E.STWBegin:
        return state.openStw(goroutines[i], slots[at])
      case E.STWEnd:
        slots[at] = state.closeStw(goroutines[i])
        return slots[at] !== NONE
      case E.GCSweepActive:
        return state.procSweep[slots[at]] === 1
      case E.GCSweepBegin:
        return change(state.procSweep, procs[i], 0, 1)
      case E.GCSweepEnd:
        return change(state.procSweep, procs[i], 1, 0)
      case E.GCMarkAssistActive:
        return state.goAssist[slots[at]] === 1
      case E.GCMarkAssistBegin:
        return change(state.goAssist, goroutines[i], 0, 1)
      case E.GCMarkAssistEnd:
        return change(state.goAssist, goroutines[i], 1, 0)
      case E.UserTaskBegin:
        if (state.taskOpen[slots[at]] === 1) return false
        state.openTask(slots[at], slots[at + 1], slots[at + 2])
        return true
      case E.UserTaskEnd:
        slots[at + 1] = state.parentOf(slots[at])
        slots[at + 2] = state.nameOf(slots[at])
        state.taskOpen[slots[at]] = 0
        return true
      case E.UserRegionBegin:
        state.openRegion(goroutines[i], slots[at], slots[at + 1])
        return true
      default:
        return state.closeRegion(goroutines[i], slots[at], slots[at + 1])
    }
  }

  private goCreate(row: number, goroutine: number, state: SchedulerState): boolean {
    const isNew = this.goroutines[row] !== Mention.None || state.goStatus[goroutine] === GoStatus.Unknown
    this.goroutines[row] = Mention.Alive
    return isNew
  }

  private goStatus(row: number, goroutine: number, shown: number, state: SchedulerState): boolean {
    if (this.goroutines[row] !== Mention.None) return this.goroutines[row] === Mention.Alive
    this.goroutines[row] = Mention.Alive
    const status = state.goStatus[goroutine]
    return status !== GoStatus.Unknown && shownGoStates[status] === shown
  }

  private procStatus(block: EventBlock, i: number, at: number, subject: number, state: SchedulerState): boolean {
    const { threads, procs, slots } = block
    const proc = slots[at]
    const isRunning = slots[at + 2] === ProcState.Running
    if (this.procs[subject] === Mention.None) {
      this.procs[subject] = Mention.Alive
      const status = this.assumed.procStatuses[this.nextStatus++]
      if (state.procKnown[proc] === 0) this.counts.newProcs++
      else if (state.procStatus[proc] === status) slots[at + 1] = shownProcStates[status]
      else if (status === ProcStatus.Abandoned && state.procStatus[proc] === ProcStatus.Syscall) {
        this.inSyscall.add(proc)
      } else return false
    } else if (isRunning && procs[i] === proc && this.carrierOf(proc, state) >= 0) {
      // A thread before the one that was found may hold it too.
      return false
    }
    if (this.inSyscall.has(proc)) return this.keepInSyscall(block, i, at, state)
    if (isRunning && threads[i] >= 0) this.procTold[threads[i] + 1] = 1
    return true
  }

  /** The thread that has held a proc since before the run, or −1. */
  private carrierOf(proc: number, state: SchedulerState): number {
    for (let at = state.threadProc.indexOf(proc, 1); at > 0; at = state.threadProc.indexOf(proc, at + 1)) {
      if (this.procTold[at] === 0) return at - 1
    }
    return NONE
  }

  /** A proc that the run took for abandoned stays in its syscall, in the context of the thread that holds it. */
  private keepInSyscall(
    { threads, procs, goroutines, slots }: EventBlock,
    i: number,
    at: number,
    state: SchedulerState,
  ) {
    const holder = this.carrierOf(slots[at], state)
    if (holder < 0 || this.goroutineTold.has(holder)) return false
    threads[i] = holder
    procs[i] = slots[at]
    goroutines[i] = state.threadGoroutine[holder + 1]
    slots[at + 1] = ProcState.Running
    slots[at + 2] = ProcState.Running
    return true
  }

  /** The steal of a proc that the run knew as abandoned. */
  private steal({ threads, procs, slots }: EventBlock, i: number, at: number, state: SchedulerState): boolean {
    const { dictionary } = this
    const victim = dictionary.threads.find(dictionary.wide.encode(this.assumed.victims[this.nextVictim++]))
    const proc = slots[at]
    if (!this.inSyscall.delete(proc)) return true
    if (victim < 0 || this.procTold[victim + 1] === 1 || state.threadProc[victim + 1] !== proc) return false
    if (victim === threads[i] && procs[i] !== proc) return false
    slots[at + 1] = ProcState.Running
    state.threadProc[victim + 1] = NONE
    this.counts.steals++
    return true
  }

  /** Shows no event at or before the time of the one before it; returns the time of the last. */
  private delay({ times, length }: EventBlock, lastTime: number): number {
    if (times[0] <= lastTime) this.counts.laterTimes++
    let last = lastTime
    for (let i = 0; i < length && times[i] <= last; i++) times[i] = ++last
    return times[length - 1]
  }

  /** Step 4: what the run knows at the end of the generation becomes the carried state. */
  private leave({ exit }: OrderedGeneration, state: SchedulerState): void {
    const { maps, goroutines, procs } = this
    for (let row = 0; row < exit.goStatus.length; row++) {
      if (goroutines[row] !== Mention.None) state.goStatus[maps.goroutines.values[row]] = exit.goStatus[row]
    }
    for (let row = 0; row < exit.procStatus.length; row++) {
      const proc = maps.procs.values[row]
      if (procs[row] === Mention.None) continue
      state.procKnown[proc] = 1
      if (!this.inSyscall.has(proc)) state.procStatus[proc] = exit.procStatus[row]
    }
    for (let at = 1; at < exit.threadProc.length; at++) {
      const thread = maps.threads.values[at - 1] + 1
      state.threadKnown[thread] |= exit.threadKnown[at]
      const [proc, goroutine] = [exit.threadProc[at], exit.threadGoroutine[at]]
      if (proc !== ASSUMED) state.threadProc[thread] = proc < 0 ? NONE : maps.procs.values[proc]
      if (goroutine !== ASSUMED)
        state.threadGoroutine[thread] = goroutine < 0 ? NONE : maps.goroutines.values[goroutine]
    }
    if (exit.gcState !== GCState.Assumed) {
      state.gcState = exit.gcState
      state.gcSeq = exit.gcSeq
    }
  }
}

/** Whether the garbage collector was what the first event about it in the run needs. */
function collectorFits(state: SchedulerState, { gc }: Assumed): boolean {
  if (gc === null) return true
  // The first collection that is seen to begin may have any number.
  if (state.gcState === GCState.Undetermined) return gc.state === GCState.NotRunning
  return state.gcState === gc.state && state.gcSeq === gc.seq
}

/** Changes a flag that must have been the other one. */
function change(column: Uint8Array, row: number, from: number, to: number): boolean {
  const fits = column[row] === from
  column[row] = to
  return fits
}
