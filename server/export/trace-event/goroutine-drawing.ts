/**
 * How goroutines are drawn: what each of them runs on, since when, why it will start, which ranges are open on it
 * (endpoints.md §9.5). The same in all views; the views (views.ts) decide when to call what.
 *
 * One row a row of dictionary.goroutines, in columns, because a trace may have a million of them. Ranges, which few
 * goroutines have at a time, stand beside in objects.
 */
import { type Dictionary, NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { reasonOf } from '../../core/reasons.js'
import type { ViewerFacts, ViewerRange, ViewerRun } from '../../replay/viewer-facts.js'
import { type Emitter, Lane, opening } from './emitter.js'
import { digits, escapeBytes } from './json-text.js'
import type { View } from './plan.js'

/** Why a goroutine will start: this, or UNBLOCK + the row of the reason for which it was blocked. */
const Cause = { None: 0, Created: 1, SyscallExit: 2 } as const
const UNBLOCK = 3

const created = opening('go')
const syscallExit = opening('exit blocked syscall')
const syscall = opening('syscall')

/** Since when a range is drawn: not before the goroutine runs again. */
const SUSPENDED = Number.NaN

interface OpenRange {
  readonly since: number
  readonly stack: number
}

/** A slice that waits for the goroutine's stop. */
interface Done {
  readonly open: string
  readonly start: number
  readonly end: number
  readonly stack: number
  readonly args: string
}

/** Bytes; `name` is 1 + the row of the root function or 0, `label` the row of the label. */
export function goroutineName(dictionary: Dictionary, row: number, name: number, label: number): string {
  return `G${dictionary.wide.signedText(dictionary.goroutines.ids[row])}${nameAfterId(dictionary, name, label)}`
}

function nameAfterId({ strings }: Dictionary, name: number, label: number): string {
  const full = name === 0 ? '' : ` ${strings[name - 1]}`
  return label === NO_STRING ? full : `${full} (${strings[label]})`
}

export class GoroutineDrawing {
  /** Lane that it runs on. */
  private readonly lanes: Int32Array
  private readonly runStarts: Float64Array
  private readonly stopStacks: Int32Array
  /** 1 + row of the root function; 0: not named yet. */
  private readonly names: Int32Array
  private readonly labels: Int32Array
  private readonly blockReasons: Int32Array
  private readonly causes: Int32Array
  private readonly causeTimes: Float64Array
  private readonly causeLanes: Int32Array
  private readonly causeStacks: Int32Array
  /** NaN: not in a syscall. */
  private readonly syscallStarts: Float64Array
  private readonly syscallStacks: Int32Array
  /** An array rather than a map, whose tables would be made anew all the time as syscalls come and go. */
  private readonly done: (Done[] | undefined)[]
  /** Open ranges by goroutine and name (bytes). */
  private readonly ranges = new Map<number, Map<string, OpenRange>>()
  /**
   * What follows the id in the beginning of the text of the slices of goroutines without a label, by their name. A text
   * a goroutine would outlive many young generations of the heap, and then fill the old one.
   */
  private readonly opens: (string | undefined)[] = []
  private readonly unblocks: (string | undefined)[] = []

  constructor(
    private readonly dictionary: Dictionary,
    private readonly emitter: Emitter,
    /** Whether waking from the network is drawn on a lane of its own. */
    private readonly networkLane: boolean,
    /** Time of the clock's zero: since when a range counts that ends without having begun. */
    private readonly clockZero: number,
    /** Rows of goroutines. */
    rows: number,
  ) {
    this.lanes = new Int32Array(rows).fill(Lane.None)
    this.runStarts = new Float64Array(rows)
    this.stopStacks = new Int32Array(rows)
    this.names = new Int32Array(rows)
    this.labels = new Int32Array(rows)
    this.blockReasons = new Int32Array(rows)
    this.causes = new Int32Array(rows)
    this.causeTimes = new Float64Array(rows)
    this.causeLanes = new Int32Array(rows)
    this.causeStacks = new Int32Array(rows)
    this.syscallStarts = new Float64Array(rows).fill(Number.NaN)
    this.syscallStacks = new Int32Array(rows)
    this.done = new Array(rows)
  }

  /** Takes up what is known at the start of a generation, which is not the first. */
  resume(facts: ViewerFacts, generation: number, view: View): void {
    const { borders, changed, blockReasons, named, names, labelled } = facts
    const stacks = view === 'proc' ? facts.procStopStacks : facts.stopStacks
    changed.eachBefore(generation, (row, place) => {
      this.stopStacks[row] = stacks[place]
      this.blockReasons[row] = blockReasons[place]
    })
    const border = borders[generation - 1]
    for (let i = 0; i < border.named; i++) this.names[named[i]] = names[named[i]]
    for (let i = 0; i < border.labelled; i++) this.labels[labelled[i].row] = labelled[i].label
    for (const run of border.runs) this.resumeRun(run, view)
    for (const [row, ranges] of border.ranges) {
      for (const [name, range] of ranges) this.openRange(row, name, this.resumeRange(row, range))
    }
  }

  private resumeRun(run: ViewerRun, view: View): void {
    const { row, syscallStack } = run
    const byProc = view === 'proc'
    this.lanes[row] = byProc ? run.proc : !run.executes ? Lane.None : view === 'thread' ? run.thread : row
    this.runStarts[row] = byProc ? run.procSince : run.since
    this.syscallStarts[row] = byProc ? run.procSyscall : run.syscall
    this.syscallStacks[row] = syscallStack
  }

  private resumeRange(row: number, { since, stack }: ViewerRange): OpenRange {
    if (!this.isRunning(row)) return { since: SUSPENDED, stack: NO_STACK }
    const start = this.runStarts[row]
    return since >= start ? { since, stack } : { since: start, stack: NO_STACK }
  }

  /** Rows of goroutines that run on something. */
  running(): number[] {
    const rows: number[] = []
    for (let row = 0; row < this.lanes.length; row++) if (this.isRunning(row)) rows.push(row)
    return rows
  }

  /** Rows of goroutines of which a slice that began up to a time is still to be drawn. */
  unfinished(until: number): Set<number> {
    const rows = new Set(this.running().filter(row => this.runStarts[row] <= until))
    for (const [row, done] of this.done.entries()) if (done?.some(({ start }) => start <= until)) rows.add(row)
    return rows
  }

  isRunning(row: number): boolean {
    return this.lanes[row] !== Lane.None
  }

  hasRange(row: number, name: string): boolean {
    return this.ranges.size > 0 && this.ranges.get(row)?.has(name) === true
  }

  hasRanges(row: number): boolean {
    return this.ranges.has(row)
  }

  /** Takes the name from the goroutine's own stack, the first time that there is one. */
  nameBy(row: number, stack: number): void {
    if (stack === NO_STACK || this.names[row] !== 0) return
    this.names[row] = 1 + this.dictionary.rootFunction(stack)
  }

  label(row: number, label: number): void {
    this.labels[row] = label
  }

  create(row: number, time: number, lane: number, stack: number): void {
    if (lane !== Lane.None) this.setCause(row, Cause.Created, time, lane, stack)
  }

  start(row: number, time: number, lane: number): void {
    const ranges = this.ranges.size > 0 ? this.ranges.get(row) : undefined
    if (ranges !== undefined) for (const name of ranges.keys()) ranges.set(name, { since: time, stack: NO_STACK })
    const cause = this.causes[row]
    if (cause !== Cause.None) {
      const { causeTimes, causeLanes, causeStacks } = this
      this.emitter.arrow(this.causeOpening(cause), causeTimes[row], causeLanes[row], causeStacks[row], time, lane)
      this.causes[row] = Cause.None
    }
    this.lanes[row] = lane
    this.runStarts[row] = time
  }

  block(row: number, time: number, stack: number, reason: number): void {
    this.blockReasons[row] = reason
    this.stop(row, time, stack)
  }

  unblock(row: number, time: number, stack: number, lane: number): void {
    const reason = this.blockReasons[row]
    let source = lane
    if (reason !== NO_STRING) {
      this.blockReasons[row] = NO_STRING
      if (reasonOf(this.dictionary.strings[reason]).isNetwork) {
        if (this.networkLane) source = Lane.Network
        this.emitter.instant(this.causeOpening(UNBLOCK + reason), time, source, stack, '', '')
      }
    }
    if (source !== Lane.None) this.setCause(row, UNBLOCK + reason, time, source, stack)
  }

  beginSyscall(row: number, time: number, lane: number, stack: number): void {
    this.syscallStarts[row] = time
    this.syscallStacks[row] = stack
    if (this.lanes[row] === Lane.None) {
      this.lanes[row] = lane
      this.runStarts[row] = time
    }
  }

  /** The syscall no longer occupies what the goroutine runs on. */
  endSyscall(row: number, time: number, blocked: boolean): void {
    const start = this.syscallStarts[row]
    if (Number.isNaN(start)) return
    this.finished(row, {
      open: syscall,
      start,
      end: time,
      stack: this.syscallStacks[row],
      args: blocked ? '{"blocked":"yes"}' : '{"blocked":"no"}',
    })
    this.syscallStarts[row] = Number.NaN
  }

  /** The goroutine leaves a syscall that had blocked. */
  exitBlockedSyscall(row: number, time: number, stack: number): void {
    this.setCause(row, Cause.SyscallExit, time, Lane.Syscalls, stack)
    this.emitter.instant(syscallExit, time, Lane.Syscalls, stack, '', '')
  }

  beginRange(row: number, time: number, name: string, stack: number): void {
    this.openRange(row, name, { since: this.isRunning(row) ? time : SUSPENDED, stack })
  }

  activeRange(row: number, name: string): void {
    this.openRange(row, name, { since: this.isRunning(row) ? this.runStarts[row] : SUSPENDED, stack: NO_STACK })
  }

  endRange(row: number, time: number, name: string): void {
    const ranges = this.ranges.get(row)
    const { since, stack } = ranges?.get(name) ?? { since: this.clockZero, stack: NO_STACK }
    if (this.isRunning(row) && !Number.isNaN(since)) {
      this.finished(row, { open: opening(name), start: since, end: time, stack, args: '' })
    }
    if (ranges?.delete(name) && ranges.size === 0) this.ranges.delete(row)
  }

  stop(row: number, time: number, stack: number): void {
    const { emitter } = this
    const lane = this.lanes[row]
    if (lane === Lane.None) return
    emitter.slice(this.openingOf(row), this.runStarts[row], time, lane, this.stopStacks[row], stack, '')
    const done = this.done[row]
    if (done !== undefined) {
      for (const { open, start, end, stack, args } of done) {
        emitter.slice(open, start, end, lane, stack, NO_STACK, args)
      }
      this.done[row] = undefined
    }
    const ranges = this.ranges.size > 0 ? this.ranges.get(row) : undefined
    if (ranges !== undefined) {
      for (const name of [...ranges.keys()].sort()) {
        const { since, stack } = ranges.get(name) as OpenRange
        if (!Number.isNaN(since)) emitter.slice(opening(name), since, time, lane, stack, NO_STACK, '')
        ranges.set(name, { since: SUSPENDED, stack: NO_STACK })
      }
    }
    this.stopStacks[row] = stack
    this.lanes[row] = Lane.None
  }

  /** The trace ends. */
  finish(row: number, time: number): void {
    if (this.lanes[row] === Lane.None) return
    this.endSyscall(row, time, false)
    this.stop(row, time, NO_STACK)
  }

  private setCause(row: number, cause: number, time: number, lane: number, stack: number): void {
    this.causes[row] = cause
    this.causeTimes[row] = time
    this.causeLanes[row] = lane
    this.causeStacks[row] = stack
  }

  private causeOpening(cause: number): string {
    if (cause === Cause.Created) return created
    if (cause === Cause.SyscallExit) return syscallExit
    const reason = cause - UNBLOCK
    let open = this.unblocks[reason]
    if (open === undefined) {
      open = opening(reason === NO_STRING ? 'unblock' : `unblock (${this.dictionary.strings[reason]})`)
      this.unblocks[reason] = open
    }
    return open
  }

  /** The beginning of the text of a goroutine's slices, with its name so far. */
  private openingOf(row: number): string {
    const { dictionary, opens } = this
    const name = this.names[row]
    const label = this.labels[row]
    let rest = label === NO_STRING ? opens[name] : undefined
    if (rest === undefined) {
      rest = `${escapeBytes(nameAfterId(dictionary, name, label))}","ph":"`
      if (label === NO_STRING) opens[name] = rest
    }
    const id = dictionary.goroutines.ids[row]
    return `{"name":"G${id < 0 ? dictionary.wide.signedText(id) : digits(id)}${rest}`
  }

  private finished(row: number, done: Done): void {
    const list = this.done[row]
    if (list === undefined) this.done[row] = [done]
    else list.push(done)
  }

  private openRange(row: number, name: string, range: OpenRange): void {
    const ranges = this.ranges.get(row)
    if (ranges === undefined) this.ranges.set(row, new Map([[name, range]]))
    else ranges.set(name, range)
  }
}
