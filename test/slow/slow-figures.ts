/**
 * The slow twin of figures at any time: the spans and ranges of every life of a goroutine as intervals, each cut to the
 * window that is asked for. Definitions: a life is a row of spans without gaps; one that is mentioned first was in its
 * state since the Sync; a syscall is execution of the syscall until its proc goes idle under it and waiting from then
 * on, from its beginning when it has no proc.
 */
import type { ParsedEvent, Transition } from './parsed-event.js'

interface Interval {
  readonly figure: string
  readonly start: bigint
  /** null: it is open. */
  end: bigint | null
}

interface Life {
  readonly start: bigint
  readonly intervals: Interval[]
  state: Interval | null
  /** Of the present syscall; −1n: it has none. */
  proc: bigint
  readonly ranges: Map<string, Interval>
}

export class SlowFigures {
  private readonly lives = new Map<bigint, Life[]>()
  private readonly first: bigint
  private sync: bigint
  private readonly holders = new Map<bigint, Life>()
  private readonly sweepers = new Map<string, bigint>()

  constructor(events: readonly ParsedEvent[]) {
    this.first = events[0].time
    this.sync = this.first
    for (const event of events) this.take(event)
  }

  get goroutines(): bigint[] {
    return [...this.lives.keys()]
  }

  livesOf(goroutine: bigint): number {
    return this.lives.get(goroutine)?.length ?? 0
  }

  /**
   * What a goroutine spent from `from` until `to`, ns since the first event, in the life that it has at `to`; figures
   * that are not 0.
   */
  spent(goroutine: bigint, from: number, to: number): Record<string, number> {
    const [a, b] = [this.first + BigInt(from), this.first + BigInt(to)]
    const life = this.lives.get(goroutine)?.findLast(({ start }) => start < b)
    const sums: Record<string, number> = {}
    for (const { figure, start, end } of life?.intervals ?? []) {
      const until = end === null || end > b ? b : end
      const since = start < a ? a : start
      if (until > since) sums[figure] = (sums[figure] ?? 0) + Number(until - since)
    }
    return sums
  }

  private take(event: ParsedEvent): void {
    if (event.kind === 'Sync') this.sync = event.time
    else if (event.kind === 'StateTransition' && event.from !== event.to) {
      if (event.resource === 'Goroutine') this.takeGoroutine(event)
      else if (event.to === 'Idle') this.takeIdle(event)
    } else if (event.kind === 'RangeBegin' || event.kind === 'RangeActive' || event.kind === 'RangeEnd')
      this.takeRange(event)
  }

  private takeGoroutine({ id, from, to, reason, time, proc }: Transition): void {
    const since = from === 'Undetermined' ? this.sync : time
    if (from === 'Undetermined' || from === 'NotExist') {
      const life = { start: since, intervals: [], state: null, proc: -1n, ranges: new Map() }
      this.lives.set(id, [...(this.lives.get(id) ?? []), life])
    }
    const life = this.lives.get(id)?.at(-1) as Life
    if (life.state !== null) life.state.end = time
    life.state = null
    if (from === 'Syscall' && this.holders.get(life.proc) === life) this.holders.delete(life.proc)
    if (to === 'Running') this.enter(life, 'exec', since)
    else if (to === 'Runnable') this.enter(life, 'schedWait', since)
    else if (to === 'Waiting' && reason !== 'forever') this.enter(life, `block ${reason}`, since)
    else if (to === 'Syscall') {
      this.enter(life, proc === -1n ? 'syscallBlock' : 'syscall', since)
      life.proc = proc
      if (proc !== -1n) this.holders.set(proc, life)
    } else {
      for (const range of life.ranges.values()) range.end = time
      life.ranges.clear()
    }
  }

  private enter(life: Life, figure: string, start: bigint): void {
    life.state = { figure, start, end: null }
    life.intervals.push(life.state)
  }

  /** A syscall on the proc loses it. */
  private takeIdle({ id, time }: Transition): void {
    const life = this.holders.get(id)
    this.holders.delete(id)
    if (life?.state?.figure !== 'syscall') return
    life.state.end = time
    this.enter(life, 'syscallBlock', time)
  }

  private takeRange(event: Extract<ParsedEvent, { kind: 'RangeBegin' | 'RangeActive' | 'RangeEnd' }>): void {
    const { kind, name, scope, time } = event
    if (scope.resource === 'None') return
    const id = scope.resource === 'Goroutine' ? scope.id : event.goroutine
    const life = this.lives.get(id)?.at(-1)
    let isOf = life !== undefined
    if (scope.resource === 'Proc') {
      const key = `${scope.id} ${name}`
      // A sweep counts only when it ends on the goroutine on which it began.
      if (kind === 'RangeEnd') {
        isOf &&= this.sweepers.get(key) === id
        this.sweepers.delete(key)
      } else if (isOf) this.sweepers.set(key, id)
    }
    if (life === undefined || !isOf) return
    const open = life.ranges.get(name)
    if (kind === 'RangeEnd') {
      if (open !== undefined) open.end = time
      life.ranges.delete(name)
    } else if (kind === 'RangeBegin' || open === undefined) {
      const range = { figure: `range ${name}`, start: kind === 'RangeBegin' ? time : this.sync, end: null }
      life.ranges.set(name, range)
      life.intervals.push(range)
    }
  }
}
