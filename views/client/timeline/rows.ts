/**
 * Where the rows stand: a list of blocks, each one row or a run of tracks. Only the rows in view are made, so that a
 * million tracks cost no more than a screen of them.
 */
import { firstPlace } from '../../../server/shared/search.js'
import type { TimelineView } from '../../../server/shared/timeline.js'

export const rowHeights = {
  axis: 24,
  section: 20,
  lane: 18,
  counter: 40,
  proc: 26,
  group: 30,
  track: 22,
  region: 15,
  frame: 13,
  /** The line for the label over each row on small screens. */
  label: 14,
} as const

export type RowKind = 'section' | 'lane' | 'counter' | 'counts' | 'proc' | 'group' | 'track' | 'task'

export interface Row {
  readonly kind: RowKind
  readonly view: TimelineView
  /** Place of the track in its view; of a section −1. */
  readonly index: number
  /** Where the drawing begins, under the label of small screens. */
  readonly y: number
  readonly height: number
  /** Height of the label line above it; 0: labels stand beside it. */
  readonly labelHeight: number
  /** Of a section. */
  readonly title: string
  readonly count: number
  /** Row of a group that is open, or track in a group, or in the pinned section. */
  readonly place: 'open' | 'closed' | 'in-group' | 'pinned' | ''
}

interface Block {
  readonly kind: RowKind
  readonly view: TimelineView
  readonly top: number
  readonly bottom: number
  /** Tracks, by their place. */
  readonly first: number
  readonly count: number
  readonly height: number
  /** Top of each row within the block, when they differ. */
  readonly tops: Float64Array | null
  readonly title: string
  readonly total: number
  readonly place: Row['place']
}

export class RowLayout {
  private readonly blocks: Block[] = []
  /** Blocks of tracks by view and, in it, by their first track; made when one is looked for. */
  private byFirst: Map<TimelineView, Block[]> | null = null
  private end: number = rowHeights.axis

  /** `labelHeight`: see Row. */
  constructor(private readonly labelHeight: number) {}

  get height(): number {
    return this.end
  }

  section(title: string, total: number): void {
    this.push({ kind: 'section', view: 'runtime', first: -1, count: 1, height: rowHeights.section, title, total }, 0)
  }

  row(kind: RowKind, view: TimelineView, index: number, height: number, place: Row['place'] = ''): void {
    this.push({ kind, view, first: index, count: 1, height, place }, this.labelHeight)
  }

  /** `more`: what tracks need beside `height` for what stands under them, by index. */
  run(
    kind: RowKind,
    view: TimelineView,
    first: number,
    count: number,
    height: number,
    place: Row['place'],
    more: ReadonlyMap<number, number>,
  ): void {
    if (count === 0) return
    let tops: Float64Array | null = null
    let extra = 0
    for (let at = 0; more.size > 0 && at < count; at++) {
      const need = more.get(first + at) ?? 0
      if (need > 0 && tops === null) {
        tops = new Float64Array(count + 1)
        for (let before = 0; before <= at; before++) tops[before] = before * (height + this.labelHeight)
      }
      extra += need
      if (tops !== null) tops[at + 1] = (at + 1) * (height + this.labelHeight) + extra
    }
    this.push({ kind, view, first, count, height, place, tops }, this.labelHeight, extra)
  }

  private push(
    block: Pick<Block, 'kind' | 'view' | 'first' | 'count' | 'height'> & Partial<Block>,
    label: number,
    extra = 0,
  ): void {
    const top = this.end
    this.end = top + block.count * (block.height + label) + extra
    this.byFirst = null
    this.blocks.push({ title: '', total: 0, place: '', tops: null, ...block, top, bottom: this.end })
  }

  /** The rows that lie between two heights. */
  between(top: number, bottom: number): Row[] {
    const rows: Row[] = []
    for (let at = this.blockAt(top); at < this.blocks.length && this.blocks[at].top < bottom; at++) {
      const block = this.blocks[at]
      for (let row = rowAt(block, top); row < block.count; row++) {
        const made = this.make(block, row)
        if (made.y - made.labelHeight >= bottom) break
        rows.push(made)
      }
    }
    return rows
  }

  /** The row of a track; the one in its group before the pinned one. */
  find(view: TimelineView, index: number): Row | undefined {
    this.byFirst ??= this.indexed()
    const blocks = this.byFirst.get(view) ?? []
    let at = lastFrom(blocks, index)
    // Pinned tracks are blocks of one, and may lie within another one.
    let pinned: Row | undefined
    for (; at >= 0; at--) {
      const block = blocks[at]
      if (index < block.first + block.count) {
        const row = this.make(block, index - block.first)
        if (block.place !== 'pinned') return row
        pinned ??= row
      } else if (block.place !== 'pinned') break
    }
    return pinned
  }

  private indexed(): Map<TimelineView, Block[]> {
    const byView = new Map<TimelineView, Block[]>()
    for (const block of this.blocks) {
      if (block.kind === 'section') continue
      const own = byView.get(block.view)
      if (own === undefined) byView.set(block.view, [block])
      else own.push(block)
    }
    for (const blocks of byView.values()) blocks.sort((a, b) => a.first - b.first)
    return byView
  }

  /** The next row of a kind of tracks below or above another one. */
  beside(row: Row, step: 1 | -1): Row | undefined {
    const isTrack = ({ kind }: { kind: RowKind }) => kind === row.kind
    const at = this.blocks.findIndex(block => row.y >= block.top && row.y < block.bottom)
    if (at < 0) return undefined
    const within = row.index - this.blocks[at].first + step
    if (within >= 0 && within < this.blocks[at].count) return this.make(this.blocks[at], within)
    for (let next = at + step; next >= 0 && next < this.blocks.length; next += step) {
      const block = this.blocks[next]
      if (isTrack(block)) return this.make(block, step === 1 ? 0 : block.count - 1)
    }
    return undefined
  }

  private make(block: Block, at: number): Row {
    const isSection = block.kind === 'section'
    const label = isSection ? 0 : this.labelHeight
    const step = block.height + label
    const top = block.tops === null ? at * step : block.tops[at]
    const height = block.tops === null ? (block.bottom - block.top) / block.count : block.tops[at + 1] - top
    return {
      kind: block.kind,
      view: block.view,
      index: isSection ? -1 : block.first + at,
      y: block.top + top + label,
      height: height - label,
      labelHeight: label,
      title: block.title,
      count: block.total,
      place: block.place,
    }
  }

  private blockAt(y: number): number {
    return firstPlace(0, this.blocks.length, place => this.blocks[place].bottom > y)
  }
}

/** The last of the blocks, which go by their first track, that begins at or before a track; −1: none does. */
function lastFrom(blocks: readonly Block[], index: number): number {
  return firstPlace(0, blocks.length, place => blocks[place].first > index) - 1
}

/** The first row of a block that ends below `y`. */
function rowAt(block: Block, y: number): number {
  if (y <= block.top) return 0
  const { tops } = block
  if (tops === null) return Math.floor(((y - block.top) / (block.bottom - block.top)) * block.count)
  return firstPlace(0, block.count, place => block.top + tops[place + 1] > y)
}
