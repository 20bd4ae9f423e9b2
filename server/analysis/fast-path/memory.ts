/**
 * The memory that the passes and their fast path share: columns and tables, and registers that say where they are
 * (layout.ts).
 */
import { slotCounts } from '../../core/event-table.js'
import { LinearMemory } from '../../wasm/linear-memory.js'
import { FIRST_COLUMN, SLOT_COUNTS } from './layout.js'

export class AnalysisMemory extends LinearMemory {
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
