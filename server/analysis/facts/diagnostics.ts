/** What is odd in a trace but survivable, with the sentence that people read. */
import type { Diagnostic } from '../trace-client.js'

const table = {
  reusedGoroutines: ['info', 'goroutine ids that were used again (cgo callbacks); the last life is shown'],
  endsWithoutBegin: ['info', 'regions that ended but did not begin within the trace'],
  reusedTasks: ['info', 'tasks that began more than once under one id; the last begin counts'],
  taskCycles: ['error', 'tasks that are their own ancestor; the cycle is cut'],
} as const
export type DiagnosticKind = keyof typeof table

/** Diagnostics of the kinds that occurred. */
export function diagnosticsOf(counts: Partial<Record<DiagnosticKind, number>>): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const [kind, count] of Object.entries(counts)) {
    if (count === 0) continue
    const [severity, text] = table[kind as DiagnosticKind]
    found.push({ kind, severity, count, text })
  }
  return found
}
