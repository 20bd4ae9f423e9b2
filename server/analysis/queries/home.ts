/** The home page: facts of the whole trace. */
import type { HomeAnswer } from '../../contract/home.js'
import { profileKinds } from '../../contract/profile.js'
import { formatDuration } from '../../shared/duration.js'
import { isWallTime } from '../facts/diagnostics.js'
import { Layer } from '../facts/overview.js'
import { NO_TIME, TaskTime } from '../facts/regions.js'
import { MARK_EVENTS, type TraceFacts } from '../facts/trace-facts.js'
import { generationAnswer } from './early-home.js'
import { profileTotals } from './profile.js'

/** A window of the timeline holds at most so many events. */
export const WINDOW_EVENTS = 1_000_000

export function answerHome(facts: TraceFacts): HomeAnswer {
  const { header, endNs, overview, procTimeNs } = facts
  const wall = wallClock(facts)
  return {
    file: header.file,
    format: `go1.${header.version}`,
    sizeBytes: header.sizeBytes,
    startTime: wall.start,
    durationNs: endNs,
    events: facts.events,
    generations: facts.generations.map(row => ({
      ...generationAnswer(row),
      events: row.events,
      startNs: row.startNs,
      endNs: row.endNs,
    })),
    goroutines: facts.groups.rows.length,
    tasks: countTasks(facts),
    regions: countRegions(facts),
    procs: facts.procCount,
    threads: facts.threadCount,
    cpuSamples: facts.cpuSamples,
    partial: facts.partial,
    ready: true,
    progress: 1,
    wallStart: wall.start,
    wallEnd: wall.end,
    logs: facts.logs.length,
    spans: facts.stays,
    wakeups: facts.wakeups,
    gc: {
      cycles: facts.markPhases.length,
      workerShare: procTimeNs === 0 ? 0 : facts.workerNs / procTimeNs,
      assistNs: facts.assistNs,
    },
    stw: stwFacts(facts),
    busyShare: procTimeNs === 0 ? 0 : (facts.runningNs + facts.syscallNs) / procTimeNs,
    diagnostics: [...facts.diagnostics],
    overview: {
      bucketNs: overview.width,
      running: overview.layer(Layer.Running),
      syscall: overview.layer(Layer.Syscall),
      gcWorker: overview.layer(Layer.GcWorker),
      gcOn: overview.layer(Layer.GcOn),
      stw: overview.layer(Layer.Stw),
      events: overview.layer(Layer.Events),
    },
    views: viewsOf(facts),
    profiles: profileKinds.map(kind => ({ kind, ...profileTotals(facts, kind) })),
  }
}

/** Tasks that began or ended within the trace. */
function countTasks({ tasks }: TraceFacts): number {
  let count = 0
  for (let task = 0; task < tasks.length; task++) {
    if (tasks.time(task, TaskTime.Start) !== NO_TIME || tasks.time(task, TaskTime.End) !== NO_TIME) count++
  }
  return count
}

/** Regions that the program began or ended within the trace: without those that goroutines inherit. */
function countRegions({ regions }: TraceFacts): number {
  let count = 0
  for (let region = 0; region < regions.length; region++) if (!regions.isInherited(region)) count++
  return count
}

function stwFacts({ stw, dictionary }: TraceFacts): HomeAnswer['stw'] {
  const reasons = new Map<number, { reason: string; count: number; totalNs: number }>()
  let totalNs = 0
  let maxNs = 0
  for (let i = 0; i < stw.length; i++) {
    const length = stw.end(i) - stw.start(i)
    const row = stw.reason(i)
    const reason = reasons.get(row) ?? { reason: dictionary.text(row), count: 0, totalNs: 0 }
    reason.count++
    reason.totalNs += length
    reasons.set(row, reason)
    totalNs += length
    maxNs = Math.max(maxNs, length)
  }
  const listed = Array.from(reasons.values()).sort((a, b) => b.totalNs - a.totalNs || (a.reason < b.reason ? -1 : 1))
  return { count: stw.length, totalNs, maxNs, reasons: listed }
}

/** Start and end on the wall clock, from the first and the last clock snapshot. */
function wallClock({ generations, startTime, endNs }: TraceFacts): { start: string | null; end: string | null } {
  const snapshots = generations.flatMap(row => (row.snapshot === null ? [] : [row.snapshot]))
  const first = snapshots[0]
  const last = snapshots[snapshots.length - 1]
  if (first === undefined) return { start: null, end: null }
  const at = (snapshot: typeof first, time: bigint): string | null => {
    if (!isWallTime(snapshot)) return null
    const ns = snapshot.wallSeconds * 1_000_000_000n + snapshot.wallNanoseconds + time - snapshot.trace
    const date = new Date(Number(ns / 1_000_000n))
    if (!isWallTime({ wallSeconds: ns / 1_000_000_000n })) return null
    const fraction = String(ns % 1_000_000_000n).padStart(9, '0')
    return `${date.toISOString().slice(0, 19)}.${fraction}Z`
  }
  return { start: at(first, startTime), end: at(last, startTime + BigInt(endNs)) }
}

function viewsOf(facts: TraceFacts): HomeAnswer['views'] {
  const windows = windowsOf(facts)
  return ['proc', 'thread'].map(view => ({
    view,
    ranges: windows.map(({ startNs, endNs }) => ({
      name: `${formatDuration(startNs)}-${formatDuration(endNs)}`,
      startNs,
      endNs,
    })),
  }))
}

/**
 * Consecutive windows of at most WINDOW_EVENTS events, cut at the last generation border in the second half of a
 * window, else at an event. None when one window holds the trace.
 */
function windowsOf(facts: TraceFacts): { startNs: number; endNs: number }[] {
  const { generations, timeMarks, events, endNs } = facts
  if (events <= WINDOW_EVENTS) return []
  const borders: { event: number; time: number }[] = []
  let count = 0
  for (const row of generations) {
    borders.push({ event: count, time: row.startNs })
    count += row.events
  }
  const windows: { startNs: number; endNs: number }[] = []
  let event = 0
  let startNs = 0
  while (events - event > WINDOW_EVENTS) {
    const limit = event + WINDOW_EVENTS
    const border = borders.findLast(at => at.event > event + WINDOW_EVENTS / 2 && at.event <= limit)
    const mark = Math.floor(limit / MARK_EVENTS)
    const cut = border ?? { event: mark * MARK_EVENTS, time: timeMarks[mark] }
    windows.push({ startNs, endNs: cut.time })
    event = cut.event
    startNs = cut.time
  }
  // `to` is excluded, and the last event belongs to the last window.
  windows.push({ startNs, endNs: endNs + 1 })
  return windows
}
