/**
 * The slow twin of the home page's own figures (endpoints.md §6.1, json-api.md): intervals from one walk over parsed
 * events, added up one by one. Times are ns since the first event.
 */
import type { ParsedEvent, Transition } from './parsed-event.js'

type Interval = readonly [start: bigint, end: bigint]

export class SlowHome {
  readonly running: Interval[] = []
  /** Syscalls until they end or lose their proc; those without a proc are not among them. */
  readonly syscalls: Interval[] = []
  readonly workers: Interval[] = []
  readonly assists: Interval[] = []
  readonly marks: Interval[] = []
  readonly stops: (readonly [start: bigint, end: bigint, reason: string])[] = []
  readonly times: bigint[]
  /** GOMAXPROCS over time, ns. */
  procTime = 0n
  private sync = 0n
  private syncs = 0
  private readonly runs = new Map<bigint, bigint>()
  private readonly workerRuns = new Map<bigint, bigint>()
  private readonly inSyscall = new Map<bigint, { since: bigint; proc: bigint }>()
  private readonly open = new Map<string, bigint>()

  constructor(events: readonly ParsedEvent[]) {
    const first = events[0].time
    const last = events[events.length - 1].time - first
    this.times = events.map(({ time }) => time - first)
    let procs = 0n
    let since = 0n
    events.forEach((event, i) => {
      const now = this.times[i]
      if (event.kind === 'Sync') {
        this.sync = now
        this.syncs++
      } else if (event.kind === 'StateTransition') this.transition(event, now)
      else if (event.kind === 'Label' && event.label.startsWith('GC ') && this.runs.has(event.goroutine)) {
        if (!this.workerRuns.has(event.goroutine)) this.workerRuns.set(event.goroutine, now)
      } else if (event.kind === 'Metric' && event.name === '/sched/gomaxprocs:threads') {
        if (procs !== 0n) {
          this.procTime += procs * (now - since)
          since = now
        }
        procs = event.value
      } else if (event.kind === 'RangeBegin' || event.kind === 'RangeActive' || event.kind === 'RangeEnd') {
        this.range(event, now)
      }
    })
    this.procTime += procs * (last - since)
    for (const start of this.runs.values()) this.running.push([start, last])
    for (const start of this.workerRuns.values()) this.workers.push([start, last])
    for (const { since } of this.inSyscall.values()) this.syscalls.push([since, last])
    for (const key of [...this.open.keys()]) this.close(key, last)
  }

  private transition(event: Transition, now: bigint): void {
    const { resource, id, from, to } = event
    if (from === to) return
    if (resource === 'Proc') {
      if (to !== 'Idle') return
      for (const [goroutine, { since, proc }] of this.inSyscall) {
        if (proc !== id) continue
        this.syscalls.push([since, now])
        this.inSyscall.delete(goroutine)
      }
      return
    }
    if (from === 'Running') {
      this.end(this.runs, this.running, id, now)
      this.end(this.workerRuns, this.workers, id, now)
    }
    if (from === 'Syscall') {
      const call = this.inSyscall.get(id)
      if (call !== undefined) this.syscalls.push([call.since, now])
      this.inSyscall.delete(id)
    }
    const since = from === 'Undetermined' ? this.sync : now
    if (to === 'Running') this.runs.set(id, since)
    if (to === 'Syscall' && event.proc >= 0n) this.inSyscall.set(id, { since, proc: event.proc })
  }

  private end(open: Map<bigint, bigint>, list: Interval[], id: bigint, now: bigint): void {
    const start = open.get(id)
    if (start !== undefined) list.push([start, now])
    open.delete(id)
  }

  private range(event: ParsedEvent & { kind: 'RangeBegin' | 'RangeActive' | 'RangeEnd' }, now: bigint): void {
    const { kind, name, scope } = event
    const stop = name.startsWith('stop-the-world')
    const key = name === 'GC mark assist' ? `${name} ${scope.id}` : name
    if (!stop && name !== 'GC mark assist' && name !== 'GC concurrent mark phase') return
    if (kind === 'RangeEnd') this.close(key, now)
    else if (kind === 'RangeBegin') this.open.set(key, now)
    // Only what is active in the first generation began before the trace.
    else if (!this.open.has(key) && (this.syncs <= 1 || key !== 'GC concurrent mark phase'))
      this.open.set(key, this.sync)
  }

  private close(key: string, now: bigint): void {
    const start = this.open.get(key)
    if (start === undefined) return
    this.open.delete(key)
    if (key.startsWith('stop-the-world')) this.stops.push([start, now, /\((.*)\)/.exec(key)?.[1] ?? key])
    else if (key.startsWith('GC mark assist')) this.assists.push([start, now])
    else this.marks.push([start, now])
  }
}

export function total(intervals: readonly (readonly [bigint, bigint, ...unknown[]])[]): number {
  return Number(intervals.reduce((sum, [start, end]) => sum + end - start, 0n))
}

/** What of the intervals lies in each bucket. */
export function inBuckets(
  intervals: readonly (readonly [bigint, bigint, ...unknown[]])[],
  width: number,
  count: number,
): number[] {
  return Array.from({ length: count }, (_, bucket) => {
    const from = BigInt(bucket) * BigInt(width)
    const to = from + BigInt(width)
    let sum = 0n
    for (const [start, end] of intervals) {
      const length = (end < to ? end : to) - (start > from ? start : from)
      if (length > 0n) sum += length
    }
    return Number(sum)
  })
}
