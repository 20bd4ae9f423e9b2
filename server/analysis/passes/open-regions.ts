/**
 * Regions that are open: the snapshot of their goroutine at the begin. Only as long as they are open do they need it,
 * so that places are used again.
 */

import { GrowingColumn } from '../../wasm/growing-column.js'
import { Records } from '../facts/records.js'
import { OPEN_FIGURES } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'
import { figuresOf, type Snapshot } from './snapshot.js'

const O = {
  /** Row of regions. */
  Region: 0,
  /** The open region outside, −1: none. */
  Outer: 1,
  /**
   * Where the figures of the snapshot are, and how many of them are reasons and ranges; −1: the region has none to
   * subtract.
   */
  First: 2,
  Reasons: 3,
  Ranges: 4,
} as const

export class OpenRegions {
  private readonly rows = new Records(0, 5)
  private readonly figures: Stretches
  private free = -1

  constructor(memory: AnalysisMemory) {
    this.figures = new Stretches(memory)
  }

  /** Gives a place without a snapshot. */
  open(region: number, outer: number): number {
    const { rows } = this
    let place = this.free
    if (place < 0) place = rows.add()
    else this.free = rows.number(place, O.Outer)
    const numbers = rows.numbersOf(place)
    const n = rows.numberAt(place)
    numbers[n + O.Region] = region
    numbers[n + O.Outer] = outer
    numbers[n + O.First] = -1
    return place
  }

  /** Gives a place with a snapshot, the one at the begin. */
  openWith(region: number, outer: number, snapshot: Snapshot): number {
    const { rows } = this
    const place = this.open(region, outer)
    const { reasons, ranges } = snapshot
    const first = this.figures.take(figuresOf(reasons, ranges))
    snapshot.keep(first)
    const numbers = rows.numbersOf(place)
    const n = rows.numberAt(place)
    numbers[n + O.First] = first
    numbers[n + O.Reasons] = reasons
    numbers[n + O.Ranges] = ranges
    return place
  }

  region(place: number): number {
    return this.rows.number(place, O.Region)
  }

  outer(place: number): number {
    return this.rows.number(place, O.Outer)
  }

  /** Makes a later snapshot what happened since the begin. */
  subtractFrom(place: number, later: Snapshot): void {
    const numbers = this.rows.numbersOf(place)
    const n = this.rows.numberAt(place)
    const first = numbers[n + O.First]
    if (first >= 0) later.subtract(first, numbers[n + O.Reasons], numbers[n + O.Ranges])
  }

  close(place: number): void {
    const numbers = this.rows.numbersOf(place)
    const n = this.rows.numberAt(place)
    const first = numbers[n + O.First]
    if (first >= 0) this.figures.give(first, figuresOf(numbers[n + O.Reasons], numbers[n + O.Ranges]))
    numbers[n + O.Outer] = this.free
    this.free = place
  }
}

/** Stretches of figures. Those given back are used again, by their length up to the next power of two. */
class Stretches {
  private readonly values: GrowingColumn<Float64Array>
  private used = 0
  private readonly free: number[][] = Array.from({ length: 32 }, () => [])

  constructor(memory: AnalysisMemory) {
    this.values = new GrowingColumn(memory, Float64Array, OPEN_FIGURES)
  }

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
    this.values.reach(this.used - 1)
    return first
  }
}

/** The power of two that holds `length` figures. */
function sizeOf(length: number): number {
  return 32 - Math.clz32(length - 1)
}
