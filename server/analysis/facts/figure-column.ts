/**
 * A column of figures that grows by segments, as Records do. A figure takes 32 bits as long as all of its segment are whole numbers below 2³²
 * (4.29 s in ns); the first that is not makes its segment one of doubles, so that every figure stays exact.
 */
const SHIFT = 10
const ROWS = 1 << SHIFT
const MASK = ROWS - 1

export class FigureColumn {
  length = 0
  private readonly segments: (Uint32Array | Float64Array)[] = []

  /** Appends a figure and gives its row. */
  add(figure: number): number {
    const row = this.length++
    if ((row & MASK) === 0) this.segments.push(new Uint32Array(ROWS))
    this.set(row, figure)
    return row
  }

  get(row: number): number {
    return this.segments[row >>> SHIFT][row & MASK]
  }

  set(row: number, figure: number): void {
    let segment = this.segments[row >>> SHIFT]
    if (figure >>> 0 !== figure && segment instanceof Uint32Array) {
      segment = Float64Array.from(segment)
      this.segments[row >>> SHIFT] = segment
    }
    segment[row & MASK] = figure
  }
}
