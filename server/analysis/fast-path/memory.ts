/**
 * The memory that the passes and their fast path share: columns and tables, and registers that say where they are
 * (assembly/layout.ts).
 */
import { slotCounts } from '../../core/event-table.js'
import { LinearMemory } from '../../wasm/linear-memory.js'
import { FIRST_COLUMN, NUMBERS, SLOT_COUNTS, WORDS } from './assembly/layout.js'

const FIRST_ROWS = 64

export class AnalysisMemory extends LinearMemory {
  readonly words = new Uint32Array(this.memory.buffer, WORDS, (NUMBERS - WORDS) / 4)
  readonly numbers = new Float64Array(this.memory.buffer, NUMBERS, (FIRST_COLUMN - NUMBERS) / 8)

  constructor() {
    super(FIRST_COLUMN)
    this.place(slotCounts, SLOT_COUNTS)
  }

  /** Copies a column into the memory. */
  place(column: Float64Array | Uint8Array, register: number): void {
    const copy =
      column instanceof Float64Array ? this.column(Float64Array, column.length) : this.column(Uint8Array, column.length)
    copy.set(column)
    this.words[register] = copy.byteOffset
  }
}

type Growing = Float64Array | Int32Array | Uint32Array | Uint8Array

/** A column that grows as rows come, and that two registers tell of: where it is and how long. */
export class GrowingColumn<C extends Growing> {
  rows: C

  constructor(
    private readonly memory: AnalysisMemory,
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
