/**
 * The lane of a goroutine, proc or thread: spans of at least two pixels as bars, all others as merged columns between
 * them. Tiles come from left to right; a span that goes on in the next tile is drawn once.
 */

import { durationText, splitFunctionName } from '../../../../server/shared/figures.js'
import {
  SpanFlag,
  TILE_STATES,
  type Tile,
  type TileColumns,
  type TileSpans,
  TileState,
  tileStart,
} from '../../../../server/shared/tile.js'
import type { Viewport } from '../viewport.js'
import { type Bar, firstAfter } from './hit.js'
import { fontsOfPage, type LabelBatch } from './labels.js'
import { addBar, isWait, rungs, stateTokens, timeIn } from './ladder.js'
import { MergedColumns } from './merged.js'
import type { Rects } from './pixels.js'

/** Narrower spans become columns. */
export const narrowestBar = 2

export interface LanePlace {
  readonly y: number
  readonly height: number
  /** On procs and threads bars are called by their goroutines, on goroutines by their state. */
  readonly byGoroutine: boolean
}

/** Colour of a span: running for the GC has one of its own. */
export function tokenOf(state: number, flags: number): string {
  const worker = state === TileState.Running && (flags & SpanFlag.GcWorker) !== 0
  return stateTokens[worker ? TileState.GcWorker : state]
}

const noRun = { state: -1, from: 0, to: 0 }

/** Whether two places are the same but for rounding. */
function meet(from: number, to: number): boolean {
  return Math.abs(from - to) <= 0.01
}

export class LanePainter {
  private readonly merged = new MergedColumns()
  /** Columns one after the other that a single state fills. */
  private run = noRun
  private readonly bar: Bar = { start: 0, end: 0, state: -1, flags: 0, text: '', other: '' }

  constructor(
    private readonly rects: Rects,
    private readonly labels: LabelBatch,
    private readonly viewport: Viewport,
  ) {}

  paint(tiles: readonly Tile[], track: number, place: LanePlace): void {
    this.merged.reset(Math.ceil(this.viewport.width))
    this.bar.state = -1
    for (const tile of tiles) {
      const content = tile.tracks[track - tile.firstTrack]
      if (content === undefined) continue
      if (content.form === 'spans') this.takeSpans(tile, content, place)
      else if (content.form === 'columns') {
        this.flush(place)
        this.takeColumns(tile, content, place)
      }
    }
    this.endRun(place)
    this.flush(place)
    this.merged.paint(this.rects, place.y, place.height)
  }

  private takeColumns(tile: Tile, content: TileColumns, place: LanePlace): void {
    const { viewport, merged } = this
    const { columns, length, counts } = content
    const columnNs = 2 ** tile.level
    const start = tileStart(tile.level, tile.index)
    for (let i = 0; i < length; i++) {
      const from = viewport.x(start + columns[i] * columnNs)
      const to = viewport.x(start + (columns[i] + 1) * columnNs)
      if (to < 0) continue
      if (from > viewport.width) break
      let only = -1
      for (let state = 0; state < TILE_STATES; state++) {
        const time = timeIn(content, i, state)
        if (time <= 0) continue
        merged.add(state, from, to, time / columnNs)
        only = time === columnNs ? state : -1
      }
      // A state that fills columns one after the other, without an end in between, is one span.
      if (only !== this.run.state || !meet(from, this.run.to)) this.endRun(place)
      if (only < 0 || counts[i] > 0) this.endRun(place)
      else this.run = { state: only, from: this.run.state < 0 ? from : this.run.from, to }
    }
  }

  private endRun(place: LanePlace): void {
    const { state, from, to } = this.run
    this.run = noRun
    if (state >= 0) this.label(state, 0, '', '', from, to, null, place)
  }

  private takeSpans(tile: Tile, spans: TileSpans, place: LanePlace): void {
    const { bar, viewport } = this
    const tileFrom = tileStart(tile.level, tile.index)
    const first = firstAfter(spans.ends, spans.length, viewport.from)
    // A span that reaches back over columns has the label of both.
    if (first < spans.length && spans.starts[first] < tileFrom && meet(viewport.x(tileFrom), this.run.to))
      this.run = noRun
    this.endRun(place)
    for (let i = first; i < spans.length; i++) {
      if (spans.starts[i] > viewport.to) break
      const continues = bar.state === spans.states[i] && spans.starts[i] < tileFrom && bar.start === spans.starts[i]
      if (!continues) {
        this.flush(place)
        bar.start = spans.starts[i]
      }
      bar.end = spans.ends[i]
      bar.state = spans.states[i]
      bar.flags = spans.flags[i]
      bar.text = spans.texts[i] < 0 ? '' : tile.texts[spans.texts[i]]
      bar.other = spans.others[i] < 0 ? '' : tile.texts[spans.others[i]]
    }
  }

  private flush(place: LanePlace): void {
    const { bar, viewport, rects } = this
    const { state, flags } = bar
    if (state < 0) return
    bar.state = -1
    const from = viewport.x(bar.start)
    const to = viewport.x(bar.end)
    if (to - from < narrowestBar) {
      const worker = state === TileState.Running && (flags & SpanFlag.GcWorker) !== 0
      this.merged.add(worker ? TileState.GcWorker : state, from, Math.max(to, from + 1e-6), 1)
      return
    }
    const height = Math.max(rungs[state] * place.height, 3)
    const left = Math.max(from, -2)
    const right = Math.min(to, viewport.width + 2)
    const gap = to - from > 4 ? 1 : 0
    const top = place.y + place.height - height
    addBar(rects, tokenOf(state, flags), left, top, right - left - gap, height)
    const known = (flags & SpanFlag.Continues) === 0 && (flags & SpanFlag.Untold) === 0
    this.label(state, flags, bar.text, bar.other, left, right, known ? bar.end - bar.start : null, place)
  }

  private label(
    state: number,
    flags: number,
    text: string,
    other: string,
    from: number,
    to: number,
    ns: number | null,
    place: LanePlace,
  ): void {
    const left = Math.max(from, 0)
    const width = Math.min(to, this.viewport.width) - left - 8
    if (width < 18) return
    const fonts = fontsOfPage()
    const { y, height } = place
    if (place.byGoroutine) {
      if (other === '') return
      const { func } = splitFunctionName(text)
      this.labels.addForms(
        [`G${other} ${func}`, `G${other}`],
        left + 4,
        middleOf(state, y, height),
        width,
        'on-state',
        fonts.text,
      )
      return
    }
    const word = labelWord(state, text, (flags & SpanFlag.GcWorker) !== 0)
    const long = ns === null ? [word] : [`${word} ${durationText(ns)}`]
    if (state === TileState.Running || state === TileState.Syscall || state === TileState.GcWorker) {
      const forms = ns === null ? long : [...long, durationText(ns)]
      this.labels.addForms(forms, left + 4, middleOf(state, y, height), width, 'on-state', fonts.text)
    } else {
      const top = y + height - Math.max(rungs[state] * height, 3)
      const middle = state === TileState.Runnable ? y + 4.5 : top - 5.5
      this.labels.addForms([...long, word], left + 4, middle, width, 'ink-2', fonts.small)
    }
  }
}

function middleOf(state: number, y: number, height: number): number {
  return y + height - (rungs[state] * height) / 2 + 0.5
}

const waitWords: Readonly<Record<number, string>> = {
  [TileState.Sync]: 'sync',
  [TileState.Chan]: 'chan',
  [TileState.Network]: 'network',
  [TileState.Sleep]: 'sleep',
  [TileState.GcWait]: 'GC',
  [TileState.OtherWait]: 'waiting',
}

/** What a bar is called; waits by their reason as Go names it. */
export function labelWord(state: number, reason: string, gcWorker: boolean): string {
  if (state === TileState.Running) return gcWorker ? 'GC worker' : 'running'
  if (state === TileState.GcWorker) return 'GC worker'
  if (state === TileState.Syscall) return 'syscall'
  if (state === TileState.Runnable) return 'runnable'
  if (isWait(state)) return reason === '' ? waitWords[state] : reason
  return reason
}
