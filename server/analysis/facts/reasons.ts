/**
 * The reasons that Go gives for what goroutines wait for, why they stop and why it stops the world, up to Go 1.27 (runtime/traceruntime.go,
 * runtime/proc.go). They are texts in the trace: a newer Go may tell others, whose time is told under their own text, and which count in
 * no profile but by what is in that text (kindOfReason).
 */
import { stwReasons } from '../../core/stw-reasons.js'
import { GrowingColumn } from '../../wasm/growing-column.js'
import { REASON_COUNTS } from '../fast-path/layout.js'
import type { AnalysisMemory } from '../fast-path/memory.js'

const known: ReadonlySet<string> = new Set([
  // Of waiting. Empty: none was told.
  '',
  'unspecified',
  'forever',
  'network',
  'select',
  'sync.(*Cond).Wait',
  'sync',
  'chan send',
  'chan receive',
  'GC mark assist wait for work',
  'GC background sweeper wait',
  'system goroutine wait',
  'preempted',
  'wait for debug call',
  'wait until GC ends',
  'sleep',
  'GC weak to strong wait',
  'synctest',
  // Of stopping, beside those above.
  'runtime.Gosched',
  // Of stop-the-world.
  'unknown',
  'all goroutines stack trace',
  ...stwReasons,
])

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

  /** How often reasons were given that are not in the table. */
  unknown(strings: readonly string[]): number {
    let sum = 0
    this.counts.rows.forEach((count, row) => {
      if (count > 0 && !known.has(strings[row])) sum += count
    })
    return sum
  }
}
