/** What the home page can say of a trace while it is being read: the facts of the index, null for the rest. */
import type { HomeAnswer, Progress } from '../analysis/trace-client.js'
import type { OpenedTrace } from '../trace/open.js'

export function loadingHome(file: string, sizeBytes: number, trace: OpenedTrace, progress: Progress): HomeAnswer {
  const generations = trace.index?.generations ?? []
  return {
    file,
    format: `go1.${trace.version}`,
    sizeBytes,
    startTime: null,
    durationNs: null,
    events: null,
    generations: generations.map(({ number, offset, bytes }) => ({
      number: number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : String(number),
      offset,
      bytes,
      events: null,
      startNs: null,
      endNs: null,
    })),
    goroutines: null,
    tasks: null,
    regions: null,
    procs: null,
    threads: null,
    cpuSamples: null,
    partial: null,
    ready: false,
    progress: progress.progress,
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
