/**
 * Goroutines as they were at the boundaries between generations. Of each that changed in a generation and was there
 * before, the record before its first change is kept, with its block times and ranges: how it stood at the start of
 * generation k is in its first record from k on, and where there is none in the table itself. A goroutine that is
 * silent, or lives inside one generation, costs nothing.
 */
import { ChangedRows, NOWHERE } from '../../core/changed-rows.js'
import { Cells, NO_CELL } from './cells.js'
import { Goroutines, N, NUMBERS, TIMES } from './goroutines.js'
import type { SegmentStore } from './segment-store.js'

/** A table of goroutines, with the lists of block times and ranges that its rows name. */
export interface GoroutineTables {
  readonly goroutines: Goroutines
  readonly reasons: Cells
  readonly ranges: Cells
}

/** What procs are held by, by their rows: a goroutine each, −1: none. */
export interface ProcHolders {
  /** Whose syscall holds the proc, as it is and as cmd/trace has it. */
  readonly holders: Int32Array
  readonly syscallers: Int32Array
  /** Who sweeps on it. */
  readonly sweepers: Int32Array
}

/** The start of a generation. */
interface Boundary extends ProcHolders {
  /** Time of its first event, ns. */
  readonly start: number
  /** Rows that the table had. */
  readonly rows: number
}

export class GoroutineSnapshots {
  private readonly changed = new ChangedRows()
  /** Records before changes. */
  readonly old: GoroutineTables
  private readonly boundaries: Boundary[] = []

  /** @param now the table that changes */
  constructor(
    readonly now: GoroutineTables,
    store?: SegmentStore,
  ) {
    this.old = { goroutines: new Goroutines(store), reasons: new Cells(store), ranges: new Cells(store) }
  }

  beginGeneration(start: number, procs: ProcHolders): void {
    if (this.boundaries.length > 0) this.changed.beginGeneration()
    this.boundaries.push({ start, rows: this.now.goroutines.length, ...procs })
  }

  /** How procs were held at the start of a generation. */
  procsAt(generation: number): ProcHolders {
    return this.boundaries[generation]
  }

  /** Rows of the table at the start of a generation; of the number of generations, now. */
  rowsAt(generation: number): number {
    return this.boundaries[generation]?.rows ?? this.now.goroutines.length
  }

  /** Row among `old` of how a goroutine stood at the start of a generation; NOWHERE: it stands so in `now`. */
  placeAt(generation: number, row: number): number {
    return this.changed.firstFrom(generation, row)
  }

  /**
   * The generation that a time lies in: the last that began by then, or the first; and whether the time is its start.
   */
  generationAt(time: number): { readonly generation: number; readonly isStart: boolean } {
    const generation = Math.max(
      0,
      this.boundaries.findLastIndex(({ start }) => start <= time),
    )
    return { generation, isStart: time <= (this.boundaries[generation]?.start ?? 0) }
  }

  /** Comes before each change of what figures are made of. */
  touch(row: number): void {
    const { boundaries, changed, now, old } = this
    const rows = boundaries.length === 0 ? 0 : boundaries[boundaries.length - 1].rows
    if (row < rows && !changed.hasChanged(row)) copyGoroutine(now, row, old, changed.add(row))
  }

  /** Copies a goroutine as it was at the start of a generation, if it was there, to the same row of another table. */
  restore(generation: number, row: number, into: GoroutineTables): void {
    if (row >= this.rowsAt(generation)) return
    const place = this.placeAt(generation, row)
    if (place === NOWHERE) copyGoroutine(this.now, row, into, row)
    else copyGoroutine(this.old, place, into, row)
  }
}

function copyGoroutine(from: GoroutineTables, row: number, into: GoroutineTables, to: number): void {
  const source = from.goroutines.rows
  const target = into.goroutines.rows
  while (target.length <= to) target.add()
  const times = source.timesOf(row)
  const t = source.timeAt(row)
  target.timesOf(to).set(times.subarray(t, t + TIMES), target.timeAt(to))
  const numbers = source.numbersOf(row)
  const n = source.numberAt(row)
  target.numbersOf(to).set(numbers.subarray(n, n + NUMBERS), target.numberAt(to))
  const isKnown = from.goroutines.exists(row)
  const reasons = isKnown ? copyCells(from.reasons, source.number(row, N.FirstReason), into.reasons) : NO_CELL
  const ranges = isKnown ? copyCells(from.ranges, source.number(row, N.FirstRange), into.ranges) : NO_CELL
  target.setNumber(to, N.FirstReason, reasons)
  target.setNumber(to, N.FirstRange, ranges)
  // Regions are others', and are not copied.
  target.setNumber(to, N.TopRegion, -1)
}

/** Copies a list, the last cell first. */
function copyCells(from: Cells, first: number, into: Cells): number {
  const cells: number[] = []
  for (let cell = first; cell !== NO_CELL; cell = from.next(cell)) cells.push(cell)
  return cells.reduceRight((next, cell) => {
    const copy = into.append(from.key(cell), from.sum(cell), next)
    into.setOpen(copy, from.open(cell))
    return copy
  }, NO_CELL)
}
