/** The state of the timeline with the data behind it: what the painters read and the actions change. */

import { bytesText } from '../../../server/shared/figures.js'
import { firstPlace } from '../../../server/shared/search.js'
import {
  TILE_STATES,
  TILE_TRACKS,
  type Tile,
  type TileColumns,
  type TileSpans,
  TileState,
  tileStart,
} from '../../../server/shared/tile.js'
import type {
  NeighboursAnswer,
  SpanAnswer,
  StacksAnswer,
  TimelineTrack,
  TimelineView,
} from '../../../server/shared/timeline.js'
import { Annotations } from './data/annotations.js'
import { Arrows } from './data/arrows.js'
import { Connection } from './data/connection.js'
import { type Gaps, stackTiles, TileStore, timeTiles } from './data/tile-store.js'
import { TrackList } from './data/track-lists.js'
import { type Row, RowLayout, rowHeights } from './rows.js'
import type { TimelineState } from './state.js'
import { type TimeWindow, Viewport } from './viewport.js'

export class Model {
  readonly viewport: Viewport
  readonly connection: Connection
  readonly store: TileStore<Tile>
  readonly frames: TileStore<StacksAnswer>
  readonly annotations: Annotations
  readonly arrows: Arrows
  readonly lists: Readonly<Record<TimelineView, TrackList>>
  layout = new RowLayout(0)
  /** The selected span; null: none, or on its way. */
  span: SpanAnswer | null = null
  /** What goes on around it on the proc or thread that it was chosen on; null: on none, or not known. */
  beside: NeighboursAnswer | null = null
  /** The moment that ↑ and ↓ go by: where the user last clicked, stepped or searched. */
  cursor: number | null = null
  /** The selected task; null: none, or on its way. */
  task: TimelineTrack | null = null
  /** Track and start function of who woke it, when they are known. */
  wakerTrack = -1
  wakerName = ''
  /** Place of the arrow's chip on the stage. */
  chip: { left: number; top: number; right: number; bottom: number } | null = null
  /** Pinned tracks: index by goroutine id, −1: it has none. */
  readonly pinnedTracks = new Map<string, number>()
  /** Most frames that the tracks of a view were seen to need. */
  private readonly frameDepths = new Map<TimelineView, Map<number, number>>()
  /** The groups that are here by their first track; null: to be put in order. */
  private groups: TimelineTrack[] | null = null
  private level = 0
  /** Of this frame, by the view and block of the tiles. */
  private readonly gapsOfBlock = new Map<string, Gaps>()
  private layoutIsOld = true

  /** `changed`: something came that the picture shows. */
  constructor(
    readonly state: TimelineState,
    endNs: number,
    private readonly changed: () => void,
  ) {
    this.viewport = new Viewport(endNs)
    const connection = new Connection(changed)
    this.connection = connection
    this.store = new TileStore(endNs, timeTiles, connection, changed)
    this.frames = new TileStore(endNs, stackTiles, connection, (tile, view) => this.noteFrames(tile, view))
    this.annotations = new Annotations(endNs, connection, heightsChanged => {
      if (heightsChanged) this.layoutIsOld = true
      changed()
    })
    this.arrows = new Arrows(endNs, connection, changed)
    const list = (view: TimelineView) => new TrackList(view, connection, () => this.listChanged())
    this.lists = {
      goroutine: list('goroutine'),
      proc: list('proc'),
      thread: list('thread'),
      task: list('task'),
      group: list('group'),
      runtime: list('runtime'),
    }
  }

  /** The lists that the layout needs as a whole; the others fill themselves as they are looked at. */
  async open(): Promise<void> {
    const { lists, state } = this
    const opened: Promise<void>[] = [lists.runtime.openAll(), lists.proc.openAll()]
    if (state.view === 'goroutine') opened.push(lists.group.openAll(), lists.goroutine.open())
    if (state.view === 'thread') opened.push(lists.thread.open())
    if (state.view === 'task') opened.push(lists.task.open())
    await Promise.all(opened)
  }

  private listChanged(): void {
    this.groups = null
    this.layoutIsOld = true
    this.changed()
  }

  relayout(): void {
    this.layoutIsOld = true
  }

  track(view: TimelineView, index: number): TimelineTrack | undefined {
    return this.lists[view].get(index)
  }

  /** First and last moment of a track; what is not in the trace lies at its edge. */
  timeOf({ startNs, endNs }: TimelineTrack): TimeWindow {
    return { from: startNs ?? 0, to: endNs ?? this.viewport.endNs }
  }

  beginFrame(): void {
    const { viewport } = this
    this.level = TileStore.levelOf(viewport.nsPerPx)
    this.gapsOfBlock.clear()
    this.connection.beginFrame()
    this.store.beginFrame()
    this.frames.beginFrame()
    this.annotations.beginFrame(viewport.from, viewport.to)
    this.chip = null
  }

  endFrame(): void {
    this.store.endFrame()
    this.frames.endFrame()
    // Lists of all regions are made for the first question about them, and who asks for tiles meanwhile waits for
    // those.
    this.annotations.endFrame(this.store.isIdle)
  }

  /** Share of what the frame shows that is here; 1: it is whole. */
  get loaded(): number {
    const [tiles, frames] = [this.store.share, this.frames.share]
    const lists = Object.values(this.lists)
    const isMore = !this.annotations.isIdle || !this.arrows.isIdle || lists.some(({ isIdle }) => !isIdle)
    const wanted = tiles.wanted + frames.wanted + (isMore ? 1 : 0)
    return wanted === 0 ? 1 : (tiles.here + frames.here) / wanted
  }

  /** Where the tiles of a track are missing or coarser than the frame needs. */
  gaps(view: TimelineView, index: number): Gaps {
    const key = `${view} ${Math.floor(index / TILE_TRACKS)}`
    let gaps = this.gapsOfBlock.get(key)
    if (gaps === undefined) {
      gaps = this.store.gaps(view, index, this.level, this.viewport.from, this.viewport.to)
      this.gapsOfBlock.set(key, gaps)
    }
    return gaps
  }

  tiles(view: TimelineView, index: number): Tile[] {
    return this.store.tilesFor(view, index, this.level, this.viewport.from, this.viewport.to)
  }

  /** Frames under a track, from left to right; none while they are not wanted. */
  stacks(view: TimelineView, index: number): StacksAnswer[] {
    if (!this.state.stacks) return []
    return this.frames.tilesFor(view, index, this.level, this.viewport.from, this.viewport.to)
  }

  /** Pixels from the top of a row to the frames under it. */
  framesTop({ kind, view, index }: Row): number {
    if (kind === 'proc') return rowHeights.proc
    return rowHeights.track + (this.annotations.depthsOf(view).get(index) ?? 0) * rowHeights.region
  }

  private noteFrames({ firstTrack, tracks }: StacksAnswer, view: TimelineView): void {
    let known = this.frameDepths.get(view)
    if (known === undefined) {
      known = new Map()
      this.frameDepths.set(view, known)
    }
    for (const [at, { depths }] of tracks.entries()) {
      const need = depths.reduce((most, depth) => Math.max(most, depth + 1), 0)
      if (need <= (known.get(firstTrack + at) ?? 0)) continue
      known.set(firstTrack + at, need)
      this.layoutIsOld = true
    }
    this.changed()
  }

  /** Pixels that tracks need under their lanes: for regions, and for frames. */
  private heightsUnder(view: TimelineView): ReadonlyMap<number, number> {
    const heights = new Map<number, number>()
    const take = (depths: ReadonlyMap<number, number>, line: number, margin: number) => {
      for (const [track, depth] of depths) heights.set(track, (heights.get(track) ?? 0) + depth * line + margin)
    }
    take(this.annotations.depthsOf(view), rowHeights.region, 0)
    if (this.state.stacks) take(this.frameDepths.get(view) ?? new Map(), rowHeights.frame, 2)
    return heights
  }

  /** Rebuilds the rows if something changed that moves them; gives whether it did. */
  layOut(isSmall: boolean): boolean {
    if (!this.layoutIsOld) return false
    this.layoutIsOld = false
    const layout = new RowLayout(isSmall ? rowHeights.label : 0)
    this.layout = layout
    this.layOutRuntime(layout)
    const { lists, state } = this
    if (lists.proc.total > 0) {
      layout.section('Procs', lists.proc.total)
      layout.run('proc', 'proc', 0, lists.proc.total, rowHeights.proc, '', this.heightsUnder('proc'))
    }
    this.layOutPins(layout)
    if (state.view === 'goroutine') this.layOutGroups(layout)
    if (state.view === 'thread') {
      this.layOutSection(layout, 'Threads', lists.thread)
      layout.run('proc', 'thread', 0, lists.thread.total, rowHeights.proc, '', this.heightsUnder('thread'))
    }
    if (state.view === 'task') {
      this.layOutSection(layout, 'Tasks', lists.task)
      layout.run('task', 'task', 0, lists.task.total, rowHeights.track, '', this.heightsUnder('task'))
    }
    return true
  }

  /** Says so where there is nothing. */
  private layOutSection(layout: RowLayout, title: string, { isKnown, total }: TrackList): void {
    const [tracks] = title.toLowerCase().split(' ')
    layout.section(isKnown && total === 0 ? `No ${tracks} in this trace` : title, total)
  }

  private layOutRuntime(layout: RowLayout): void {
    const lanes = [...this.lists.runtime.loaded()].filter(lane => !this.isGoal(lane) && lane.isEmpty !== true)
    if (lanes.length === 0) return
    layout.section('Runtime', 0)
    for (const { index, kind } of lanes) {
      layout.row(
        kind ?? 'lane',
        'runtime',
        index,
        kind === 'lane' || kind === undefined ? rowHeights.lane : rowHeights.counter,
      )
    }
  }

  private layOutPins(layout: RowLayout): void {
    const { pins } = this.state
    if (pins.length === 0) return
    layout.section('Pinned', pins.length)
    const under = this.heightsUnder('goroutine')
    for (const id of pins) {
      const index = this.pinnedTracks.get(id)
      if (index === undefined || index < 0) continue
      layout.run('track', 'goroutine', index, 1, rowHeights.track, 'pinned', under)
    }
  }

  private layOutGroups(layout: RowLayout): void {
    const { lists, state } = this
    this.layOutSection(layout, 'Goroutines by function', lists.goroutine)
    const under = this.heightsUnder('goroutine')
    for (const group of this.busiestGroups()) {
      const isOpen = state.open.has(group.name)
      layout.row('group', 'group', group.index, rowHeights.group, isOpen ? 'open' : 'closed')
      if (!isOpen || group.first === undefined) continue
      layout.run('track', 'goroutine', group.first, group.count ?? 0, rowHeights.track, 'in-group', under)
    }
  }

  /** Those that ran longest first. */
  busiestGroups(): TimelineTrack[] {
    return [...this.lists.group.loaded()].sort((a, b) => (b.runningNs ?? 0) - (a.runningNs ?? 0))
  }

  /** The group that a goroutine's track is in. */
  groupOf(track: number): TimelineTrack | undefined {
    this.groups ??= [...this.lists.group.loaded()].sort((a, b) => (a.first ?? 0) - (b.first ?? 0))
    const { groups } = this
    const group = groups[firstPlace(0, groups.length, place => endOf(groups[place]) > track)]
    return group !== undefined && track >= (group.first ?? 0) ? group : undefined
  }

  /** The heap's goal is drawn over the heap and has no row. */
  private isGoal({ kind, name }: TimelineTrack): boolean {
    return kind === 'counter' && /goal/i.test(name)
  }

  /** TileState of what stands on a lane of the runtime. */
  laneState({ view, index }: Row): number {
    return this.track(view, index)?.state ?? TileState.Mark
  }

  /** Index of the counter that is drawn as a dashed line over another one, −1. */
  goalOf(index: number): number {
    const counter = this.track('runtime', index)
    if (counter === undefined || !/heap/i.test(counter.name)) return -1
    for (const lane of this.lists.runtime.loaded()) if (this.isGoal(lane)) return lane.index
    return -1
  }

  figureText(index: number, value: number): string {
    const name = this.track('runtime', index)?.name ?? ''
    return /heap/i.test(name) ? bytesText(value) : value.toLocaleString('en')
  }

  /** Times of stops or mark phases in the window, from the lanes of the runtime. */
  overlayRanges(which: 'gc' | 'stw'): (readonly [number, number])[] {
    return this.ranges(which, this.level, this.viewport.from, this.viewport.to)
  }

  /** The same of the whole trace, as coarse as the map. */
  wholeRanges(which: 'gc' | 'stw'): (readonly [number, number])[] {
    const { endNs, width } = this.viewport
    return this.ranges(which, TileStore.levelOf(endNs / width), 0, endNs)
  }

  private ranges(which: 'gc' | 'stw', level: number, from: number, to: number): (readonly [number, number])[] {
    const wanted = which === 'gc' ? TileState.Mark : TileState.Stw
    const found: (readonly [number, number])[] = []
    for (const lane of this.lists.runtime.loaded()) {
      if (lane.kind !== 'lane' || !(which === 'gc' ? /^GC/ : /^STW|stop/i).test(lane.name)) continue
      for (const tile of this.store.tilesFor('runtime', lane.index, level, from, to)) {
        const content = tile.tracks[lane.index - tile.firstTrack]
        if (content?.form === 'spans') addSpans(found, content, wanted)
        else if (content?.form === 'columns') addColumns(found, tile, content, wanted)
      }
    }
    return found.filter(([start, end]) => end >= from && start <= to)
  }

  /** Whether the row is the proc or thread that a running span is on. */
  runsOn(row: Row, span: SpanAnswer): boolean {
    if (
      span.tileState !== TileState.Running &&
      span.tileState !== TileState.Syscall &&
      span.tileState !== TileState.GcWorker
    )
      return false
    const id = this.track(row.view, row.index)?.id
    const on = row.view === 'proc' ? span.proc : span.thread
    return id !== undefined && on !== null && String(id) === String(on)
  }
}

function addSpans(found: (readonly [number, number])[], spans: TileSpans, wanted: number): void {
  for (let i = 0; i < spans.length; i++) {
    const last = found.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY
    if (spans.states[i] !== wanted || spans.ends[i] <= last) continue
    // The rest of one that was cut at the end of the tile before.
    if (last > spans.starts[i]) found[found.length - 1] = [found[found.length - 1][0], spans.ends[i]]
    else found.push([spans.starts[i], spans.ends[i]])
  }
}

function addColumns(
  found: (readonly [number, number])[],
  { level, index }: Tile,
  { columns, times, length }: TileColumns,
  wanted: number,
): void {
  const columnNs = 2 ** level
  for (let i = 0; i < length; i++) {
    const time = times[i * TILE_STATES + wanted]
    const start = tileStart(level, index) + columns[i] * columnNs
    if (time > 0) found.push([start, start + time])
  }
}

/** The track behind the last of a group. */
function endOf({ first = 0, count = 0 }: TimelineTrack): number {
  return first + count
}
