/**
 * What goroutines had spent at any time t, and in a window, by the clean definitions: a syscall that lost its proc is
 * execution of the syscall until then and waiting from then on, whether it has ended or not. Elsewhere they are those
 * of GoroutineFigures.
 */
import { NOWHERE } from '../../core/changed-rows.js'
import { GoState } from '../../core/states.js'
import { GoroutineFigures } from './goroutine-figures.js'
import type { GoroutineSnapshots, GoroutineTables } from './goroutine-snapshots.js'
import { G, N } from './goroutines.js'

type Visit = (key: number, sum: number) => void

export class CleanFigures extends GoroutineFigures {
  constructor({ goroutines, reasons, ranges }: GoroutineTables, now: number) {
    super(goroutines, reasons, ranges, now)
  }

  exists(row: number): boolean {
    return this.goroutines.exists(row)
  }

  /** Number of the life under this id. */
  life(row: number): number {
    return this.goroutines.number(row, N.Life)
  }

  override schedWait(row: number): number {
    return this.goroutines.time(row, G.SchedWait) + this.openIn(row, GoState.Runnable)
  }

  override syscall(row: number): number {
    const { goroutines } = this
    const open = this.openIn(row, GoState.Syscall) - this.openWithoutProc(row)
    return goroutines.time(row, G.Syscall) - goroutines.time(row, G.Unnoticed) + open
  }

  override syscallBlock(row: number): number {
    const { goroutines } = this
    return goroutines.time(row, G.SyscallBlock) + goroutines.time(row, G.Unnoticed) + this.openWithoutProc(row)
  }

  override total(row: number): number {
    return this.exec(row) + this.schedWait(row) + this.syscall(row) + this.syscallBlock(row) + this.sumOfReasons(row)
  }

  /** How long a syscall that is open has been without a proc. */
  private openWithoutProc(row: number): number {
    const { goroutines, now } = this
    if (goroutines.number(row, N.State) !== GoState.Syscall) return 0
    const since = goroutines.time(row, G.Detached)
    return since < 0 ? 0 : now - since
  }
}

/**
 * Where figures stand at a time: in the snapshots of a generation's start, and of those that changed from there on in
 * tables of their own.
 */
export class FiguresAt {
  private readonly rows: number
  private readonly now: CleanFigures
  private readonly old: CleanFigures
  private readonly since: CleanFigures | null
  /** The figures of the row asked for last, and its row there. */
  private found: CleanFigures
  private at = 0

  /**
   * @param generation whose start is no later than `time`, ns; or the number of generations, for the end
   * @param changed those that changed from its start until `time`
   */
  constructor(
    private readonly snapshots: GoroutineSnapshots,
    private readonly generation: number,
    readonly time: number,
    changed: GoroutineTables | null,
  ) {
    this.rows = snapshots.rowsAt(generation)
    this.now = new CleanFigures(snapshots.now, time)
    this.old = new CleanFigures(snapshots.old, time)
    this.since = changed && new CleanFigures(changed, time)
    this.found = this.now
  }

  /** Number of the goroutine's life at the time, 0: the trace does not know it yet. */
  life(row: number): number {
    return this.find(row) ? this.found.life(this.at) : 0
  }

  exec(row: number): number {
    return this.find(row) ? this.found.exec(this.at) : 0
  }

  schedWait(row: number): number {
    return this.find(row) ? this.found.schedWait(this.at) : 0
  }

  syscall(row: number): number {
    return this.find(row) ? this.found.syscall(this.at) : 0
  }

  syscallBlock(row: number): number {
    return this.find(row) ? this.found.syscallBlock(this.at) : 0
  }

  total(row: number): number {
    return this.find(row) ? this.found.total(this.at) : 0
  }

  sumOfReasons(row: number): number {
    return this.find(row) ? this.found.sumOfReasons(this.at) : 0
  }

  reason(row: number, key: number): number {
    return this.find(row) ? this.found.reason(this.at, key) : 0
  }

  eachReason(row: number, visit: Visit): void {
    if (this.find(row)) this.found.eachReason(this.at, visit)
  }

  range(row: number, key: number): number {
    return this.find(row) ? this.found.range(this.at, key) : 0
  }

  eachRange(row: number, visit: Visit): void {
    if (this.find(row)) this.found.eachRange(this.at, visit)
  }

  /** False: nothing is known of the goroutine at the time. */
  private find(row: number): boolean {
    const { since, snapshots } = this
    if (since?.exists(row)) {
      this.found = since
      this.at = row
      return true
    }
    if (row >= this.rows) return false
    const place = snapshots.placeAt(this.generation, row)
    this.found = place === NOWHERE ? this.now : this.old
    this.at = place === NOWHERE ? row : place
    return this.found.exists(this.at)
  }
}

/** What goroutines spent between two times: of the life that they have at the later one. */
export class WindowFigures {
  constructor(
    private readonly from: FiguresAt,
    private readonly to: FiguresAt,
  ) {}

  exec(row: number): number {
    return this.between(row, figures => figures.exec(row))
  }

  schedWait(row: number): number {
    return this.between(row, figures => figures.schedWait(row))
  }

  syscall(row: number): number {
    return this.between(row, figures => figures.syscall(row))
  }

  syscallBlock(row: number): number {
    return this.between(row, figures => figures.syscallBlock(row))
  }

  total(row: number): number {
    return this.between(row, figures => figures.total(row))
  }

  sumOfReasons(row: number): number {
    return this.between(row, figures => figures.sumOfReasons(row))
  }

  reason(row: number, key: number): number {
    return this.between(row, figures => figures.reason(row, key))
  }

  /** Calls back with the reasons of waits in the window. */
  eachReason(row: number, visit: Visit): void {
    const isOlder = this.isOlder(row)
    this.to.eachReason(row, (key, sum) => {
      const time = isOlder ? sum - this.from.reason(row, key) : sum
      if (time > 0) visit(key, time)
    })
  }

  range(row: number, key: number): number {
    return this.between(row, figures => figures.range(row, key))
  }

  /** Calls back with the ranges in the window. */
  eachRange(row: number, visit: Visit): void {
    const isOlder = this.isOlder(row)
    this.to.eachRange(row, (key, sum) => {
      const time = isOlder ? sum - this.from.range(row, key) : sum
      if (time > 0) visit(key, time)
    })
  }

  private between(row: number, figure: (figures: FiguresAt) => number): number {
    return figure(this.to) - (this.isOlder(row) ? figure(this.from) : 0)
  }

  /** Whether its life began before the window. */
  private isOlder(row: number): boolean {
    const life = this.from.life(row)
    return life > 0 && life === this.to.life(row)
  }
}
