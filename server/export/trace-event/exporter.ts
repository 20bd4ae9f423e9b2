/**
 * The trace-event JSON (the format of chrome://tracing and ui.perfetto.dev) of ordered events, as `/jsontrace` of
 * cmd/trace writes it.
 *
 * Blocks go in, in order: those from `firstGeneration` to the end of the window, then those that `nextGeneration` asks
 * for, where something ends that the window shows. Text comes out in pieces, so that the JSON is never whole in memory:
 * what stays is a row a goroutine, and the stacks that were named. The JSON ends with tasks, what is still open at the
 * end of the trace, names of lanes, stack frames.
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
import { Emitter, Lane, opening } from './emitter.js'
import { GoroutineDrawing, goroutineName } from './goroutine-drawing.js'
import type { TraceEventPlan } from './plan.js'
import { type Transition, type ViewRules, viewRules } from './views.js'
import { WantedStacks } from './wanted-stacks.js'

/** Bytes of a piece. */
const PIECE = 1 << 16
/**
 * Characters that gather before they become bytes. Few, so that the strings are garbage while they are young: with
 * pieces gathered as text the thread that writes needed 60 MB more.
 */
const GATHERED = 1 << 11
/** Most bytes of a character. */
const WIDEST = 3
/**
 * Procs up to the largest id have a lane, also those that did nothing; beyond this id, larger than any machine has,
 * only those that did something.
 */
const EMPTY_PROC_LANES = 1 << 12

const cpuSample = opening('CPU profile sample')
const userEvent = '"user event"'

const markPhase = opening(RangeName.GC)
const sweep = opening(RangeName.Sweep)

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

export class TraceEventExporter {
  private readonly emitter: Emitter
  private readonly drawing: GoroutineDrawing
  private readonly rules: ViewRules
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
  private bytes = Buffer.alloc(0)
  private length = 0
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
  ) {
    const { view, tasks } = plan
    this.clockZero = -Number(startTime)
    this.emitter = new Emitter(dictionary, plan)
    const rows = facts.goroutines.length
    this.drawing = new GoroutineDrawing(dictionary, this.emitter, view !== 'thread', this.clockZero, rows)
    this.rules = viewRules(view, this.emitter, this.drawing, dictionary)
    const times = (tasks ?? [])
      .flatMap(task => [task, ...task.regions])
      .filter(({ startNs, endNs }) => this.emitter.overlaps(startNs ?? 0, endNs ?? facts.endNs))
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
      if (sweeps || [...rows].some(row => this.drawing.hasRanges(row))) return next
      const border = borders[next]
      if (marks && border.markPhase?.since !== this.markPhase?.since) return next
      if (next === change) return next
    }
    return -1
  }

  /** Whether nothing adds to the window any more, when all up to a time was fed. */
  isComplete(time: number): boolean {
    if (this.emitter.isFull) return true
    if (time <= this.plan.toNs) return false
    const { rows, sweeps, marks } = this.unfinished()
    return rows.size === 0 && !sweeps && !marks
  }

  /** The text (UTF-8) that the events of a block add, in pieces; the block is not kept. */
  *feed(block: EventBlock): Generator<Uint8Array> {
    const { length, kinds } = block
    const { emitter } = this
    this.stacks.take(block)
    let at = 0
    for (let i = 0; i < length; i++) {
      this.event(block, i, at)
      at += slotCounts[kinds[i]]
      if (emitter.text.length >= GATHERED) yield* this.gather()
    }
  }

  /** The rest of the JSON, in pieces; nothing may be fed any more. */
  *finish(): Generator<Uint8Array> {
    const { emitter } = this
    for (const _ of this.drawRest()) if (emitter.text.length >= GATHERED) yield* this.gather()
    for (const part of emitter.end()) {
      emitter.text += part
      if (emitter.text.length >= GATHERED) yield* this.gather()
    }
    yield* this.gather()
    yield this.bytes.subarray(0, this.length)
  }

  /** Turns the emitter's text into bytes; gives those before it when they fill a piece. */
  private *gather(): Generator<Uint8Array> {
    const { text } = this.emitter
    this.emitter.text = ''
    const most = text.length * WIDEST
    if (this.length + most > this.bytes.length) {
      if (this.length > 0) yield this.bytes.subarray(0, this.length)
      // The piece before goes away, so that each needs memory of its own.
      this.bytes = Buffer.allocUnsafeSlow(Math.max(PIECE, most))
      this.length = 0
    }
    this.length += this.bytes.write(text, this.length)
  }

  private resume(generation: number): void {
    const { facts, plan, emitter, drawing, rules } = this
    const border = facts.borders[generation - 1]
    this.syncs = generation
    this.markPhase = border.markPhase
    if (plan.view === 'proc') for (const [row, sweep] of border.sweeps) this.sweeps.set(row, sweep)
    emitter.resume(border)
    drawing.resume(facts, generation, plan.view)
    rules.resume(border.syscallers)
  }

  /** What began in the window or before it and is still to be drawn: goroutines, sweeps, the mark phase. */
  private unfinished(): { rows: Set<number>; sweeps: boolean; marks: boolean } {
    const { emitter, drawing, markPhase } = this
    const { toNs, view } = this.plan
    const rows = drawing.unfinished(toNs)
    if (view === 'goroutine') for (const row of rows) if (!emitter.passes(row)) rows.delete(row)
    return {
      rows,
      sweeps: [...this.sweeps.values()].some(({ since }) => since <= toNs),
      marks: markPhase !== null && markPhase.since <= toNs && emitter.passes(Lane.Gc),
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
        this.mark(cpuSample, block, i, at, '')
        return
      case EventKind.UserLog: {
        const { strings } = this.dictionary
        const category = strings[slots[at + slot.UserLog.category]]
        const message = strings[slots[at + slot.UserLog.message]]
        this.mark(opening(category === '' ? message : `[${category}] ${message}`), block, i, at, userEvent)
        return
      }
      case EventKind.HeapAlloc: {
        const { valueLow, valueHigh } = slot.HeapAlloc
        this.emitter.allocated(times[i], slots[at + valueLow], slots[at + valueHigh])
        return
      }
      case EventKind.HeapGoal:
        this.emitter.heapGoal(times[i], valueAt(slot.HeapGoal, slots, at))
        return
      case EventKind.GoLabel:
        if (goroutines[i] >= 0) this.drawing.label(goroutines[i], slots[at + slot.GoLabel.label])
    }
  }

  private goroutineTransition(block: EventBlock, i: number, at: number, shape: number): void {
    const row = this.readTransition(block, i, at, shape, block.goroutines[i])
    if (row < 0) return
    const { drawing, transition } = this
    drawing.nameBy(row, ownStackOf(shape, block.slots, at))
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
  private mark(open: string, block: EventBlock, i: number, at: number, category: string): void {
    const lane = { proc: block.procs, thread: block.threads, goroutine: block.goroutines }[this.plan.view][i]
    if (lane < 0) return
    this.emitter.instant(open, block.times[i], lane, stackOf(block.kinds[i], block.slots, at), '', category)
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
      const { drawing } = this
      const fullName =
        name === RangeName.STW ? `${name} (${this.dictionary.strings[slots[at + slot.STWBegin.stwKind]]})` : name
      if (edge === 'begin') drawing.beginRange(row, time, fullName, stack)
      else if (edge === 'active') drawing.activeRange(row, fullName)
      else drawing.endRange(row, time, fullName)
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

  private globalSlice({ since, stack }: OpenRange, end: number): void {
    this.emitter.slice(markPhase, since, end, Lane.Gc, stack, NO_STACK, '')
  }

  private sweepSlice(row: number, { since, stack }: OpenRange, end: number): void {
    this.emitter.slice(sweep, since, end, row, stack, NO_STACK, '')
  }

  /** Everything after the last event but the stack frames; yields where text may be taken. */
  private *drawRest(): Generator<void> {
    const { emitter, drawing, plan, facts } = this
    const { endNs } = facts
    for (const task of plan.tasks ?? []) {
      this.task(task)
      for (const region of task.regions) {
        this.region(task, region)
        yield
      }
      yield
    }
    const procs = this.dictionary.procs
    for (const row of this.byId([...this.sweeps.keys()], procs)) {
      this.sweepSlice(row, this.sweeps.get(row) as OpenRange, endNs)
    }
    if (this.markPhase !== null) this.globalSlice(this.markPhase, endNs)
    for (const row of this.byId(drawing.running(), this.dictionary.goroutines)) {
      drawing.finish(row, endNs)
      yield
    }
    emitter.processes()
    for (const [id, name] of this.resources()) {
      emitter.resource(id, name)
      yield
    }
  }

  private task({ id, name, startNs, startGoroutine, endNs, endGoroutine, parent }: TraceViewTask): void {
    const { emitter } = this
    const stack = this.stacks.at(startNs)
    const endStack = this.stacks.at(endNs)
    const first = startGoroutine === '0' ? '' : `,"start_g":${startGoroutine}`
    const last = endGoroutine === '0' ? '' : `,"end_g":${endGoroutine}`
    const args = `{"id":${id}${first}${last}}`
    emitter.taskSlice(id, name, startNs ?? 0, endNs ?? this.facts.endNs, stack, endStack, args)
    if (parent !== null && startNs !== null) emitter.taskArrow(startNs, parent, stack, id)
  }

  private region(task: TraceViewTask, { name, goroutine, startNs, endNs }: TraceViewRegion): void {
    const stack = this.stacks.at(startNs)
    const endStack = this.stacks.at(endNs)
    this.emitter.region(name, startNs ?? 0, endNs ?? this.facts.endNs, goroutine, task.id, stack, endStack)
  }

  /** Id and name (bytes) of the lanes that are shown. */
  private *resources(): Generator<[id: string, name: string]> {
    const { dictionary, plan, facts } = this
    const { wide } = dictionary
    if (plan.view === 'proc') {
      const ids = [...facts.procs].map(row => BigInt.asIntN(64, wide.decode(dictionary.procs.ids[row])))
      let last = 0n
      for (const id of ids) if (id > last) last = id
      const named = last < EMPTY_PROC_LANES ? Array.from({ length: Number(last) + 1 }, (_, id) => id) : ids
      for (const id of named) yield [String(id), `Proc ${id}`]
    } else if (plan.view === 'thread') {
      for (const row of facts.threads) {
        const id = dictionary.threads.ids[row]
        yield [wide.text(id), `Thread ${wide.signedText(id)}`]
      }
    } else {
      const labels = new Map(facts.labelled.map(({ row, label }) => [row, label]))
      for (let row = 0; row < facts.goroutines.length; row++) {
        if (facts.goroutines[row] === 0) continue
        const name = goroutineName(dictionary, row, facts.names[row], labels.get(row) ?? NO_STRING)
        yield [wide.text(dictionary.goroutines.ids[row]), name]
      }
    }
  }

  private byId(rows: number[], table: IdTable): number[] {
    const { wide } = this.dictionary
    const ids = new Map(rows.map(row => [row, BigInt.asIntN(64, wide.decode(table.ids[row]))]))
    return rows.sort((a, b) => ((ids.get(a) as bigint) < (ids.get(b) as bigint) ? -1 : 1))
  }
}
