/**
 * The analyst: ordered event blocks in, facts out.
 *
 * `feed` walks a block's columns once and hands each event to the passes that need it. `at` gives the facts as of the
 * last event fed, as often as it is asked, and feeding goes on afterwards: between two generations they are those of
 * the file that ends there. Nothing is ever rolled back: feed it whole generations (trace/order/whole-generations.ts).
 */

import type { Diagnostic } from '../contract/home.js'
import type { Dictionary } from '../core/dictionary.js'
import { EMPTY_STACK, NO_STACK, NO_STRING } from '../core/dictionary.js'
import { type EventBlock, slotStarts, valueAt } from '../core/event-block.js'
import { EventKind as E, slotCounts } from '../core/event-table.js'
import {
  NO_TRANSITION,
  ownStackOf,
  reasonOf,
  slot,
  stackOf,
  stateAfter,
  stateBefore,
  subjectOf,
  transitionShapes,
} from '../core/events.js'
import { Odd } from '../core/oddities.js'
import { GoState, ProcState } from '../core/states.js'
import { FIRST_ROWS, reaching } from '../shared/columns.js'
import { clockOf, NOW, SYNC } from './facts/clock.js'
import { countClockSteps, countWallTimesLeftOut, diagnosticsOf } from './facts/diagnostics.js'
import type { GoroutineSnapshots, GoroutineTables } from './facts/goroutine-snapshots.js'
import { N } from './facts/goroutines.js'
import { OverviewBuckets } from './facts/overview.js'
import { ReasonCounts } from './facts/reasons.js'
import { groupRows } from './facts/records.js'
import { SegmentStore } from './facts/segment-store.js'
import { TaskIndex } from './facts/task-index.js'
import {
  type GenerationHeader,
  type GenerationRow,
  MARK_EVENTS,
  type TraceEnd,
  type TraceFacts,
  type TraceHeader,
} from './facts/trace-facts.js'
import { FastPath, isTaken } from './fast-path/fast-path.js'
import { UNTIL } from './fast-path/layout.js'
import { AnalysisMemory } from './fast-path/memory.js'
import { GoroutinePass } from './passes/goroutines.js'
import { RangePass } from './passes/ranges.js'
import { RegionPass } from './passes/regions.js'
import { taskCycles } from './passes/task-cycles.js'
import { UtilizationPass } from './passes/utilization.js'

const NONE = -1

export class Analyst {
  private readonly memory = new AnalysisMemory()
  private readonly clock = clockOf(this.memory)
  private readonly overview = OverviewBuckets.in(this.memory)
  readonly fastPath: FastPath
  private readonly goroutines: GoroutinePass
  private readonly regions: RegionPass
  private readonly ranges: RangePass
  private readonly utilization: UtilizationPass
  private readonly generations: GenerationRow[] = []
  private events = 0
  private cpuSamples = 0
  private samplesOfNobody = 0
  private samplesWithoutStack = 0
  private readonly reasons = new ReasonCounts(this.memory)
  private procCount = 0
  /** 1 by row of threads on which something happened. */
  private seenThreads = new Uint8Array(FIRST_ROWS)
  private lastKind: number = E.Sync
  /** Of the last event, ns. */
  private lastTime = 0
  /** Whether what is open is shown as closed. */
  private shown = false
  private maxProcs = 0
  /** Proc time up to the last change of GOMAXPROCS, and when that was, ns. */
  private readonly procTime = new Float64Array(2)
  private readonly timeMarks: number[] = []

  constructor(
    private readonly dictionary: Dictionary,
    private readonly header: TraceHeader,
    private readonly store = new SegmentStore(),
  ) {
    store.placeIn(this.memory)
    this.fastPath = new FastPath(this.memory)
    this.goroutines = new GoroutinePass(dictionary, this.overview, this.clock, store, this.memory)
    this.regions = new RegionPass(dictionary, this.goroutines, this.clock, store, this.memory, this.fastPath)
    this.goroutines.regions = this.regions
    this.utilization = new UtilizationPass(dictionary, this.clock, store, this.memory)
    this.ranges = new RangePass(this.goroutines, this.utilization, this.overview, this.clock)
  }

  /** Takes the next block; `generation` tells of the one that it belongs to. */
  feed(block: EventBlock, generation: GenerationHeader): void {
    if (block.length === 0) return
    this.reopen()
    this.store.trim()
    this.enter(block, generation)
    this.noteThreads(block)
    this.mark(block)
    this.overview.advance(this.clock, this.walk(block))
    this.lastKind = block.kinds[block.length - 1]
    this.lastTime = this.clock[NOW]
    const row = this.generations[this.generations.length - 1]
    row.events += block.length
    row.endNs = this.clock[NOW]
    this.events += block.length
  }

  /**
   * Begins with a generation, of which snapshots tell how goroutines stood at its start: from here on their figures are
   * right, and nothing else.
   */
  resume(snapshots: GoroutineSnapshots, generation: number): void {
    this.goroutines.resume(snapshots, generation)
    this.ranges.resume(snapshots.procsAt(generation).sweepers)
  }

  /**
   * Takes what the rest of a generation tells of its start, from an event of the block on: who was there, in which
   * state and in which ranges. A trace tells that of a goroutine as late as something happens to it.
   */
  lookAhead(block: EventBlock, first: number): void {
    const { kinds, procs, goroutines, slots } = block
    const starts = slotStarts(block)
    this.clock[NOW] = this.clock[SYNC]
    for (let i = first; i < block.length; i++) {
      const [kind, at, proc, actor] = [kinds[i], starts[i], procs[i], goroutines[i]]
      const shape = transitionShapes[kind]
      if (shape !== NO_TRANSITION) {
        const row = subjectOf(shape, slots, at, actor)
        if (row < 0 || stateBefore(shape, slots, at) !== GoState.Undetermined) continue
        const state = stateAfter(shape, slots, at)
        this.goroutines.transition(row, GoState.Undetermined, state, NO_STRING, NO_STACK, NO_STACK, proc, NONE)
      } else if (kind === E.GCSweepActive || kind === E.GCMarkAssistActive) this.other(kind, slots, at, proc, actor)
    }
  }

  /** What the figures of goroutines are made of. */
  get tables(): GoroutineTables {
    return this.goroutines
  }

  /**
   * The facts at the last event that was fed, which hold until the next. When that event is no Sync, the one is added
   * that ends a trace, as Go's reader does for a file that ends there.
   */
  at(end: TraceEnd): TraceFacts {
    this.reopen()
    this.shown = true
    const closing = this.lastKind === E.Sync ? 0 : 1
    const endNs = this.lastTime + closing
    this.clock[NOW] = endNs
    const overview = this.overview.copy()
    overview.advance(this.clock, 0)
    overview.advance(this.clock, closing)
    const { goroutines: pass, regions, ranges } = this
    const { goroutines } = pass
    const sums = pass.sumsNow(overview)
    ranges.show(overview)
    const cycles = taskCycles(regions.tasks)
    regions.tasks.cycles = cycles
    this.store.seal()
    const groups = groupByName(this.dictionary, pass)
    const lifeOf = (row: number) => goroutines.number(row, N.Life)
    const generations = this.generationsUntil(endNs, closing)
    return {
      header: this.header,
      dictionary: this.dictionary,
      startTime: end.startTime,
      partial: end.partial,
      endNs,
      events: this.events + closing,
      cpuSamples: this.cpuSamples,
      procCount: this.procCount,
      threadCount: this.seenThreads.reduce((sum, seen) => sum + seen, 0),
      generations,
      diagnostics: this.diagnostics(end, cycles.size),
      goroutines,
      spent: pass.figures(),
      snapshots: pass.snapshots,
      groupNames: groups.names,
      groups: groups.rows,
      runLengths: pass.runLengths,
      spans: pass.spans,
      regions: regions.regions,
      tasks: regions.tasks,
      logs: regions.logs,
      taskIndex: new TaskIndex(regions.tasks, regions.logs, regions.regions, goroutines.length, lifeOf),
      utilization: this.utilization.rows,
      overview,
      stw: ranges.stw,
      markPhases: ranges.markPhases,
      assistNs: ranges.assistNs,
      ...sums,
      procTimeNs: this.maxProcs > 0 ? this.procTimeUntil(endNs) : this.procCount * endNs,
      wakeups: pass.wakeups,
      timeMarks: this.marksUntil(endNs, closing),
    }
  }

  /** The trace goes on: takes back what was shown of what is open. */
  private reopen(): void {
    if (!this.shown) return
    this.shown = false
    this.regions.reopen()
    this.ranges.reopen()
    this.store.reopen()
  }

  /** The generations, the last one with `closing` more events. */
  private generationsUntil(endNs: number, closing: number): GenerationRow[] {
    return this.generations.map((row, i) =>
      i < this.generations.length - 1 ? row : { ...row, events: row.events + closing, endNs },
    )
  }

  private diagnostics({ oddities }: TraceEnd, taskCycles: number): Diagnostic[] {
    const { goroutines: pass, regions, generations } = this
    const begunTwice = oddities.find(({ kind }) => kind === Odd.TaskBegunTwice)?.count ?? 0
    const counts = {
      reusedGoroutines: pass.reusedIds,
      endsWithoutBegin: regions.endsWithoutBegin,
      reusedTasks: regions.reusedTasks - begunTwice,
      taskCycles,
      clockSteps: countClockSteps(generations),
      wallTimesLeftOut: countWallTimesLeftOut(generations),
      unknownReasons: this.reasons.unknown(this.dictionary.strings),
      samplesOfNobody: this.samplesOfNobody,
      samplesWithoutStack: this.samplesWithoutStack,
    }
    return diagnosticsOf(counts, oddities, generations)
  }

  private enter(block: EventBlock, generation: GenerationHeader): void {
    if (block.generation < this.generations.length) return
    this.goroutines.beginGeneration(block.times[0], this.ranges.sweepersNow())
    this.generations.push({
      number: generation.number,
      offset: generation.offset,
      bytes: generation.bytes,
      snapshot: generation.snapshot,
      events: 0,
      startNs: block.times[0],
      endNs: block.times[0],
    })
  }

  private noteThreads({ threads, length }: EventBlock): void {
    const most = this.dictionary.threads.length
    if (most > this.seenThreads.length) this.seenThreads = reaching(this.seenThreads, most)
    const { seenThreads } = this
    for (let i = 0; i < length; i++) if (threads[i] >= 0) seenThreads[threads[i]] = 1
  }

  private mark({ length, times }: EventBlock): void {
    const { timeMarks, events } = this
    for (let i = timeMarks.length * MARK_EVENTS - events; i < length; i += MARK_EVENTS) timeMarks.push(times[i])
  }

  /** The marks, with that of the closing Sync if it has one. */
  private marksUntil(endNs: number, closing: number): readonly number[] {
    const { timeMarks, events } = this
    return timeMarks.length * MARK_EVENTS < events + closing ? [...timeMarks, endNs] : timeMarks
  }

  /** Hands out the events. Gives how many of them lie in the bucket of the overview where the block ends. */
  private walk(block: EventBlock): number {
    const { length, times, kinds, procs, goroutines, slots } = block
    const { clock, overview, fastPath } = this
    const { numbers } = this.memory
    fastPath.begin(block)
    let counted = 0
    let event = 0
    let slot = 0
    clock[NOW] = times[0]
    numbers[UNTIL] = overview.advance(clock, 0)
    while (event < length) {
      const kind = kinds[event]
      const time = times[event]
      if (time >= numbers[UNTIL]) {
        clock[NOW] = time
        numbers[UNTIL] = overview.advance(clock, event - counted)
        counted = event
      }
      if (isTaken[kind] === 1) {
        const stopped = fastPath.run(event, slot)
        if (stopped > event) {
          event = stopped
          slot = fastPath.slot
          continue
        }
      }
      clock[NOW] = time
      this.step(kind, slots, slot, procs[event], goroutines[event])
      slot += slotCounts[kind]
      event++
    }
    clock[NOW] = times[length - 1]
    return length - counted
  }

  /** An event that the fast path leaves. */
  private step(kind: number, slots: Int32Array, at: number, proc: number, actor: number): void {
    const shape = transitionShapes[kind]
    if (shape === NO_TRANSITION) {
      this.other(kind, slots, at, proc, actor)
      return
    }
    const row = subjectOf(shape, slots, at, actor)
    const from = stateBefore(shape, slots, at)
    const to = stateAfter(shape, slots, at)
    if (from === to) this.still(row, to, ownStackOf(shape, slots, at), proc)
    else if (row >= 0) {
      const reason = reasonOf(shape, slots, at)
      if (reason > NO_STRING) this.reasons.count(reason)
      this.goroutines.transition(
        row,
        from,
        to,
        reason,
        stackOf(kind, slots, at),
        ownStackOf(shape, slots, at),
        proc,
        actor,
      )
      if (this.utilization.watching) this.utilization.transition(row, from, to, proc)
    }
  }

  /**
   * An event that is no transition of a goroutine. Apart from the others: a case that is first taken late throws away
   * the compiled code of the function that it stands in.
   */
  private other(kind: number, slots: Int32Array, at: number, proc: number, actor: number): void {
    switch (kind) {
      case E.ProcStop:
        this.goroutines.procIdle(proc)
        break
      case E.ProcSteal:
        if (slots[at + slot.ProcSteal.from] !== ProcState.Idle) this.goroutines.procIdle(slots[at + slot.ProcSteal.p])
        break
      case E.ProcStatus:
        this.procStatus(slots[at + slot.ProcStatus.p], slots[at + slot.ProcStatus.from], slots[at + slot.ProcStatus.to])
        break
      case E.Sync:
        this.clock[SYNC] = this.clock[NOW]
        this.ranges.sync()
        this.utilization.sync()
        break
      case E.CpuSample:
        this.cpuSamples++
        if (actor < 0) this.samplesOfNobody++
        if (slots[at + slot.CpuSample.stack] <= EMPTY_STACK) this.samplesWithoutStack++
        break
      case E.ProcsChange:
        this.changeProcs(valueAt(slot.ProcsChange, slots, at), proc, actor)
        break
      case E.STWBegin:
        this.reasons.count(slots[at + slot.STWBegin.stwKind])
        this.ranges.beginStw(slots[at + slot.STWBegin.stwKind], proc, actor)
        break
      case E.STWEnd:
        this.ranges.endStw(slots[at + slot.STWEnd.stwKind], proc, actor)
        break
      case E.GCActive:
        this.ranges.markActive()
        break
      case E.GCBegin:
        this.ranges.beginMark()
        break
      case E.GCEnd:
        this.ranges.endMark()
        break
      case E.GCSweepActive:
        this.ranges.sweepActive(slots[at + slot.GCSweepActive.p], proc, actor)
        break
      case E.GCSweepBegin:
        this.ranges.beginSweep(proc, actor)
        break
      case E.GCSweepEnd:
        this.ranges.endSweep(proc, actor)
        break
      case E.GCMarkAssistActive:
        this.ranges.assistActive(proc, slots[at + slot.GCMarkAssistActive.g], actor)
        break
      case E.GCMarkAssistBegin:
        this.ranges.beginAssist(proc, actor)
        break
      case E.GCMarkAssistEnd:
        this.ranges.endAssist(proc, actor)
        break
      case E.GoLabel:
        this.label(slots[at + slot.GoLabel.label], proc, actor)
        break
      case E.UserTaskBegin:
      case E.UserTaskEnd:
      case E.UserRegionBegin:
      case E.UserRegionEnd:
      case E.UserLog:
        this.annotation(kind, slots, at, actor)
        break
    }
  }

  /** An event of the program itself. */
  private annotation(kind: number, slots: Int32Array, at: number, actor: number): void {
    const { regions } = this
    switch (kind) {
      case E.UserTaskBegin: {
        const { task, parent, name, stack } = slot.UserTaskBegin
        regions.beginTask(slots[at + task], slots[at + parent], slots[at + name], slots[at + stack], actor)
        break
      }
      case E.UserTaskEnd: {
        const { task, parent, name, stack } = slot.UserTaskEnd
        regions.endTask(slots[at + task], slots[at + parent], slots[at + name], slots[at + stack], actor)
        break
      }
      case E.UserRegionBegin: {
        const { task, name, stack } = slot.UserRegionBegin
        regions.beginRegion(actor, slots[at + task], slots[at + name], slots[at + stack])
        break
      }
      case E.UserRegionEnd: {
        const { task, name } = slot.UserRegionEnd
        regions.endRegion(actor, slots[at + task], slots[at + name])
        break
      }
      case E.UserLog: {
        const { task, category, message, stack } = slot.UserLog
        regions.log(slots[at + task], slots[at + category], slots[at + message], slots[at + stack], actor)
        break
      }
    }
  }

  private procStatus(proc: number, from: number, to: number): void {
    if (from === ProcState.Undetermined || from === ProcState.NotExist) this.procCount++
    if (to === ProcState.Idle && from !== ProcState.Idle) this.goroutines.procIdle(proc)
  }

  private label(label: number, proc: number, actor: number): void {
    this.utilization.label(label, actor, proc)
    if (this.dictionary.strings[label].startsWith('GC ')) this.goroutines.beginWorker(actor)
  }

  /** A goroutine is told again to be in a state. */
  private still(row: number, state: number, goStack: number, proc: number): void {
    this.goroutines.still(row, goStack)
    if (this.utilization.watching) this.utilization.transition(row, state, state, proc)
  }

  private changeProcs(count: number, proc: number, goroutine: number): void {
    if (this.maxProcs > 0) {
      this.procTime[0] = this.procTimeUntil(this.clock[NOW])
      this.procTime[1] = this.clock[NOW]
    }
    this.maxProcs = count
    this.utilization.procs(count, proc, goroutine)
  }

  private procTimeUntil(now: number): number {
    return this.procTime[0] + this.maxProcs * (now - this.procTime[1])
  }
}

/** Goroutine rows by name; names in the order of their bytes. */
function groupByName(dictionary: Dictionary, pass: GoroutinePass) {
  const { goroutines } = pass
  const seen = new Map<number, number>()
  for (let row = 0; row < goroutines.length; row++) {
    if (goroutines.exists(row)) seen.set(goroutines.number(row, N.Name), 0)
  }
  const names = Array.from(seen.keys()).sort((a, b) => (dictionary.strings[a] < dictionary.strings[b] ? -1 : 1))
  names.forEach((name, group) => {
    seen.set(name, group)
  })
  const { starts, rows } = groupRows(goroutines.length, names.length, row =>
    goroutines.exists(row) ? (seen.get(goroutines.number(row, N.Name)) ?? NONE) : NONE,
  )
  // Shared, because those of a group go through two threads for each tile of it.
  const shared = new Uint32Array(new SharedArrayBuffer(rows.byteLength))
  shared.set(rows)
  return { names, rows: { starts, rows: shared } }
}
