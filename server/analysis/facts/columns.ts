/**
 * Columns that grow by segments. Growing never copies what is there, so memory peaks at what is kept; a row is reached by
 * a shift and a mask. Each element type has a class of its own, because one generic class over several typed arrays makes every
 * access polymorphic (measured: four times slower).
 */
const SHIFT = 13
const SIZE = 1 << SHIFT
const MASK = SIZE - 1

export class Float64Column {
  length = 0
  private readonly segments: Float64Array[] = []

  push(value: number): void {
    const row = this.length++
    if ((row & MASK) === 0) this.segments.push(new Float64Array(SIZE))
    this.segments[row >>> SHIFT][row & MASK] = value
  }

  get(row: number): number {
    return this.segments[row >>> SHIFT][row & MASK]
  }

  set(row: number, value: number): void {
    this.segments[row >>> SHIFT][row & MASK] = value
  }

  add(row: number, value: number): void {
    this.segments[row >>> SHIFT][row & MASK] += value
  }
}

export class Int32Column {
  length = 0
  private readonly segments: Int32Array[] = []

  push(value: number): void {
    const row = this.length++
    if ((row & MASK) === 0) this.segments.push(new Int32Array(SIZE))
    this.segments[row >>> SHIFT][row & MASK] = value
  }

  get(row: number): number {
    return this.segments[row >>> SHIFT][row & MASK]
  }

  set(row: number, value: number): void {
    this.segments[row >>> SHIFT][row & MASK] = value
  }
}

export class Uint8Column {
  length = 0
  private readonly segments: Uint8Array[] = []

  push(value: number): void {
    const row = this.length++
    if ((row & MASK) === 0) this.segments.push(new Uint8Array(SIZE))
    this.segments[row >>> SHIFT][row & MASK] = value
  }

  get(row: number): number {
    return this.segments[row >>> SHIFT][row & MASK]
  }

  set(row: number, value: number): void {
    this.segments[row >>> SHIFT][row & MASK] = value
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
