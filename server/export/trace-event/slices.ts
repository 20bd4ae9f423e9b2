/**
 * What a plan shows of ordered events, handed to a sink as slices, instants, flows and counters (endpoints.md §9).
 *
 * Blocks go in, in order: those from `firstGeneration` to the end of the window, then those that `nextGeneration` asks
 * for, where something ends that the window shows. What stays in memory is a row a goroutine. Tasks and what is still
 * open at the end of the trace come last.
 */
import type { TraceViewRegion, TraceViewTask } from '../../contract/trace-view.js'
import { type Dictionary, type IdTable, NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { type EventBlock, valueAt } from '../../core/event-block.js'
import { EventKind, type EventSpec, eventSpecs, RangeName, slotCounts, slotOf } from '../../core/event-table.js'
import {
  NO_TRANSITION,
  ownStackOf,
  procShapes,
  reasonOf,
  slot,
  stackOf,
  stateAfter,
  stateBefore,
  subjectOf,
  transitionShapes,
} from '../../core/events.js'
import type { ViewerFacts } from '../../replay/viewer-facts.js'
import { generationAt } from '../../shared/search.js'
import type { EventSink, Name } from '../sinks.js'
import { Counters } from './counters.js'
import { GoroutineSlices } from './goroutine-slices.js'
import { Names, once } from './names.js'
import type { TraceEventPlan } from './plan.js'
import { Selection } from './selection.js'
import { Lane, Tracks, taskTrack } from './tracks.js'
import { type Transition, type ViewRules, viewRules } from './views.js'
import { WantedStacks } from './wanted-stacks.js'

/** Events between two moments at which what the sink holds may be taken. */
const STRETCH = 256
/** No goroutine. */
const NOBODY = -1

type Range = NonNullable<EventSpec['range']> & {
  /** Slot of the goroutine or proc; −1: it is that of the context. */
  readonly subject: number
}
/** By event kind. */
const ranges: readonly (Range | undefined)[] = eventSpecs.map(
  spec => spec?.range && { ...spec.range, subject: slotOf(spec.kind, spec.range.scope === 'proc' ? 'p' : 'g') },
)

/** A range that belongs to no goroutine. */
interface OpenRange {
  readonly since: number
  readonly stack: number
}

export class Slices {
  readonly tracks: Tracks
  private readonly names = new Names()
  private readonly sink: Selection
  private readonly counters: Counters
  private readonly goroutines: GoroutineSlices
  private readonly rules: ViewRules
  private readonly cpuSample = this.names.of('CPU profile sample')
  private readonly marking = this.names.of(RangeName.GC)
  private readonly sweeping = this.names.of(RangeName.Sweep)
  private readonly newTask = this.names.of('newTask')
  private readonly clockZero: number
  /** The first generation to be fed. */
  readonly firstGeneration: number
  private readonly transition: Transition = {
    time: 0,
    row: 0,
    from: 0,
    to: 0,
    stack: NO_STACK,
    reason: NO_STRING,
    thread: -1,
    proc: -1,
    goroutine: -1,
  }
  private syncs = 0
  private markPhase: OpenRange | null = null
  /** Sweeps by proc row. */
  private readonly sweeps = new Map<number, OpenRange>()
  /** Of the begins and ends of tasks and regions that the plan shows. */
  readonly stacks: WantedStacks

  /** `startTime` is the absolute time of the first event, ns. */
  constructor(
    private readonly dictionary: Dictionary,
    private readonly plan: TraceEventPlan,
    private readonly facts: ViewerFacts,
    startTime: bigint,
    sink: EventSink,
  ) {
    const { view, tasks } = plan
    this.clockZero = -Number(startTime)
    const { names, clockZero } = this
    const tracks = new Tracks(dictionary, plan, facts)
    const selection = new Selection(plan, tracks, sink)
    const counters = new Counters(selection)
    const parts = { dictionary, names, tracks, sink: selection }
    const goroutines = new GoroutineSlices(parts, view !== 'thread', clockZero, facts.goroutines.length)
    this.tracks = tracks
    this.sink = selection
    this.counters = counters
    this.goroutines = goroutines
    this.rules = viewRules(view, { ...parts, counters, goroutines })
    const times = (tasks ?? [])
      .flatMap(task => [task, ...task.regions])
      .filter(({ startNs, endNs }) => selection.overlaps(startNs ?? 0, endNs ?? facts.endNs))
      .flatMap(({ startNs, endNs }) => [startNs, endNs])
    this.stacks = new WantedStacks(times.filter(time => time !== null))
    this.firstGeneration = generationAt(facts.starts, plan.fromNs)
    if (this.firstGeneration > 0) this.resume(this.firstGeneration)
  }

  /**
   * The next generation behind the window and behind this one in which something ends that began in the window or
   * before it, and whose blocks are therefore to be fed; −1: there is none.
   */
  nextGeneration(generation: number): number {
    const { borders, changed } = this.facts
    const { rows, sweeps, marks } = this.unfinished()
    let change = Number.POSITIVE_INFINITY
    for (const row of rows) change = Math.min(change, changed.nextChange(generation + 1, row))
    for (let next = generation + 1; next < borders.length; next++) {
      // A sweep or a range may end while the state of goroutines stays as it is.
      if (sweeps || [...rows].some(row => this.goroutines.hasRanges(row))) return next
      const border = borders[next]
      if (marks && border.markPhase?.since !== this.markPhase?.since) return next
      if (next === change) return next
    }
    return -1
  }

  /** Whether nothing adds to the window any more, when all up to a time was fed. */
  isComplete(time: number): boolean {
    if (this.sink.isFull) return true
    if (time <= this.plan.toNs) return false
    const { rows, sweeps, marks } = this.unfinished()
    return rows.size === 0 && !sweeps && !marks
  }

  /** Reads a block, which is not kept; yields from time to time, so that what the sink holds may be taken. */
  *feed(block: EventBlock): Generator<void> {
    const { length, kinds } = block
    this.stacks.take(block)
    let at = 0
    for (let i = 0; i < length; i++) {
      this.event(block, i, at)
      at += slotCounts[kinds[i]]
      if (i % STRETCH === 0) yield
    }
  }

  /** Hands over tasks and what is still open at the end of the trace; nothing may be fed any more. Yields as `feed`. */
  *finish(): Generator<void> {
    const { goroutines, plan, facts, dictionary } = this
    const { endNs } = facts
    for (const task of plan.tasks ?? []) {
      this.task(task)
      for (const region of task.regions) {
        this.region(task, region)
        yield
      }
      yield
    }
    for (const row of this.byId([...this.sweeps.keys()], dictionary.procs)) {
      this.sweepSlice(row, this.sweeps.get(row) as OpenRange, endNs)
    }
    if (this.markPhase !== null) this.globalSlice(this.markPhase, endNs)
    for (const row of this.byId(goroutines.running(), dictionary.goroutines)) {
      goroutines.finish(row, endNs)
      yield
    }
  }

  private resume(generation: number): void {
    const { facts, plan, counters, goroutines, rules } = this
    const border = facts.borders[generation - 1]
    this.syncs = generation
    this.markPhase = border.markPhase
    if (plan.view === 'proc') for (const [row, sweep] of border.sweeps) this.sweeps.set(row, sweep)
    counters.resume(border)
    goroutines.resume(facts, generation, plan.view)
    rules.resume(border.syscallers)
  }

  /** What began in the window or before it and has not ended yet: goroutines, sweeps, the mark phase. */
  private unfinished(): { rows: Set<number>; sweeps: boolean; marks: boolean } {
    const { tracks, goroutines, markPhase } = this
    const { toNs, view } = this.plan
    const shown = (lane: number): boolean => tracks.shows(tracks.of(lane))
    const rows = goroutines.unfinished(toNs)
    if (view === 'goroutine') for (const row of rows) if (!shown(row)) rows.delete(row)
    return {
      rows,
      sweeps: [...this.sweeps.values()].some(({ since }) => since <= toNs),
      marks: markPhase !== null && markPhase.since <= toNs && shown(Lane.Gc),
    }
  }

  private event(block: EventBlock, i: number, at: number): void {
    const kind = block.kinds[i]
    const shape = transitionShapes[kind]
    if (shape !== NO_TRANSITION) this.goroutineTransition(block, i, at, shape)
    else if (procShapes[kind] !== NO_TRANSITION) this.procTransition(block, i, at, procShapes[kind])
    else this.other(block, i, at, kind)
  }

  /** An event that is no transition. */
  private other(block: EventBlock, i: number, at: number, kind: number): void {
    const { slots, times, goroutines } = block
    const range = ranges[kind]
    if (range !== undefined) {
      this.range(block, i, at, range)
      return
    }
    switch (kind) {
      case EventKind.Sync:
        this.syncs++
        return
      case EventKind.CpuSample:
        this.mark(this.cpuSample, block, i, at, null)
        return
      case EventKind.UserLog: {
        const { strings } = this.dictionary
        const category = strings[slots[at + slot.UserLog.category]]
        const message = strings[slots[at + slot.UserLog.message]]
        this.mark(once(category === '' ? message : `[${category}] ${message}`), block, i, at, 'user event')
        return
      }
      case EventKind.HeapAlloc: {
        const { valueLow, valueHigh } = slot.HeapAlloc
        this.counters.allocated(times[i], slots[at + valueLow], slots[at + valueHigh])
        return
      }
      case EventKind.HeapGoal:
        this.counters.heapGoal(times[i], valueAt(slot.HeapGoal, slots, at))
        return
      case EventKind.GoLabel:
        if (goroutines[i] >= 0) this.goroutines.label(goroutines[i], slots[at + slot.GoLabel.label])
    }
  }

  private goroutineTransition(block: EventBlock, i: number, at: number, shape: number): void {
    const row = this.readTransition(block, i, at, shape, block.goroutines[i])
    if (row < 0) return
    const { goroutines, transition } = this
    goroutines.nameBy(row, ownStackOf(shape, block.slots, at))
    if (transition.from === transition.to) return
    this.rules.goroutine(transition)
  }

  private procTransition(block: EventBlock, i: number, at: number, shape: number): void {
    const row = this.readTransition(block, i, at, shape, block.procs[i])
    if (row < 0) return
    if (this.transition.from !== this.transition.to) this.rules.proc(this.transition)
  }

  /** Fills the transition and gives the row of what changes. */
  private readTransition(block: EventBlock, i: number, at: number, shape: number, context: number): number {
    const { transition } = this
    const { slots } = block
    transition.time = block.times[i]
    transition.row = subjectOf(shape, slots, at, context)
    transition.from = stateBefore(shape, slots, at)
    transition.to = stateAfter(shape, slots, at)
    transition.stack = stackOf(block.kinds[i], slots, at)
    transition.reason = reasonOf(shape, slots, at)
    transition.thread = block.threads[i]
    transition.proc = block.procs[i]
    transition.goroutine = block.goroutines[i]
    return transition.row
  }

  /** An instant on the lane of the event's context, where there is one. */
  private mark(name: Name, block: EventBlock, i: number, at: number, category: string | null): void {
    const lane = { proc: block.procs, thread: block.threads, goroutine: block.goroutines }[this.plan.view][i]
    if (lane < 0) return
    const stack = stackOf(block.kinds[i], block.slots, at)
    this.sink.instant({ name, track: this.tracks.of(lane), time: block.times[i], stack, args: null, category })
  }

  private range(block: EventBlock, i: number, at: number, { scope, edge, name, subject }: Range): void {
    const { slots, kinds } = block
    const time = block.times[i]
    const stack = stackOf(kinds[i], slots, at)
    if (scope === 'none') {
      if (edge !== 'end') this.markPhase = this.opened(edge, time, stack) ?? this.markPhase
      else {
        this.globalSlice(this.markPhase ?? { since: this.clockZero, stack: NO_STACK }, time)
        this.markPhase = null
      }
    } else if (scope === 'proc') {
      const row = subject < 0 ? block.procs[i] : slots[at + subject]
      if (this.plan.view === 'proc') this.sweep(edge, time, row, stack)
    } else {
      const row = subject < 0 ? block.goroutines[i] : slots[at + subject]
      if (row < 0) return
      const { goroutines } = this
      const fullName =
        name === RangeName.STW ? `${name} (${this.dictionary.strings[slots[at + slot.STWBegin.stwKind]]})` : name
      if (edge === 'begin') goroutines.beginRange(row, time, fullName, stack)
      else if (edge === 'active') goroutines.activeRange(row, fullName)
      else goroutines.endRange(row, time, fullName)
    }
  }

  private sweep(edge: 'begin' | 'active' | 'end', time: number, row: number, stack: number): void {
    if (edge !== 'end') {
      const open = this.opened(edge, time, stack)
      if (open !== null) this.sweeps.set(row, open)
      return
    }
    this.sweepSlice(row, this.sweeps.get(row) ?? { since: this.clockZero, stack: NO_STACK }, time)
    this.sweeps.delete(row)
  }

  /** A range that is told to be active has been so since the trace began, or in later generations is known already. */
  private opened(edge: 'begin' | 'active', time: number, stack: number): OpenRange | null {
    if (edge === 'begin') return { since: time, stack }
    return this.syncs < 2 ? { since: 0, stack } : null
  }

  private globalSlice(range: OpenRange, end: number): void {
    this.rangeSlice(this.marking, Lane.Gc, range, end)
  }

  private sweepSlice(row: number, range: OpenRange, end: number): void {
    this.rangeSlice(this.sweeping, row, range, end)
  }

  private rangeSlice(name: Name, lane: number, { since, stack }: OpenRange, end: number): void {
    const track = this.tracks.of(lane)
    const { sink } = this
    sink.slice({ name, goroutine: NOBODY, track, start: since, end, stack, endStack: NO_STACK, args: null, task: null })
  }

  private task({ id, name, startNs, startGoroutine, endNs, endGoroutine, parent }: TraceViewTask): void {
    const stack = this.stacks.at(startNs)
    const track = taskTrack(id)
    const args: [string, bigint][] = [['id', BigInt(id)]]
    if (startGoroutine !== '0') args.push(['start_g', BigInt(startGoroutine)])
    if (endGoroutine !== '0') args.push(['end_g', BigInt(endGoroutine)])
    this.sink.slice({
      name: once(name),
      goroutine: NOBODY,
      track,
      start: startNs ?? 0,
      end: endNs ?? this.facts.endNs,
      stack,
      endStack: this.stacks.at(endNs),
      args,
      task: id,
    })
    if (parent !== null && startNs !== null) {
      const from = taskTrack(parent)
      this.sink.flow({ name: this.newTask, from, start: startNs, stack, to: track, end: startNs })
    }
  }

  private region({ id }: TraceViewTask, { name, goroutine, startNs, endNs }: TraceViewRegion): void {
    this.sink.slice({
      name: once(name),
      goroutine: NOBODY,
      track: { kind: 'region', id: goroutine },
      start: startNs ?? 0,
      end: endNs ?? this.facts.endNs,
      stack: this.stacks.at(startNs),
      endStack: this.stacks.at(endNs),
      args: [['taskid', BigInt(id)]],
      task: id === '0' ? null : id,
    })
  }

  private byId(rows: number[], table: IdTable): number[] {
    const { wide } = this.dictionary
    const ids = new Map(rows.map(row => [row, BigInt.asIntN(64, wide.decode(table.ids[row]))]))
    return rows.sort((a, b) => ((ids.get(a) as bigint) < (ids.get(b) as bigint) ? -1 : 1))
  }
}
