/**
 * A table of typed rows that grows by segments: growing never copies what is there, so memory peaks at what is kept.
 *
 * A row has times (and other figures) as doubles and numbers (rows of other tables, codes, small counts) as 32-bit integers,
 * each in an array of its own, the fields of one row side by side: what happens to a goroutine or a region touches most of its
 * fields, and that way costs two runs of memory instead of twenty. Fields are named by constant objects beside each table.
 *
 * Records is never extended, so that every access in it stays monomorphic; a table with methods of its own extends Table, and hot
 * loops go to its `rows`.
 */
import { SEGMENT_BYTES, type SegmentOwner, SegmentStore } from './segment-store.js'

/** Rows between two calls of `trim`. */
export const TRIM_EVERY = 1024

export class Records implements SegmentOwner {
  length = 0
  /** null: it is put away, at `places`. */
  private readonly timeSegments: (Float64Array | null)[] = []
  private readonly numberSegments: (Int32Array | null)[] = []
  private readonly places: number[] = []
  /** A segment has 2^shift rows, which take so many bytes. */
  private readonly shift: number
  private readonly mask: number
  private readonly bytes: number

  constructor(
    private readonly timeStride: number,
    private readonly numberStride: number,
    private readonly store = new SegmentStore(),
  ) {
    const rowBytes = timeStride * Float64Array.BYTES_PER_ELEMENT + numberStride * Int32Array.BYTES_PER_ELEMENT
    this.shift = Math.floor(Math.log2(SEGMENT_BYTES / rowBytes))
    this.mask = 2 ** this.shift - 1
    this.bytes = 2 ** this.shift * rowBytes
  }

  /** Appends a row of zeros and gives its number. */
  add(): number {
    const row = this.length++
    if ((row & this.mask) === 0) {
      const segment = row >>> this.shift
      this.attach(segment, this.store.allocate(this, segment, this.bytes))
    }
    return row
  }

  time(row: number, field: number): number {
    return this.timesOf(row)[(row & this.mask) * this.timeStride + field]
  }

  setTime(row: number, field: number, value: number): void {
    this.timesOf(row)[(row & this.mask) * this.timeStride + field] = value
  }

  addTime(row: number, field: number, value: number): void {
    this.timesOf(row)[(row & this.mask) * this.timeStride + field] += value
  }

  number(row: number, field: number): number {
    return this.numbersOf(row)[(row & this.mask) * this.numberStride + field]
  }

  setNumber(row: number, field: number, value: number): void {
    this.numbersOf(row)[(row & this.mask) * this.numberStride + field] = value
  }

  /**
   * The array that holds a row's times, and the place of the first: for what touches many fields of one row while a trace is analysed.
   * Afterwards it holds until another row is asked for.
   */
  timesOf(row: number): Float64Array {
    return this.timeSegments[row >>> this.shift] ?? this.fetch(row >>> this.shift).times
  }

  timeAt(row: number): number {
    return (row & this.mask) * this.timeStride
  }

  numbersOf(row: number): Int32Array {
    return this.numberSegments[row >>> this.shift] ?? this.fetch(row >>> this.shift).numbers
  }

  numberAt(row: number): number {
    return (row & this.mask) * this.numberStride
  }

  /** Keeps to the budget of the memory: for who goes through all rows and changes some, between two of them. */
  trim(): void {
    this.store.trim()
  }

  release(segment: number, place: number): void {
    this.timeSegments[segment] = null
    this.numberSegments[segment] = null
    this.places[segment] = place
  }

  private fetch(segment: number): { times: Float64Array; numbers: Int32Array } {
    return this.attach(segment, this.store.fetch(this, segment, this.bytes, this.places[segment]))
  }

  private attach(segment: number, memory: ArrayBuffer): { times: Float64Array; numbers: Int32Array } {
    const rows = this.mask + 1
    const times = new Float64Array(memory, 0, rows * this.timeStride)
    const numbers = new Int32Array(memory, times.byteLength, rows * this.numberStride)
    this.timeSegments[segment] = times
    this.numberSegments[segment] = numbers
    return { times, numbers }
  }
}

/** A table with methods of its own: what it has in common with the others. */
export class Table {
  readonly rows: Records

  constructor(timeStride: number, numberStride: number, store?: SegmentStore) {
    this.rows = new Records(timeStride, numberStride, store)
  }

  get length(): number {
    return this.rows.length
  }

  time(row: number, field: number): number {
    return this.rows.time(row, field)
  }

  number(row: number, field: number): number {
    return this.rows.number(row, field)
  }
}

/** Rows of the groups 0…groupCount−1, one group after the other, ascending inside a group. */
export interface RowGroups {
  /** Group g holds rows[starts[g]] … rows[starts[g + 1] − 1]. */
  readonly starts: Uint32Array
  readonly rows: Uint32Array
}

/** Groups rows 0…length−1 by `groupOf` (−1: in no group), by counting. */
export function groupRows(length: number, groupCount: number, groupOf: (row: number) => number): RowGroups {
  const starts = new Uint32Array(groupCount + 1)
  for (let row = 0; row < length; row++) {
    const group = groupOf(row)
    if (group >= 0) starts[group + 1]++
  }
  for (let group = 0; group < groupCount; group++) starts[group + 1] += starts[group]
  const rows = new Uint32Array(starts[groupCount])
  const next = starts.slice()
  for (let row = 0; row < length; row++) {
    const group = groupOf(row)
    if (group >= 0) rows[next[group]++] = row
  }
  return { starts, rows }
}

/** Rows of one group. */
export function rowsOf(groups: RowGroups, group: number): Uint32Array {
  return groups.rows.subarray(groups.starts[group], groups.starts[group + 1])
}
