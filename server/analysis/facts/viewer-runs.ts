/**
 * What goroutines are drawn on at present, and the stacks of their last stops; by proc, and by thread and goroutine, for which the same holds.
 * Only the few that run at a time have a place in the columns of runs.
 */
import { reaching } from '../../shared/columns.js'
import { NO_STACK } from '../../shared/dictionary.js'
import { GoState } from '../../shared/states.js'
import { type Clock, NOW } from './clock.js'
import type { ViewerRun } from './viewer-facts.js'

const NO_LANE = -1
const NO_TIME = Number.NaN
/** A state from before the trace counts from its start. */
const TRACE_START = 0

export class ViewerRuns {
  /** By row of goroutines: 1 + place, 0: it is drawn on nothing. */
  private places = new Int32Array(1024)
  private procStops = new Int32Array(1024)
  private stops = new Int32Array(1024)
  /** By place. */
  private readonly rows: number[] = []
  private readonly procs: number[] = []
  private readonly threads: number[] = []
  private readonly executes: boolean[] = []
  private readonly syscallStacks: number[] = []
  private procSinces = new Float64Array(64)
  private sinces = new Float64Array(64)
  private procSyscalls = new Float64Array(64)
  private syscalls = new Float64Array(64)
  private readonly free: number[] = []

  start(row: number, from: number, clock: Clock, thread: number): void {
    const place = this.take(row)
    this.executes[place] = true
    this.threads[place] = thread
    this.sinces[place] = from === GoState.Undetermined ? TRACE_START : clock[NOW]
  }

  stop(row: number, stack: number): void {
    const place = this.placeOf(row)
    if (place < 0 || !this.executes[place]) return
    this.stops[row] = stack
    this.executes[place] = false
    this.leave(row, place)
  }

  beginSyscall(row: number, from: number, clock: Clock, stack: number): void {
    const place = this.take(row)
    this.syscalls[place] = from === GoState.Undetermined ? TRACE_START : clock[NOW]
    this.syscallStacks[place] = stack
  }

  endSyscall(row: number): void {
    const place = this.placeOf(row)
    if (place < 0) return
    this.syscalls[place] = NO_TIME
    this.leave(row, place)
  }

  startOnProc(row: number, from: number, clock: Clock, proc: number): void {
    const place = this.take(row)
    this.procs[place] = proc
    this.procSinces[place] = from === GoState.Undetermined ? TRACE_START : clock[NOW]
  }

  stopOnProc(row: number, stack: number): void {
    const place = this.placeOf(row)
    if (place < 0 || this.procs[place] === NO_LANE) return
    this.procStops[row] = stack
    this.procs[place] = NO_LANE
    this.leave(row, place)
  }

  beginSyscallOnProc(row: number, from: number, clock: Clock, proc: number): void {
    const place = this.take(row)
    if (this.procs[place] === NO_LANE) this.startOnProc(row, from, clock, proc)
    this.procSyscalls[place] = from === GoState.Undetermined ? TRACE_START : clock[NOW]
  }

  endSyscallOnProc(row: number): void {
    const place = this.placeOf(row)
    if (place < 0) return
    this.procSyscalls[place] = NO_TIME
    this.leave(row, place)
  }

  /** Gives the memory of rows back; nothing may be started or asked any more. */
  clear(): void {
    this.places = new Int32Array(0)
    this.procStops = new Int32Array(0)
    this.stops = new Int32Array(0)
  }

  stopStackOf(row: number): number {
    return this.stops[row] ?? NO_STACK
  }

  procStopStackOf(row: number): number {
    return this.procStops[row] ?? NO_STACK
  }

  list(): ViewerRun[] {
    const runs: ViewerRun[] = []
    this.rows.forEach((row, place) => {
      if (this.placeOf(row) !== place) return
      runs.push({
        row,
        proc: this.procs[place],
        procSince: this.procSinces[place],
        procSyscall: this.procSyscalls[place],
        executes: this.executes[place],
        thread: this.threads[place],
        since: this.sinces[place],
        syscall: this.syscalls[place],
        syscallStack: this.syscallStacks[place],
      })
    })
    return runs
  }

  private placeOf(row: number): number {
    return row < this.places.length ? this.places[row] - 1 : -1
  }

  private take(row: number): number {
    if (row >= this.places.length) this.growRows(row)
    if (this.places[row] > 0) return this.places[row] - 1
    const place = this.free.pop() ?? this.rows.length
    if (place === this.sinces.length) this.growPlaces()
    this.places[row] = place + 1
    this.rows[place] = row
    this.procs[place] = NO_LANE
    this.threads[place] = NO_LANE
    this.executes[place] = false
    this.syscallStacks[place] = NO_STACK
    this.procSyscalls[place] = NO_TIME
    this.syscalls[place] = NO_TIME
    return place
  }

  /** Gives the place away when nothing is drawn any more. */
  private leave(row: number, place: number): void {
    if (this.executes[place] || this.procs[place] !== NO_LANE) return
    if (!Number.isNaN(this.procSyscalls[place]) || !Number.isNaN(this.syscalls[place])) return
    this.places[row] = 0
    this.free.push(place)
  }

  private growRows(row: number): void {
    this.places = reaching(this.places, row)
    this.procStops = reaching(this.procStops, row)
    this.stops = reaching(this.stops, row)
  }

  private growPlaces(): void {
    const larger = (column: Float64Array<ArrayBuffer>) => reaching(column, column.length)
    this.procSinces = larger(this.procSinces)
    this.sinces = larger(this.sinces)
    this.procSyscalls = larger(this.procSyscalls)
    this.syscalls = larger(this.syscalls)
  }
}
