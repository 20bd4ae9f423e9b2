/**
 * The timeline's slow twin: every state of every goroutine, proc and thread as an object, from all events in one pass,
 * and columns by looking at all of them.
 */
import type { Dictionary } from '../../server/core/dictionary.js'
import { type EventBlock, slotStarts } from '../../server/core/event-block.js'
import { EventKind, eventSpecs, slotOf } from '../../server/core/event-table.js'
import { TILE_COLUMNS, TILE_STATES, type TileColumns } from '../../server/shared/tile.js'

export interface SlowSpan {
  readonly kind: 'goroutines' | 'procs' | 'threads' | 'lanes'
  /** Of lanes its place among those of the runtime. */
  readonly track: number
  readonly state: number
  readonly reason: string
  readonly start: number
  readonly end: number
  /** Since when it is a mark worker; null: it is none. */
  readonly worker: number | null
  /** Row of the goroutine on a lane, proc or thread. */
  readonly goroutine?: number
  /** Row of the stack on which the goroutine stands, or with which it stops running; not on lanes. */
  readonly stack?: number
}

interface Open {
  state: string
  reason: string
  since: number
  proc: number
  thread: number
  worker: number | null
  stack: number
}

const goStates = ['undetermined', 'none', 'runnable', 'running', 'waiting', 'syscall']
const IDLE = 3
const NO_STACK = 0
/** Their stack is that of the goroutine whose state changes. */
const ownStackEvents = ['GoStop', 'GoBlock', 'GoSyscallBegin', 'GoStatusStack']
const ASSIST = 2
const SWEEP = 3

function stateCode(state: string, reason: string): number {
  if (state === 'running') return 0
  if (state === 'syscall') return 1
  if (state === 'runnable') return 2
  if (/^(chan|select)/.test(reason)) return 4
  if (/sync/.test(reason)) return 3
  if (/network/.test(reason)) return 5
  if (/sleep/.test(reason)) return 6
  return /GC|system goroutine wait/.test(reason) ? 7 : 8
}

export interface SlowSpans {
  readonly spans: SlowSpan[]
  /** By goroutine row: the row of who started it, and when. */
  readonly starters: ReadonlyMap<number, { readonly goroutine: number; readonly at: number }>
  readonly end: number
}

export function slowSpans(blocks: readonly EventBlock[], dictionary: Dictionary): SlowSpans {
  const starters = new Map<number, { goroutine: number; at: number }>()
  const spans: SlowSpan[] = []
  const open = new Map<number, Open>()
  let sync = 0
  let now = 0
  let lastKind = -1
  let syncs = 0
  /** Assists by goroutine and sweeps by proc: since when, and whose. */
  const ranges = new Map<string, { lane: number; since: number; goroutine: number }>()
  const beginRange = (lane: number, row: number, goroutine: number, since: number) => {
    ranges.set(`${lane} ${row}`, { lane, since, goroutine })
  }
  const endRange = (key: string) => {
    const range = ranges.get(key)
    ranges.delete(key)
    if (range === undefined) return
    const { lane, since, goroutine } = range
    spans.push({ kind: 'lanes', track: lane, state: 10, reason: '', start: since, end: now, worker: null, goroutine })
  }
  const closeProc = (goroutine: number, g: Open) => {
    if (g.proc < 0) return
    const { reason, since, worker, stack } = g
    const state = stateCode(g.state, reason)
    spans.push({ kind: 'procs', track: g.proc, state, reason: '', start: since, end: now, worker, goroutine, stack })
    g.proc = -1
  }
  const close = (row: number, last: number) => {
    const g = open.get(row)
    if (g === undefined) return
    if (g.state === 'running') g.stack = last
    const { reason, since, worker, stack } = g
    const state = stateCode(g.state, reason)
    spans.push({
      kind: 'goroutines',
      track: row,
      state,
      reason: g.state === 'waiting' || g.state === 'runnable' ? reason : '',
      start: since,
      end: now,
      worker,
      stack,
    })
    if (g.state === 'running' || g.state === 'syscall') {
      closeProc(row, g)
      if (g.thread >= 0)
        spans.push({
          kind: 'threads',
          track: g.thread,
          state,
          reason: '',
          start: since,
          end: now,
          worker,
          goroutine: row,
          stack,
        })
    }
    open.delete(row)
  }
  const idle = (proc: number) => {
    for (const [row, g] of open) if (g.state === 'syscall' && g.proc === proc) closeProc(row, g)
  }
  for (const block of blocks) {
    const starts = slotStarts(block)
    for (let i = 0; i < block.length; i++) {
      const kind = block.kinds[i]
      const spec = eventSpecs[kind]!
      const slot = (name: string) => block.slots[starts[i] + slotOf(kind, name)]
      now = block.times[i]
      lastKind = kind
      if (kind === EventKind.Sync) {
        sync = now
        syncs++
      }
      const own = block.goroutines[i]
      if (kind === EventKind.GCMarkAssistBegin) beginRange(ASSIST, own, own, now)
      if (kind === EventKind.GCMarkAssistEnd) endRange(`${ASSIST} ${own}`)
      if (kind === EventKind.GCSweepBegin) beginRange(SWEEP, block.procs[i], own, now)
      if (kind === EventKind.GCSweepEnd) endRange(`${SWEEP} ${block.procs[i]}`)
      if (syncs <= 1 && kind === EventKind.GCMarkAssistActive && !ranges.has(`${ASSIST} ${slot('g')}`)) {
        beginRange(ASSIST, slot('g'), slot('g'), 0)
      }
      if (syncs <= 1 && kind === EventKind.GCSweepActive && !ranges.has(`${SWEEP} ${slot('p')}`)) {
        beginRange(SWEEP, slot('p'), -1, 0)
      }
      const label = kind === EventKind.GoLabel ? dictionary.strings[slot('label')] : ''
      if (label.startsWith('GC ')) {
        const g = open.get(block.goroutines[i])
        if (g?.state === 'running') g.worker ??= now
      }
      const { transition } = spec
      if (transition === undefined) continue
      const from = transition.from === 'slot' ? slot('from') : transition.from
      const to = transition.to === 'slot' ? slot('to') : transition.to
      if (transition.resource === 'proc') {
        const proc = transition.subject === 'context' ? block.procs[i] : slot('p')
        if (to === IDLE && from !== IDLE) idle(proc)
        continue
      }
      const row = transition.subject === 'context' ? block.goroutines[i] : slot('g')
      if (row < 0 || from === to) continue
      if (goStates[from] === 'none') starters.set(row, { goroutine: own, at: now })
      const before = open.get(row)
      const left = before === undefined ? -1 : stateCode(before.state, before.reason)
      const lane = [-1, 6, -1, -1, -1, 4, 5][left] ?? -1
      if (lane >= 0 && goStates[to] !== 'running') {
        spans.push({
          kind: 'lanes',
          track: lane,
          state: left,
          reason: '',
          start: now,
          end: now,
          worker: null,
          goroutine: row,
        })
      }
      const name = ownStackEvents.includes(spec.name) ? 'stack' : 'newStack'
      const told = slotOf(kind, name) < 0 ? NO_STACK : slot(name)
      close(row, told)
      const state = goStates[to]
      if (state === 'none') continue
      const executing = state === 'running' || state === 'syscall'
      const reason = slotOf(kind, 'reason') < 0 ? '' : dictionary.strings[slot('reason')]
      const proc = executing ? block.procs[i] : -1
      // A proc serves one goroutine at a time.
      if (executing) idle(proc)
      open.set(row, {
        state,
        reason,
        since: goStates[from] === 'undetermined' ? sync : now,
        proc,
        thread: executing ? block.threads[i] : -1,
        worker: null,
        stack: told === NO_STACK && before !== undefined && before.state !== 'running' ? before.stack : told,
      })
    }
  }
  if (lastKind !== EventKind.Sync) now++
  for (const row of [...open.keys()]) close(row, NO_STACK)
  for (const key of [...ranges.keys()]) endRange(key)
  return { spans, starters, end: now }
}

/** Frames as lines `depth function start end`, sorted: for each depth the runs of spans that agree up to it. */
export function slowFrames(
  spans: readonly SlowSpan[],
  dictionary: Dictionary,
  from: number,
  to: number,
  shortest: number,
) {
  const stackOf = ({ stack }: SlowSpan) =>
    dictionary
      .frames(stack!)
      .map(frame => dictionary.strings[dictionary.frameFunctions[frame]])
      .reverse()
  const inside = spans.filter(({ start, end }) => start < to && end > from)
  const lines: string[] = []
  for (let depth = 0; depth < 8; depth++) {
    let run: { path: string | null; start: number; end: number; goroutine?: number } | null = null
    const endRun = () => {
      if (run === null || run.path === null) return
      const { path, start, end } = run
      if (end - start >= shortest || start === from || end === to) {
        lines.push(`${depth} ${path.split('\n').at(-1)} ${start} ${end}`)
      }
    }
    for (const span of inside) {
      const stack = stackOf(span)
      const path = stack.length > depth ? stack.slice(0, depth + 1).join('\n') : null
      const [start, end] = [Math.max(from, span.start), Math.min(to, span.end)]
      if (run !== null && run.path === path && run.end === start && run.goroutine === span.goroutine) run.end = end
      else {
        endRun()
        run = { path, start, end, goroutine: span.goroutine }
      }
    }
    endRun()
  }
  return lines.sort()
}

/** Columns of the spans of one track, or of several together. */
export function slowColumns(spans: readonly SlowSpan[], level: number, index: number): TileColumns {
  const width = 2 ** level
  const found: { column: number; times: number[]; count: number; longest: number }[] = []
  for (let column = 0; column < TILE_COLUMNS; column++) {
    const start = (index * TILE_COLUMNS + column) * width
    const end = start + width
    const times: number[] = new Array(TILE_STATES).fill(0)
    let count = 0
    let longest = 0
    for (const span of spans) {
      times[span.state] += Math.max(0, Math.min(end, span.end) - Math.max(start, span.start))
      if (span.worker !== null) times[9] += Math.max(0, Math.min(end, span.end) - Math.max(start, span.worker))
      if (span.end < start || span.end >= end) continue
      count++
      longest = Math.max(longest, span.end - span.start)
    }
    if (count > 0 || times.some(time => time > 0)) found.push({ column, times, count, longest })
  }
  return {
    form: 'columns',
    length: found.length,
    columns: Uint16Array.from(found, ({ column }) => column),
    times: Float64Array.from(found.flatMap(({ times }) => times)),
    counts: Uint32Array.from(found, ({ count }) => count),
    longest: Float64Array.from(found, ({ longest }) => longest),
  }
}
