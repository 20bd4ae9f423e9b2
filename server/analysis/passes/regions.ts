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
import { G, N } from '../facts/goroutines.js'
import { Logs, NO_TIME, RegionState, Regions, Tasks } from '../facts/regions.js'
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
  ) {}

  beginRegion(goroutine: number, task: number, name: number, stack: number, time: number): void {
    const { goroutines } = this.pass
    if (!goroutines.exists(goroutine)) return
    const outer = goroutines.number(goroutine, N.TopRegion)
    const life = goroutines.number(goroutine, N.Life)
    const region = this.regions.append(goroutine, life, task, name, 0, time, stack, outer)
    this.subtractSnapshot(region, goroutine, time)
    goroutines.setNumber(goroutine, N.TopRegion, region)
    this.mention(task, goroutine)
  }

  endRegion(goroutine: number, task: number, name: number, time: number): void {
    const { goroutines } = this.pass
    if (!goroutines.exists(goroutine)) return
    let region = goroutines.number(goroutine, N.TopRegion)
    if (region < 0) {
      const life = goroutines.number(goroutine, N.Life)
      region = this.regions.append(goroutine, life, task, name, 0, NO_TIME, NO_STACK, -1)
      this.endsWithoutBegin++
      this.mention(task, goroutine)
    } else goroutines.setNumber(goroutine, N.TopRegion, this.regions.outers.get(region))
    this.subtractSnapshot(region, goroutine, time)
    this.regions.states.set(region, RegionState.Closed)
    this.regions.ends.set(region, time)
    this.regions.endNames.set(region, name)
  }

  /** A goroutine created inside a region gets an unnamed one that covers its life. */
  inherit(child: number, creator: number, time: number, stack: number): void {
    const { goroutines } = this.pass
    const top = goroutines.number(creator, N.TopRegion)
    if (top < 0) return
    const task = this.regions.tasks.get(top)
    const life = goroutines.number(child, N.Life)
    goroutines.setNumber(child, N.TopRegion, this.regions.append(child, life, task, NO_STRING, 1, time, stack, -1))
  }

  closeAll(goroutine: number, time: number, from: number, to: number): void {
    const { goroutines } = this.pass
    const name = this.dictionary.strings[goroutines.number(goroutine, N.Name)]
    const system = isSystemGoroutine(name)
    let region = goroutines.number(goroutine, N.TopRegion)
    goroutines.setNumber(goroutine, N.TopRegion, -1)
    // The goroutine is final: its statistics are the later snapshot as they stand.
    while (region >= 0) {
      if (system) this.regions.states.set(region, RegionState.Dropped)
      else {
        this.subtractFinal(region, goroutine)
        this.regions.states.set(region, RegionState.Closed)
        if (to >= 0) {
          this.regions.ends.set(region, time)
          this.regions.endTransitions.set(region, from * 8 + to)
        }
      }
      region = this.regions.outers.get(region)
    }
  }

  beginTask(task: number, parent: number, name: number, stack: number, goroutine: number, time: number): void {
    if (task < 0) return
    const { tasks } = this
    tasks.reach(task)
    if (tasks.starts.get(task) !== NO_TIME) this.reusedTasks++
    tasks.names.set(task, name)
    tasks.starts.set(task, time)
    tasks.startGoroutines.set(task, goroutine)
    tasks.startStacks.set(task, stack)
    tasks.startNames.set(task, name)
    tasks.startParents.set(task, parent)
    tasks.appendMember(task, goroutine)
    this.adopt(task, parent)
  }

  endTask(task: number, parent: number, name: number, goroutine: number, time: number): void {
    if (task < 0) return
    const { tasks } = this
    tasks.reach(task)
    tasks.names.set(task, name)
    tasks.ends.set(task, time)
    tasks.endGoroutines.set(task, goroutine)
    tasks.appendMember(task, goroutine)
    this.adopt(task, parent)
  }

  log(task: number, category: number, message: number, stack: number, goroutine: number, time: number): void {
    this.logs.append(task, time, goroutine, category, message, stack)
    this.mention(task, goroutine)
  }

  private mention(task: number, goroutine: number): void {
    if (task < 0) return
    this.tasks.reach(task)
    this.tasks.appendMember(task, goroutine)
  }

  private adopt(task: number, parent: number): void {
    if (parent < 0 || this.tasks.parents.get(task) >= 0) return
    this.tasks.reach(parent)
    this.tasks.parents.set(task, parent)
    this.tasks.adopted.push(task)
  }

  /** Region := snapshot of the goroutine at `time` − region. */
  private subtractSnapshot(region: number, goroutine: number, time: number): void {
    this.subtractFinal(region, goroutine)
    const { regions } = this
    const { goroutines, ranges } = this.pass
    if (goroutines.time(goroutine, G.Total) === 0) {
      regions.total.add(region, time - goroutines.time(goroutine, G.Creation))
    }
    const open = time - goroutines.time(goroutine, G.Entered)
    switch (goroutines.number(goroutine, N.State)) {
      case GoState.Running:
        regions.exec.add(region, open)
        break
      case GoState.Runnable:
        regions.schedWait.add(region, open)
        break
      case GoState.Waiting: {
        const first = regions.firstReasons.get(region)
        regions.firstReasons.set(region, addTo(this.reasons, first, goroutines.number(goroutine, N.Reason), open))
        break
      }
      case GoState.Syscall: {
        regions.syscall.add(region, open)
        const lost = goroutines.time(goroutine, G.LostProc)
        if (lost >= 0) regions.schedWait.add(region, time - lost)
        break
      }
    }
    for (let cell = goroutines.number(goroutine, N.FirstRange); cell !== NO_CELL; cell = ranges.nexts.get(cell)) {
      const since = ranges.opens.get(cell)
      if (since === NOT_OPEN) continue
      const first = regions.firstRanges.get(region)
      regions.firstRanges.set(region, addTo(this.ranges, first, ranges.keys.get(cell), time - since))
    }
  }

  /** Region := statistics of the goroutine without what is open − region. */
  private subtractFinal(region: number, goroutine: number): void {
    const { regions } = this
    const { goroutines, reasons, ranges } = this.pass
    regions.exec.set(region, goroutines.time(goroutine, G.Exec) - regions.exec.get(region))
    regions.schedWait.set(region, goroutines.time(goroutine, G.SchedWait) - regions.schedWait.get(region))
    regions.syscall.set(region, goroutines.time(goroutine, G.Syscall) - regions.syscall.get(region))
    regions.syscallBlock.set(region, goroutines.time(goroutine, G.SyscallBlock) - regions.syscallBlock.get(region))
    regions.total.set(region, goroutines.time(goroutine, G.Total) - regions.total.get(region))
    subtractCells(this.reasons, regions.firstReasons, region, reasons, goroutines.number(goroutine, N.FirstReason))
    subtractCells(this.ranges, regions.firstRanges, region, ranges, goroutines.number(goroutine, N.FirstRange))
  }
}

function addTo(cells: Cells, first: number, key: number, value: number): number {
  const cell = cells.find(first, key)
  if (cell === NO_CELL) return cells.append(key, value, first)
  cells.sums.add(cell, value)
  return first
}

/** Each cell of the later list minus the row's cell of the same key. */
function subtractCells(
  own: Cells,
  firsts: { get(row: number): number; set(row: number, value: number): void },
  row: number,
  later: Cells,
  laterFirst: number,
): void {
  let first = firsts.get(row)
  for (let cell = first; cell !== NO_CELL; cell = own.nexts.get(cell)) own.sums.set(cell, -own.sums.get(cell))
  for (let cell = laterFirst; cell !== NO_CELL; cell = later.nexts.get(cell)) {
    first = addTo(own, first, later.keys.get(cell), later.sums.get(cell))
  }
  firsts.set(row, first)
}

/** Goroutines whose open regions are dropped when they end: those of the runtime and those without a name. */
export function isSystemGoroutine(name: string): boolean {
  return name === '' || (name !== 'runtime.main' && name.startsWith('runtime.'))
}
