/** Lanes of the runtime: mark phases and stops, assists and sweeps, which may overlap, and moments such as the wakes of the network poller. */
import { durationText, splitFunctionName } from '../../../../server/shared/figures.js'
import {
  SpanFlag,
  TILE_STATES,
  type Tile,
  type TileColumns,
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

/** Bars 12 px high with name and duration; short ones and moments stay visible. */
export function paintRanges(
  tiles: readonly Tile[],
  place: RangePlace,
  viewport: Viewport,
  rects: Rects,
  labels: LabelBatch,
): void {
  const { track, state, y, height } = place
  const top = y + 3
  const size = height - 6
  let lastEnd = Number.NEGATIVE_INFINITY
  for (const tile of tiles) {
    const content = tile.tracks[track - tile.firstTrack]
    if (content === undefined || content.form === 'counter') continue
    if (content.form === 'columns') {
      paintColumns(tile, content, place, viewport, rects)
      continue
    }
    const { length, starts, ends } = content
    for (let i = 0; i < length; i++) {
      const start = starts[i]
      const end = ends[i]
      if (end <= lastEnd || end < viewport.from || start > viewport.to) continue
      lastEnd = end
      const from = Math.max(viewport.x(start), -2)
      const to = Math.min(viewport.x(end), viewport.width + 2)
      rects.add(stateTokens[state], from, top, Math.max(to - from, 1.5), size)
      // What overlaps the next one is named as far as it stands alone.
      const free = i + 1 < length && starts[i + 1] < end ? viewport.x(starts[i + 1]) : to
      const left = Math.max(from, 0)
      const whole = (content.flags[i] & (SpanFlag.Continues | SpanFlag.Untold)) === 0
      const text = content.texts[i] < 0 ? '' : tile.texts[content.texts[i]]
      const other = content.others[i] < 0 ? '' : tile.texts[content.others[i]]
      labels.addForms(
        rangeForms(rangeName(text, other, state), whole ? end - start : null),
        left + 4,
        y + height / 2 + 0.5,
        Math.min(free, viewport.width) - left - 8,
        'on-state',
        fontsOfPage().text,
      )
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
