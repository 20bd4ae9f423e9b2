/**
 * A column of figures that grows by segments, as Records do. A figure takes 32 bits as long as all of its segment are
 * whole numbers below 2³² (4.29 s in ns); the first that is not makes its segment one of doubles, so that every figure
 * stays exact.
 */
import { type SegmentOwner, SegmentStore } from './segment-store.js'

const SHIFT = 13
const ROWS = 1 << SHIFT
const MASK = ROWS - 1

/** There is room for doubles from the beginning. */
const BYTES = ROWS * Float64Array.BYTES_PER_ELEMENT

type Figures = Uint32Array | Float64Array

export class FigureColumn implements SegmentOwner {
  length = 0
  /** null: it is put away, at `places`. */
  private readonly segments: (Figures | null)[] = []
  /** Whether it is of doubles. */
  private readonly wide: boolean[] = []
  private readonly places: number[] = []

  constructor(private readonly store = new SegmentStore()) {}

  /** Appends a figure and gives its row. */
  add(figure: number): number {
    const row = this.length++
    if ((row & MASK) === 0 && row >>> SHIFT === this.segments.length) this.begin(row >>> SHIFT)
    this.set(row, figure)
    return row
  }

  /** Drops the rows from `length` on. */
  cut(length: number): void {
    this.length = length
  }

  get(row: number): number {
    return this.figuresOf(row)[row & MASK]
  }

  set(row: number, figure: number): void {
    let figures = this.figuresOf(row)
    if (figure >>> 0 !== figure && figures instanceof Uint32Array) figures = this.widen(row >>> SHIFT, figures)
    figures[row & MASK] = figure
  }

  release(segment: number, place: number): void {
    this.segments[segment] = null
    this.places[segment] = place
  }

  private figuresOf(row: number): Figures {
    return this.segments[row >>> SHIFT] ?? this.fetch(row >>> SHIFT)
  }

  private begin(segment: number): void {
    this.wide[segment] = false
    this.attach(segment, this.store.allocate(this, segment, BYTES))
  }

  private widen(segment: number, narrow: Uint32Array): Figures {
    this.wide[segment] = true
    const figures = this.attach(segment, narrow)
    // Into the same memory: `set` takes a copy first.
    figures.set(narrow)
    return figures
  }

  private fetch(segment: number): Figures {
    return this.attach(segment, this.store.fetch(this, segment, BYTES, this.places[segment]))
  }

  private attach(segment: number, { buffer, byteOffset }: Uint8Array | Uint32Array): Figures {
    const figures = this.wide[segment]
      ? new Float64Array(buffer, byteOffset, ROWS)
      : new Uint32Array(buffer, byteOffset, ROWS)
    this.segments[segment] = figures
    return figures
  }
}
