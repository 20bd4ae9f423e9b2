/**
 * Regions that are open: the snapshot of their goroutine at the begin. Only as long as they are open do they need it, so that
 * places are used again.
 */
import { FIRST_ROWS, reaching } from '../../shared/columns.js'
import { Records } from '../facts/records.js'
import { figuresOf, type Snapshot } from './snapshot.js'

const O = {
  /** Row of regions. */
  Region: 0,
  /** The open region outside, −1: none. */
  Outer: 1,
  /** Where the figures of the snapshot are, and how many of them are reasons and ranges; −1: the region has none to subtract. */
  First: 2,
  Reasons: 3,
  Ranges: 4,
} as const

export class OpenRegions {
  private readonly rows = new Records(0, 5)
  private readonly figures = new Stretches()
  private free = -1

  /** Gives a place without a snapshot. */
  open(region: number, outer: number): number {
    const { rows } = this
    let place = this.free
    if (place < 0) place = rows.add()
    else this.free = rows.number(place, O.Outer)
    rows.setNumber(place, O.Region, region)
    rows.setNumber(place, O.Outer, outer)
    rows.setNumber(place, O.First, -1)
    return place
  }

  region(place: number): number {
    return this.rows.number(place, O.Region)
  }

  outer(place: number): number {
    return this.rows.number(place, O.Outer)
  }

  /** Keeps a snapshot, the one at the begin. */
  keep(place: number, { figures, reasons, ranges, length }: Snapshot): void {
    const { rows } = this
    const first = this.figures.take(length)
    const { values } = this.figures
    for (let i = 0; i < length; i++) values[first + i] = figures[i]
    rows.setNumber(place, O.First, first)
    rows.setNumber(place, O.Reasons, reasons)
    rows.setNumber(place, O.Ranges, ranges)
  }

  /** Makes a later snapshot what happened since the begin. */
  subtractFrom(place: number, later: Snapshot): void {
    const first = this.rows.number(place, O.First)
    if (first < 0) return
    later.subtract(this.figures.values, first, this.rows.number(place, O.Reasons), this.rows.number(place, O.Ranges))
  }

  close(place: number): void {
    const { rows } = this
    const first = rows.number(place, O.First)
    if (first >= 0) this.figures.give(first, figuresOf(rows.number(place, O.Reasons), rows.number(place, O.Ranges)))
    rows.setNumber(place, O.Outer, this.free)
    this.free = place
  }
}

/** Stretches of figures. Those given back are used again, by their length up to the next power of two. */
class Stretches {
  values = new Float64Array(FIRST_ROWS)
  private used = 0
  private readonly free: number[][] = Array.from({ length: 32 }, () => [])

  /** Place of the first of `length` figures. */
  take(length: number): number {
    const first = this.free[sizeOf(length)].pop()
    return first ?? this.extend(1 << sizeOf(length))
  }

  give(first: number, length: number): void {
    this.free[sizeOf(length)].push(first)
  }

  private extend(length: number): number {
    const first = this.used
    this.used += length
    if (this.used > this.values.length) this.values = reaching(this.values, this.used)
    return first
  }
}

/** The power of two that holds `length` figures. */
function sizeOf(length: number): number {
  return 32 - Math.clz32(length - 1)
}
