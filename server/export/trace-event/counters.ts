/** Counters of goroutines, threads and the heap: their values go on whether or not they are shown. */
import { exactOf } from '../../core/event-block.js'
import { GoCount } from '../../core/states.js'
import type { ViewerBorder } from '../../replay/viewer-facts.js'
import type { CounterTrack, EventSink } from '../sinks.js'

const goroutineCounter: CounterTrack = { name: 'Goroutines', series: ['Running', 'Runnable', 'GCWaiting'] }
const threadCounter: CounterTrack = { name: 'Threads', series: ['Running', 'InSyscall'] }
const heapCounter: CounterTrack = { name: 'Heap', series: ['Allocated', 'NextGC'] }

/** Go tells a goal beyond all memory when the collector is off. */
function shownGoal(bytes: number): number {
  return bytes > 2 ** 50 ? 0 : bytes
}

export class Counters {
  private readonly goroutines = [0, 0, 0, 0, 0]
  private runningThreads = 0
  private allocatedLow = 0
  private allocatedHigh = 0
  private goal = 0

  constructor(private readonly sink: EventSink) {}

  /** Takes up the values as they stood at a border. */
  resume({ counts, runningThreads, allocatedLow, allocatedHigh, goal }: ViewerBorder): void {
    this.goroutines.splice(0, counts.length, ...counts)
    this.runningThreads = runningThreads
    this.allocatedLow = allocatedLow
    this.allocatedHigh = allocatedHigh
    this.goal = shownGoal(goal)
  }

  /** A goroutine goes from one way of being counted (GoCount) to another. */
  goroutine(time: number, from: number, to: number): void {
    if (from === to) return
    const { goroutines } = this
    goroutines[from]--
    goroutines[to]++
    const shown = (count: number): number => Math.max(0, goroutines[count])
    this.sink.counter({
      track: goroutineCounter,
      time,
      values: [shown(GoCount.Running), shown(GoCount.Runnable), shown(GoCount.WaitingGc)],
    })
  }

  thread(time: number, change: 1 | -1): void {
    this.runningThreads += change
    this.sink.counter({ track: threadCounter, time, values: [Math.max(0, this.runningThreads), 0] })
  }

  /** Halves of the bytes of heap objects. */
  allocated(time: number, low: number, high: number): void {
    if (low === this.allocatedLow && high === this.allocatedHigh) return
    this.allocatedLow = low
    this.allocatedHigh = high
    this.heap(time)
  }

  heapGoal(time: number, bytes: number): void {
    const goal = shownGoal(bytes)
    if (goal === this.goal) return
    this.goal = goal
    this.heap(time)
  }

  private heap(time: number): void {
    const allocated = exactOf(this.allocatedLow, this.allocatedHigh)
    const rest = BigInt(this.goal) - allocated
    this.sink.counter({ track: heapCounter, time, values: [allocated, rest > 0n ? rest : 0] })
  }
}
