/**
 * A table of typed rows that grows by segments: growing never copies what is there, so memory peaks at what is kept.
 *
 * A row has times (and other figures) as doubles and numbers (rows of other tables, codes, small counts) as 32-bit
 * integers, each in an array of its own, the fields of one row side by side: what happens to a goroutine or a region
 * touches most of its fields, and that way costs two runs of memory instead of twenty. Fields are named by constant
 * objects beside each table.
 *
 * Records is never extended, so that every access in it stays monomorphic; a table with methods of its own extends
 * Table, and hot loops go to its `rows`.
 */

import type { GrowingColumn } from '../../wasm/growing-column.js'
import { PAGE_SHIFT } from '../fast-path/fields.js'
import { SEGMENT_BYTES, type SegmentOwner, SegmentStore } from './segment-store.js'

/** Rows between two calls of `trim`. */
export const TRIM_EVERY = 1024

/**
 * Rows of a page, whatever their size: with constants here every access is some instructions shorter than with fields
 * (4 % of an analysis). A segment, which has the same size in all tables, holds as many pages as fit.
 */
export { PAGE_SHIFT }

const ROWS = 1 << PAGE_SHIFT
const MASK = ROWS - 1

export class Records implements SegmentOwner {
  length = 0
  /** By page; null: its segment is put away, at `places`. */
  private readonly timePages: (Float64Array | null)[] = []
  private readonly numberPages: (Int32Array | null)[] = []
  private readonly places: number[] = []
  private readonly pageBytes: number
  /** Where each page is in the memory that a module of WebAssembly sees; 0: nowhere. */
  private directory: GrowingColumn<Uint32Array> | null = null
  private readonly pagesPerSegment: number

  constructor(
    private readonly timeStride: number,
    private readonly numberStride: number,
    private readonly store = new SegmentStore(),
  ) {
    const rowBytes = timeStride * Float64Array.BYTES_PER_ELEMENT + numberStride * Int32Array.BYTES_PER_ELEMENT
    this.pageBytes = ROWS * rowBytes
    this.pagesPerSegment = Math.floor(SEGMENT_BYTES / this.pageBytes)
  }

  /** Appends a row of zeros and gives its number. */
  add(): number {
    const row = this.length++
    if ((row & MASK) === 0) this.beginPage(row >>> PAGE_SHIFT)
    return row
  }

  /** Drops the rows from `length` on. */
  cut(length: number): void {
    for (let row = length; row < this.length; row++) {
      this.timesOf(row).fill(0, this.timeAt(row), this.timeAt(row) + this.timeStride)
      this.numbersOf(row).fill(0, this.numberAt(row), this.numberAt(row) + this.numberStride)
    }
    this.length = length
  }

  time(row: number, field: number): number {
    return this.timesOf(row)[this.timeAt(row) + field]
  }

  setTime(row: number, field: number, value: number): void {
    this.timesOf(row)[this.timeAt(row) + field] = value
  }

  addTime(row: number, field: number, value: number): void {
    this.timesOf(row)[this.timeAt(row) + field] += value
  }

  number(row: number, field: number): number {
    return this.numbersOf(row)[this.numberAt(row) + field]
  }

  setNumber(row: number, field: number, value: number): void {
    this.numbersOf(row)[this.numberAt(row) + field] = value
  }

  /**
   * The array that holds a row's times, and the place of the first: for what touches many fields of one row while a
   * trace is analysed. Afterwards it holds until another row is asked for.
   */
  timesOf(row: number): Float64Array {
    return (
      this.timePages[row >>> PAGE_SHIFT] ??
      (this.fetch(row >>> PAGE_SHIFT).timePages[row >>> PAGE_SHIFT] as Float64Array)
    )
  }

  timeAt(row: number): number {
    return Math.imul(row & MASK, this.timeStride)
  }

  numbersOf(row: number): Int32Array {
    return (
      this.numberPages[row >>> PAGE_SHIFT] ??
      (this.fetch(row >>> PAGE_SHIFT).numberPages[row >>> PAGE_SHIFT] as Int32Array)
    )
  }

  numberAt(row: number): number {
    return Math.imul(row & MASK, this.numberStride)
  }

  /** Tells where pages are, for the fast path; as long as there is no row. */
  tellPages(directory: GrowingColumn<Uint32Array>): void {
    this.directory = directory
  }

  /** Keeps to the budget of the memory: for who goes through all rows and changes some, between two of them. */
  trim(): void {
    this.store.trim()
  }

  release(segment: number, place: number): void {
    const end = Math.min(this.timePages.length, (segment + 1) * this.pagesPerSegment)
    for (let page = segment * this.pagesPerSegment; page < end; page++) {
      this.timePages[page] = null
      this.numberPages[page] = null
      if (this.directory !== null) this.enter(this.directory, page, 0)
    }
    this.places[segment] = place
  }

  private enter(directory: GrowingColumn<Uint32Array>, page: number, place: number): void {
    directory.reach(page)
    directory.rows[page] = place
  }

  /** A segment is there from its first page on, with all its pages. */
  private beginPage(page: number): void {
    if (page < this.timePages.length) return
    const segment = page / this.pagesPerSegment
    this.attach(segment, this.store.allocate(this, segment, this.pageBytes * this.pagesPerSegment))
  }

  /** Brings back the segment of a page. */
  private fetch(page: number): this {
    const segment = Math.floor(page / this.pagesPerSegment)
    const bytes = this.pageBytes * this.pagesPerSegment
    return this.attach(segment, this.store.fetch(this, segment, bytes, this.places[segment]))
  }

  private attach(segment: number, { buffer, byteOffset }: Uint8Array): this {
    const { pageBytes, pagesPerSegment, timeStride, numberStride } = this
    for (let i = 0; i < pagesPerSegment; i++) {
      const times = new Float64Array(buffer, byteOffset + i * pageBytes, ROWS * timeStride)
      const page = segment * pagesPerSegment + i
      this.timePages[page] = times
      this.numberPages[page] = new Int32Array(buffer, times.byteOffset + times.byteLength, ROWS * numberStride)
      if (this.directory !== null)
        this.enter(this.directory, page, buffer instanceof SharedArrayBuffer ? times.byteOffset : 0)
    }
    return this
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
