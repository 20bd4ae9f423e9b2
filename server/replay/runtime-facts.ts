/**
 * What the timeline keeps of the runtime over the whole trace: stops and mark phases, CPU samples, and the course of
 * figures.
 */
import { Records } from '../analysis/facts/records.js'
import { firstPlace } from '../shared/search.js'
import { TILE_COLUMNS, type TileCounter, tileStart } from '../shared/tile.js'
import { BUCKETS } from './levels.js'

const FIRST_LEVEL = 10

/** The course of one figure: smallest, largest and last value by bucket, whose width doubles as the trace grows. */
export class CounterLevels {
  /** Width of a bucket, ns. */
  private width = 2 ** FIRST_LEVEL
  private readonly smallest = new Float64Array(BUCKETS)
  private readonly largest = new Float64Array(BUCKETS)
  private readonly last = new Float64Array(BUCKETS)
  /** 1: a value was told in the bucket. */
  private readonly told = new Uint8Array(BUCKETS)

  /** Exact at this level and those above. */
  get level(): number {
    return Math.log2(this.width)
  }

  add(time: number, value: number): void {
    while (time >= BUCKETS * this.width) this.widen()
    this.merge(Math.floor(time / this.width), value, value, value)
  }

  get isEmpty(): boolean {
    return !this.told.includes(1)
  }

  /** Columns of this level or a higher one. */
  tile(level: number, index: number): TileCounter {
    const columns = new CounterColumns(level, index)
    const { width } = this
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (this.told[bucket] === 0) continue
      if (bucket * width >= columns.end) break
      columns.add(bucket * width, this.smallest[bucket], this.largest[bucket], this.last[bucket])
    }
    return columns.track()
  }

  private merge(bucket: number, smallest: number, largest: number, last: number): void {
    const isFirst = this.told[bucket] === 0
    this.told[bucket] = 1
    this.smallest[bucket] = isFirst ? smallest : Math.min(this.smallest[bucket], smallest)
    this.largest[bucket] = isFirst ? largest : Math.max(this.largest[bucket], largest)
    this.last[bucket] = last
  }

  private widen(): void {
    this.width *= 2
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (this.told[bucket] === 0) continue
      const [smallest, largest, last] = [this.smallest[bucket], this.largest[bucket], this.last[bucket]]
      this.told[bucket] = 0
      this.merge(bucket >> 1, smallest, largest, last)
    }
  }
}

/** The columns of one tile of a figure; values come in the order of time, those before the tile may be among them. */
export class CounterColumns {
  readonly start: number
  readonly end: number
  private readonly width: number
  private readonly columns: number[] = []
  private readonly smallest: number[] = []
  private readonly largest: number[] = []
  private readonly last: number[] = []

  constructor(
    level: number,
    index: number,
    private before = -1,
  ) {
    this.start = tileStart(level, index)
    this.end = tileStart(level, index + 1)
    this.width = 2 ** level
  }

  add(time: number, smallest: number, largest: number, last: number): void {
    if (time >= this.end) return
    if (time < this.start) {
      this.before = last
      return
    }
    const column = Math.min(TILE_COLUMNS - 1, Math.floor((time - this.start) / this.width))
    const i = this.columns.length - 1
    if (i >= 0 && this.columns[i] === column) {
      this.smallest[i] = Math.min(this.smallest[i], smallest)
      this.largest[i] = Math.max(this.largest[i], largest)
      this.last[i] = last
      return
    }
    this.columns.push(column)
    this.smallest.push(smallest)
    this.largest.push(largest)
    this.last.push(last)
  }

  track(): TileCounter {
    return {
      form: 'counter',
      length: this.columns.length,
      columns: Uint16Array.from(this.columns),
      smallest: Float64Array.from(this.smallest),
      largest: Float64Array.from(this.largest),
      last: Float64Array.from(this.last),
      before: this.before,
    }
  }
}

/**
 * Times of a CPU sample or a range; numbers: rows of the goroutine and the stack, or the lane and the row of strings of
 * the reason, or of the goroutine on the lanes of assists and sweeps, of which only those across generations are here.
 */
export class RuntimeFacts {
  readonly counters = [new CounterLevels(), new CounterLevels(), new CounterLevels()]
  /** Values of the counters now; −1: not told yet. */
  readonly values = [-1, -1, -1]
  readonly ranges = new Records(2, 2)
  readonly samples = new Records(1, 2)

  counter(counter: number, time: number, value: number): void {
    this.counters[counter].add(time, value)
    this.values[counter] = value
  }

  range(lane: number, start: number, end: number, about: number): void {
    const row = this.ranges.add()
    this.ranges.setTime(row, 0, start)
    this.ranges.setTime(row, 1, end)
    this.ranges.setNumber(row, 0, lane)
    this.ranges.setNumber(row, 1, about)
  }

  sample(time: number, goroutine: number, stack: number): void {
    const row = this.samples.add()
    this.samples.setTime(row, 0, time)
    this.samples.setNumber(row, 0, goroutine)
    this.samples.setNumber(row, 1, stack)
  }

  hasRange(lane: number): boolean {
    for (let row = 0; row < this.ranges.length; row++) if (this.ranges.number(row, 0) === lane) return true
    return false
  }

  /** First sample at or after a time. */
  firstSample(time: number): number {
    return firstPlace(0, this.samples.length, sample => this.samples.time(sample, 0) >= time)
  }
}
