/** A column that grows as rows come, and that two registers tell of: where it is and how long. */
import type { LinearMemory } from './linear-memory.js'

const FIRST_ROWS = 64

type Growing = Float64Array | Int32Array | Uint32Array | Uint8Array

export class GrowingColumn<C extends Growing> {
  rows: C

  constructor(
    private readonly memory: LinearMemory,
    type: { new (buffer: ArrayBufferLike, offset: number, length: number): C; readonly BYTES_PER_ELEMENT: number },
    private readonly register: number,
    private readonly rest = 0,
  ) {
    this.rows = memory.column(type, FIRST_ROWS)
    this.rows.fill(rest)
    this.tell()
  }

  /** Has a row `row` from now on. */
  reach(row: number): void {
    if (row < this.rows.length) return
    this.rows = this.memory.grown(this.rows, Math.max(row + 1, this.rows.length * 2), this.rest)
    this.tell()
  }

  private tell(): void {
    this.memory.words[this.register] = this.rows.byteOffset
    this.memory.words[this.register + 1] = this.rows.length
  }
}
