/**
 * The trace-event JSON's part of the first reading of a trace (viewer-facts.ts). The timeline's walk (timeline-walk.ts) hands it every event,
 * so that both take one from the columns together.
 *
 * It follows what the drawing (export/trace-event) does with the same events, for its three views at once and without drawing:
 * a goroutine is drawn on a proc while it runs and until its syscall loses the proc, on a thread and on itself while it executes.
 */
import { type Dictionary, NO_STACK } from '../../shared/dictionary.js'
import { type EventBlock, numberOf } from '../../shared/event-block.js'
import { EventKind as E, RangeName } from '../../shared/event-table.js'
import type { ViewerBorder, ViewerFacts, ViewerRange, ViewerRun } from '../facts/viewer-facts.js'
import {
  BLOCK_REASON,
  COUNTS,
  DRAWN_NAME,
  DRAWN_SYSCALLER,
  FIRST_PAGE,
  FLAGS,
  PROC_STOP,
  PROCS,
  RUN,
  RUN_EXECUTES,
  RUN_PROC,
  RUN_PROC_SINCE,
  RUN_PROC_SYSCALL,
  RUN_ROW,
  RUN_SINCE,
  RUN_SYSCALL,
  RUN_SYSCALL_STACK,
  RUN_THREAD,
  RUNNING_THREADS,
  RUNS,
  RUNS_USED,
  SEEN,
  STOP,
  SYSCALLERS,
} from '../first-walk/assembly/layout.js'
import type { FirstWalk } from '../first-walk/first-walk.js'

/** A range that is told to be active began at the latest when its goroutine began to run. */
const BEFORE_RUN = Number.NEGATIVE_INFINITY

export class ViewerReading implements ViewerFacts {
  readonly borders: ViewerBorder[] = []
  readonly starts: number[] = []
  readonly procs = new Set<number>()
  readonly threads = new Set<number>()
  readonly named: number[] = []
  readonly labelled: { row: number; label: number }[] = []
  endNs = 0
  /** By row of goroutines; after `finish`. */
  goroutines: Uint8Array = new Uint8Array(0)
  names = new Int32Array(0)
  private readonly labels = new Map<number, number>()
  private readonly ranges = new Map<number, Map<string, ViewerRange>>()
  private readonly sweeps = new Map<number, ViewerRange>()
  private markPhase: ViewerRange | null = null
  private allocatedLow = 0
  private allocatedHigh = 0
  private goal = 0

  constructor(private readonly dictionary: Dictionary) {}

  /** Comes before the events of a block. */
  begin({ length, times, generation }: EventBlock, walk: FirstWalk): void {
    if (length === 0) return
    this.endNs = times[length - 1]
    if (generation < this.starts.length) return
    if (generation > 0) this.endGeneration(walk)
    this.starts.push(times[0])
  }

  /** The trace ends; nothing may be fed any more. */
  finish(walk: FirstWalk): void {
    this.endGeneration(walk)
    this.names = walk.column(DRAWN_NAME)
    this.goroutines = new Uint8Array(this.names.length)
    walk.column(FLAGS).forEach((flags, row) => {
      this.goroutines[row] = flags & SEEN
    })
  }

  /** An event that is no transition. */
  other({ kinds, slots, procs, goroutines, times }: EventBlock, i: number, at: number, walk: FirstWalk): void {
    switch (kinds[i]) {
      case E.GoLabel:
        if (goroutines[i] >= 0) this.label(walk, goroutines[i], slots[at])
        break
      case E.HeapAlloc:
        this.allocatedLow = slots[at]
        this.allocatedHigh = slots[at + 1]
        break
      case E.HeapGoal:
        this.goal = numberOf(slots[at], slots[at + 1])
        break
      case E.GCBegin:
        this.markPhase = { since: times[i], stack: slots[at] }
        break
      case E.GCActive:
        if (this.isFirst) this.markPhase = { since: 0, stack: NO_STACK }
        break
      case E.GCEnd:
        this.markPhase = null
        break
      case E.GCSweepBegin:
        this.sweeps.set(procs[i], { since: times[i], stack: slots[at] })
        break
      case E.GCSweepActive:
        if (this.isFirst) this.sweeps.set(slots[at], { since: 0, stack: NO_STACK })
        break
      case E.GCSweepEnd:
        this.sweeps.delete(procs[i])
        break
      case E.STWBegin:
        this.openRange(walk, goroutines[i], this.stwName(slots[at]), times[i], slots[at + 1])
        break
      case E.STWEnd:
        this.closeRange(walk, goroutines[i], this.stwName(slots[at]))
        break
      case E.GCMarkAssistBegin:
        this.openRange(walk, goroutines[i], RangeName.Assist, times[i], slots[at])
        break
      case E.GCMarkAssistActive:
        this.openRange(walk, slots[at], RangeName.Assist, BEFORE_RUN, NO_STACK)
        break
      case E.GCMarkAssistEnd:
        this.closeRange(walk, goroutines[i], RangeName.Assist)
        break
    }
  }

  /** In later generations a range that is told to be active is known already. */
  private get isFirst(): boolean {
    return this.starts.length === 1
  }

  private stwName(kind: number): string {
    return `${RangeName.STW} (${this.dictionary.strings[kind]})`
  }

  private openRange(walk: FirstWalk, row: number, name: string, since: number, stack: number): void {
    if (row < 0) return
    walk.see(row)
    if (name === RangeName.Assist) walk.setAssisting(row, true)
    const ranges = this.ranges.get(row)
    if (ranges === undefined) this.ranges.set(row, new Map([[name, { since, stack }]]))
    else ranges.set(name, { since, stack })
  }

  private closeRange(walk: FirstWalk, row: number, name: string): void {
    if (row < 0) return
    walk.see(row)
    if (name === RangeName.Assist) walk.setAssisting(row, false)
    const ranges = this.ranges.get(row)
    if (ranges?.delete(name) && ranges.size === 0) this.ranges.delete(row)
  }

  private label(walk: FirstWalk, row: number, label: number): void {
    walk.see(row)
    if (this.labels.get(row) === label) return
    this.labels.set(row, label)
    this.labelled.push({ row, label })
  }

  private endGeneration(walk: FirstWalk): void {
    const rows = walk.takeChanged()
    const { ints } = walk
    this.borders.push({
      rows,
      procStopStacks: rows.map(row => walk.number(row, PROC_STOP)),
      stopStacks: rows.map(row => walk.number(row, STOP)),
      blockReasons: rows.map(row => walk.number(row, BLOCK_REASON)),
      runs: runsOf(walk),
      ranges: new Map(Array.from(this.ranges, ([row, ranges]) => [row, new Map(ranges)])),
      sweeps: new Map(this.sweeps),
      markPhase: this.markPhase,
      syscallers: Array.from({ length: ints[SYSCALLERS >> 2] }, (_, proc) => syscallerOf(walk, proc)),
      counts: Array.from(ints.subarray(COUNTS >> 2, RUNNING_THREADS >> 2)),
      runningThreads: ints[RUNNING_THREADS >> 2],
      allocatedLow: this.allocatedLow,
      allocatedHigh: this.allocatedHigh,
      goal: this.goal,
      named: this.named.length,
      labelled: this.labelled.length,
    })
  }
}

/** Row of the goroutine whose syscall holds a proc, −1: none. */
function syscallerOf(walk: FirstWalk, proc: number): number {
  const record = walk.recordOf(PROCS, proc)
  return record < FIRST_PAGE ? -1 : walk.ints[(record + DRAWN_SYSCALLER) >> 2] - 1
}

/** What goroutines are drawn on at present. */
function runsOf(walk: FirstWalk): ViewerRun[] {
  const { ints, doubles } = walk
  const runs: ViewerRun[] = []
  for (let place = 0; place < ints[RUNS_USED >> 2]; place++) {
    const run = walk.recordOf(RUNS, place)
    const row = ints[(run + RUN_ROW) >> 2]
    if (walk.number(row, RUN) !== run) continue
    runs.push({
      row,
      proc: ints[(run + RUN_PROC) >> 2],
      procSince: doubles[(run + RUN_PROC_SINCE) >> 3],
      procSyscall: doubles[(run + RUN_PROC_SYSCALL) >> 3],
      executes: ints[(run + RUN_EXECUTES) >> 2] === 1,
      thread: ints[(run + RUN_THREAD) >> 2],
      since: doubles[(run + RUN_SINCE) >> 3],
      syscall: doubles[(run + RUN_SYSCALL) >> 3],
      syscallStack: ints[(run + RUN_SYSCALL_STACK) >> 2],
    })
  }
  return runs
}
