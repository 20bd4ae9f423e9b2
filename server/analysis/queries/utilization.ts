/**
 * Mutator utilisation as functions of time: the share of the procs that is left to the program, replayed from the rows
 * of facts/utilization.ts for a choice of what counts as GC (endpoints.md §14.1 with differences.md 1, 4, 6).
 */
import type { MmuFlags } from '../../contract/mmu.js'
import { CodedError } from '../../errors.js'
import { firstPlace } from '../../shared/search.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { UtilizationKind as U } from '../facts/utilization.js'

/** A step function: from times[i] on the utilisation is utils[i]; it ends at the last time. Times ascend. */
export interface UtilizationSeries {
  readonly times: number[]
  readonly utils: number[]
  /** So many procs, with ids in sequence, have this one; 1 when left out. */
  readonly procs?: number
}

export interface MutatorUtilization {
  /**
   * One for the system, or those of each life of the procs, by creation and id; none when the trace does not say how
   * many procs there are.
   */
  readonly series: UtilizationSeries[]
  /** Changes on a proc that does not exist, which are left out. */
  readonly skipped: number
}

/** No proc has this id. */
const ALL_PROCS = -2

/** Points of all series that are told apart by proc: 256 MB. */
const MOST_POINTS = 1 << 24

/**
 * Procs from one id up to another that have the same series: those of which the trace tells no GC work of their own.
 * GOMAXPROCS is but a number in the file, so that a series for each proc would be work and memory that a few bytes ask
 * for.
 */
interface ProcGroup {
  readonly first: number
  readonly end: number
  readonly series: UtilizationSeries
}

export function mutatorUtilization(facts: TraceFacts, flags: MmuFlags): MutatorUtilization {
  const replay = new Replay(facts, flags)
  const { length } = facts.utilization
  for (let row = 0; row < length; row++) replay.step(row)
  return replay.finish()
}

class Replay {
  private readonly series: UtilizationSeries[] = []
  private readonly rows: TraceFacts['utilization']
  private skipped = 0
  /** GOMAXPROCS; nothing counts before it is known. */
  private procs = 0
  /** What is going on at each proc below `procs`, where it is not 0. */
  private readonly gc = new Map<number, number>()
  /** Procs with more than 0 of it. */
  private gcProcs = 0
  private stw = 0
  /** Groups of the procs that there are, by id, and ids that are alone in theirs; empty for the system. */
  private groups: ProcGroup[] = []
  private readonly single: readonly number[]
  private points = 0
  private readonly assisting = new Set<number>()
  /** Proc that each worker's run counts on, by goroutine. */
  private readonly workers = new Map<number, number>()
  /** Each change of GOMAXPROCS. */
  private readonly procChanges: { readonly time: number; readonly count: number }[] = []

  constructor(
    private readonly facts: TraceFacts,
    private readonly flags: MmuFlags,
  ) {
    this.rows = facts.utilization
    this.single = flags.perProc ? this.procsWithWork() : []
  }

  step(row: number): void {
    const { rows, flags } = this
    const time = rows.time(row)
    const kind = rows.kind(row)
    if (kind === U.Procs) {
      this.setProcs(rows.value(row), time)
      this.record(time, ALL_PROCS)
      return
    }
    if (this.procs === 0) return
    const goroutine = rows.goroutine(row)
    const value = rows.value(row)
    const proc = this.procOf(row)
    let changed = proc
    switch (kind) {
      case U.StwBegin:
      case U.StwEnd:
        if (!flags.stw) return
        this.stw += kind === U.StwBegin ? 1 : -1
        changed = ALL_PROCS
        break
      case U.SweepActive:
        if (!flags.sweep) return
        this.countSinceStart(proc)
        this.add(proc, 1)
        break
      case U.SweepBegin:
      case U.SweepEnd:
        if (!flags.sweep) return
        this.add(proc, kind === U.SweepBegin ? 1 : -1)
        break
      case U.AssistActive:
        if (!flags.assist) return
        if (value === 1) this.countSinceStart(proc)
        this.add(proc, 1)
        this.assisting.add(goroutine)
        break
      case U.AssistBegin:
        if (!flags.assist) return
        this.add(proc, 1)
        this.assisting.add(goroutine)
        break
      case U.AssistEnd:
        if (!flags.assist) return
        this.add(proc, -1)
        this.assisting.delete(goroutine)
        break
      case U.Resume:
      case U.Pause:
        if (!this.assisting.has(goroutine)) return
        this.add(proc, kind === U.Resume ? 1 : -1)
        break
      case U.WorkerBegin:
        // A dedicated worker has its proc to itself, so no goroutine's latency suffers there.
        if (!flags.background || (flags.perProc && value === 1) || this.workers.has(goroutine)) return
        this.add(proc, 1)
        this.workers.set(goroutine, proc)
        break
      case U.WorkerEnd: {
        const at = this.workers.get(goroutine)
        if (at === undefined) return
        this.workers.delete(goroutine)
        // Where the begin was left out, so is the end.
        if (at >= 0) this.add(at, -1)
        changed = at
        break
      }
    }
    this.record(time, changed)
  }

  /** Every series ends with 0 at the last event. */
  finish(): MutatorUtilization {
    const { endNs } = this.facts
    if (!this.flags.perProc) {
      if (this.procs > 0) append(this.series[0], endNs, 0)
    } else {
      for (const { series } of this.groups) append(series, endNs, 0)
    }
    return { series: this.series, skipped: this.skipped }
  }

  /** Index of the proc a row counts on, −1 when there is none. */
  private procOf(row: number): number {
    const proc = this.rows.proc(row)
    const id = proc < 0 ? -1 : this.facts.dictionary.procs.ids[proc]
    return id >= 0 && id < this.procs ? id : -1
  }

  private setProcs(count: number, time: number): void {
    const { flags, series } = this
    if (count < this.procs) {
      for (const [proc, changes] of this.gc) {
        if (proc < count) continue
        this.gc.delete(proc)
        if (changes > 0) this.gcProcs--
      }
      for (const [goroutine, proc] of this.workers) if (proc >= count) this.workers.delete(goroutine)
      this.endProcs(count, time)
    }
    if (flags.perProc) this.addProcs(this.groups.at(-1)?.end ?? 0, count, time)
    else if (count > 0 && series.length === 0) {
      series.push({ times: [time], utils: [1] })
    }
    this.procs = count
    if (this.procChanges.at(-1)?.count !== count) this.procChanges.push({ time, count })
  }

  /** Ids that some row counts on, ascending. */
  private procsWithWork(): number[] {
    const { rows, facts } = this
    const { ids } = facts.dictionary.procs
    const found = new Set<number>()
    for (let row = 0; row < rows.length; row++) {
      if (rows.kind(row) >= U.SweepBegin && rows.proc(row) >= 0) found.add(ids[rows.proc(row)])
    }
    return [...found].filter(id => id >= 0).sort((a, b) => a - b)
  }

  /** Procs with ids from `first` to before `end` begin. */
  private addProcs(first: number, end: number, time: number): void {
    const { single } = this
    let next = firstPlace(0, single.length, at => single[at] >= first)
    for (let id = first; id < end; ) {
      const alone = single[next] === id
      const groupEnd = alone ? id + 1 : Math.min(end, single[next] ?? end)
      if (alone) next++
      const series = { times: [time], utils: [1], procs: groupEnd - id }
      this.groups.push({ first: id, end: groupEnd, series })
      this.series.push(series)
      id = groupEnd
    }
  }

  /** Procs from that id on end. */
  private endProcs(count: number, time: number): void {
    const kept = this.groups.filter(({ first }) => first < count)
    for (const { series } of this.groups.slice(kept.length)) append(series, time, 0)
    const last = kept.at(-1)
    if (last !== undefined && last.end > count) {
      const { times, utils } = last.series
      const [stays, ends] = [
        { times, utils, procs: count - last.first },
        { times: [...times], utils: [...utils], procs: last.end - count },
      ]
      this.countPoints(times.length)
      append(ends, time, 0)
      kept[kept.length - 1] = { first: last.first, end: count, series: stays }
      this.series.splice(this.series.lastIndexOf(last.series), 1, stays, ends)
    }
    this.groups = kept
  }

  private countPoints(count: number): void {
    this.points += count
    if (this.points > MOST_POINTS)
      throw new CodedError('TOO_LARGE', `The curves of single procs have more than ${MOST_POINTS} points.`)
  }

  private add(proc: number, change: number): void {
    if (proc < 0) {
      this.skipped++
      return
    }
    const before = this.gc.get(proc) ?? 0
    const after = before + change
    if (after === 0) this.gc.delete(proc)
    else this.gc.set(proc, after)
    if (before <= 0 && after > 0) this.gcProcs++
    if (before > 0 && after <= 0) this.gcProcs--
  }

  /** What turns out to have gone on since the start takes one proc's share off all that is recorded so far. */
  private countSinceStart(proc: number): void {
    if (this.flags.perProc || proc < 0) return
    const { times, utils } = this.series[0]
    const { procChanges } = this
    let change = 0
    for (let i = 0; i < times.length; ) {
      if (change < procChanges.length - 1 && procChanges[change + 1].time < times[i]) {
        change++
        continue
      }
      utils[i] = Math.max(utils[i] - 1 / procChanges[change].count, 0)
      i++
    }
  }

  /** @param changed the proc whose work changed, or ALL_PROCS */
  private record(time: number, changed: number): void {
    const { procs, groups } = this
    if (procs === 0) return
    if (!this.flags.perProc) {
      const gcProcs = this.stw > 0 ? procs : this.gcProcs
      append(this.series[0], time, 1 - gcProcs / procs)
      return
    }
    const all = changed === ALL_PROCS
    const first = all ? 0 : firstPlace(0, groups.length, at => groups[at].end > changed)
    const end = all ? groups.length : Math.min(first + 1, groups.length)
    for (let at = first; at < end; at++) {
      const group = groups[at]
      const busy = this.stw > 0 || (this.gc.get(group.first) ?? 0) > 0
      if (append(group.series, time, busy ? 0 : 1)) this.countPoints(1)
    }
  }
}

/** Equal utilisation is no step; at one time the lowest counts. Whether there is one point more. */
function append({ times, utils }: UtilizationSeries, time: number, util: number): boolean {
  const last = utils.length - 1
  if (util === utils[last]) return false
  if (time === times[last]) {
    utils[last] = Math.min(utils[last], util)
    return false
  }
  times.push(time)
  utils.push(util)
  return true
}
