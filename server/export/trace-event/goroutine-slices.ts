/**
 * The slices, arrows and instants of goroutines: what each of them runs on, since when, why it will start, which ranges
 * are open on it (endpoints.md §9.5). The same in all views; the views (views.ts) decide when to call what.
 *
 * One row a row of dictionary.goroutines, in columns, because a trace may have a million of them. Ranges, which few
 * goroutines have at a time, stand beside in objects.
 */
import { type Dictionary, NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { reasonOf } from '../../core/reasons.js'
import type { ViewerFacts, ViewerRange, ViewerRun } from '../../replay/viewer-facts.js'
import type { Args, EventSink, Name, Track } from '../sinks.js'
import { type Names, nameAfterId, once } from './names.js'
import type { View } from './plan.js'
import { Lane, type Tracks } from './tracks.js'

/** Why a goroutine will start: this, or UNBLOCK + the row of the reason for which it was blocked. */
const Cause = { None: 0, Created: 1, SyscallExit: 2 } as const
const UNBLOCK = 3

const blockedSyscall: Args = [['blocked', 'yes']]
const shortSyscall: Args = [['blocked', 'no']]

/** Since when a range is shown: not before the goroutine runs again. */
const SUSPENDED = Number.NaN

/** No goroutine. */
const NOBODY = -1

interface OpenRange {
  readonly since: number
  readonly stack: number
}

/** A slice that waits for the goroutine's stop. */
interface Done {
  readonly name: Name
  readonly start: number
  readonly end: number
  readonly stack: number
  readonly args: Args | null
}

/** What all that makes slices has in common. */
export interface SliceParts {
  readonly dictionary: Dictionary
  readonly names: Names
  readonly tracks: Tracks
  readonly sink: EventSink
}

export class GoroutineSlices {
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
   * What follows the id in the names of goroutines without a label, by row of `names`. A text a goroutine would outlive
   * many young generations of the heap, and then fill the old one.
   */
  private readonly namesAfterId: (Name | undefined)[] = []
  private readonly unblocks: (Name | undefined)[] = []
  private readonly created: Name
  private readonly syscallExit: Name
  private readonly syscall: Name

  private readonly dictionary: Dictionary
  private readonly tracks: Tracks
  private readonly recurring: Names
  private readonly sink: EventSink

  constructor(
    { dictionary, tracks, names, sink }: SliceParts,
    /** Whether waking from the network is shown on a lane of its own. */
    private readonly networkLane: boolean,
    /** Time of the clock's zero: since when a range counts that ends without having begun. */
    private readonly clockZero: number,
    /** Rows of goroutines. */
    rows: number,
  ) {
    this.dictionary = dictionary
    this.tracks = tracks
    this.recurring = names
    this.sink = sink
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
    this.created = names.of('go')
    this.syscallExit = names.of('exit blocked syscall')
    this.syscall = names.of('syscall')
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

  /** Rows of goroutines of which a slice that began up to a time is still to come. */
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
      const { tracks, causeTimes, causeLanes, causeStacks } = this
      this.sink.flow({
        name: this.causeName(cause),
        from: tracks.of(causeLanes[row]),
        start: causeTimes[row],
        stack: causeStacks[row],
        to: tracks.of(lane),
        end: time,
      })
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
        this.instant(this.causeName(UNBLOCK + reason), time, source, stack)
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
      name: this.syscall,
      start,
      end: time,
      stack: this.syscallStacks[row],
      args: blocked ? blockedSyscall : shortSyscall,
    })
    this.syscallStarts[row] = Number.NaN
  }

  /** The goroutine leaves a syscall that had blocked. */
  exitBlockedSyscall(row: number, time: number, stack: number): void {
    this.setCause(row, Cause.SyscallExit, time, Lane.Syscalls, stack)
    this.instant(this.syscallExit, time, Lane.Syscalls, stack)
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
      this.finished(row, { name: this.recurring.of(name), start: since, end: time, stack, args: null })
    }
    if (ranges?.delete(name) && ranges.size === 0) this.ranges.delete(row)
  }

  stop(row: number, time: number, stack: number): void {
    const { recurring } = this
    const lane = this.lanes[row]
    if (lane === Lane.None) return
    const track = this.tracks.of(lane)
    this.sink.slice({
      name: this.nameOf(row),
      goroutine: row,
      track,
      start: this.runStarts[row],
      end: time,
      stack: this.stopStacks[row],
      endStack: stack,
      args: null,
      task: null,
    })
    const done = this.done[row]
    if (done !== undefined) {
      for (const slice of done) this.inner(track, slice)
      this.done[row] = undefined
    }
    const ranges = this.ranges.size > 0 ? this.ranges.get(row) : undefined
    if (ranges !== undefined) {
      for (const name of [...ranges.keys()].sort()) {
        const { since, stack } = ranges.get(name) as OpenRange
        if (!Number.isNaN(since)) {
          this.inner(track, { name: recurring.of(name), start: since, end: time, stack, args: null })
        }
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

  private causeName(cause: number): Name {
    if (cause === Cause.Created) return this.created
    if (cause === Cause.SyscallExit) return this.syscallExit
    const reason = cause - UNBLOCK
    let name = this.unblocks[reason]
    if (name === undefined) {
      name = this.recurring.of(reason === NO_STRING ? 'unblock' : `unblock (${this.dictionary.strings[reason]})`)
      this.unblocks[reason] = name
    }
    return name
  }

  /** What follows the id in a goroutine's name so far. */
  private nameOf(row: number): Name {
    const { dictionary, namesAfterId } = this
    const root = this.names[row]
    const label = this.labels[row]
    if (label !== NO_STRING) return once(nameAfterId(dictionary, root, label))
    let name = namesAfterId[root]
    if (name === undefined) {
      name = this.recurring.of(nameAfterId(dictionary, root, NO_STRING))
      namesAfterId[root] = name
    }
    return name
  }

  private instant(name: Name, time: number, lane: number, stack: number): void {
    this.sink.instant({ name, track: this.tracks.of(lane), time, stack, args: null, category: null })
  }

  /** Within the slice of the goroutine's run. */
  private inner(track: Track, { name, start, end, stack, args }: Done): void {
    this.sink.slice({ name, goroutine: NOBODY, track, start, end, stack, endStack: NO_STACK, args, task: null })
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
