/**
 * The pass over regions, tasks and logs. Definitions: endpoints.md §6.3 and §6.4.
 *
 * A region's statistics are the difference of two snapshots of its goroutine (snapshot.ts), with the reasons and ranges
 * of the later one, so that one that the goroutine had met before shows up with 0. While it is open its place holds the
 * first. The difference is packed.
 *
 * An end is one of the innermost region that is open, or of an outer one of its task and name (core/oddities.ts): the
 * regions of a goroutine that did that are loose until none is open.
 */
import type { Dictionary } from '../../core/dictionary.js'
import { NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { LooseRegions } from '../../core/loose-regions.js'
import { type Clock, NOW } from '../facts/clock.js'
import { N } from '../facts/goroutines.js'
import {
  BeginKind,
  Logs,
  NO_TIME,
  RegionBegin,
  RegionNumber,
  Regions,
  TaskNumber,
  Tasks,
  TaskTime,
} from '../facts/regions.js'
import type { SegmentStore } from '../facts/segment-store.js'
import type { FastPath } from '../fast-path/fast-path.js'
import type { AnalysisMemory } from '../fast-path/memory.js'
import type { GoroutinePass, RegionHooks } from './goroutines.js'
import { OpenRegions } from './open-regions.js'
import { Snapshot } from './snapshot.js'

/** Open regions of a goroutine of which one ended out of turn: their places, and depths that none of them has. */
interface LoosePlaces {
  readonly places: LooseRegions<number>
  readonly freeDepths: number[]
  nextDepth: number
}

export class RegionPass implements RegionHooks {
  readonly regions: Regions
  readonly tasks: Tasks
  readonly logs: Logs
  private readonly open: OpenRegions
  private readonly snapshot: Snapshot
  /** Figures of regions that have ended, while those that are open are shown with theirs behind them; −1: none is. */
  private settled = -1
  private readonly loose = new Map<number, LoosePlaces>()
  /** Ends without a begin, and task ids that began twice. */
  endsWithoutBegin = 0
  reusedTasks = 0

  constructor(
    private readonly dictionary: Dictionary,
    private readonly pass: GoroutinePass,
    private readonly clock: Clock,
    store: SegmentStore,
    memory: AnalysisMemory,
    fastPath: FastPath,
  ) {
    this.regions = new Regions(pass.reasons.shapes, pass.ranges.shapes, store)
    this.tasks = new Tasks(store)
    this.logs = new Logs(store)
    this.open = new OpenRegions(memory)
    this.snapshot = new Snapshot(pass, clock, memory, fastPath)
  }

  beginRegion(goroutine: number, task: number, name: number, stack: number): void {
    const { pass, regions, open, snapshot } = this
    const { goroutines } = pass
    if (!goroutines.exists(goroutine)) return
    const numbers = goroutines.rows.numbersOf(goroutine)
    const n = goroutines.rows.numberAt(goroutine)
    const outer = numbers[n + N.TopRegion]
    const loose = this.looseOf(goroutine)
    const depth = loose === undefined ? this.depthIn(outer) : (loose.freeDepths.pop() ?? loose.nextDepth++)
    const { clock } = this
    const life = numbers[n + N.Life]
    const region = regions.append(goroutine, life, task, name, RegionBegin.Program, clock, stack, depth)
    snapshot.take(goroutine)
    const place = open.openWith(region, outer, snapshot)
    loose?.places.push(task, name, place)
    numbers[n + N.TopRegion] = place
    this.mention(task, goroutine)
  }

  /** Hardly ever is there one. */
  private looseOf(goroutine: number): LoosePlaces | undefined {
    return this.loose.size === 0 ? undefined : this.loose.get(goroutine)
  }

  private depthIn(outer: number): number {
    return outer < 0 ? 0 : this.depthOf(outer) + 1
  }

  private depthOf(place: number): number {
    return this.regions.ofBegin(this.open.region(place), BeginKind.Depth)
  }

  endRegion(goroutine: number, task: number, name: number): void {
    const { pass, regions, open, snapshot } = this
    const { goroutines } = pass
    if (!goroutines.exists(goroutine)) return
    const numbers = goroutines.rows.numbersOf(goroutine)
    const n = goroutines.rows.numberAt(goroutine)
    let place = numbers[n + N.TopRegion]
    if (place >= 0) place = this.takeOpen(goroutine, place, task, name)
    else {
      const life = numbers[n + N.Life]
      const region = regions.append(goroutine, life, task, name, RegionBegin.Missing, this.clock, NO_STACK, 0)
      place = open.open(region, -1)
      this.endsWithoutBegin++
      this.mention(task, goroutine)
    }
    snapshot.take(goroutine)
    this.close(place, name, -1)
  }

  /** Takes the region that ends from those that are open, of which `top` is the innermost; gives its place. */
  private takeOpen(goroutine: number, top: number, task: number, name: number): number {
    const { pass, regions, open } = this
    const { rows } = pass.goroutines
    const loose = this.looseOf(goroutine)
    const region = open.region(top)
    const isTop = regions.number(region, RegionNumber.Task) === task && regions.ofBegin(region, BeginKind.Name) === name
    // One inherited ends whatever the end says, when no other is open.
    if (loose === undefined && (isTop || open.outer(top) < 0)) {
      rows.setNumber(goroutine, N.TopRegion, open.outer(top))
      return top
    }
    const { places, freeDepths } = loose ?? this.loosen(goroutine, top)
    const place = places.take(task, name)?.value ?? places.takeTop()
    freeDepths.push(this.depthOf(place))
    const inner = places.top?.value ?? -1
    if (inner < 0) this.loose.delete(goroutine)
    rows.setNumber(goroutine, N.TopRegion, inner)
    return place
  }

  private loosen(goroutine: number, top: number): LoosePlaces {
    const { regions, open } = this
    const nested: number[] = []
    for (let place = top; place >= 0; place = open.outer(place)) nested.push(place)
    const places = new LooseRegions<number>()
    for (const place of nested.reverse()) {
      const region = open.region(place)
      places.push(regions.number(region, RegionNumber.Task), regions.ofBegin(region, BeginKind.Name), place)
    }
    const loose = { places, freeDepths: [], nextDepth: this.depthIn(top) }
    this.loose.set(goroutine, loose)
    return loose
  }

  /** A goroutine created inside a region gets an unnamed one that covers its life. */
  inherit(child: number, creator: number, stack: number): void {
    const { goroutines } = this.pass
    const { regions, open } = this
    const task = regions.number(open.region(goroutines.number(creator, N.TopRegion)), RegionNumber.Task)
    const life = goroutines.number(child, N.Life)
    const region = regions.append(child, life, task, NO_STRING, RegionBegin.Inherited, this.clock, stack, 0)
    goroutines.rows.setNumber(child, N.TopRegion, open.open(region, -1))
  }

  closeAll(goroutine: number, from: number, to: number): void {
    const { goroutines } = this.pass
    const { regions, open } = this
    const system = isSystemGoroutine(this.dictionary.strings[goroutines.number(goroutine, N.Name)])
    const places = this.openPlaces(goroutine)
    this.loose.delete(goroutine)
    goroutines.rows.setNumber(goroutine, N.TopRegion, -1)
    for (const place of places) {
      if (system) {
        regions.drop(open.region(place))
        open.close(place)
      } else {
        this.snapshot.takeFinal(goroutine)
        this.close(place, -1, from * 8 + to)
      }
    }
  }

  show(goroutine: number): void {
    const { regions, open, snapshot, clock } = this
    const system = isSystemGoroutine(this.dictionary.strings[this.pass.goroutines.number(goroutine, N.Name)])
    if (this.settled < 0) this.settled = regions.stats.length
    for (const place of this.openPlaces(goroutine)) {
      if (system) {
        regions.drop(open.region(place))
        continue
      }
      snapshot.take(goroutine)
      open.subtractFrom(place, snapshot)
      regions.close(open.region(place), -1, -1, clock, snapshot)
    }
  }

  /** The trace goes on: takes back what was shown. */
  reopen(): void {
    if (this.settled >= 0) this.regions.stats.cut(this.settled)
    this.settled = -1
  }

  /** Places of a goroutine's open regions, innermost first. */
  private openPlaces(goroutine: number): number[] {
    const loose = this.looseOf(goroutine)
    if (loose !== undefined) return Array.from(loose.places.open(), ({ value }) => value).reverse()
    const places: number[] = []
    for (let place = this.pass.goroutines.number(goroutine, N.TopRegion); place >= 0; place = this.open.outer(place)) {
      places.push(place)
    }
    return places
  }

  /** `snapshot` is the later one of the region, which is closed with what it differs from the first. */
  private close(place: number, endName: number, endTransition: number): void {
    const { regions, open, snapshot, clock } = this
    open.subtractFrom(place, snapshot)
    regions.close(open.region(place), endName, endTransition, clock, snapshot)
    open.close(place)
  }

  beginTask(task: number, parent: number, name: number, stack: number, goroutine: number): void {
    if (task < 0) return
    const { tasks } = this
    tasks.reach(task)
    const times = tasks.rows.timesOf(task)
    const t = tasks.rows.timeAt(task)
    if (times[t + TaskTime.Start] !== NO_TIME) this.reusedTasks++
    times[t + TaskTime.Start] = this.clock[NOW]
    const numbers = tasks.rows.numbersOf(task)
    const n = tasks.rows.numberAt(task)
    numbers[n + TaskNumber.Name] = name
    numbers[n + TaskNumber.StartGoroutine] = goroutine
    numbers[n + TaskNumber.StartStack] = stack
    numbers[n + TaskNumber.StartName] = name
    numbers[n + TaskNumber.StartParent] = parent
    this.join(task, parent, goroutine)
  }

  endTask(task: number, parent: number, name: number, stack: number, goroutine: number): void {
    if (task < 0) return
    const { tasks } = this
    tasks.reach(task)
    tasks.rows.setTime(task, TaskTime.End, this.clock[NOW])
    const numbers = tasks.rows.numbersOf(task)
    const n = tasks.rows.numberAt(task)
    numbers[n + TaskNumber.Name] = name
    numbers[n + TaskNumber.EndGoroutine] = goroutine
    numbers[n + TaskNumber.EndStack] = stack
    this.join(task, parent, goroutine)
  }

  log(task: number, category: number, message: number, stack: number, goroutine: number): void {
    this.logs.append(task, this.clock, goroutine, category, message, stack)
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
