/** The fake client's answers about tasks, regions, one goroutine and unfinished goroutines. */
import type { RegionRow, TaskEvent, TaskRow } from '../../server/contract/annotations.js'
import type { HistogramBucket, Partial, ProfileFrame } from '../../server/contract/common.js'
import type { GoroutineState } from '../../server/contract/goroutines.js'
import type { Queries, QueryName } from '../../server/contract/trace.js'
import { CodedError } from '../../server/errors.js'
import { type FakeOptions, page, quantiles } from './fake-client.js'

const ms = 1e6

/** Buckets of cmd/trace from bucket `first` on. */
function buckets(first: number, counts: number[]): HistogramBucket[] {
  const bound = (bucket: number): number => Math.trunc(10 ** (bucket / 5))
  return counts.map((count, index) => ({ minNs: bound(first + index), maxNs: bound(first + index + 1), count }))
}

const frame = (func: string, line: number): ProfileFrame => ({
  func,
  file: '/src/traceprogs/web/main.go',
  line,
  pc: (0x4be000 + line).toString(16),
})

type Answers = { [N in QueryName]?: (params: Queries[N]['params']) => Queries[N]['answer'] }

export function annotationAnswers(partial: Partial | null, options: FakeOptions): Answers {
  const empty = options.unannotated ?? false
  const extra = options.extraNames ?? []

  const types = [
    {
      type: 'GET /item',
      count: 375,
      incomplete: 0,
      p50Ns: 19800,
      p99Ns: 4.7 * ms,
      maxNs: 4.73 * ms,
      histogram: buckets(20, [174, 19, 13, 34, 83, 29, 5, 3, 4, 2, 3, 0, 0, 6]),
    },
    {
      type: 'GET /slow',
      count: 25,
      incomplete: 1,
      p50Ns: 5.29 * ms,
      p99Ns: 9.08 * ms,
      maxNs: 9.079424 * ms,
      histogram: buckets(31, [6, 4, 7, 8]),
    },
    {
      type: 'client request',
      count: 500,
      incomplete: 0,
      p50Ns: 232000,
      p99Ns: 9.25 * ms,
      maxNs: 14.221504 * ms,
      histogram: buckets(22, [1, 2, 27, 105, 141, 107, 22, 9, 6, 8, 7, 30, 14, 2]),
    },
    { type: '', count: 2, incomplete: 2, p50Ns: 0, p99Ns: 0, maxNs: 0, histogram: [] },
    ...extra.map(type => ({
      type,
      count: 1,
      incomplete: 0,
      p50Ns: 1000,
      p99Ns: 1000,
      maxNs: 1000,
      histogram: buckets(14, [1]),
    })),
  ]
  const regionTypes = [
    {
      type: 'roundtrip',
      ...frame('main.main.func2', 145),
      count: 500,
      p50Ns: 231000,
      p99Ns: 9.22 * ms,
      maxNs: 13.1 * ms,
      histogram: buckets(24, [3, 40, 200, 140, 60, 30, 27]),
    },
    {
      type: 'encode',
      ...frame('main.(*store).handler.func1', 69),
      count: 375,
      p50Ns: 1280,
      p99Ns: 20032,
      maxNs: 47936,
      histogram: buckets(14, [16, 250, 69, 12, 10, 7, 6, 4, 1]),
    },
    {
      type: '',
      func: '',
      pc: '0',
      file: '',
      line: 0,
      count: 136,
      p50Ns: 5000,
      p99Ns: 70000,
      maxNs: 70000,
      histogram: buckets(17, [100, 36]),
    },
    ...extra.map((type, index) => ({
      type,
      ...frame(type, index),
      count: 1,
      p50Ns: 1000,
      p99Ns: 1000,
      maxNs: 1000,
      histogram: buckets(14, [1]),
    })),
  ]

  return {
    taskTypes: params => {
      const matching = empty ? [] : types.filter(({ type }) => type.includes(params.filter))
      const { rows, facts } = page(matching, params, partial)
      return { ...facts, types: rows }
    },
    tasks: params => {
      const name = params.type ?? 'GET /slow'
      const all = empty || !types.some(({ type }) => type === name) ? [] : tasks(name, options.members ?? 25)
      const matching = all.filter(
        task =>
          (params.complete === undefined || task.complete === params.complete) &&
          (params.latmin === undefined || task.durationNs >= params.latmin) &&
          (params.latmax === undefined || task.durationNs <= params.latmax),
      )
      matching.sort((a, b) => (params.order === 'desc' ? b.durationNs - a.durationNs : a.durationNs - b.durationNs))
      const { rows, facts } = page(matching, params, partial)
      const summary = { Duration: quantiles(matching.map(task => task.durationNs)) }
      return { ...facts, title: `"${name}"`, count: matching.length, tasks: rows, summary }
    },
    regionTypes: params => {
      const matching = empty ? [] : regionTypes.filter(({ type }) => type.includes(params.filter))
      const { rows, facts } = page(matching, params, partial)
      return { ...facts, regions: rows }
    },
    regions: params => {
      const all = empty ? [] : regions(options.members ?? 25)
      const matching = all.filter(({ totalTimeNs }) => params.latmin === undefined || totalTimeNs >= params.latmin)
      const { rows, facts } = page(matching, params, partial)
      const columns = [
        'Execution time',
        'Block time (syscall)',
        'Sched wait time',
        'Syscall execution time',
        'Unknown time',
      ]
      const summary = { Total: quantiles(matching.map(region => region.totalTimeNs)) }
      for (const title of columns)
        Object.assign(summary, { [title]: quantiles(matching.map(region => region.stats[title] ?? 0)) })
      return {
        ...facts,
        title: 'x',
        count: matching.length,
        columns,
        rangeColumns: ['GC mark assist'],
        regions: rows,
        summary,
      }
    },
    goroutine: params => {
      if (Number(params.goid) > 604)
        throw new CodedError('UNKNOWN_GOROUTINE', `failed to find goroutine ${params.goid}`)
      const { rows, facts } = page(states(600), params, partial)
      return {
        ...facts,
        id: params.goid,
        name: 'net/http.(*conn).serve',
        creator: 8,
        creationStack: [frame('net/http.(*Server).Serve', 3454), frame('main.main', 31)],
        creationNs: 1390848,
        startNs: 1474304,
        endNs: null,
        totalTimeNs: 67821632,
        stats: {
          'Execution time': 2062593,
          'Block time (network)': 33759040,
          'Sched wait time': 12128383,
          'Unknown time': 0,
        },
        ranges: { 'GC mark assist': 36224 },
        regions: [
          {
            type: 'lookup',
            func: 'main.(*store).handler.func1',
            task: 48,
            startNs: 2e6,
            endNs: 3e6,
            begun: true,
            ended: true,
          },
        ],
        tasks: [48, 292],
        states: rows,
      }
    },
    open: params => {
      const groups = [
        {
          state: 'Waiting',
          reason: 'select',
          stack: [frame('runtime.gopark', 402), frame('main.worker', 12)],
          count: 40,
          longestNs: 60 * ms,
          goroutines: Array.from({ length: 40 }, (_, index) => 100 + index),
        },
        { state: 'Running', reason: '', stack: [], count: 1, longestNs: 5000, goroutines: [1] },
      ]
      const { rows, facts } = page(empty ? [] : groups, params, partial)
      return { ...facts, groups: rows }
    },
  }

  function tasks(type: string, count: number): TaskRow[] {
    return Array.from({ length: count }, (_, index): TaskRow => {
      const startNs = 2 * ms + index * 1.7 * ms
      const durationNs = 9079424 - index * 240000
      const complete = index !== count - 1
      const at = (elapsed: number): { timeNs: number; elapsedNs: number } => ({
        timeNs: startNs + elapsed,
        elapsedNs: elapsed,
      })
      const events: TaskEvent[] = [
        {
          ...at(0),
          goroutine: 32,
          kind: 'taskBegin',
          type,
          task: 292 + index,
          parent: 0,
          what: `task ${type} (id ${292 + index}) begin`,
        },
        {
          ...at(448),
          goroutine: 32,
          kind: 'log',
          category: 'url',
          message: `/slow?n=${index}`,
          what: `log "/slow?n=${index}"`,
        },
        { ...at(3200), goroutine: 225, kind: 'regionBegin', region: 'backend', what: 'region "backend" begin' },
        { ...at(durationNs - 90), goroutine: 225, kind: 'regionEnd', region: 'backend', what: 'region "backend" end' },
        { ...at(durationNs), goroutine: 32, kind: 'taskEnd', what: 'task end' },
      ]
      return {
        id: 292 + index,
        type,
        parent: index === 0 ? 7 : 0,
        complete,
        begun: true,
        ended: complete,
        children: index === 0 ? [293] : [],
        goroutines: [32, 225],
        startNs,
        endNs: startNs + durationNs,
        durationNs,
        events,
      }
    })
  }

  function regions(count: number): RegionRow[] {
    return Array.from(
      { length: count },
      (_, index): RegionRow => ({
        goroutine: 29 + (index % 8),
        task: index % 3 === 0 ? 0 : 48 + index,
        begun: index > 0,
        ended: true,
        startNs: index * 1000,
        endNs: index * 1000 + 47936 - index * 10,
        totalTimeNs: 47936 - index * 10,
        stats: { 'Execution time': 40000 - index * 10, 'Sched wait time': 7936, 'Unknown time': 0 },
        ranges: {},
      }),
    )
  }

  function states(count: number): GoroutineState[] {
    const cycle = [
      ['Runnable', ''],
      ['Running', ''],
      ['Waiting', 'network'],
      ['Waiting', ''],
      ['Syscall', ''],
    ]
    return Array.from({ length: count }, (_, index): GoroutineState => {
      const [state, reason] = cycle[index % cycle.length]
      return {
        fromNs: index * 100000,
        toNs: (index + 1) * 100000,
        state,
        reason,
        proc: state === 'Running' ? 1 : -1,
        thread: state === 'Running' ? 3 : -1,
        stack:
          state === 'Waiting' ? [frame('internal/poll.runtime_pollWait', 351), frame('net.(*conn).Read', 194)] : [],
        wokenBy: reason === 'network' ? 33 : null,
        wokenStack: [],
      }
    })
  }
}
