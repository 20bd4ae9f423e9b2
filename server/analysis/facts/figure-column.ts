/**
 * A column of figures that grows by segments, as Records do. A figure takes 32 bits as long as all of its segment are whole numbers below 2³²
 * (4.29 s in ns); the first that is not makes its segment one of doubles, so that every figure stays exact.
 */
import { type SegmentOwner, SegmentStore } from './segment-store.js'

const SHIFT = 13
const ROWS = 1 << SHIFT
const MASK = ROWS - 1

type Figures = Uint32Array | Float64Array

export class FigureColumn implements SegmentOwner {
  length = 0
  /** null: it is put away, at `places`. */
  private readonly segments: (Figures | null)[] = []
  /** 1: of doubles. */
  private readonly wide: number[] = []
  private readonly places: number[] = []

  constructor(private readonly store = new SegmentStore()) {}

  /** Appends a figure and gives its row. */
  add(figure: number): number {
    const row = this.length++
    if ((row & MASK) === 0) this.begin(row >>> SHIFT, 0)
    this.set(row, figure)
    return row
  }

  get(row: number): number {
    return this.figuresOf(row)[row & MASK]
  }

  set(row: number, figure: number): void {
    let figures = this.figuresOf(row)
    if (figure >>> 0 !== figure && figures instanceof Uint32Array) figures = this.widen(row >>> SHIFT, figures)
    figures[row & MASK] = figure
  }

  /** `key` tells a segment of doubles from that of 32 bits before it. */
  release(key: number, place: number): void {
    const segment = key >>> 1
    if (this.wide[segment] !== (key & 1)) return
    this.segments[segment] = null
    this.places[segment] = place
  }

  private figuresOf(row: number): Figures {
    return this.segments[row >>> SHIFT] ?? this.fetch(row >>> SHIFT)
  }

  private begin(segment: number, wide: number): Figures {
    this.wide[segment] = wide
    return this.attach(segment, this.store.allocate(this, segment * 2 + wide, bytesOf(wide)))
  }

  private widen(segment: number, narrow: Uint32Array): Figures {
    const figures = this.begin(segment, 1)
    figures.set(narrow)
    return figures
  }

  private fetch(segment: number): Figures {
    const wide = this.wide[segment]
    return this.attach(segment, this.store.fetch(this, segment * 2 + wide, bytesOf(wide), this.places[segment]))
  }

  private attach(segment: number, memory: ArrayBuffer): Figures {
    const figures = this.wide[segment] === 1 ? new Float64Array(memory) : new Uint32Array(memory)
    this.segments[segment] = figures
    return figures
  }
}

function bytesOf(wide: number): number {
  return ROWS * (wide === 1 ? Float64Array.BYTES_PER_ELEMENT : Uint32Array.BYTES_PER_ELEMENT)
}
