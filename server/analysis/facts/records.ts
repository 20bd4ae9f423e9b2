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
const SHIFT = 10
const ROWS = 1 << SHIFT
const MASK = ROWS - 1

export class Records {
  length = 0
  private readonly timeSegments: Float64Array[] = []
  private readonly numberSegments: Int32Array[] = []

  constructor(
    private readonly timeStride: number,
    private readonly numberStride: number,
  ) {}

  /** Appends a row of zeros and gives its number. */
  add(): number {
    const row = this.length++
    if ((row & MASK) === 0) {
      this.timeSegments.push(new Float64Array(ROWS * this.timeStride))
      this.numberSegments.push(new Int32Array(ROWS * this.numberStride))
    }
    return row
  }

  time(row: number, field: number): number {
    return this.timeSegments[row >>> SHIFT][(row & MASK) * this.timeStride + field]
  }

  setTime(row: number, field: number, value: number): void {
    this.timeSegments[row >>> SHIFT][(row & MASK) * this.timeStride + field] = value
  }

  addTime(row: number, field: number, value: number): void {
    this.timeSegments[row >>> SHIFT][(row & MASK) * this.timeStride + field] += value
  }

  number(row: number, field: number): number {
    return this.numberSegments[row >>> SHIFT][(row & MASK) * this.numberStride + field]
  }

  setNumber(row: number, field: number, value: number): void {
    this.numberSegments[row >>> SHIFT][(row & MASK) * this.numberStride + field] = value
  }

  /** The array that holds a row's times, and the place of the first: for loops that touch many fields of one row. */
  timesOf(row: number): Float64Array {
    return this.timeSegments[row >>> SHIFT]
  }

  timeAt(row: number): number {
    return (row & MASK) * this.timeStride
  }

  numbersOf(row: number): Int32Array {
    return this.numberSegments[row >>> SHIFT]
  }

  numberAt(row: number): number {
    return (row & MASK) * this.numberStride
  }
}

/** A table with methods of its own: what it has in common with the others. */
export class Table {
  readonly rows: Records

  constructor(timeStride: number, numberStride: number) {
    this.rows = new Records(timeStride, numberStride)
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
