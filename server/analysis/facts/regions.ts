/**
 * Regions, tasks and logs of the user. Rows of regions are in the order of their begin; a region that has no begin in the trace gets
 * its row at its end.
 */
import { Records, Table } from './records.js'
import { type PackedStats, RegionStats } from './region-stats.js'
import type { SegmentStore } from './segment-store.js'

/** A time that is not in the trace. */
export const NO_TIME = -1

export const RegionState = {
  Open: 0,
  /** In its goroutine's list: ended, or closed with the goroutine. */
  Closed: 1,
  /** Open in a system goroutine when that one ended: in its task's list only. */
  Dropped: 2,
} as const

/** Times of a region, ns. */
export const RegionTime = {
  /** NO_TIME: began before the trace. */
  Start: 0,
  /** NO_TIME: not ended within the trace. */
  End: 1,
} as const

export const RegionNumber = {
  Goroutine: 0,
  /** Life of the goroutine's id to which the region belongs. */
  Life: 1,
  /** Row of tasks. */
  Task: 2,
  Name: 3,
  /** 1: not begun by the program but inherited from the creator; such a region is not in its task's list. */
  Inherited: 4,
  State: 5,
  StartStack: 6,
  /** Name in the end event (row of strings); −1: ended by a transition, or not at all. */
  EndName: 7,
  /** The transition that ended it: from × 8 + to; −1: none. */
  EndTransition: 8,
  /** The region outside it when it began, −1: none. */
  Outer: 9,
} as const
const R = RegionNumber

const Packed = { Form: 0, First: 1 } as const

/** A figure of every row. */
export interface Figure {
  /** ns; 0 where the row has none. */
  readonly value: (row: number) => number
  /** By form, 0: rows of that form have none; undefined: any may have one. */
  readonly forms?: Uint8Array
}

export class Regions extends Table {
  readonly stats: RegionStats
  /**
   * Where the statistics are (numbers Packed); they are there from the end on. A table of its own, because lists ask for these two of every
   * row: in the wide rows beside them each would cost a line of the cache.
   */
  private readonly packed: Records

  constructor(store?: SegmentStore) {
    super(2, 10, store)
    this.packed = new Records(0, 2, store)
    this.stats = new RegionStats(store)
  }

  append(
    goroutine: number,
    life: number,
    task: number,
    name: number,
    inherited: 0 | 1,
    start: number,
    startStack: number,
    outer: number,
  ): number {
    const row = this.rows.add()
    this.packed.add()
    this.rows.setTime(row, RegionTime.Start, start)
    this.rows.setTime(row, RegionTime.End, NO_TIME)
    const numbers = this.rows.numbersOf(row)
    const n = this.rows.numberAt(row)
    numbers[n + R.Goroutine] = goroutine
    numbers[n + R.Life] = life
    numbers[n + R.Task] = task
    numbers[n + R.Name] = name
    numbers[n + R.Inherited] = inherited
    numbers[n + R.State] = RegionState.Open
    numbers[n + R.StartStack] = startStack
    numbers[n + R.EndName] = -1
    numbers[n + R.EndTransition] = -1
    numbers[n + R.Outer] = outer
    return row
  }

  setStats(row: number, { form, first }: PackedStats): void {
    this.packed.setNumber(row, Packed.Form, form)
    this.packed.setNumber(row, Packed.First, first)
  }

  /** Regions of one form know the same reasons and ranges. */
  form(row: number): number {
    return this.packed.number(row, Packed.Form)
  }

  /** A figure of RegionStat. */
  stat(stat: number): Figure {
    return this.figureAt(this.stats.placesOfStat(stat))
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
      const first = this.packed.number(row, Packed.First)
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
    const { packed, stats } = this
    return {
      value: row => {
        const place = places[packed.number(row, Packed.Form)]
        return place < 0 ? 0 : stats.value(packed.number(row, Packed.First) + place)
      },
      forms: Uint8Array.from(places, place => (place < 0 ? 0 : 1)),
    }
  }

  private valueAt(row: number, place: number): number {
    return place < 0 ? 0 : this.stats.value(this.packed.number(row, Packed.First) + place)
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

  constructor(store?: SegmentStore) {
    super(2, 9, store)
    this.adopted = new Records(0, 1, store)
    this.members = new Records(0, 2, store)
  }

  exists(row: number): boolean {
    return row >= 0 && row < this.length && this.number(row, TaskNumber.Exists) === 1
  }

  /** Makes the task exist. */
  reach(task: number): void {
    while (this.length <= task) {
      const row = this.rows.add()
      this.rows.setTime(row, TaskTime.Start, NO_TIME)
      this.rows.setTime(row, TaskTime.End, NO_TIME)
      this.rows.setNumber(row, TaskNumber.StartGoroutine, -1)
      this.rows.setNumber(row, TaskNumber.StartParent, -1)
      this.rows.setNumber(row, TaskNumber.EndGoroutine, -1)
      this.rows.setNumber(row, TaskNumber.Parent, -1)
    }
    this.rows.setNumber(task, TaskNumber.Exists, 1)
  }

  appendMember(task: number, goroutine: number): void {
    const { members } = this
    const last = members.length - 1
    if (last >= 0 && members.number(last, 0) === task && members.number(last, 1) === goroutine) return
    const row = members.add()
    members.setNumber(row, 0, task)
    members.setNumber(row, 1, goroutine)
  }

  adopt(task: number, parent: number): void {
    this.rows.setNumber(task, TaskNumber.Parent, parent)
    this.adopted.setNumber(this.adopted.add(), 0, task)
  }
}

export const LogNumber = { Task: 0, Goroutine: 1, Category: 2, Message: 3, Stack: 4 } as const

/** Logs in order; their one time is when they were written. */
export class Logs extends Table {
  constructor(store?: SegmentStore) {
    super(1, 5, store)
  }

  append(task: number, time: number, goroutine: number, category: number, message: number, stack: number): void {
    const row = this.rows.add()
    this.rows.setTime(row, 0, time)
    this.rows.setNumber(row, LogNumber.Task, task)
    this.rows.setNumber(row, LogNumber.Goroutine, goroutine)
    this.rows.setNumber(row, LogNumber.Category, category)
    this.rows.setNumber(row, LogNumber.Message, message)
    this.rows.setNumber(row, LogNumber.Stack, stack)
  }
}
