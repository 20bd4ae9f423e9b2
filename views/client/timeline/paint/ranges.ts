/**
 * Lanes of the runtime: mark phases and stops, assists and sweeps, which may overlap, and moments such as the wakes of
 * the network poller.
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
import { fontsOfPage, type LabelBatch } from './labels.js'
import { stateTokens } from './ladder.js'
import type { Rects } from './pixels.js'

export interface RangePlace {
  readonly track: number
  /** TileState of what stands on the lane. */
  readonly state: number
  readonly y: number
  readonly height: number
}

interface Range {
  readonly start: number
  end: number
  /** Begins and ends are told, so that the duration is. */
  isWhole: boolean
  readonly text: string
  readonly other: string
}

/** Bars 12 px high with name and duration; short ones and moments stay visible. */
export function paintRanges(
  tiles: readonly Tile[],
  place: RangePlace,
  viewport: Viewport,
  rects: Rects,
  labels: LabelBatch,
): void {
  const { track, state, y, height } = place
  const ranges: Range[] = []
  for (const tile of tiles) {
    const content = tile.tracks[track - tile.firstTrack]
    if (content?.form === 'columns') paintColumns(tile, content, place, viewport, rects)
    else if (content?.form === 'spans') addRanges(ranges, tile, content, viewport)
  }
  ranges.sort((a, b) => a.start - b.start)
  let lastEnd = Number.NEGATIVE_INFINITY
  for (const [i, { start, end, isWhole, text, other }] of ranges.entries()) {
    const from = Math.max(viewport.x(start), -2)
    const to = Math.min(viewport.x(end), viewport.width + 2)
    rects.add(stateTokens[state], from, y + 3, Math.max(to - from, 1.5), height - 6)
    // Of those that overlap each is named where it stands alone.
    if (start >= lastEnd) {
      const left = Math.max(from, 0) + 4
      const free = Math.min(to, viewport.x(ranges[i + 1]?.start ?? end), viewport.width)
      const forms = rangeForms(rangeName(text, other, state), isWhole ? end - start : null)
      labels.addForms(forms, left, y + height / 2 + 0.5, free - left - 4, 'on-state', fontsOfPage().text)
    }
    lastEnd = Math.max(lastEnd, end)
  }
}

/** Adds the spans of a tile in the window; what was cut at the end of the tile before goes on. */
function addRanges(ranges: Range[], { texts, ...tile }: Tile, spans: TileSpans, { from, to }: Viewport): void {
  const tileFrom = tileStart(tile.level, tile.index)
  for (let i = 0; i < spans.length; i++) {
    const start = spans.starts[i]
    const end = spans.ends[i]
    if (end < from || start > to) continue
    const other = spans.others[i] < 0 ? '' : texts[spans.others[i]]
    const isWhole = (spans.flags[i] & (SpanFlag.Continues | SpanFlag.Untold)) === 0
    const before = start < tileFrom ? ranges.find(range => range.start === start && range.other === other) : undefined
    if (before === undefined) {
      ranges.push({ start, end, isWhole, text: spans.texts[i] < 0 ? '' : texts[spans.texts[i]], other })
    } else {
      before.end = end
      before.isWhole = isWhole
    }
  }
}

/** What a range is called: by its goroutine, its reason, or what it is. */
export function rangeName(text: string, other: string, state: number): string {
  if (other !== '') return `G${other} ${splitFunctionName(text).func}`.trim()
  const reason = text.replace(/^GC /, '').replace(/[()]/g, '')
  return reason || (state === TileState.Mark ? 'concurrent mark' : '')
}

function rangeForms(name: string, ns: number | null): string[] {
  const brief = name.startsWith('G')
    ? name.split(' ')[0]
    : name.replace('concurrent ', '').replace('termination', 'term.')
  const time = ns === null ? '' : durationText(ns)
  return [`${name} ${time}`, `${brief} ${time}`, time, brief].map(form => form.trim()).filter(form => form !== '')
}

/** As high as the share of the time; what takes no time is whole moments. */
function paintColumns(
  tile: Tile,
  { length, columns, times }: TileColumns,
  { state, y, height }: RangePlace,
  viewport: Viewport,
  rects: Rects,
): void {
  const columnNs = 2 ** tile.level
  const start = tileStart(tile.level, tile.index)
  const size = height - 6
  for (let i = 0; i < length; i++) {
    const from = viewport.x(start + columns[i] * columnNs)
    if (from < -2 || from > viewport.width) continue
    const time = times[i * TILE_STATES + state]
    const high = time === 0 ? size : Math.max(2, size * Math.min(1, time / columnNs))
    const to = viewport.x(start + (columns[i] + 1) * columnNs)
    rects.add(stateTokens[state], from, y + 3 + size - high, Math.max(1, to - from), high)
  }
}
