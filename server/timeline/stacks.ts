/**
 * Frames of the stacks under the spans of tracks, as a flame chart has them: consecutive spans that stand on the same
 * functions, from the outermost one on, share their frames. A span has the stack on which its goroutine stands, one
 * that runs that with which it stops.
 */
import { NO_STACK } from '../core/dictionary.js'
import { STACK_COLUMNS, STACK_DEPTH, TileState, tileStart } from '../shared/tile.js'
import type { StackFrames, StacksAnswer } from '../shared/timeline.js'
import type { Span } from './span.js'
import type { TileRequest, TimelineTiles, TrackKind } from './tiles.js'

/** A tile's address, on tracks of one row each. */
export interface StacksRequest extends TileRequest {
  readonly kind: TrackKind
}

const nothing: readonly number[] = []

/** Gives empty pieces while it reads generations. */
export function* stacksOf(tiles: TimelineTiles, request: StacksRequest): Generator<Uint8Array, StacksAnswer> {
  const { kind, firstTrack, level, index } = request
  const place = { level, index, firstTrack }
  if (!tiles.isDeep(kind, level, index)) return { ...place, isTooWide: true, functions: [], tracks: [] }
  return yield* tiles.withSpans(request, () => ({ ...place, isTooWide: false, ...framesOf(tiles, request) }))
}

function framesOf(
  tiles: TimelineTiles,
  { kind, tracks, level, index }: StacksRequest,
): Pick<StacksAnswer, 'functions' | 'tracks'> {
  const { dictionary } = tiles.detail
  /** Functions of a stack, outermost first, as rows of strings. */
  const functionsOfStack = new Map<number, readonly number[]>()
  const functionsOf = (stack: number): readonly number[] => {
    let functions = functionsOfStack.get(stack)
    if (functions === undefined) {
      const frames = dictionary.frames(stack).reverse().slice(0, STACK_DEPTH)
      functions = frames.map(frame => dictionary.frameFunctions[frame])
      functionsOfStack.set(stack, functions)
    }
    return functions
  }
  const names = new Map<number, number>()
  const nameOf = (row: number): number => {
    let place = names.get(row)
    if (place === undefined) {
      place = names.size
      names.set(row, place)
    }
    return place
  }
  const [start, end] = [tileStart(level, index), tileStart(level, index + 1)]
  const [, last] = tiles.generationsOf(start, end)
  const made = tracks.map(rows => {
    const chart = new FlameChart(start, end, STACK_COLUMNS * 2 ** level, nameOf)
    for (const row of rows) {
      tiles.eachSpanOf(kind, row, start, end, span => {
        if (span.end <= start) return
        const goroutine = kind === 'goroutines' ? row : span.other
        const stack = span.stack === NO_STACK ? laterStack(tiles, last, goroutine, span) : span.stack
        chart.add(goroutine, span, stack === NO_STACK ? nothing : functionsOf(stack))
      })
    }
    return chart.finish()
  })
  return { functions: Array.from(names.keys(), row => dictionary.text(row)), tracks: made }
}

/** The stack with which a goroutine stops running behind the generations that were read. */
function laterStack(tiles: TimelineTiles, last: number, goroutine: number, span: Span): number {
  if (span.end !== Number.POSITIVE_INFINITY || span.state !== TileState.Running) return NO_STACK
  const closing = tiles.closing(last, goroutine, span.start)
  return closing === undefined ? NO_STACK : closing.columns.stacks[closing.at]
}

/** Frames that are open by depth, and those that were closed. */
class FlameChart {
  private readonly open: { func: number; start: number }[] = []
  private goroutine = -1
  private until: number
  private readonly frames: StackFrames = { depths: [], functions: [], starts: [], ends: [] }

  constructor(
    private readonly start: number,
    private readonly end: number,
    private readonly shortest: number,
    private readonly nameOf: (row: number) => number,
  ) {
    this.until = start
  }

  /** Spans come in the order of time. */
  add(goroutine: number, span: Span, functions: readonly number[]): void {
    const { open } = this
    const start = Math.max(span.start, this.start)
    // Another goroutine on the proc, or a time at which there was none, begins anew.
    if (goroutine !== this.goroutine || start > this.until) this.close(0)
    let same = 0
    while (same < open.length && open[same].func === functions[same]) same++
    this.close(same)
    for (let depth = same; depth < functions.length; depth++) open.push({ func: functions[depth], start })
    this.goroutine = goroutine
    this.until = Math.min(span.end, this.end)
  }

  finish(): StackFrames {
    this.close(0)
    return this.frames
  }

  private close(depth: number): void {
    const { open, until, frames } = this
    for (let at = open.length - 1; at >= depth; at--) {
      const { func, start } = open[at]
      if (until === start) continue
      // At the edge of the tile it may be the part of a longer one.
      if (until - start < this.shortest && start > this.start && until < this.end) continue
      frames.depths.push(at)
      frames.functions.push(this.nameOf(func))
      frames.starts.push(start)
      frames.ends.push(until)
    }
    open.length = Math.min(open.length, depth)
  }
}
