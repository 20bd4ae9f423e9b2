/**
 * Regions, tasks and logs of the user, as typed columns. Rows of regions are in the order of their begin; a region that
 * has no begin in the trace gets its row at its end.
 */

import type { RowGroups } from './columns.js'
import { Float64Column, groupRows, Int32Column, Uint8Column } from './columns.js'

/** A time that is not in the trace. */
export const NO_TIME = -1

export const RegionState = {
  Open: 0,
  /** In its goroutine's list: ended, or closed with the goroutine. */
  Closed: 1,
  /** Open in a system goroutine when that one ended: in its task's list only. */
  Dropped: 2,
} as const

export class Regions {
  readonly goroutines = new Int32Column()
  /** Life of the goroutine's id to which the region belongs. */
  readonly lives = new Int32Column()
  readonly tasks = new Int32Column()
  readonly names = new Int32Column()
  /** 1: not begun by the program but inherited from the creator; such a region is not in its task's list. */
  readonly inherited = new Uint8Column()
  readonly states = new Uint8Column()
  /** ns; NO_TIME: began before the trace. */
  readonly starts = new Float64Column()
  readonly startStacks = new Int32Column()
  /** ns; NO_TIME: not ended within the trace. */
  readonly ends = new Float64Column()
  /** Name in the end event (row of strings); −1: ended by a transition, or not at all. */
  readonly endNames = new Int32Column()
  /** The transition that ended it: from × 8 + to, −1: none. */
  readonly endTransitions = new Int32Column()
  /** The region outside it when it began, −1: none. */
  readonly outers = new Int32Column()
  // Statistics: at the begin those of the goroutine so far, from the end on those of the region.
  readonly exec = new Float64Column()
  readonly schedWait = new Float64Column()
  readonly syscall = new Float64Column()
  readonly syscallBlock = new Float64Column()
  readonly total = new Float64Column()
  readonly firstReasons = new Int32Column()
  readonly firstRanges = new Int32Column()

  get length(): number {
    return this.goroutines.length
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
    const row = this.goroutines.length
    this.goroutines.push(goroutine)
    this.lives.push(life)
    this.tasks.push(task)
    this.names.push(name)
    this.inherited.push(inherited)
    this.states.push(RegionState.Open)
    this.starts.push(start)
    this.startStacks.push(startStack)
    this.ends.push(NO_TIME)
    this.endNames.push(-1)
    this.endTransitions.push(-1)
    this.outers.push(outer)
    this.exec.push(0)
    this.schedWait.push(0)
    this.syscall.push(0)
    this.syscallBlock.push(0)
    this.total.push(0)
    this.firstReasons.push(-1)
    this.firstRanges.push(-1)
    return row
  }
}

/** One row a row of dictionary.tasks. */
export class Tasks {
  /** 1: begun, ended or mentioned. */
  readonly exists = new Uint8Column()
  readonly names = new Int32Column()
  readonly starts = new Float64Column()
  readonly startGoroutines = new Int32Column()
  readonly startStacks = new Int32Column()
  /** Name and parent as in the begin event. */
  readonly startNames = new Int32Column()
  readonly startParents = new Int32Column()
  readonly ends = new Float64Column()
  readonly endGoroutines = new Int32Column()
  /** The first parent that was told, −1: none. */
  readonly parents = new Int32Column()
  /** Tasks that got a parent, in that order. */
  readonly adopted = new Int32Column()
  /** Pairs (task, goroutine): who took part. */
  readonly memberTasks = new Int32Column()
  readonly memberGoroutines = new Int32Column()

  get length(): number {
    return this.exists.length
  }

  /** Makes the row exist. */
  reach(row: number): void {
    while (this.exists.length <= row) {
      this.exists.push(0)
      this.names.push(0)
      this.starts.push(NO_TIME)
      this.startGoroutines.push(-1)
      this.startStacks.push(0)
      this.startNames.push(0)
      this.startParents.push(-1)
      this.ends.push(NO_TIME)
      this.endGoroutines.push(-1)
      this.parents.push(-1)
    }
    this.exists.set(row, 1)
  }

  appendMember(task: number, goroutine: number): void {
    const last = this.memberTasks.length - 1
    if (last >= 0 && this.memberTasks.get(last) === task && this.memberGoroutines.get(last) === goroutine) return
    this.memberTasks.push(task)
    this.memberGoroutines.push(goroutine)
  }
}

export class Logs {
  readonly tasks = new Int32Column()
  readonly times = new Float64Column()
  readonly goroutines = new Int32Column()
  readonly categories = new Int32Column()
  readonly messages = new Int32Column()
  readonly stacks = new Int32Column()

  get length(): number {
    return this.tasks.length
  }

  append(task: number, time: number, goroutine: number, category: number, message: number, stack: number): void {
    this.tasks.push(task)
    this.times.push(time)
    this.goroutines.push(goroutine)
    this.categories.push(category)
    this.messages.push(message)
    this.stacks.push(stack)
  }
}

/** Rows by owner, made once the trace is read. */
export interface TaskIndex {
  /** Region rows of each task, in the order of begin; inherited ones are not in it. */
  readonly regions: RowGroups
  /** Log rows of each task. */
  readonly logs: RowGroups
  /** Rows of `adopted` by parent: a parent's children in order of appearance. */
  readonly children: RowGroups
  /** Rows of the member pairs by task, repeats included. */
  readonly members: RowGroups
  /** Region rows in each goroutine's list: those of its last life that closed, by start, those without a begin first. */
  readonly goroutineRegions: RowGroups
}

export function indexTasks(
  tasks: Tasks,
  logs: Logs,
  regions: Regions,
  goroutineCount: number,
  lifeOf: (goroutine: number) => number,
): TaskIndex {
  const count = tasks.length
  const goroutineRegions = groupRows(regions.length, goroutineCount, row => {
    const goroutine = regions.goroutines.get(row)
    const listed = regions.states.get(row) === RegionState.Closed && regions.lives.get(row) === lifeOf(goroutine)
    return listed ? goroutine : -1
  })
  const { starts, rows } = goroutineRegions
  for (let goroutine = 0; goroutine < goroutineCount; goroutine++) {
    if (starts[goroutine + 1] - starts[goroutine] < 2) continue
    rows
      .subarray(starts[goroutine], starts[goroutine + 1])
      .sort((a, b) => regions.starts.get(a) - regions.starts.get(b) || a - b)
  }
  return {
    regions: groupRows(regions.length, count, row => (regions.inherited.get(row) === 1 ? -1 : regions.tasks.get(row))),
    logs: groupRows(logs.length, count, row => logs.tasks.get(row)),
    children: groupRows(tasks.adopted.length, count, row => tasks.parents.get(tasks.adopted.get(row))),
    members: groupRows(tasks.memberTasks.length, count, row => tasks.memberTasks.get(row)),
    goroutineRegions,
  }
}
