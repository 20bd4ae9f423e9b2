/** What a place of the picture answers to the pointer: a tooltip, a selection, a closer look. */
import type { TimelineRegion } from '../../../server/shared/timeline.js'
import type { Tip, TipLine } from '../lib/tip.js'
import type { Actions } from './actions.js'
import type { Model } from './model.js'
import { type Hit, hitLane, hitTest } from './paint/hit.js'
import { frameAt } from './paint/stacks.js'
import { type Row, rowHeights } from './rows.js'
import { tipLines } from './tooltips.js'

export interface Place {
  readonly row: Row
  readonly time: number
  /** Pixels below the top of the row. */
  readonly yInRow: number
}

/** A click on merged spans comes this much closer. */
const closer = 0.25
/** Pixels beside a moment on a lane that belong to it. */
const laneSlack = 3

export class Pointing {
  constructor(
    private readonly model: Model,
    private readonly actions: Actions,
    private readonly tip: Tip,
    private readonly canvas: HTMLElement,
  ) {}

  hover(place: Place | undefined, x: number, y: number): void {
    const lines =
      place === undefined || place.row.kind === 'section'
        ? []
        : [...tipLines(this.model, place.row, this.hit(place), place.time, place.yInRow), ...this.lackLines(place)]
    if (lines.length === 0) {
      this.tip.hide()
      return
    }
    const box = this.canvas.getBoundingClientRect()
    this.tip.show(lines, box.left + x, box.top + y)
  }

  /** Says so where what is drawn is not what will be. */
  private lackLines({ row, time }: Place): TipLine[] {
    if (row.kind === 'task' || time > this.model.viewport.endNs) return []
    const { missing, coarse } = this.model.gaps(row.view, row.index)
    const isIn = ([from, to]: readonly [number, number]) => time >= from && time < to
    if (missing.some(isIn)) return [{ text: 'loading', className: 'muted' }]
    return coarse.some(isIn) ? [{ text: 'coarse, loading', className: 'muted' }] : []
  }

  click(place: Place | undefined, x: number, y: number): void {
    const { actions } = this
    const { chip, span } = this.model
    if (chip !== null && x >= chip.left && x <= chip.right && y >= chip.top && y <= chip.bottom) {
      actions.follow(span?.wokenBy)
    } else if (place === undefined || place.row.kind === 'section') actions.letGo()
    else this.clickRow(place, x)
  }

  doubleClick(place: Place | undefined): void {
    if (place === undefined || place.row.kind === 'section' || place.row.kind === 'group') return
    const hit = this.hit(place)
    if (hit?.kind === 'span') this.actions.fitWindow(hit.bar.start, hit.bar.end)
  }

  private clickRow(place: Place, x: number): void {
    const { model, actions } = this
    const { row, time } = place
    const track = model.track(row.view, row.index)
    if (track === undefined) return
    if (row.kind === 'group') {
      actions.toggleGroup(track.name)
      return
    }
    const region = this.regionAt(place)
    if (row.kind === 'task') {
      if (region !== undefined) void actions.select(String(region.goid), time, false)
      else actions.showTask(track)
      return
    }
    const hit = this.hit(place)
    if (hit === null) actions.letGo()
    else if (row.kind === 'lane') {
      if (hit.kind === 'columns') actions.zoom(closer, x)
      else if (hit.bar.other !== '') void actions.select(hit.bar.other, hit.bar.start, false)
      else actions.setRange(hit.bar.start, hit.bar.end, true)
    } else if (row.kind === 'counts') actions.letGo()
    else if (hit.kind === 'columns' && hit.spans > 1) actions.zoom(closer, x)
    else if (
      row.kind === 'track' &&
      (place.yInRow < rowHeights.track || region !== undefined || this.isOnFrame(place))
    ) {
      void actions.select(String(track.id), time, false)
    } else if (row.kind === 'proc' && hit.kind === 'span' && hit.bar.other !== '') {
      const view = row.view === 'thread' ? 'thread' : 'proc'
      void actions.select(hit.bar.other, time, false, { on: { view, id: String(track.id) } })
    } else actions.letGo()
  }

  private isOnFrame({ row, time, yInRow }: Place): boolean {
    const { model } = this
    const at = yInRow - model.framesTop(row)
    return frameAt(model.stacks(row.view, row.index), row.index, at, time) !== undefined
  }

  private hit({ row, time }: Place): Hit | null {
    if (row.kind === 'task' || row.kind === 'counter') return null
    const tiles = this.model.tiles(row.view, row.index)
    if (row.kind === 'lane') return hitLane(tiles, row.index, time, laneSlack * this.model.viewport.nsPerPx)
    return hitTest(tiles, row.index, time)
  }

  private regionAt({ row, time, yInRow }: Place): TimelineRegion | undefined {
    const depth = Math.floor((yInRow - rowHeights.track) / rowHeights.region)
    const { regions } = this.model.annotations.get(row.view, row.index)
    return regions.find(({ depth: at, startNs, endNs }) => {
      return at === depth && (startNs ?? 0) <= time && (endNs ?? Number.POSITIVE_INFINITY) >= time
    })
  }
}
