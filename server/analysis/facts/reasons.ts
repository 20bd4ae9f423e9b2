import { isKnownReason } from '../../core/reasons.js'
import { GrowingColumn } from '../../wasm/growing-column.js'
import { REASON_COUNTS } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'

/** How often each reason was given, by row of strings. */
export class ReasonCounts {
  private readonly counts: GrowingColumn<Float64Array>

  constructor(memory: AnalysisMemory) {
    this.counts = new GrowingColumn(memory, Float64Array, REASON_COUNTS)
  }

  count(reason: number): void {
    this.counts.reach(reason)
    this.counts.rows[reason]++
  }

  /** How often reasons were given that are not in the table (core/reasons.ts). */
  unknown(strings: readonly string[]): number {
    let sum = 0
    this.counts.rows.forEach((count, row) => {
      if (count > 0 && !isKnownReason(strings[row])) sum += count
    })
    return sum
  }
}
