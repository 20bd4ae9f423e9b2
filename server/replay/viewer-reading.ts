/**
 * The trace-event JSON's part of the first reading of a trace (viewer-facts.ts): what is no transition, and how all
 * stood at the borders. Goroutines and procs the first walk follows for it (replay/assembly/drawing.ts), with those of
 * the timeline.
 *
 * Both follow what the drawing (export/trace-event) does with the same events, for its three views at once and without
 * drawing: a goroutine is drawn on a proc while it runs and until its syscall loses the proc, on a thread and on itself
 * while it executes.
 */
import { ChangedRows } from '../core/changed-rows.js'
import { type Dictionary, NO_STACK } from '../core/dictionary.js'
import { type EventBlock, valueAt } from '../core/event-block.js'
import { EventKind as E, RangeName } from '../core/event-table.js'
import { slot } from '../core/events.js'
import { FIRST_ROWS, resized } from '../shared/columns.js'
import * as layout from './layout.js'
import type { ViewerBorder, ViewerFacts, ViewerRange, ViewerRun } from './viewer-facts.js'
import type { FirstWalk } from './walk.js'

/** A range that is told to be active began at the latest when its goroutine began to run. */
const BEFORE_RUN = Number.NEGATIVE_INFINITY

export class ViewerReading implements ViewerFacts {
  readonly borders: ViewerBorder[] = []
  readonly changed = new ChangedRows()
  procStopStacks = new Int32Array(FIRST_ROWS)
  stopStacks = new Int32Array(FIRST_ROWS)
  blockReasons = new Int32Array(FIRST_ROWS)
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
    this.changed.finish()
    this.resize(this.changed.length)
    this.names = walk.column(layout.DRAWN_NAME)
    this.goroutines = new Uint8Array(this.names.length)
    walk.column(layout.FLAGS).forEach((flags, row) => {
      this.goroutines[row] = flags & layout.SEEN
    })
  }

  /** An event that is no transition. */
  other({ kinds, slots, procs, goroutines, times }: EventBlock, i: number, at: number, walk: FirstWalk): void {
    switch (kinds[i]) {
      case E.GoLabel:
        if (goroutines[i] >= 0) this.label(walk, goroutines[i], slots[at + slot.GoLabel.label])
        break
      case E.HeapAlloc:
        this.allocatedLow = slots[at + slot.HeapAlloc.valueLow]
        this.allocatedHigh = slots[at + slot.HeapAlloc.valueHigh]
        break
      case E.HeapGoal:
        this.goal = valueAt(slot.HeapGoal, slots, at)
        break
      case E.GCBegin:
        this.markPhase = { since: times[i], stack: slots[at + slot.GCBegin.stack] }
        break
      case E.GCActive:
        if (this.isFirst) this.markPhase = { since: 0, stack: NO_STACK }
        break
      case E.GCEnd:
        this.markPhase = null
        break
      case E.GCSweepBegin:
        this.sweeps.set(procs[i], { since: times[i], stack: slots[at + slot.GCSweepBegin.stack] })
        break
      case E.GCSweepActive:
        if (this.isFirst) this.sweeps.set(slots[at + slot.GCSweepActive.p], { since: 0, stack: NO_STACK })
        break
      case E.GCSweepEnd:
        this.sweeps.delete(procs[i])
        break
      case E.STWBegin:
        this.openRange(
          walk,
          goroutines[i],
          this.stwName(slots[at + slot.STWBegin.stwKind]),
          times[i],
          slots[at + slot.STWBegin.stack],
        )
        break
      case E.STWEnd:
        this.closeRange(walk, goroutines[i], this.stwName(slots[at + slot.STWEnd.stwKind]))
        break
      case E.GCMarkAssistBegin:
        this.openRange(walk, goroutines[i], RangeName.Assist, times[i], slots[at + slot.GCMarkAssistBegin.stack])
        break
      case E.GCMarkAssistActive:
        this.openRange(walk, slots[at + slot.GCMarkAssistActive.g], RangeName.Assist, BEFORE_RUN, NO_STACK)
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

  private resize(length: number): void {
    this.procStopStacks = resized(this.procStopStacks, length)
    this.stopStacks = resized(this.stopStacks, length)
    this.blockReasons = resized(this.blockReasons, length)
  }

  private endGeneration(walk: FirstWalk): void {
    for (const row of walk.takeChanged()) {
      const place = this.changed.add(row)
      if (place >= this.stopStacks.length) this.resize(place * 2)
      this.procStopStacks[place] = walk.number(row, layout.PROC_STOP)
      this.stopStacks[place] = walk.number(row, layout.STOP)
      this.blockReasons[place] = walk.number(row, layout.BLOCK_REASON)
    }
    this.changed.beginGeneration()
    const { ints } = walk
    this.borders.push({
      runs: runsOf(walk),
      ranges: new Map(Array.from(this.ranges, ([row, ranges]) => [row, new Map(ranges)])),
      sweeps: new Map(this.sweeps),
      markPhase: this.markPhase,
      syscallers: Array.from({ length: ints[layout.SYSCALLERS >> 2] }, (_, proc) => syscallerOf(walk, proc)),
      counts: Array.from(ints.subarray(layout.COUNTS >> 2, layout.RUNNING_THREADS >> 2)),
      runningThreads: ints[layout.RUNNING_THREADS >> 2],
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
  if (walk.pageOf(layout.PROCS, proc) === 0) return -1
  return walk.ints[(walk.recordOf(layout.PROCS, proc) + layout.DRAWN_SYSCALLER) >>> 2] - 1
}

/** What goroutines are drawn on at present. */
function runsOf(walk: FirstWalk): ViewerRun[] {
  const { ints, doubles } = walk
  const runs: ViewerRun[] = []
  for (let place = 0; place < ints[layout.RUNS_USED >> 2]; place++) {
    const run = walk.recordOf(layout.RUNS, place)
    const row = ints[(run + layout.RUN_ROW) >>> 2]
    if (walk.number(row, layout.RUN) >>> 0 !== run) continue
    runs.push({
      row,
      proc: ints[(run + layout.RUN_PROC) >>> 2],
      procSince: doubles[(run + layout.RUN_PROC_SINCE) >>> 3],
      procSyscall: doubles[(run + layout.RUN_PROC_SYSCALL) >>> 3],
      executes: ints[(run + layout.RUN_EXECUTES) >>> 2] === 1,
      thread: ints[(run + layout.RUN_THREAD) >>> 2],
      since: doubles[(run + layout.RUN_SINCE) >>> 3],
      syscall: doubles[(run + layout.RUN_SYSCALL) >>> 3],
      syscallStack: ints[(run + layout.RUN_SYSCALL_STACK) >>> 2],
    })
  }
  return runs
}
