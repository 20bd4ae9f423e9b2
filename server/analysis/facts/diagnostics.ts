/**
 * What is odd in a trace but survivable, with the sentence that people read.
 *
 * Samples that the runtime had no room for cannot be counted: it leaves out the records that tell of them.
 */

import type { Id } from '../../contract/common.js'
import type { Diagnostic } from '../../contract/home.js'
import type { Odd, Oddity } from '../../core/oddities.js'
import type { GenerationHeader, GenerationRow } from './trace-facts.js'

const table = {
  reusedGoroutines: ['info', 'goroutine ids that were used again (cgo callbacks); the last life is shown'],
  endsWithoutBegin: ['info', 'regions that ended but did not begin within the trace'],
  reusedTasks: ['info', 'tasks that began more than once under one id; the last begin counts'],
  taskCycles: ['error', 'tasks that are their own ancestor; the cycle is cut'],
  clockSteps: [
    'info',
    'steps of the wall clock while the trace ran; only the times of day behind a step are told by the new clock',
  ],
  wallTimesLeftOut: [
    'error',
    'generations that say a time of day before 1970 or after 2262; times of day that come of them are left out',
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
  regionsOutOfTurn: [
    'error',
    'regions that ended out of turn; each end is that of the innermost open one of its task and name',
  ],
  regionsNotOpen: ['error', 'ends of regions of which none of that task and name was open; they are left out'],
  tasksBegunTwice: ['error', 'tasks that began under the id of one that had not ended; the last begin counts'],
  unknownStrings: ['data loss', 'names, reasons or messages that the file does not hold; they are shown as “unknown”'],
  unknownStacks: ['data loss', 'events whose stack the file does not hold; they are shown without one'],
  stringsTwice: ['error', 'strings under an id that another had; the first counts'],
  stacksTwice: ['error', 'stacks under an id that another had; the first counts'],
  eventsLeftOut: [
    'error',
    'annotations, metrics, sweeps, mark assists or stops of the world that contradict the events before; they are left out',
  ],
} as const satisfies Record<Odd, readonly unknown[]> & Record<string, readonly [Diagnostic['severity'], string]>
export type DiagnosticKind = keyof typeof table
export const diagnosticKinds = Object.keys(table) as DiagnosticKind[]

/** Unix times of the first moment of 2263, s. */
const YEAR_2263 = 9_246_182_400n

/** Whether a wall clock says a time that a clock can have been set to: one of the years 1970 to 2262. */
export function isWallTime({ wallSeconds }: { readonly wallSeconds: bigint }): boolean {
  return wallSeconds >= 0n && wallSeconds < YEAR_2263
}

/** What slewing of a clock by NTP cannot come to between two generations, ns. */
const CLOCK_STEP = 100_000_000n

/** Generations whose clock says no such time. */
export function countWallTimesLeftOut(generations: readonly Pick<GenerationHeader, 'snapshot'>[]): number {
  return generations.filter(({ snapshot }) => snapshot !== null && !isWallTime(snapshot)).length
}

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

/** Diagnostics of the kinds that occurred; of what the reader found with its first example. */
export function diagnosticsOf(
  counts: Partial<Record<DiagnosticKind, number>>,
  oddities: readonly Oddity[],
  generations: readonly GenerationRow[],
): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const { kind, count, example, place } of oddities) {
    const { number, startNs, endNs } = generations[place.generation]
    const goid = place.goroutine === null ? null : idOf(place.goroutine)
    // What is told of a whole generation has no time; one that goes back is shown where it was told.
    const atNs = place.timeNs === null ? null : Math.min(Math.max(place.timeNs, startNs), endNs)
    const [severity, text] = table[kind]
    const where = { goid, atNs, generation: idOf(String(number)), startNs, endNs, offset: place.offset }
    found.push({ kind, severity, count, text, example: { text: example, ...where } })
  }
  for (const [kind, count] of Object.entries(counts)) {
    if (count === 0) continue
    const [severity, text] = table[kind as DiagnosticKind]
    found.push({ kind, severity, count, text, example: null })
  }
  return found
}

function idOf(text: string): Id {
  return Number.isSafeInteger(Number(text)) ? Number(text) : text
}
