/**
 * A trace that answers from small hand-written facts, so that the web is tested without reading a trace. The
 * figures are of a real web server's trace, rounded.
 */
import type { ListFacts, ListParams, Partial, Quantiles } from '../../server/contract/common.js'
import type {
  GoroutineGroup,
  GoroutineGroupAnswer,
  GoroutineRow,
  GoroutinesAnswer,
} from '../../server/contract/goroutines.js'
import type { HomeAnswer } from '../../server/contract/home.js'
import type { ProfileAnswer } from '../../server/contract/profile.js'
import type { Progress, Queries, QueryName, Trace } from '../../server/contract/trace.js'
import { CodedError } from '../../server/errors.js'
import { annotationAnswers } from './fake-annotations.js'

export interface FakeOptions {
  readonly partial?: Partial | null
  /** Overwrites parts of the progress; `ready: false` makes a trace that is still read. */
  readonly progress?: globalThis.Partial<Progress>
  /** Start functions beside the usual ones. */
  readonly extraNames?: readonly string[]
  /** No tasks, regions or open goroutines. */
  readonly unannotated?: boolean
  /** Members of the group that is asked for; 12 otherwise. */
  readonly members?: number
  readonly file?: string
}

export interface FakeClient extends Trace {
  setProgress(progress: globalThis.Partial<Progress>): void
  /** Parameters of every query so far. */
  readonly asked: { readonly name: QueryName; readonly params: unknown }[]
  /** Listeners of the progress that are still there. */
  listeners(): number
}

const ms = 1e6
const us = 1e3

const statTitles = [
  'Execution time',
  'Block time ()',
  'Block time (GC background sweeper wait)',
  'Block time (chan receive)',
  'Block time (network)',
  'Block time (select)',
  'Block time (sleep)',
  'Block time (sync)',
  'Block time (sync.(*Cond).Wait)',
  'Block time (syscall)',
  'Sched wait time',
  'Syscall execution time',
  'Unknown time',
]

/** name, count, then ns of: running, syscall, runnable, sync, chan, network, sleep, GC, unknown. */
const groupFigures: [string, number, number[]][] = [
  ['main.main.func2', 8, [35.912129 * ms, 0, 35.7 * ms, 3.75 * ms, 463 * ms, 0, 0, 0, 184 * us]],
  [
    'net/http.(*conn).serve',
    12,
    [22.287301 * ms, 17.561342 * ms, 71 * ms, 33.3 * ms, 127 * ms, 362.763136 * ms, 15.7 * ms, 0, 0],
  ],
  ['net/http.(*persistConn).readLoop', 12, [17.8 * ms, 1.2 * ms, 67.9 * ms, 0, 0, 560 * ms, 0, 0, 0]],
  ['runtime.gcBgMarkWorker', 2, [11.5 * ms, 0, 6.46 * us, 0, 0, 0, 0, 110 * ms, 0]],
  ['net/http.(*persistConn).writeLoop', 12, [1.77 * ms, 0, 26.6 * ms, 0, 600 * ms, 0, 0, 0, 0]],
  ['runtime.bgsweep', 1, [952 * us, 0, 8.32 * ms, 0, 0, 0, 0, 52 * ms, 4 * ms]],
  ['net/http.(*Transport).startDialConnForLocked.func1', 12, [893 * us, 600 * us, 12.1 * ms, 0, 0, 1.4 * ms, 0, 0, 0]],
  ['net/http.(*connReader).backgroundRead', 500, [562 * us, 0, 10.7 * ms, 0, 0, 190 * ms, 0, 0, 0]],
  ['main.main', 1, [481 * us, 0, 17.1 * ms, 2.1 * ms, 48 * ms, 0, 0, 0, 0]],
  ['main.(*store).handler.func3.1', 25, [52.2 * us, 0, 3.85 * ms, 0, 0, 0, 150 * ms, 0, 0]],
  ['runtime.forcegchelper', 1, [0, 0, 0, 0, 0, 0, 0, 0, 69.244545 * ms]],
  ['', 2, [0, 0, 0, 0, 0, 0, 0, 0, 138 * ms]],
]

export function fakeClient(options: FakeOptions = {}): FakeClient {
  const partial = options.partial ?? null
  let progress: Progress = {
    ready: true,
    progress: 1,
    generationsRead: 1,
    generationsTotal: 1,
    bytesRead: 181387,
    bytesTotal: 181387,
    failed: null,
    ...options.progress,
  }
  const listeners = new Set<(progress: Progress) => void>()
  const asked: FakeClient['asked'] = []
  const groups = [
    ...groupFigures,
    ...(options.extraNames ?? []).map((name): [string, number, number[]] => [name, 1, new Array(9).fill(1000)]),
  ]

  const answers: { [N in QueryName]?: (params: Queries[N]['params']) => Queries[N]['answer'] } = {
    home: () => homeAnswer(options.file ?? 'web-go1.26.trace', progress, partial),
    goroutines: params => goroutinesAnswer(groups, params, partial),
    goroutineGroup: params => groupAnswer(groups, params, partial, options.members ?? 12),
    profile: () => profileAnswer(partial),
    ...annotationAnswers(partial, options),
    mmuPlot: params => ({
      xMin: 1,
      xMax: 69244545,
      quantiles: params.quantiles ? [0.001, 0.01, 0.05] : null,
      curve: Array.from({ length: 40 }, (_, step) => {
        const util = Math.max(0, (step - 15) / 26)
        return params.quantiles ? [10 ** (step / 5), util, util, util, util] : [10 ** (step / 5), util]
      }),
      skipped: 0,
      noProcs: false,
      ready: true,
      partial,
    }),
    traceView: () => ({
      partial,
      generations: 1,
      events: 30942,
      endNs: 69244545,
      fromNs: 0,
      toNs: 69244545,
      focus: null,
      goroutines: null,
      tasks: null,
    }),
    mmuDetails: () => ({ windows: [{ util: 0.25, startNs: 5310336, time: 5310336 }], ready: true, partial }),
  }

  return {
    name: options.file ?? 'web-go1.26.trace',
    tag: 'fake',
    asked,
    progress: () => progress,
    setProgress(changes) {
      progress = { ...progress, ...changes }
      for (const listener of listeners) listener(progress)
    },
    listeners: () => listeners.size,
    onProgress(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async query(name, params) {
      asked.push({ name, params })
      if (progress.failed !== null) throw progress.failed
      const answer = answers[name]
      if (answer === undefined) throw new CodedError('NOT_FOUND', `the fake has no answer to ${name}`)
      return answer(params)
    },
    async stream(name) {
      throw new CodedError('NOT_FOUND', `the fake has no stream of ${name}`)
    },
    async check() {},
    async close() {},
  }
}

function statsOf(figures: number[]): Record<string, number> {
  const [running, syscall, runnable, sync, chan, network, sleep, gc, unknown] = figures
  const stats = Object.fromEntries(statTitles.map(title => [title, 0]))
  stats['Execution time'] = running
  stats['Syscall execution time'] = syscall
  stats['Sched wait time'] = runnable
  stats['Block time (sync)'] = sync
  stats['Block time (select)'] = Math.round(chan * 0.6)
  stats['Block time (chan receive)'] = chan - stats['Block time (select)']
  stats['Block time (network)'] = network
  stats['Block time (sleep)'] = sleep
  stats['Block time (GC background sweeper wait)'] = gc
  stats['Unknown time'] = unknown
  return stats
}

export function page<R>(rows: R[], params: ListParams, partial: Partial | null): { rows: R[]; facts: ListFacts } {
  const end = params.limit === 0 ? rows.length : params.offset + params.limit
  return {
    rows: rows.slice(params.offset, end),
    facts: { total: rows.length, offset: params.offset, limit: params.limit, ready: true, partial },
  }
}

function goroutinesAnswer(groups: typeof groupFigures, params: ListParams, partial: Partial | null): GoroutinesAnswer {
  const all = groups.map(([name, count, figures]): GoroutineGroup => {
    const stats = statsOf(figures)
    const execution = figures[0]
    return {
      name,
      count,
      execTimeNs: execution,
      share: execution / (92.483272 * ms),
      schedWaitNs: figures[2],
      stats,
      p50Ns: Math.round(execution / count),
      p99Ns: Math.round((execution / count) * 2),
      maxNs: Math.round((execution / count) * 2),
    }
  })
  const matching = all.filter(group => group.name.toLowerCase().includes(params.filter.toLowerCase()))
  if (params.sortby === 'Count') {
    matching.sort((a, b) => (params.order === 'asc' ? a.count - b.count : b.count - a.count))
  }
  const { rows, facts } = page(matching, params, partial)
  const countOf = (of: readonly GoroutineGroup[]) => of.reduce((sum, { count }) => sum + count, 0)
  return { ...facts, goroutines: countOf(all), matching: countOf(matching), groups: rows }
}

function groupAnswer(
  groups: typeof groupFigures,
  params: ListParams & { readonly name: string },
  partial: Partial | null,
  members: number,
): GoroutineGroupAnswer {
  const group = groups.find(([name]) => name === params.name)
  const count = group === undefined ? 0 : members
  const all = Array.from({ length: count }, (_, index): GoroutineRow => {
    const part = (1 - index / (count * 1.4)) / count
    const stats = statsOf(group![2].map(ns => Math.round(ns * part)))
    return {
      id: 29 + index,
      creationNs: index * 1000,
      startNs: index * 1000 + 512,
      endNs: index % 3 === 0 ? null : 60 * ms,
      totalTimeNs: Object.values(stats).reduce((sum, ns) => sum + ns, 0),
      stats,
      ranges: index % 2 === 0 ? { 'GC mark assist': index * 1200, 'GC incremental sweep': 256 } : {},
    }
  })
  const matching = all.filter(row => `G${row.id}`.toLowerCase().includes(params.filter.toLowerCase()))
  if (params.order === 'asc') matching.reverse()
  const { rows, facts } = page(matching, params, partial)
  const summary: Record<string, Quantiles> = { Total: quantiles(matching.map(row => row.totalTimeNs)) }
  for (const title of statTitles) summary[title] = quantiles(matching.map(row => row.stats[title]))
  return {
    ...facts,
    name: params.name,
    count,
    execTimePercent: group === undefined ? null : (group[2][0] / (92.483272 * ms)) * 100,
    columns: count === 0 ? [] : statTitles,
    rangeColumns: count === 0 ? [] : ['GC incremental sweep', 'GC mark assist'],
    goroutines: rows,
    summary,
    runs:
      count === 0
        ? []
        : [276, 344, 489, 688, 203, 30, 24, 70, 105, 91, 337, 162, 21, 0, 7, 1].map((runs, index) => ({
            minNs: Math.trunc(100 * 10 ** (index / 5)),
            maxNs: Math.trunc(100 * 10 ** ((index + 1) / 5)),
            count: runs,
          })),
  }
}

export function quantiles(values: number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  const total = sorted.reduce((sum, value) => sum + value, 0)
  return {
    total,
    min: sorted[0] ?? 0,
    mean: sorted.length === 0 ? 0 : Math.trunc(total / sorted.length),
    p50: rank(0.5),
    p90: rank(0.9),
    p99: rank(0.99),
    max: sorted[sorted.length - 1] ?? 0,
  }
}

function profileAnswer(partial: Partial | null): ProfileAnswer {
  const frame = (func: string, line: number) => ({
    func,
    file: `/src/${func.split('.')[0]}.go`,
    line,
    pc: line.toString(16),
  })
  return {
    sampleTypes: [
      { type: 'contentions', unit: 'count' },
      { type: 'delay', unit: 'nanoseconds' },
    ],
    samples: [
      {
        stack: [frame('internal/poll.(*FD).Read', 165), frame('net.(*conn).Read', 194), frame('main.main', 12)],
        count: 900,
        delayNs: 1e9,
      },
      { stack: [frame('net.(*conn).Write', 210), frame('main.main', 14)], count: 417, delayNs: 187 * ms },
    ],
    ready: true,
    partial,
  }
}

function homeAnswer(file: string, progress: Progress, partial: Partial | null): HomeAnswer {
  const ready = progress.ready
  const known = <T>(value: T): T | null => (ready ? value : null)
  return {
    file,
    format: 'go1.26',
    sizeBytes: 181387,
    startTime: '2026-11-23T12:43:00.046Z',
    durationNs: 69244545,
    events: known(30942),
    generations: [{ number: 1, offset: 16, bytes: 181371, events: known(30942), startNs: 0, endNs: 69244545 }],
    goroutines: known(594),
    tasks: known(1025),
    regions: known(1475),
    procs: 2,
    threads: 5,
    cpuSamples: known(0),
    partial,
    ready,
    progress: progress.progress,
    wallStart: '2026-11-23T12:43:00.046Z',
    wallEnd: '2026-11-23T12:43:00.115Z',
    logs: known(500),
    spans: known(24025),
    wakeups: known(4087),
    gc: known({ cycles: 2, workerShare: 0.083, assistNs: 242000 }),
    stw: known({
      count: 5,
      totalNs: 9258432,
      maxNs: 6243072,
      reasons: [{ reason: 'stop-the-world (GC mark termination)', count: 2, totalNs: 8314432 }],
    }),
    busyShare: known(0.7),
    diagnostics: [],
    overview: known(overviewFigures()),
    views: ['proc', 'thread'].map(view => ({
      view,
      ranges: [{ name: '0s-69.244545ms', startNs: 0, endNs: 69244545 }],
    })),
    profiles: known([
      { kind: 'io' as const, count: 1317, delayNs: 1187943041 },
      { kind: 'block' as const, count: 3780, delayNs: 1299447998 },
      { kind: 'syscall' as const, count: 3502, delayNs: 23957054 },
      { kind: 'sched' as const, count: 5298, delayNs: 215237053 },
    ]),
  }
}

function overviewFigures(): NonNullable<HomeAnswer['overview']> {
  const buckets = 200
  const bucketNs = 69244545 / buckets
  const wave = (bucket: number, speed: number): number => 0.5 + 0.5 * Math.sin(bucket / speed)
  const series = (value: (bucket: number) => number): number[] =>
    Array.from({ length: buckets }, (_, bucket) => Math.round(value(bucket) * bucketNs))
  const inGc = (bucket: number): boolean => (bucket > 10 && bucket < 34) || (bucket > 155 && bucket < 168)
  return {
    bucketNs,
    running: series(bucket => (inGc(bucket) ? 0.9 : 0.4 + 1.3 * wave(bucket, 9))),
    syscall: series(bucket => 0.15 * wave(bucket, 3)),
    gcWorker: series(bucket => (inGc(bucket) ? 0.95 : 0)),
    gcOn: series(bucket => (inGc(bucket) ? 1 : 0)),
    stw: series(bucket => (bucket === 34 || bucket === 168 ? 0.6 : bucket === 0 ? 0.02 : 0)),
    events: Array.from({ length: buckets }, (_, bucket) => Math.round(300 * wave(bucket, 7))),
  }
}
