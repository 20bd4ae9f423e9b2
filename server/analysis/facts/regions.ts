/**
 * Regions, tasks and logs of the user. Rows of regions are in the order of their begin; a region that has no begin in
 * the trace gets its row at its end.
 */
import { type Clock, NOW } from './clock.js'
import { DistinctRows } from './distinct-rows.js'
import { FigureColumn } from './figure-column.js'
import { Records, Table } from './records.js'
import { NO_FIGURES, RegionStat, RegionStats, type ShapedFigures } from './region-stats.js'
import type { SegmentStore } from './segment-store.js'
import type { Shapes } from './shapes.js'

/** A time that is not in the trace. */
export const NO_TIME = -1

export const RegionState = {
  Open: 0,
  /** In its goroutine's list: ended, or closed with the goroutine. */
  Closed: 1,
  /** Open in a system goroutine when that one ended: in its task's list only. */
  Dropped: 2,
} as const

export const RegionNumber = {
  Goroutine: 0,
  /** Row of tasks. */
  Task: 1,
  /** What its begin and its end have in common with those of others. */
  BeginKind: 2,
  EndKind: 3,
  /** Of the figures kept (RegionStats). */
  FirstFigure: 4,
} as const
const R = RegionNumber

/**
 * Numbers of begins and of ends: each combination of them is kept once, since regions are many and kinds of them are
 * few.
 */
export const BeginKind = {
  Name: 0,
  /** A code of RegionBegin. */
  Begin: 1,
  StartStack: 2,
  /**
   * How many regions were open around it when it began, or, where one ended out of turn, one that none of those has.
   */
  Depth: 3,
} as const
export const EndKind = {
  State: 0,
  /** Name in the end event (row of strings); −1: ended by a transition, or not at all. */
  EndName: 1,
  /** The transition that ended it: from × 8 + to; −1: none. */
  EndTransition: 2,
  /** Of the statistics (RegionStats); they are there from the end on. */
  Form: 3,
} as const
/** The end of regions that are open. */
const OPEN_END = 0

export const RegionBegin = {
  /** Before the trace. */
  Missing: 0,
  Program: 1,
  /** Not begun by the program but inherited from the creator; such a region is not in its task's list. */
  Inherited: 2,
} as const

/** When the row was appended, ns: at the begin, or where that is missing at the end. */
const APPENDED = 0

/** A figure of every row. */
export interface Figure {
  /** ns; 0 where the row has none. */
  readonly value: (row: number) => number
  /** By form, 0: rows of that form have none; undefined: any may have one. */
  readonly forms?: Uint8Array
}

export class Regions extends Table {
  readonly stats: RegionStats
  private readonly begins = new DistinctRows(4)
  private readonly ends = new DistinctRows(4)
  private readonly kind = new Int32Array(4)
  /** From begin to end, ns; 0 where one of them is missing. */
  private readonly lengths: FigureColumn
  /** Of goroutines whose id was used again: the last life that had a region, and the first row of that life. */
  private readonly laterLives = new Map<number, { life: number; firstRow: number }>()

  /** `reasons` and `ranges` are the shapes of what goroutines have met. */
  constructor(reasons: Shapes, ranges: Shapes, store?: SegmentStore) {
    super(1, 5, store)
    this.stats = new RegionStats(reasons, ranges, store)
    this.lengths = new FigureColumn(store)
    // Becomes OPEN_END.
    this.endKind(RegionState.Open, -1, -1, NO_FIGURES)
  }

  append(
    goroutine: number,
    life: number,
    task: number,
    name: number,
    begin: number,
    clock: Clock,
    startStack: number,
    depth: number,
  ): number {
    const { rows, kind } = this
    const row = rows.add()
    if (life > 1 && this.laterLives.get(goroutine)?.life !== life)
      this.laterLives.set(goroutine, { life, firstRow: row })
    kind[BeginKind.Name] = name
    kind[BeginKind.Begin] = begin
    kind[BeginKind.StartStack] = startStack
    kind[BeginKind.Depth] = depth
    this.lengths.add(0)
    rows.setTime(row, APPENDED, clock[NOW])
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    numbers[n + R.Goroutine] = goroutine
    numbers[n + R.Task] = task
    numbers[n + R.BeginKind] = this.begins.add(kind)
    numbers[n + R.EndKind] = OPEN_END
    return row
  }

  /**
   * Closes a region by an end event of a name or by a transition (−1: not by it; both: with the trace). Its total in
   * `figures` is packed as what it differs from its length, which is mostly 0.
   */
  close(row: number, endName: number, endTransition: number, clock: Clock, figures: ShapedFigures): void {
    const { rows, stats } = this
    const ended = endName >= 0 || endTransition >= 0
    const length = ended ? clock[NOW] - rows.timesOf(row)[rows.timeAt(row) + APPENDED] : 0
    figures.figures[RegionStat.Total] -= length
    this.lengths.set(row, length)
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    numbers[n + R.FirstFigure] = stats.length
    numbers[n + R.EndKind] = this.endKind(RegionState.Closed, endName, endTransition, stats.pack(figures))
  }

  drop(row: number): void {
    this.rows.setNumber(row, R.EndKind, this.endKind(RegionState.Dropped, -1, -1, NO_FIGURES))
  }

  ofBegin(row: number, field: number): number {
    return this.begins.number(this.number(row, R.BeginKind), field)
  }

  ofEnd(row: number, field: number): number {
    return this.ends.number(this.number(row, R.EndKind), field)
  }

  private endKind(state: number, endName: number, endTransition: number, form: number): number {
    const { kind } = this
    kind[EndKind.State] = state
    kind[EndKind.EndName] = endName
    kind[EndKind.EndTransition] = endTransition
    kind[EndKind.Form] = form
    return this.ends.add(kind)
  }

  /** ns; NO_TIME: began before the trace. */
  start(row: number): number {
    return this.ofBegin(row, BeginKind.Begin) === RegionBegin.Missing ? NO_TIME : this.time(row, APPENDED)
  }

  /** ns; NO_TIME: not ended within the trace. */
  end(row: number): number {
    const ended = this.ofEnd(row, EndKind.EndName) >= 0 || this.ofEnd(row, EndKind.EndTransition) >= 0
    return ended ? this.time(row, APPENDED) + this.lengths.get(row) : NO_TIME
  }

  isInherited(row: number): boolean {
    return this.ofBegin(row, BeginKind.Begin) === RegionBegin.Inherited
  }

  /** Whether it is in its goroutine's list, which is that of the goroutine's last life. */
  isListed(row: number, lastLife: number): boolean {
    if (this.ofEnd(row, EndKind.State) !== RegionState.Closed) return false
    const later = this.laterLives.get(this.number(row, R.Goroutine))
    return lastLife === 1 || (later !== undefined && later.life === lastLife && row >= later.firstRow)
  }

  /** Regions of one form know the same reasons and ranges. */
  form(row: number): number {
    return this.ofEnd(row, EndKind.Form)
  }

  /** A figure of RegionStat. */
  stat(stat: number): Figure {
    const figure = this.figureAt(this.stats.placesOfStat(stat))
    return stat === RegionStat.Total ? { value: row => this.lengths.get(row) + figure.value(row) } : figure
  }

  reason(key: number): Figure {
    return this.figureAt(this.stats.placesOfReason(key))
  }

  range(key: number): Figure {
    return this.figureAt(this.stats.placesOfRange(key))
  }

  /** Gives the sum of all reasons of a row, ns. */
  sumOfReasons(): (row: number) => number {
    const placesByForm = Array.from({ length: this.stats.formCount }, (_, form) => {
      const places: number[] = []
      this.stats.eachReason(form, (_key, place) => {
        if (place >= 0) places.push(place)
      })
      return Int32Array.from(places)
    })
    return row => {
      const first = this.number(row, R.FirstFigure)
      const places = placesByForm[this.form(row)]
      let sum = 0
      for (let i = 0; i < places.length; i++) sum += this.stats.value(first + places[i])
      return sum
    }
  }

  eachReason(row: number, visit: (key: number, sum: number) => void): void {
    this.stats.eachReason(this.form(row), (key, place) => visit(key, this.valueAt(row, place)))
  }

  eachRange(row: number, visit: (key: number, sum: number) => void): void {
    this.stats.eachRange(this.form(row), (key, place) => visit(key, this.valueAt(row, place)))
  }

  /** Where a form has the figure is looked up once, for all rows. */
  private figureAt(places: Int32Array): Figure {
    const { rows, stats } = this
    return {
      value: row => {
        const place = places[this.form(row)]
        return place < 0 ? 0 : stats.value(rows.number(row, R.FirstFigure) + place)
      },
      forms: Uint8Array.from(places, place => (place < 0 ? 0 : 1)),
    }
  }

  private valueAt(row: number, place: number): number {
    return place < 0 ? 0 : this.stats.value(this.number(row, R.FirstFigure) + place)
  }
}

export const TaskTime = { Start: 0, End: 1 } as const

export const TaskNumber = {
  /** 1: begun, ended or mentioned. */
  Exists: 0,
  /** Name of the last begin or end event. */
  Name: 1,
  /** Of the begin event. */
  StartGoroutine: 2,
  StartStack: 3,
  StartName: 4,
  /** Row of tasks, −1: none. */
  StartParent: 5,
  EndGoroutine: 6,
  EndStack: 7,
  /** The first parent that was told, −1: none. */
  Parent: 8,
} as const

/** One row a row of dictionary.tasks. */
export class Tasks extends Table {
  /** Tasks that got a parent, in that order. */
  readonly adopted: Records
  /** Pairs (task, goroutine): who took part; a pair may repeat. */
  readonly members: Records
  /** Tasks whose parent closes a cycle of the tasks so far (passes/task-cycles.ts). */
  cycles: ReadonlySet<number> = new Set()

  constructor(store?: SegmentStore) {
    super(2, 9, store)
    this.adopted = new Records(0, 1, store)
    this.members = new Records(0, 2, store)
  }

  exists(row: number): boolean {
    return row >= 0 && row < this.length && this.number(row, TaskNumber.Exists) === 1
  }

  /** Row of the parent, −1: none, or one that closes a cycle. */
  parent(task: number): number {
    return this.cycles.has(task) ? -1 : this.number(task, TaskNumber.Parent)
  }

  /** Makes the task exist. */
  reach(task: number): void {
    while (this.length <= task) this.add()
    this.rows.setNumber(task, TaskNumber.Exists, 1)
  }

  appendMember(task: number, goroutine: number): void {
    const { members } = this
    const last = members.length - 1
    if (last >= 0 && members.number(last, 0) === task && members.number(last, 1) === goroutine) return
    const row = members.add()
    const numbers = members.numbersOf(row)
    const n = members.numberAt(row)
    numbers[n] = task
    numbers[n + 1] = goroutine
  }

  adopt(task: number, parent: number): void {
    this.rows.setNumber(task, TaskNumber.Parent, parent)
    this.adopted.setNumber(this.adopted.add(), 0, task)
  }

  private add(): void {
    const { rows } = this
    const row = rows.add()
    const times = rows.timesOf(row)
    const t = rows.timeAt(row)
    times[t + TaskTime.Start] = NO_TIME
    times[t + TaskTime.End] = NO_TIME
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    numbers[n + TaskNumber.StartGoroutine] = -1
    numbers[n + TaskNumber.StartParent] = -1
    numbers[n + TaskNumber.EndGoroutine] = -1
    numbers[n + TaskNumber.Parent] = -1
  }
}

export const LogNumber = { Task: 0, Goroutine: 1, Category: 2, Message: 3, Stack: 4 } as const

/** Logs in order; their one time is when they were written. */
export class Logs extends Table {
  constructor(store?: SegmentStore) {
    super(1, 5, store)
  }

  append(task: number, clock: Clock, goroutine: number, category: number, message: number, stack: number): void {
    const { rows } = this
    const row = rows.add()
    rows.setTime(row, 0, clock[NOW])
    const numbers = rows.numbersOf(row)
    const n = rows.numberAt(row)
    numbers[n + LogNumber.Task] = task
    numbers[n + LogNumber.Goroutine] = goroutine
    numbers[n + LogNumber.Category] = category
    numbers[n + LogNumber.Message] = message
    numbers[n + LogNumber.Stack] = stack
  }
}
