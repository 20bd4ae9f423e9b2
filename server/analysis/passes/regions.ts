/**
 * The pass over regions, tasks and logs. Definitions: endpoints.md §6.3 and §6.4.
 *
 * A region's statistics are the difference of two snapshots of its goroutine. Between begin and end the region's row holds the
 * first snapshot; ending it replaces that with the difference, key by key of the later snapshot, so that a reason or range
 * that the goroutine had met before shows up with 0.
 */
import type { Dictionary } from '../../shared/dictionary.js'
import { NO_STACK, NO_STRING } from '../../shared/dictionary.js'
import { GoState } from '../../shared/states.js'
import { Cells, NO_CELL, NOT_OPEN } from '../facts/cells.js'
import { type Clock, NOW } from '../facts/clock.js'
import { G, N } from '../facts/goroutines.js'
import {
  Logs,
  NO_TIME,
  RegionNumber,
  RegionState,
  Regions,
  RegionTime,
  TaskNumber,
  Tasks,
  TaskTime,
} from '../facts/regions.js'
import type { GoroutinePass, RegionHooks } from './goroutines.js'

export class RegionPass implements RegionHooks {
  readonly regions = new Regions()
  readonly tasks = new Tasks()
  readonly logs = new Logs()
  readonly reasons = new Cells()
  readonly ranges = new Cells()
  /** Ends without a begin, and task ids that began twice. */
  endsWithoutBegin = 0
  reusedTasks = 0

  constructor(
    private readonly dictionary: Dictionary,
    private readonly pass: GoroutinePass,
    private readonly clock: Clock,
  ) {}

  beginRegion(goroutine: number, task: number, name: number, stack: number): void {
    const { goroutines } = this.pass
    if (!goroutines.exists(goroutine)) return
    const outer = goroutines.number(goroutine, N.TopRegion)
    const life = goroutines.number(goroutine, N.Life)
    const region = this.regions.append(goroutine, life, task, name, 0, this.clock[NOW], stack, outer)
    this.subtractSnapshot(region, goroutine)
    goroutines.rows.setNumber(goroutine, N.TopRegion, region)
    this.mention(task, goroutine)
  }

  endRegion(goroutine: number, task: number, name: number): void {
    const { goroutines } = this.pass
    const { regions } = this
    if (!goroutines.exists(goroutine)) return
    let region = goroutines.number(goroutine, N.TopRegion)
    if (region < 0) {
      const life = goroutines.number(goroutine, N.Life)
      region = regions.append(goroutine, life, task, name, 0, NO_TIME, NO_STACK, -1)
      this.endsWithoutBegin++
      this.mention(task, goroutine)
    } else goroutines.rows.setNumber(goroutine, N.TopRegion, regions.number(region, RegionNumber.Outer))
    this.subtractSnapshot(region, goroutine)
    regions.rows.setNumber(region, RegionNumber.State, RegionState.Closed)
    regions.rows.setTime(region, RegionTime.End, this.clock[NOW])
    regions.rows.setNumber(region, RegionNumber.EndName, name)
  }

  /** A goroutine created inside a region gets an unnamed one that covers its life. */
  inherit(child: number, creator: number, stack: number): void {
    const { goroutines } = this.pass
    const { regions } = this
    const task = regions.number(goroutines.number(creator, N.TopRegion), RegionNumber.Task)
    const life = goroutines.number(child, N.Life)
    const region = regions.append(child, life, task, NO_STRING, 1, this.clock[NOW], stack, -1)
    goroutines.rows.setNumber(child, N.TopRegion, region)
  }

  closeAll(goroutine: number, from: number, to: number): void {
    const { goroutines } = this.pass
    const { regions } = this
    const system = isSystemGoroutine(this.dictionary.strings[goroutines.number(goroutine, N.Name)])
    let region = goroutines.number(goroutine, N.TopRegion)
    goroutines.rows.setNumber(goroutine, N.TopRegion, -1)
    for (; region >= 0; region = regions.number(region, RegionNumber.Outer)) {
      if (system) {
        regions.rows.setNumber(region, RegionNumber.State, RegionState.Dropped)
        continue
      }
      // The goroutine is final: its statistics are the later snapshot as they stand.
      this.subtractFinal(region, goroutine)
      regions.rows.setNumber(region, RegionNumber.State, RegionState.Closed)
      if (to < 0) continue
      regions.rows.setTime(region, RegionTime.End, this.clock[NOW])
      regions.rows.setNumber(region, RegionNumber.EndTransition, from * 8 + to)
    }
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

  /** Region := snapshot of the goroutine now − region. */
  private subtractSnapshot(region: number, goroutine: number): void {
    this.subtractFinal(region, goroutine)
    const { regions } = this
    const { goroutines, ranges } = this.pass
    const now = this.clock[NOW]
    const times = regions.rows.timesOf(region)
    const t = regions.rows.timeAt(region)
    if (goroutines.time(goroutine, G.Total) === 0) {
      times[t + RegionTime.Total] += now - goroutines.time(goroutine, G.Creation)
    }
    const open = now - goroutines.time(goroutine, G.Entered)
    switch (goroutines.number(goroutine, N.State)) {
      case GoState.Running:
        times[t + RegionTime.Exec] += open
        break
      case GoState.Runnable:
        times[t + RegionTime.SchedWait] += open
        break
      case GoState.Waiting: {
        const first = regions.number(region, RegionNumber.FirstReason)
        const reason = goroutines.number(goroutine, N.Reason)
        regions.rows.setNumber(region, RegionNumber.FirstReason, addTo(this.reasons, first, reason, open))
        break
      }
      case GoState.Syscall: {
        times[t + RegionTime.Syscall] += open
        const lost = goroutines.time(goroutine, G.LostProc)
        if (lost >= 0) times[t + RegionTime.SchedWait] += now - lost
        break
      }
    }
    for (let cell = goroutines.number(goroutine, N.FirstRange); cell !== NO_CELL; cell = ranges.next(cell)) {
      const since = ranges.open(cell)
      if (since === NOT_OPEN) continue
      const first = regions.number(region, RegionNumber.FirstRange)
      regions.rows.setNumber(region, RegionNumber.FirstRange, addTo(this.ranges, first, ranges.key(cell), now - since))
    }
  }

  /** Region := statistics of the goroutine without what is open − region. */
  private subtractFinal(region: number, goroutine: number): void {
    const { regions } = this
    const { goroutines, reasons, ranges } = this.pass
    const times = regions.rows.timesOf(region)
    const t = regions.rows.timeAt(region)
    const later = goroutines.rows.timesOf(goroutine)
    const l = goroutines.rows.timeAt(goroutine)
    times[t + RegionTime.Exec] = later[l + G.Exec] - times[t + RegionTime.Exec]
    times[t + RegionTime.SchedWait] = later[l + G.SchedWait] - times[t + RegionTime.SchedWait]
    times[t + RegionTime.Syscall] = later[l + G.Syscall] - times[t + RegionTime.Syscall]
    times[t + RegionTime.SyscallBlock] = later[l + G.SyscallBlock] - times[t + RegionTime.SyscallBlock]
    times[t + RegionTime.Total] = later[l + G.Total] - times[t + RegionTime.Total]
    const numbers = regions.rows.numbersOf(region)
    const n = regions.rows.numberAt(region)
    const firstReason = goroutines.number(goroutine, N.FirstReason)
    const firstRange = goroutines.number(goroutine, N.FirstRange)
    numbers[n + RegionNumber.FirstReason] = subtract(
      this.reasons,
      numbers[n + RegionNumber.FirstReason],
      reasons,
      firstReason,
    )
    numbers[n + RegionNumber.FirstRange] = subtract(
      this.ranges,
      numbers[n + RegionNumber.FirstRange],
      ranges,
      firstRange,
    )
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
