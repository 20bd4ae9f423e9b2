/**
 * What is odd in a trace but survivable, with the sentence that people read.
 *
 * Samples that the runtime had no room for cannot be counted: it leaves out the records that tell of them.
 */
import type { Diagnostic } from '../../contract/home.js'
import type { GenerationHeader } from './trace-facts.js'

const table = {
  reusedGoroutines: ['info', 'goroutine ids that were used again (cgo callbacks); the last life is shown'],
  endsWithoutBegin: ['info', 'regions that ended but did not begin within the trace'],
  reusedTasks: ['info', 'tasks that began more than once under one id; the last begin counts'],
  taskCycles: ['error', 'tasks that are their own ancestor; the cycle is cut'],
  clockSteps: [
    'info',
    'steps of the wall clock while the trace ran; only the times of day behind a step are told by the new clock',
  ],
  unknownReasons: [
    'info',
    'waits, stops or stops of the world for a reason that this version does not know; their time is told under that reason',
  ],
  samplesOfNobody: [
    'info',
    'CPU samples taken while no goroutine ran: in the scheduler, the collector or foreign code; they are on the track of no goroutine',
  ],
  samplesWithoutStack: ['data loss', 'CPU samples whose stack was not recorded; where they were taken is not known'],
} as const
export type DiagnosticKind = keyof typeof table
export const diagnosticKinds = Object.keys(table) as DiagnosticKind[]

/** What slewing of a clock by NTP cannot come to between two generations, ns. */
const CLOCK_STEP = 100_000_000n

/** How often the wall clock was set: from one generation to the next it moved otherwise than the clock of the trace. */
export function countClockSteps(generations: readonly Pick<GenerationHeader, 'snapshot'>[]): number {
  let last: bigint | null = null
  let steps = 0
  for (const { snapshot } of generations) {
    if (snapshot === null) continue
    const ahead = snapshot.wallSeconds * 1_000_000_000n + snapshot.wallNanoseconds - snapshot.trace
    if (last !== null && (ahead - last > CLOCK_STEP || last - ahead > CLOCK_STEP)) steps++
    last = ahead
  }
  return steps
}

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
