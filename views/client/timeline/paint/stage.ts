/**
 * The picture of the tracks, on two canvases: one with everything that follows from data, and one above it with the
 * selection, so that choosing another span does not draw the tracks again. Overlays lie below the data, so that states
 * keep their colours.
 */
import { durationText } from '../../../../server/shared/figures.js'
import type { Tile } from '../../../../server/shared/tile.js'
import { colour, colourInMemory } from '../../lib/colours.js'
import { type Tick, ticks } from '../axis.js'
import type { Model } from '../model.js'
import { type Row, rowHeights } from '../rows.js'
import { paintArrow } from './arrow.js'
import { ArrowsPainter } from './arrows.js'
import { paintCounter, paintCounts } from './figures.js'
import { paintGaps } from './gaps.js'
import { fontsOfPage, LabelBatch, textWidth } from './labels.js'
import { LanePainter } from './lane.js'
import { paintLogs, paintRegions, paintSamples, paintTask } from './notes.js'
import { Pixels, type Tint } from './pixels.js'
import { paintRanges } from './ranges.js'
import { paintStacks } from './stacks.js'

const axisHeight = rowHeights.axis
/** Narrower stops are hatched without edges. */
const narrowestEdges = 3
const chipMargin = 5

export class Stage {
  private readonly context: CanvasRenderingContext2D
  private readonly above: CanvasRenderingContext2D
  private readonly rects = new Pixels(colourInMemory)
  private readonly labels: LabelBatch
  private readonly lanes: LanePainter
  private readonly arrows: ArrowsPainter
  private height = 0
  /** A row has no frames because the window is too wide for them. */
  lacksStacks = false
  /** Largest value of each figure row in the window, by view and index, as text. */
  readonly peaks = new Map<string, string>()

  constructor(
    private readonly model: Model,
    private readonly canvas: HTMLCanvasElement,
    private readonly overCanvas: HTMLCanvasElement,
  ) {
    this.context = canvas.getContext('2d', { alpha: false })!
    this.above = overCanvas.getContext('2d')!
    this.labels = new LabelBatch(this.context)
    this.arrows = new ArrowsPainter(model)
    this.lanes = new LanePainter(this.rects, this.labels, model.viewport)
  }

  resize(width: number, height: number): void {
    this.height = height
    const ratio = devicePixelRatio || 1
    for (const canvas of [this.canvas, this.overCanvas]) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
      canvas.style.setProperty('width', `${width}px`)
      canvas.style.setProperty('height', `${height}px`)
    }
    this.rects.resize(width, height, ratio)
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.above.setTransform(ratio, 0, 0, ratio, 0, 0)
  }

  paint(rows: readonly Row[], scroll: number): void {
    const { context, height, model } = this
    const { viewport, state } = model
    this.peaks.clear()
    this.lacksStacks = false
    const marks = ticks(viewport.from, viewport.to, viewport.nsPerPx, state.origin)
    this.rects.ground('surface', [...this.gridLines(marks), ...this.overlays()])
    for (const row of rows) this.paintFrame(row, scroll)
    for (const row of rows) {
      this.paintRow(row, scroll)
      this.paintGapsOf(row, scroll)
    }
    this.rects.put(context)
    context.save()
    context.beginPath()
    context.rect(0, axisHeight, viewport.width, height - axisHeight)
    context.clip()
    this.paintCounters(rows, scroll)
    if (state.arrows === 2) this.arrows.paint(context, model.arrows.get(viewport), scroll, height)
    this.labels.paint()
    this.paintLogs(rows, scroll)
    this.paintEdges()
    context.restore()
    this.paintAxis(marks)
  }

  /** The second canvas: selection and the arrow to it. */
  paintAbove(rows: readonly Row[], scroll: number): void {
    const { above, height, model } = this
    const { viewport } = model
    // To put so large a canvas on the screen is a third of a frame, so it only is there when it shows something.
    this.overCanvas.hidden = model.span === null
    if (model.span === null) return
    above.clearRect(0, 0, viewport.width, height)
    above.textBaseline = 'middle'
    above.save()
    above.beginPath()
    above.rect(0, axisHeight, viewport.width, height - axisHeight)
    above.clip()
    this.paintSelection(rows, scroll)
    above.restore()
  }

  private gridLines(marks: readonly Tick[]): Tint[] {
    return marks.map(({ time }) => {
      const from = Math.round(this.model.viewport.x(time))
      return { token: 'line', alpha: 1, from, to: from + 1 }
    })
  }

  private overlays(): Tint[] {
    const { model } = this
    const { viewport, state } = model
    const tints: Tint[] = []
    const area = (start: number, end: number, look: Pick<Tint, 'token' | 'alpha' | 'isHatched'>) => {
      const from = viewport.x(start)
      tints.push({ ...look, from, to: Math.max(viewport.x(end), from + 1) })
    }
    const stops = { token: 's-stw', alpha: 0.3, isHatched: true }
    if (state.overlays >= 1) for (const [start, end] of model.overlayRanges('stw')) area(start, end, stops)
    const marking = { token: 's-gc', alpha: 0.11 }
    if (state.overlays >= 2) for (const [start, end] of model.overlayRanges('gc')) area(start, end, marking)
    if (state.range !== null) area(state.range.from, state.range.to, { token: 'accent', alpha: 0.14 })
    if (state.mark !== null) area(state.mark.from, state.mark.to, { token: 'accent', alpha: 0.1 })
    return tints
  }

  private paintFrame(row: Row, scroll: number): void {
    const { rects, model } = this
    const y = row.y - scroll
    if (row.kind === 'section') rects.add('sunken', 0, y, model.viewport.width, row.height)
    else if (row.kind !== 'track' && row.kind !== 'task') {
      rects.add('line', 0, y + row.height - 1, model.viewport.width, 1)
    }
  }

  /** What of the row's lane is not here, or only coarse. */
  private paintGapsOf(row: Row, scroll: number): void {
    if (row.kind === 'section' || row.kind === 'task') return
    const { model, rects } = this
    const height = row.kind === 'track' ? rowHeights.track : row.kind === 'proc' ? rowHeights.proc : row.height
    paintGaps(model.gaps(row.view, row.index), row.y - scroll, height - 1, model.viewport, rects)
  }

  /** A figure of the whole window is one only where all of it is here. */
  private notePeak({ view, index }: Row, text: string): void {
    const { missing, coarse } = this.model.gaps(view, index)
    if (missing.length + coarse.length === 0) this.peaks.set(`${view} ${index}`, text)
  }

  private paintRow(row: Row, scroll: number): void {
    const { model, rects, labels } = this
    const { viewport } = model
    const y = row.y - scroll
    if (row.kind === 'section' || row.kind === 'counter') return
    if (row.kind === 'task') {
      this.paintTaskRow(row, y)
      return
    }
    const tiles = model.tiles(row.view, row.index)
    switch (row.kind) {
      case 'lane':
        paintRanges(
          tiles,
          { track: row.index, state: model.laneState(row), y, height: row.height },
          viewport,
          rects,
          labels,
        )
        break
      case 'counts':
      case 'group':
        this.notePeak(row, `max ${countText(paintCounts(tiles, row.index, y, row.height, viewport, rects))}`)
        break
      case 'proc':
        this.lanes.paint(tiles, row.index, { y: y + 3, height: rowHeights.proc - 5, byGoroutine: true })
        this.paintFrames(row, y)
        break
      default:
        this.paintTrack(row, y, tiles)
    }
  }

  private paintCounters(rows: readonly Row[], scroll: number): void {
    const { model, context } = this
    for (const row of rows) {
      const { kind, view, index, y, height } = row
      if (kind !== 'counter') continue
      const tiles = model.tiles(view, index)
      const peak = paintCounter(context, tiles, index, model.goalOf(index), y - scroll, height, model.viewport)
      this.notePeak(row, peak < 0 ? '—' : `max ${model.figureText(index, peak)}`)
    }
  }

  private paintTrack(row: Row, y: number, tiles: readonly Tile[]): void {
    const { model, rects, labels } = this
    const { viewport } = model
    const lane = { y: y + 2, height: rowHeights.track - 4, byGoroutine: false }
    this.lanes.paint(tiles, row.index, lane)
    const notes = model.annotations.get(row.view, row.index)
    paintRegions(notes, y + rowHeights.track, viewport, rects, labels)
    paintSamples(notes, y + 1, viewport, rects)
    this.paintFrames(row, y)
    const track = model.track(row.view, row.index)
    if (track === undefined) return
    const life = model.timeOf(track)
    const begin = viewport.x(life.from)
    const end = viewport.x(life.to)
    if (life.from > 0 && begin > 0 && begin < viewport.width) {
      rects.add('ink-3', begin - 1, y + 2, 1, lane.height)
      rects.add('ink-3', begin - 1, y + lane.height + 1, 4, 1)
    }
    if (life.to < viewport.endNs && end > 0 && end < viewport.width) rects.add('ink', end, y + 2, 2, lane.height)
  }

  private paintFrames(row: Row, y: number): void {
    const { model, rects, labels } = this
    const charts = model.stacks(row.view, row.index)
    this.lacksStacks ||= charts.some(({ isTooWide }) => isTooWide)
    paintStacks(charts, row.index, y + model.framesTop(row), model.viewport, rects, labels)
  }

  private paintTaskRow(row: Row, y: number): void {
    const { model, rects, labels } = this
    const task = model.track('task', row.index)
    if (task !== undefined) {
      const { name } = task
      const { from, to } = model.timeOf(task)
      const text = name === '' ? `task ${task.id}` : name
      paintTask(text, from, to, y + 3, rowHeights.track - 6, model.viewport, rects, labels)
    }
    paintRegions(model.annotations.get('task', row.index), y + rowHeights.track, model.viewport, rects, labels)
  }

  private paintLogs(rows: readonly Row[], scroll: number): void {
    const { context, model } = this
    for (const row of rows) {
      if (row.kind !== 'track' && row.kind !== 'task') continue
      const notes = model.annotations.get(row.view, row.index)
      if (notes.logs.length === 0) continue
      paintLogs(context, notes, row.y - scroll + rowHeights.track - 5, model.viewport)
      context.fillStyle = colour('ink')
      context.fill()
    }
  }

  private paintEdges(): void {
    const { context, height, model } = this
    const { viewport, state } = model
    if (state.overlays >= 1) {
      context.globalAlpha = 0.55
      context.fillStyle = colour('s-stw')
      for (const [start, end] of model.overlayRanges('stw')) {
        const from = viewport.x(start)
        const to = viewport.x(end)
        // Edges of many short stops would cover the tracks.
        if (to - from < narrowestEdges) continue
        context.fillRect(from, axisHeight, 1, height)
        context.fillRect(to, axisHeight, 1, height)
      }
      context.globalAlpha = 1
    }
    context.fillStyle = colour('accent')
    for (const edges of [state.range, state.mark]) {
      if (edges === null) continue
      context.fillRect(viewport.x(edges.from) - 1, axisHeight, edges === state.mark ? 1 : 2, height)
      context.fillRect(viewport.x(edges.to) - 1, axisHeight, edges === state.mark ? 1 : 2, height)
    }
  }

  private paintAxis(marks: readonly Tick[]): void {
    const { context, model } = this
    const { viewport } = model
    const fonts = fontsOfPage()
    context.textBaseline = 'middle'
    context.fillStyle = colour('surface')
    context.fillRect(0, 0, viewport.width, axisHeight - 1)
    context.fillStyle = colour('line-strong')
    context.fillRect(0, axisHeight - 1, viewport.width, 1)
    for (const { time } of marks) context.fillRect(Math.round(viewport.x(time)), 16, 1, 8)
    const chip = this.rangeChip()
    context.fillStyle = colour('ink-2')
    context.font = fonts.text
    for (const { time, label } of marks) {
      const x = Math.round(viewport.x(time)) + 4
      const right = x + textWidth(context, fonts.text, label)
      const isFree = chip === null || right < chip.left || x > chip.left + chip.width
      if (right < viewport.width && isFree) context.fillText(label, x, 11)
    }
    if (chip === null) return
    context.fillStyle = colour('accent')
    // A strip, so that the ticks can be read through the range.
    context.fillRect(chip.from, axisHeight - 4, Math.max(chip.to - chip.from, 1), 3)
    context.fillRect(chip.left, 2, chip.width, 18)
    context.font = fonts.bold
    context.fillStyle = colour('on-accent')
    context.fillText(chip.label, chip.left + chipMargin, 11.5)
  }

  /** The length of the range, in the middle of what is in view of it; null: nothing is. */
  private rangeChip(): { label: string; from: number; to: number; left: number; width: number } | null {
    const { viewport, state } = this.model
    if (state.range === null) return null
    const from = Math.max(viewport.x(state.range.from), 0)
    const to = Math.min(viewport.x(state.range.to), viewport.width)
    if (to < from) return null
    const label = durationText(state.range.to - state.range.from)
    const width = textWidth(this.context, fontsOfPage().bold, label) + 2 * chipMargin
    const left = Math.min(Math.max(0, (from + to - width) / 2), viewport.width - width)
    return { label, from, to, left, width }
  }

  private paintSelection(rows: readonly Row[], scroll: number): void {
    const { above, model } = this
    const { viewport, span, state } = model
    if (span === null) return
    const from = viewport.x(span.startNs)
    const to = viewport.x(span.endNs)
    if (state.arrows > 0 && span.wokenBy !== null) paintArrow(above, model, span, scroll, this.height)
    for (const row of rows) {
      const isTrack = row.view === 'goroutine' && row.kind === 'track' && row.index === span.track
      if (!isTrack && !(row.kind === 'proc' && model.runsOn(row, span))) continue
      const y = row.y - scroll + (isTrack ? 2 : 3)
      const height = isTrack ? rowHeights.track - 4 : rowHeights.proc - 5
      const left = Math.max(from, -4)
      const width = Math.max(Math.min(to, viewport.width + 4) - left, 3)
      for (const [line, ink] of [
        [4, 'surface'],
        [2, 'ink'],
      ] as const) {
        above.strokeStyle = colour(ink)
        above.lineWidth = line
        above.strokeRect(left - 1, y - 2, width + 1, height + 3)
      }
    }
  }
}

/** What was there at all was there once. */
function countText(peak: number): string {
  return String(peak > 0 ? Math.max(1, Math.round(peak)) : 0)
}
