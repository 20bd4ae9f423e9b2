/** Facts of one span and of a window of the timeline, from the events of the generations concerned. */
import type { Id } from '../contract/common.js'
import type { GoroutineAt, TimeRange } from '../contract/timeline.js'
import { type CodesByRow, NO_STACK } from '../core/dictionary.js'
import type { EventBlock } from '../core/event-block.js'
import { slotCounts } from '../core/event-table.js'
import {
  NO_TRANSITION,
  ownStackOf,
  stackOf,
  stateAfter,
  stateBefore,
  subjectOf,
  transitionShapes,
} from '../core/events.js'
import { GoState } from '../core/states.js'
import { CodedError } from '../errors.js'
import { TILE_COLUMNS, TILE_STATES, TileState } from '../shared/tile.js'
import type { RangeAnswer, SpanAnswer, TimelineFrame, TimelineSample } from '../shared/timeline.js'
import type { Span } from './span.js'
import type { TimelineTiles } from './tiles.js'

/** What the events tell of a span; the rest is in the facts. */
export type SpanDetail = Omit<SpanAnswer, keyof Omit<GoroutineAt, 'row'>>

export interface SpanRequest {
  /** Row of goroutines. */
  readonly row: number
  readonly atNs: number
}

/** A transition as it stands in a block. */
interface Transition {
  readonly atNs: number
  readonly from: number
  readonly to: number
  /** The stack of the event, and that of its subject, NO_STACK where none is told. */
  readonly stack: number
  readonly ownStack: number
  /** Context of the event. */
  readonly actor: number
  readonly proc: number
  readonly thread: number
}

const stateNames = ['Running', 'Syscall', 'Runnable']

export function spanDetail(tiles: TimelineTiles, { row, atNs }: SpanRequest): SpanDetail {
  const span = spanAt(tiles, row, atNs)
  if (span === undefined) throw new CodedError('NOT_FOUND', `The goroutine did not exist at ${atNs}ns.`)
  const { endNs: traceEnd } = tiles.timeline
  const { dictionary } = tiles.detail
  const begin = transitionAt(tiles, row, span.start)
  const end = transitionAt(tiles, row, span.end)
  const before = begin === undefined ? undefined : spanAt(tiles, row, span.start - 1)
  const woke =
    span.state === TileState.Runnable
      ? begin
      : span.state === TileState.Running && before?.state === TileState.Runnable
        ? transitionAt(tiles, row, before.start)
        : span.state > TileState.Runnable
          ? end
          : undefined
  const executes = span.state <= TileState.Syscall
  const place = executes ? (begin ?? (end?.actor === row ? end : undefined)) : undefined
  const wakes = executes ? firstWake(tiles, row, span) : undefined
  const id = (ids: CodesByRow, at: number | undefined): Id | null =>
    at === undefined || at < 0 ? null : idOf(tiles, ids[at])
  const startStack = span.state === TileState.Running ? (begin?.ownStack ?? toldStack(tiles, row, span)) : span.stack
  const isWake = woke !== undefined && woke.actor !== row && woke.to === GoState.Runnable
  const stood = isWake ? spanAt(tiles, row, woke.atNs - 1) : undefined
  const waited = stood !== undefined && stood.state > TileState.Runnable && stood.end === woke?.atNs ? stood : null
  return {
    startNs: span.start,
    endNs: span.end,
    number: 1 + spansBefore(tiles, row, span.start),
    state: stateNames[span.state] ?? 'Waiting',
    tileState: span.state,
    reason: dictionary.text(span.reason),
    proc: id(dictionary.procs.ids, place?.proc),
    thread: id(dictionary.threads.ids, place?.thread),
    gcWorker: span.worker >= 0,
    beginKnown: begin !== undefined,
    endKnown: span.end < traceEnd || end !== undefined,
    startStack: framesOf(tiles, startStack),
    endStack: framesOf(tiles, end?.ownStack ?? NO_STACK),
    wokenBy: isWake
      ? {
          goid: id(dictionary.goroutines.ids, woke.actor),
          atNs: woke.atNs,
          stack: framesOf(tiles, woke.stack),
          waited: waited && { ns: waited.end - waited.start, reason: dictionary.text(waited.reason) },
        }
      : null,
    unwoken: isWake ? null : unwokenOf(span.state, before?.state, woke),
    wakesNext: wakes ?? null,
    previousNs: before === undefined ? null : span.start - 1,
    next: end !== undefined && end.to !== GoState.NotExist && span.end < traceEnd ? nextSpan(tiles, row, span) : null,
    total: goroutineTotal(tiles, row),
  }
}

/** Why a span needed nobody to wake the goroutine for it; `began`: the transition that made it runnable. */
function unwokenOf(state: number, before: number | undefined, began: Transition | undefined): SpanAnswer['unwoken'] {
  if (state === TileState.Syscall) return 'ran'
  if (state === TileState.Running && (before === TileState.Syscall || before === TileState.Running)) return 'syscall'
  if (began === undefined || state > TileState.Runnable) return null
  return began.from === GoState.Syscall ? 'syscall' : began.from === GoState.Running ? 'ran' : null
}

function nextSpan(tiles: TimelineTiles, row: number, { end }: Span): SpanAnswer['next'] {
  const next = spanAt(tiles, row, end)
  if (next === undefined) return null
  return {
    startNs: next.start,
    endNs: next.end,
    tileState: next.state,
    reason: tiles.detail.dictionary.text(next.reason),
    gcWorker: next.worker >= 0,
  }
}

/** From columns under which the whole trace lies, which need no generation to be read. */
function goroutineTotal(tiles: TimelineTiles, row: number): SpanAnswer['total'] {
  const { endNs, goroutines } = tiles.timeline
  const level = Math.max(goroutines.level, Math.ceil(Math.log2((endNs + 1) / TILE_COLUMNS)))
  const { length, times, counts } = tiles.columns('goroutines', Uint32Array.of(row), level, 0, false)
  const total = { lifeNs: 0, runningNs: 0, spans: 0 }
  for (let column = 0; column < length; column++) {
    for (let state = TileState.Running; state <= TileState.OtherWait; state++) {
      total.lifeNs += times[column * TILE_STATES + state]
    }
    total.runningNs += times[column * TILE_STATES + TileState.Running]
    total.spans += counts[column]
  }
  return total
}

/** How many spans a goroutine had before that time: of whole columns as they were counted, the rest is read. */
function spansBefore(tiles: TimelineTiles, row: number, timeNs: number): number {
  const { level } = tiles.timeline.goroutines
  const width = 2 ** level
  const last = Math.floor(timeNs / width)
  let spans = 0
  for (let index = 0; index * TILE_COLUMNS < last; index++) {
    const { columns, counts } = tiles.columns('goroutines', Uint32Array.of(row), level, index, false)
    counts.forEach((count, at) => {
      if (index * TILE_COLUMNS + columns[at] < last) spans += count
    })
  }
  tiles.eachSpanOf('goroutines', row, last * width, timeNs, ({ end }) => {
    if (end >= last * width && end <= timeNs) spans++
  })
  return spans
}

export interface SamplesRequest extends TimeRange {
  /** By goroutine row. */
  readonly tracks: ReadonlyMap<number, number>
  readonly limit: number
}

export interface SampleMarks {
  readonly samples: readonly TimelineSample[]
  /** How many there are, when the list is cut. */
  readonly total: number
}

/** CPU samples of goroutines in a window. */
export function samplesIn({ timeline }: TimelineTiles, { tracks, fromNs, toNs, limit }: SamplesRequest): SampleMarks {
  const { runtime } = timeline
  const samples: TimelineSample[] = []
  let total = 0
  for (let at = runtime.firstSample(fromNs); at < runtime.samples.length; at++) {
    const atNs = runtime.samples.time(at, 0)
    if (atNs >= toNs) break
    const track = tracks.get(runtime.samples.number(at, 0))
    if (track === undefined) continue
    if (total++ < limit) samples.push({ track, atNs })
  }
  return { samples, total }
}

/** Most functions, and nodes of the flame tree, of an answer. */
const MOST_FUNCTIONS = 200
const MOST_NODES = 20_000

/** What the events tell of a window; the rest is in the facts. */
export type RangeDetail = Omit<RangeAnswer, 'blocking'>

/**
 * What the events of a window tell; its blocking stacks are those of the profiles. Gives empty pieces while it reads.
 */
export function* rangeDetail(tiles: TimelineTiles, { fromNs, toNs }: TimeRange): Generator<Uint8Array, RangeDetail> {
  const states = new Float64Array(TILE_STATES)
  const functions = new Map<number, { goroutines: Set<number>; states: Float64Array }>()
  let spans = 0
  const end = Math.min(toNs, tiles.timeline.endNs)
  const add = (row: number, state: number, since: number, until: number) => {
    const time = Math.min(until, end) - Math.max(since, fromNs)
    if (time <= 0) return
    const name = tiles.timeline.nameOf(row)
    let own = functions.get(name)
    if (own === undefined) {
      own = { goroutines: new Set(), states: new Float64Array(TILE_STATES) }
      functions.set(name, own)
    }
    own.goroutines.add(row)
    own.states[state] += time
    states[state] += time
  }
  const turns = tiles.eachSpan('goroutines', fromNs, end, (span, row) => {
    add(row, span.state, span.start, span.end)
    if (span.worker >= 0) add(row, TileState.GcWorker, span.worker, span.end)
    if (span.end >= fromNs && span.end < end) spans++
  })
  for (const _ of turns) yield new Uint8Array(0)
  const { dictionary } = tiles.detail
  const list = Array.from(functions, ([name, own]) => ({
    name: dictionary.text(name),
    goroutines: own.goroutines.size,
    states: Array.from(own.states),
  }))
  list.sort((a, b) => b.states[TileState.Running] - a.states[TileState.Running] || (a.name < b.name ? -1 : 1))
  return {
    fromNs,
    toNs,
    states: Array.from(states),
    spans,
    functions: list.slice(0, MOST_FUNCTIONS),
    functionsTotal: list.length,
    flame: flameTree(tiles, fromNs, toNs),
  }
}

function flameTree(tiles: TimelineTiles, fromNs: number, toNs: number): RangeAnswer['flame'] {
  const { dictionary } = tiles.detail
  const { runtime } = tiles.timeline
  const { samples } = runtime
  const nodes: { parent: number; func: string; samples: number }[] = []
  const places = new Map<string, number>()
  let total = 0
  for (let at = runtime.firstSample(fromNs); at < samples.length; at++) {
    if (samples.time(at, 0) >= toNs) break
    total++
    let parent = -1
    for (const frame of dictionary.frames(samples.number(at, 1)).reverse()) {
      const func = dictionary.text(dictionary.frameFunctions[frame])
      const key = `${parent} ${func}`
      let place = places.get(key)
      if (place === undefined) {
        if (nodes.length >= MOST_NODES) break
        place = nodes.push({ parent, func, samples: 0 }) - 1
        places.set(key, place)
      }
      nodes[place].samples++
      parent = place
    }
  }
  return { samples: total, nodes }
}

/** The span that a goroutine is in at a moment, with its true end. */
function spanAt(tiles: TimelineTiles, row: number, atNs: number): Span | undefined {
  const { timeline } = tiles
  let found: Span | undefined
  tiles.eachSpanOf('goroutines', row, atNs, atNs + 1, span => {
    if (span.start <= atNs && (span.end > atNs || span.end === timeline.endNs)) found ??= { ...span }
  })
  if (found === undefined || found.end !== Number.POSITIVE_INFINITY) return found
  const closing = tiles.closing(timeline.generationAt(atNs), row, found.start)
  if (closing !== undefined) found.end = closing.columns.ends[closing.at]
  return found
}

/** The transition of a goroutine at exactly that time. */
function transitionAt(tiles: TimelineTiles, row: number, time: number): Transition | undefined {
  let found: Transition | undefined
  eachTransition(tiles, time, time + 1, (transition, subject) => {
    if (subject === row) found = transition
    return subject !== row
  })
  return found
}

/** The stack that was told of a state in which the goroutine was met. */
function toldStack(tiles: TimelineTiles, row: number, { start, end }: Span): number {
  let stack = NO_STACK
  const generation = tiles.timeline.generationAt(start)
  const until = tiles.timeline.starts[generation + 1] ?? end
  eachTransition(tiles, start, Math.min(end, until), (transition, subject) => {
    if (subject !== row) return true
    stack = transition.stack
    return false
  })
  return stack
}

function firstWake(tiles: TimelineTiles, row: number, { start, end }: Span): SpanAnswer['wakesNext'] {
  let found: SpanAnswer['wakesNext'] = null
  eachTransition(tiles, start + 1, end, (transition, subject) => {
    const { actor, to, from, atNs, stack } = transition
    if (actor !== row || subject === row || to !== GoState.Runnable || from === GoState.Undetermined) return true
    const goid = idOf(tiles, tiles.detail.dictionary.goroutines.ids[subject])
    found = { goid, atNs, stack: framesOf(tiles, stack) }
    return false
  })
  return found
}

/** Calls back with the goroutine transitions from a time to before another, as long as it returns true. */
export function eachTransition(
  tiles: TimelineTiles,
  from: number,
  to: number,
  visit: (transition: Transition, subject: number) => boolean,
): void {
  if (from >= to || from > tiles.timeline.endNs) return
  const [first, last] = tiles.generationsOf(from, to)
  for (const block of tiles.detail.blocks(first, last)) {
    if (block.times[block.length - 1] < from) continue
    if (block.times[0] >= to) return
    if (!visitBlock(block, from, to, visit)) return
  }
}

function visitBlock(
  block: EventBlock,
  from: number,
  to: number,
  visit: (transition: Transition, subject: number) => boolean,
): boolean {
  const { length, times, kinds, slots, goroutines, procs, threads } = block
  let at = 0
  for (let i = 0; i < length && times[i] < to; at += slotCounts[kinds[i++]]) {
    const shape = transitionShapes[kinds[i]]
    if (times[i] < from || shape === NO_TRANSITION) continue
    // What only tells a state again is no transition.
    const transition = {
      atNs: times[i],
      from: stateBefore(shape, slots, at),
      to: stateAfter(shape, slots, at),
      stack: stackOf(kinds[i], slots, at),
      ownStack: ownStackOf(shape, slots, at),
      actor: goroutines[i],
      proc: procs[i],
      thread: threads[i],
    }
    if (!visit(transition, subjectOf(shape, slots, at, goroutines[i]))) return false
  }
  return true
}

function framesOf({ detail: { dictionary } }: TimelineTiles, stack: number): TimelineFrame[] {
  return dictionary.frames(stack).map(frame => {
    const line = dictionary.frameLines[frame]
    return {
      func: dictionary.text(dictionary.frameFunctions[frame]),
      file: dictionary.text(dictionary.frameFiles[frame]),
      line: line <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(line) : String(line),
    }
  })
}

export function idOf({ detail: { dictionary } }: TimelineTiles, code: number): Id {
  return code >= -1 ? code : dictionary.wide.signedText(code)
}
