/**
 * What the home page can say of a trace while it is being read. Apart from home.ts, because the main thread needs
 * nothing else of analysis.
 */
import type { Id } from '../../contract/common.js'
import type { GenerationAnswer, HomeAnswer } from '../../contract/home.js'
import type { GenerationHeader, TraceHeader } from '../facts/trace-facts.js'

/** What can be said before the trace is analysed: the index knows its generations. */
export function earlyHome(
  header: TraceHeader,
  generations: readonly Pick<GenerationHeader, 'number' | 'offset' | 'bytes'>[],
  progress: number,
): HomeAnswer {
  return {
    file: header.file,
    format: `go1.${header.version}`,
    sizeBytes: header.sizeBytes,
    startTime: null,
    durationNs: null,
    events: null,
    generations: generations.map(generationAnswer),
    goroutines: null,
    tasks: null,
    regions: null,
    procs: null,
    threads: null,
    cpuSamples: null,
    partial: null,
    ready: false,
    progress,
    wallStart: null,
    wallEnd: null,
    logs: null,
    spans: null,
    wakeups: null,
    gc: null,
    stw: null,
    busyShare: null,
    diagnostics: [],
    overview: null,
    views: [],
    profiles: null,
  }
}

/** A generation of which nothing but its place is known. */
export function generationAnswer(row: Pick<GenerationHeader, 'number' | 'offset' | 'bytes'>): GenerationAnswer {
  return {
    number: exactNumber(row.number),
    offset: row.offset,
    bytes: row.bytes,
    events: null,
    startNs: null,
    endNs: null,
  }
}

function exactNumber(value: bigint): Id {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
}
