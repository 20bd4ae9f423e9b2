/** What a track does at a moment: the span or the merged column that is drawn there. */
import { firstPlace } from '../../../../server/shared/search.js'
import {
  SpanFlag,
  TILE_STATES,
  type Tile,
  type TileSpans,
  tileLength,
  tileStart,
} from '../../../../server/shared/tile.js'
import { timeIn } from './ladder.js'

export interface Bar {
  start: number
  end: number
  state: number
  flags: number
  text: string
  other: string
}

/** The first of ascending ends that is after `time`. */
export function firstAfter(ends: Float64Array, length: number, time: number): number {
  return firstPlace(0, length, place => ends[place] > time)
}

/** What a track does at a moment, from the tiles that are drawn: a span, or the merged column over the moment. */
export type Hit =
  | { readonly kind: 'span'; readonly bar: Bar }
  | {
      readonly kind: 'columns'
      readonly from: number
      readonly to: number
      readonly shares: readonly number[]
      readonly spans: number
      readonly longest: number
    }

/** A moment, or one of spans that overlap, within `slack` ns: on lanes of the runtime. */
export function hitLane(tiles: readonly Tile[], track: number, time: number, slack: number): Hit | null {
  for (const tile of tiles) {
    const content = tile.tracks[track - tile.firstTrack]
    if (content?.form !== 'spans') continue
    for (let i = firstAfter(content.ends, content.length, time - slack); i < content.length; i++) {
      if (content.starts[i] <= time + slack) return { kind: 'span', bar: barOf(tile, content, i) }
    }
  }
  return hitTest(tiles, track, time)
}

export function hitTest(tiles: readonly Tile[], track: number, time: number): Hit | null {
  for (const tile of tiles) {
    const from = tileStart(tile.level, tile.index)
    if (time < from || time >= from + tileLength(tile.level)) continue
    const content = tile.tracks[track - tile.firstTrack]
    if (content === undefined || content.form === 'counter') return null
    if (content.form === 'spans') {
      const i = firstAfter(content.ends, content.length, time)
      if (i >= content.length || content.starts[i] > time) return null
      const bar = barOf(tile, content, i)
      extend(bar, tiles, track)
      return { kind: 'span', bar }
    }
    const columnNs = 2 ** tile.level
    const column = Math.floor((time - from) / columnNs)
    const i = content.columns.indexOf(column)
    if (i < 0) return null
    return {
      kind: 'columns',
      from: from + column * columnNs,
      to: from + (column + 1) * columnNs,
      shares: Array.from({ length: TILE_STATES }, (_, state) => timeIn(content, i, state) / columnNs),
      spans: content.counts[i],
      longest: content.longest[i],
    }
  }
  return null
}

function barOf(tile: Tile, spans: TileSpans, i: number): Bar {
  return {
    start: spans.starts[i],
    end: spans.ends[i],
    state: spans.states[i],
    flags: spans.flags[i],
    text: spans.texts[i] < 0 ? '' : tile.texts[spans.texts[i]],
    other: spans.others[i] < 0 ? '' : tile.texts[spans.others[i]],
  }
}

/** A span that is cut at the end of its tile ends in one of the next, where those are here. */
function extend(bar: Bar, tiles: readonly Tile[], track: number): void {
  for (const tile of tiles) {
    if ((bar.flags & SpanFlag.Continues) === 0) return
    const content = tile.tracks[track - tile.firstTrack]
    if (content?.form !== 'spans' || content.length === 0 || content.ends[0] <= bar.end) continue
    if (content.starts[0] !== bar.start) continue
    bar.end = content.ends[0]
    bar.flags = content.flags[0]
  }
}
