/**
 * The pass over regions, tasks and logs. Definitions: endpoints.md §6.3 and §6.4.
 *
 * A region's statistics are the difference of two snapshots of its goroutine (snapshot.ts), with the reasons and ranges of the later one,
 * so that one that the goroutine had met before shows up with 0. While it is open its place holds the first. The difference is packed.
 */
import type { Dictionary } from '../../shared/dictionary.js'
import { NO_STACK, NO_STRING } from '../../shared/dictionary.js'
import { type Clock, NOW } from '../facts/clock.js'
import { N } from '../facts/goroutines.js'
import { RegionStat } from '../facts/region-stats.js'
import { Logs, NO_TIME, RegionBegin, RegionNumber, Regions, TaskNumber, Tasks, TaskTime } from '../facts/regions.js'
import type { SegmentStore } from '../facts/segment-store.js'
import type { GoroutinePass, RegionHooks } from './goroutines.js'
import { OpenRegions } from './open-regions.js'
import { Snapshot } from './snapshot.js'

export class RegionPass implements RegionHooks {
  readonly regions: Regions
  readonly tasks: Tasks
  readonly logs: Logs
  private readonly open = new OpenRegions()
  private readonly snapshot: Snapshot
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
    this.snapshot = new Snapshot(pass, this.regions.stats, clock)
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
    this.snapshot.take(goroutine)
    this.open.keep(place, this.snapshot)
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
    this.snapshot.take(goroutine)
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
        open.close(place)
      } else {
        this.snapshot.takeFinal(goroutine)
        if (to < 0) this.close(place, NO_TIME, -1, -1)
        else this.close(place, this.clock[NOW], -1, from * 8 + to)
      }
      place = outer
    }
  }

  /** `snapshot` is the later one of the region, which is closed with what it differs from the first. */
  private close(place: number, end: number, endName: number, endTransition: number): void {
    const { regions, open, snapshot } = this
    open.subtractFrom(place, snapshot)
    const region = open.region(place)
    snapshot.figures[RegionStat.Total] -= regions.lengthTo(region, end)
    regions.close(region, end, endName, endTransition, regions.stats.pack(snapshot))
    open.close(place)
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
}

/** Goroutines whose open regions are dropped when they end: those of the runtime and those without a name. */
export function isSystemGoroutine(name: string): boolean {
  return name === '' || (name !== 'runtime.main' && name.startsWith('runtime.'))
}
