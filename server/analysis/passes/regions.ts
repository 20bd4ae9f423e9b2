/**
 * The pass over regions, tasks and logs. Definitions: endpoints.md §6.3 and §6.4.
 *
 * A region's statistics are the difference of two snapshots of its goroutine. While it is open its place holds the first snapshot;
 * ending it replaces that with the difference, key by key of the later snapshot, so that a reason or range that the goroutine
 * had met before shows up with 0. What is left is packed.
 */
import type { Dictionary } from '../../shared/dictionary.js'
import { NO_STACK, NO_STRING } from '../../shared/dictionary.js'
import { GoState } from '../../shared/states.js'
import { Cells, NO_CELL, NOT_OPEN } from '../facts/cells.js'
import { type Clock, NOW } from '../facts/clock.js'
import { G, N } from '../facts/goroutines.js'
import { RegionStat } from '../facts/region-stats.js'
import { Logs, NO_TIME, RegionBegin, RegionNumber, Regions, TaskNumber, Tasks, TaskTime } from '../facts/regions.js'
import type { SegmentStore } from '../facts/segment-store.js'
import type { GoroutinePass, RegionHooks } from './goroutines.js'
import { OpenNumber, OpenRegions } from './open-regions.js'

export class RegionPass implements RegionHooks {
  readonly regions: Regions
  readonly tasks: Tasks
  readonly logs: Logs
  private readonly open = new OpenRegions()
  /** Of the open regions. */
  private readonly reasons = new Cells()
  private readonly ranges = new Cells()
  /** Ends without a begin, and task ids that began twice. */
  endsWithoutBegin = 0
  reusedTasks = 0

  constructor(
    private readonly dictionary: Dictionary,
    private readonly pass: GoroutinePass,
    private readonly clock: Clock,
    store: SegmentStore,
  ) {
    this.regions = new Regions(store)
    this.tasks = new Tasks(store)
    this.logs = new Logs(store)
  }

  beginRegion(goroutine: number, task: number, name: number, stack: number): void {
    const { goroutines } = this.pass
    if (!goroutines.exists(goroutine)) return
    const outer = goroutines.number(goroutine, N.TopRegion)
    const life = goroutines.number(goroutine, N.Life)
    const outerRegion = outer < 0 ? -1 : this.open.region(outer)
    const region = this.regions.append(
      goroutine,
      life,
      task,
      name,
      RegionBegin.Program,
      this.clock[NOW],
      stack,
      outerRegion,
    )
    const place = this.open.open(region, outer)
    this.subtractSnapshot(place, goroutine)
    goroutines.rows.setNumber(goroutine, N.TopRegion, place)
    this.mention(task, goroutine)
  }

  endRegion(goroutine: number, task: number, name: number): void {
    const { goroutines } = this.pass
    const { regions, open } = this
    if (!goroutines.exists(goroutine)) return
    let place = goroutines.number(goroutine, N.TopRegion)
    if (place < 0) {
      const life = goroutines.number(goroutine, N.Life)
      place = open.open(
        regions.append(goroutine, life, task, name, RegionBegin.Missing, this.clock[NOW], NO_STACK, -1),
        -1,
      )
      this.endsWithoutBegin++
      this.mention(task, goroutine)
    } else goroutines.rows.setNumber(goroutine, N.TopRegion, open.outer(place))
    this.subtractSnapshot(place, goroutine)
    this.close(place, this.clock[NOW], name, -1)
  }

  /** A goroutine created inside a region gets an unnamed one that covers its life. */
  inherit(child: number, creator: number, stack: number): void {
    const { goroutines } = this.pass
    const { regions, open } = this
    const task = regions.number(open.region(goroutines.number(creator, N.TopRegion)), RegionNumber.Task)
    const life = goroutines.number(child, N.Life)
    const region = regions.append(child, life, task, NO_STRING, RegionBegin.Inherited, this.clock[NOW], stack, -1)
    goroutines.rows.setNumber(child, N.TopRegion, open.open(region, -1))
  }

  closeAll(goroutine: number, from: number, to: number): void {
    const { goroutines } = this.pass
    const { regions, open } = this
    const system = isSystemGoroutine(this.dictionary.strings[goroutines.number(goroutine, N.Name)])
    let place = goroutines.number(goroutine, N.TopRegion)
    goroutines.rows.setNumber(goroutine, N.TopRegion, -1)
    while (place >= 0) {
      const outer = open.outer(place)
      if (system) {
        regions.drop(open.region(place))
        this.release(place)
      } else {
        // The goroutine is final: its statistics are the later snapshot as they stand.
        this.subtractFinal(place, goroutine)
        if (to < 0) this.close(place, NO_TIME, -1, -1)
        else this.close(place, this.clock[NOW], -1, from * 8 + to)
      }
      place = outer
    }
  }

  /** The place holds the statistics of its region now, which is closed with them. */
  private close(place: number, end: number, endName: number, endTransition: number): void {
    const { regions, open } = this
    const { rows } = open
    const region = open.region(place)
    const firstReason = rows.number(place, OpenNumber.FirstReason)
    const firstRange = rows.number(place, OpenNumber.FirstRange)
    rows.addTime(place, RegionStat.Total, -regions.lengthTo(region, end))
    const times = rows.timesOf(place)
    const packed = regions.stats.pack(times, rows.timeAt(place), this.reasons, firstReason, this.ranges, firstRange)
    regions.close(region, end, endName, endTransition, packed)
    this.release(place)
  }

  private release(place: number): void {
    this.reasons.release(this.open.rows.number(place, OpenNumber.FirstReason))
    this.ranges.release(this.open.rows.number(place, OpenNumber.FirstRange))
    this.open.close(place)
  }

  beginTask(task: number, parent: number, name: number, stack: number, goroutine: number): void {
    if (task < 0) return
    const { tasks } = this
    tasks.reach(task)
    if (tasks.time(task, TaskTime.Start) !== NO_TIME) this.reusedTasks++
    tasks.rows.setNumber(task, TaskNumber.Name, name)
    tasks.rows.setTime(task, TaskTime.Start, this.clock[NOW])
    tasks.rows.setNumber(task, TaskNumber.StartGoroutine, goroutine)
    tasks.rows.setNumber(task, TaskNumber.StartStack, stack)
    tasks.rows.setNumber(task, TaskNumber.StartName, name)
    tasks.rows.setNumber(task, TaskNumber.StartParent, parent)
    this.join(task, parent, goroutine)
  }

  endTask(task: number, parent: number, name: number, stack: number, goroutine: number): void {
    if (task < 0) return
    const { tasks } = this
    tasks.reach(task)
    tasks.rows.setNumber(task, TaskNumber.Name, name)
    tasks.rows.setTime(task, TaskTime.End, this.clock[NOW])
    tasks.rows.setNumber(task, TaskNumber.EndGoroutine, goroutine)
    tasks.rows.setNumber(task, TaskNumber.EndStack, stack)
    this.join(task, parent, goroutine)
  }

  log(task: number, category: number, message: number, stack: number, goroutine: number): void {
    this.logs.append(task, this.clock[NOW], goroutine, category, message, stack)
    this.mention(task, goroutine)
  }

  private mention(task: number, goroutine: number): void {
    if (task < 0) return
    this.tasks.reach(task)
    this.tasks.appendMember(task, goroutine)
  }

  private join(task: number, parent: number, goroutine: number): void {
    this.tasks.appendMember(task, goroutine)
    if (parent < 0 || this.tasks.number(task, TaskNumber.Parent) >= 0) return
    this.tasks.reach(parent)
    this.tasks.adopt(task, parent)
  }

  /** Open region := snapshot of the goroutine now − open region. */
  private subtractSnapshot(place: number, goroutine: number): void {
    this.subtractFinal(place, goroutine)
    const { rows } = this.open
    const { goroutines, ranges } = this.pass
    const now = this.clock[NOW]
    const times = rows.timesOf(place)
    const t = rows.timeAt(place)
    if (goroutines.time(goroutine, G.Total) === 0) {
      times[t + RegionStat.Total] += now - goroutines.time(goroutine, G.Creation)
    }
    const open = now - goroutines.time(goroutine, G.Entered)
    switch (goroutines.number(goroutine, N.State)) {
      case GoState.Running:
        times[t + RegionStat.Exec] += open
        break
      case GoState.Runnable:
        times[t + RegionStat.SchedWait] += open
        break
      case GoState.Waiting: {
        const first = rows.number(place, OpenNumber.FirstReason)
        const reason = goroutines.number(goroutine, N.Reason)
        rows.setNumber(place, OpenNumber.FirstReason, addTo(this.reasons, first, reason, open))
        break
      }
      case GoState.Syscall: {
        times[t + RegionStat.Syscall] += open
        const lost = goroutines.time(goroutine, G.LostProc)
        if (lost >= 0) times[t + RegionStat.SchedWait] += now - lost
        break
      }
    }
    for (let cell = goroutines.number(goroutine, N.FirstRange); cell !== NO_CELL; cell = ranges.next(cell)) {
      const since = ranges.open(cell)
      if (since === NOT_OPEN) continue
      const first = rows.number(place, OpenNumber.FirstRange)
      rows.setNumber(place, OpenNumber.FirstRange, addTo(this.ranges, first, ranges.key(cell), now - since))
    }
  }

  /** Open region := statistics of the goroutine without what is open − open region. */
  private subtractFinal(place: number, goroutine: number): void {
    const { rows } = this.open
    const { goroutines, reasons, ranges } = this.pass
    const times = rows.timesOf(place)
    const t = rows.timeAt(place)
    const later = goroutines.rows.timesOf(goroutine)
    const l = goroutines.rows.timeAt(goroutine)
    times[t + RegionStat.Exec] = later[l + G.Exec] - times[t + RegionStat.Exec]
    times[t + RegionStat.SchedWait] = later[l + G.SchedWait] - times[t + RegionStat.SchedWait]
    times[t + RegionStat.Syscall] = later[l + G.Syscall] - times[t + RegionStat.Syscall]
    times[t + RegionStat.SyscallBlock] = later[l + G.SyscallBlock] - times[t + RegionStat.SyscallBlock]
    times[t + RegionStat.Total] = later[l + G.Total] - times[t + RegionStat.Total]
    const numbers = rows.numbersOf(place)
    const n = rows.numberAt(place)
    const firstReason = goroutines.number(goroutine, N.FirstReason)
    const firstRange = goroutines.number(goroutine, N.FirstRange)
    numbers[n + OpenNumber.FirstReason] = subtract(
      this.reasons,
      numbers[n + OpenNumber.FirstReason],
      reasons,
      firstReason,
    )
    numbers[n + OpenNumber.FirstRange] = subtract(this.ranges, numbers[n + OpenNumber.FirstRange], ranges, firstRange)
  }
}

function addTo(cells: Cells, first: number, key: number, time: number): number {
  const cell = cells.find(first, key)
  if (cell === NO_CELL) return cells.append(key, time, first)
  cells.addSum(cell, time)
  return first
}

/**
 * Own list := later list − own list, key by key of the later list; gives the own list's new first cell. A copy (the own list
 * is empty) keeps the order of the later list, so that one walk over both finds every key at the next subtraction.
 */
function subtract(own: Cells, ownFirst: number, later: Cells, laterFirst: number): number {
  if (ownFirst === NO_CELL) return copy(own, later, laterFirst)
  let first = ownFirst
  let cursor = ownFirst
  for (let cell = laterFirst; cell !== NO_CELL; cell = later.next(cell)) {
    const key = later.key(cell)
    let match = cursor
    if (match === NO_CELL || own.key(match) !== key) match = own.find(ownFirst, key)
    if (match === NO_CELL) first = own.append(key, later.sum(cell), first)
    else {
      own.setSum(match, later.sum(cell) - own.sum(match))
      cursor = own.next(match)
    }
  }
  return first
}

function copy(own: Cells, later: Cells, laterFirst: number): number {
  let first = NO_CELL
  let last = NO_CELL
  for (let cell = laterFirst; cell !== NO_CELL; cell = later.next(cell)) {
    const added = own.append(later.key(cell), later.sum(cell), NO_CELL)
    if (last === NO_CELL) first = added
    else own.setNext(last, added)
    last = added
  }
  return first
}

/** Goroutines whose open regions are dropped when they end: those of the runtime and those without a name. */
export function isSystemGoroutine(name: string): boolean {
  return name === '' || (name !== 'runtime.main' && name.startsWith('runtime.'))
}
