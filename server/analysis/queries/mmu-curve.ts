/**
 * Minimum mutator utilisation of a window length, and the windows that have it (endpoints.md §14.2, §14.4).
 *
 * The mean utilisation of a window is, as the window moves, continuous and made of straight pieces that meet where an
 * edge of the window meets a step. Trying those positions is exact but slow for a hundred lengths, so each series is
 * cut into bands with a lower bound for every window that starts there; bands are refined from the lowest bound on,
 * until no other band can change the answer. Every operation is done in the order in which cmd/trace does it, in
 * doubles, so that the ten worst windows are the same among many that are equally bad.
 */
import type { UtilizationSeries } from './utilization.js'

export interface WorstWindow {
  /** Start, ns since the first event. */
  readonly time: number
  readonly util: number
}

const MOST_BANDS = 1000
/**
 * Up to so many procs, each has its bands, as which of two equal windows is found first depends on how many there are.
 */
const MOST_ALIKE = 1024

export class MmuCurve {
  private readonly series: BandedSeries[]

  /** A series of no length has no windows, and is left out. */
  constructor(series: readonly UtilizationSeries[]) {
    const procs = series.reduce((sum, one) => sum + (one.procs ?? 1), 0)
    const long = series.filter(({ times }) => times[times.length - 1] > times[0])
    this.series = long.flatMap(one => {
      const alike = procs > MOST_ALIKE ? 1 : (one.procs ?? 1)
      return new Array<BandedSeries>(alike).fill(new BandedSeries(one))
    })
  }

  /** Minimum over all windows of this length; a series that is shorter is one window. */
  mmu(window: number): number {
    const minimum = new Minimum()
    return this.search(window, minimum) ? minimum.mmu : 0
  }

  /** At most `count` of the worst windows that hardly overlap (see WorstWindows), worst first. */
  worst(window: number, count: number): WorstWindow[] {
    const windows = new WorstWindows(count)
    this.search(window, windows)
    return [...windows.items].sort((a, b) => a.util - b.util || a.time - b.time)
  }

  /** False when there is no such window. */
  private search(window: number, found: Accumulator): boolean {
    if (window <= 0) return false
    const bands: BandBound[] = []
    for (const series of this.series) series.bounds(Math.min(window, series.durationNs), bands)
    const heap = new Heap<BandBound>((a, b) => a.bound < b.bound, bands)
    while (heap.items.length > 0 && heap.items[0].bound < found.bound) {
      const { series, band, window: length } = heap.items[0]
      series.refine(band, length, found)
      heap.pop()
    }
    return true
  }
}

interface BandBound {
  readonly series: BandedSeries
  readonly band: number
  /** The window's length, at most that of the series. */
  readonly window: number
  /** No window that starts in the band has less. */
  readonly bound: number
}

interface Accumulator {
  /** Bands that cannot go below it need not be refined. */
  readonly bound: number
  /** Takes the mean of the window at `time`; true when the rest of the band is of no use. */
  feed(time: number, util: number, window: number): boolean
}

class Minimum implements Accumulator {
  mmu = 1
  get bound(): number {
    return this.mmu
  }

  feed(_time: number, util: number): boolean {
    if (util < this.mmu) this.mmu = util
    return util === 0
  }
}

class WorstWindows implements Accumulator {
  bound = 1
  private mmu = 1
  /** The least bad of the kept windows on top. */
  private readonly heap = new Heap<WorstWindow>((a, b) => (a.util === b.util ? a.time > b.time : a.util > b.util), [])

  constructor(private readonly count: number) {}

  get items(): readonly WorstWindow[] {
    return this.heap.items
  }

  feed(time: number, util: number, window: number): boolean {
    const { heap, count } = this
    const { items } = heap
    if (util < this.mmu) this.mmu = util
    if (items.length < count || util < items[0].util) this.keep(time, util, window)
    const full = items.length >= count
    this.bound = full ? Math.max(this.mmu, items[0].util) : 1
    return full && items[0].util === 0
  }

  /**
   * Of two windows that overlap, the worse is kept; of equals, the first. Only the first that overlaps is looked at, so
   * a worse window that takes its place may overlap another one.
   */
  private keep(time: number, util: number, window: number): void {
    const { heap, count } = this
    const overlapping = heap.items.findIndex(other => time + window > other.time && other.time + window > time)
    if (overlapping >= 0) {
      if (heap.items[overlapping].util <= util) return
      heap.remove(overlapping)
    }
    heap.push({ time, util })
    if (heap.items.length > count) heap.pop()
  }
}

class BandedSeries {
  readonly durationNs: number
  private readonly times: Float64Array
  private readonly utils: Float64Array
  /** Integral of the utilisation up to each point. */
  private readonly sums: Float64Array
  private readonly bandNs: number
  /**
   * Of each band: the lowest utilisation in it, the integral up to its start, the last point at or before its start.
   */
  private readonly minima: Float64Array
  private readonly cumulative: Float64Array
  private readonly points: Int32Array

  constructor({ times, utils }: UtilizationSeries) {
    const length = times.length
    this.times = Float64Array.from(times)
    this.utils = Float64Array.from(utils)
    this.sums = new Float64Array(length)
    for (let i = 1, sum = 0; i < length; i++) {
      sum += utils[i - 1] * (times[i] - times[i - 1])
      this.sums[i] = sum
    }
    this.durationNs = times[length - 1] - times[0]
    const bands = Math.min(MOST_BANDS, length)
    this.bandNs = Math.max(1, Math.ceil(this.durationNs / bands))
    this.minima = new Float64Array(bands + 1)
    this.cumulative = new Float64Array(bands + 1)
    this.points = new Int32Array(bands + 1)
    const edge = new Integrator(this.times, this.utils, this.sums, 0)
    for (let band = 0; band <= bands; band++) {
      const start = this.bandStart(band)
      this.cumulative[band] = edge.integral(start)
      this.points[band] = edge.point
      let lowest = 1
      for (let i = edge.point; i < length && times[i] < start + this.bandNs; i++) lowest = Math.min(lowest, utils[i])
      this.minima[band] = lowest
    }
  }

  private bandStart(band: number): number {
    return band * this.bandNs + this.times[0]
  }

  /**
   * The lowest that a window starting in each band can have: whole bands by their mean, those cut by an edge by their
   * minimum.
   */
  bounds(window: number, bounds: BandBound[]): void {
    const { minima, cumulative, bandNs } = this
    const fewest = Math.ceil(window / bandNs)
    const most = Math.floor((window + 2 * (bandNs - 1)) / bandNs)
    const tail = window % bandNs
    for (let band = 0; band < minima.length - most + 1; band++) {
      const left = minima[band]
      const right = minima[band + fewest - 1]
      const further = minima[band + most - 1]
      const lowest = Math.min(left, right, further)
      let sum: number
      if (fewest === 1) {
        sum = lowest * window
      } else {
        // The worst window lies on the lowest band as far as it can, and with the rest on the second lowest.
        const rest =
          lowest === left
            ? Math.min(right, further)
            : lowest === right
              ? Math.min(left, further)
              : Math.min(left, right)
        sum = lowest * bandNs + rest * tail
      }
      if (fewest > 2) sum += cumulative[band + fewest - 1] - cumulative[band + 1]
      bounds.push({ series: this, band, window, bound: sum / window })
    }
  }

  /** Feeds the means of the windows that start in a band, wherever an edge meets a step. */
  refine(band: number, window: number, found: Accumulator): void {
    const { times, utils, sums } = this
    const left = new Integrator(times, utils, sums, this.points[band])
    const right = new Integrator(times, utils, sums, this.points[band])
    let time = this.bandStart(band)
    const end = Math.min(time + this.bandNs, times[times.length - 1] - window)
    for (;;) {
      const util = (right.integral(time + window) - left.integral(time)) / window
      if (found.feed(time, util, window) || time === end) return
      // The mean changes by 1/window a ns at most, so nothing nearer can go below the bound.
      const nearest = time + Math.trunc((util - found.bound) * window)
      time = Math.min(left.nextStep(time), right.nextStep(time + window) - window)
      if (time < nearest) time = nearest
      if (time >= end) time = end
    }
  }
}

/** Integrates a series up to times that ascend, from the last point it was at. */
class Integrator {
  constructor(
    private readonly times: Float64Array,
    private readonly utils: Float64Array,
    private readonly sums: Float64Array,
    /** The last point at or before the latest time. */
    public point: number,
  ) {}

  integral(time: number): number {
    const { times } = this
    let { point } = this
    const near = point + 8
    if (near < times.length && times[near] > time) {
      while (times[point + 1] <= time) point++
    } else {
      let low = point
      let high = times.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (times[middle] <= time) low = middle + 1
        else high = middle
      }
      point = low - 1
    }
    this.point = point
    const rest = time === times[point] ? 0 : this.utils[point] * (time - times[point])
    return this.sums[point] + rest
  }

  /** Time of the first point after `time`; infinite when there is none. */
  nextStep(time: number): number {
    const { times } = this
    for (let i = this.point; i < times.length; i++) if (times[i] > time) return times[i]
    return Number.POSITIVE_INFINITY
  }
}

/**
 * A binary heap with the smallest on top, with the steps of Go's container/heap: the order of equals depends on them.
 */
class Heap<T> {
  constructor(
    private readonly less: (a: T, b: T) => boolean,
    readonly items: T[],
  ) {
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.sink(i, items.length)
  }

  push(item: T): void {
    this.items.push(item)
    this.rise(this.items.length - 1)
  }

  pop(): void {
    const last = this.items.length - 1
    this.swap(0, last)
    this.sink(0, last)
    this.items.pop()
  }

  remove(at: number): void {
    const last = this.items.length - 1
    if (at !== last) {
      this.swap(at, last)
      if (!this.sink(at, last)) this.rise(at)
    }
    this.items.pop()
  }

  private swap(a: number, b: number): void {
    const { items } = this
    const item = items[a]
    items[a] = items[b]
    items[b] = item
  }

  private rise(at: number): void {
    for (let child = at; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.less(this.items[child], this.items[parent])) return
      this.swap(parent, child)
      child = parent
    }
  }

  /** Among the first `length` items; whether anything moved. */
  private sink(at: number, length: number): boolean {
    const { items } = this
    let parent = at
    for (;;) {
      let child = 2 * parent + 1
      if (child >= length) break
      if (child + 1 < length && this.less(items[child + 1], items[child])) child++
      if (!this.less(items[child], items[parent])) break
      this.swap(parent, child)
      parent = child
    }
    return parent > at
  }
}
