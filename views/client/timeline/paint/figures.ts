/** Rows of figures: counts of goroutines by state, counters such as the heap's size. */
import {
  SpanFlag,
  TILE_STATES,
  type Tile,
  type TileCounter,
  TileState,
  tileLength,
  tileStart,
} from '../../../../server/shared/tile.js'
import { colour } from '../../lib/colours.js'
import type { Viewport } from '../viewport.js'
import { isWait, stateTokens, timeIn } from './ladder.js'
import type { Rects } from './pixels.js'

const countedStates = [TileState.Running, TileState.GcWorker, TileState.Syscall, TileState.Runnable]

/** Reused for each row: how many goroutines of each counted state are in a pixel, and whether any lives there. */
let sums = new Float64Array(0)
let alive = new Uint8Array(0)

/**
 * How many goroutines run, are in a syscall, are runnable: stacked, scaled to the maximum in the window, which is given
 * back. What occurs at all is at least a pixel high.
 */
export function paintCounts(
  tiles: readonly Tile[],
  track: number,
  y: number,
  height: number,
  viewport: Viewport,
  rects: Rects,
): number {
  const width = Math.ceil(viewport.width)
  const kinds = countedStates.length
  if (sums.length < width * kinds) {
    sums = new Float64Array(width * kinds)
    alive = new Uint8Array(width)
  } else {
    sums.fill(0, 0, width * kinds)
    alive.fill(0)
  }
  for (const tile of tiles) sumTile(tile, track, viewport, width)
  let peak = 0
  for (let pixel = 0; pixel < width; pixel++) {
    let sum = 0
    for (let kind = 0; kind < kinds; kind++) sum += sums[pixel * kinds + kind]
    peak = Math.max(peak, sum)
  }
  const floor = y + height - 2
  const scale = (height - 4) / Math.max(peak, 1)
  paintAlive(rects, floor, width)
  for (let kind = 0; kind < kinds; kind++) paintKind(kind, floor, scale, width, rects)
  return peak
}

function sumTile(tile: Tile, track: number, viewport: Viewport, width: number): void {
  const content = tile.tracks[track - tile.firstTrack]
  if (content === undefined || content.form === 'counter') return
  if (content.form === 'spans') {
    for (let i = 0; i < content.length; i++) {
      const state = content.states[i]
      const worker = state === TileState.Running && (content.flags[i] & SpanFlag.GcWorker) !== 0
      addTime(worker ? TileState.GcWorker : state, content.starts[i], content.ends[i], 1, viewport, width)
    }
    return
  }
  const columnNs = 2 ** tile.level
  const start = tileStart(tile.level, tile.index)
  for (let i = 0; i < content.length; i++) {
    const from = start + content.columns[i] * columnNs
    for (let state = 0; state < TILE_STATES; state++) {
      const time = timeIn(content, i, state)
      if (time > 0) addTime(state, from, from + columnNs, time / columnNs, viewport, width)
    }
  }
}

function addTime(state: number, start: number, end: number, amount: number, viewport: Viewport, width: number): void {
  const from = Math.max(0, viewport.x(start))
  const to = Math.min(width, viewport.x(end))
  if (to <= from) return
  const kind = countedStates.indexOf(state as 0)
  if (kind < 0 && !isWait(state)) return
  for (let pixel = Math.floor(from); pixel < to; pixel++) {
    alive[pixel] = 1
    if (kind < 0) continue
    const part = Math.min(to, pixel + 1) - Math.max(from, pixel)
    sums[pixel * countedStates.length + kind] += Math.max(part * amount, 1e-6)
  }
}

function paintAlive(rects: Rects, floor: number, width: number): void {
  let from = -1
  for (let pixel = 0; pixel <= width; pixel++) {
    const on = pixel < width && alive[pixel] === 1
    if (on && from < 0) from = pixel
    if (!on && from >= 0) {
      rects.add('line-strong', from, floor - 1, pixel - from, 1)
      from = -1
    }
  }
}

function paintKind(kind: number, floor: number, scale: number, width: number, rects: Rects): void {
  const kinds = countedStates.length
  let from = 0
  let lastBottom = 0
  let lastSize = 0
  for (let pixel = 0; pixel <= width; pixel++) {
    let below = 0
    let size = 0
    if (pixel < width) {
      for (let under = 0; under < kind; under++) below += heightOf(sums[pixel * kinds + under], scale)
      size = heightOf(sums[pixel * kinds + kind], scale)
    }
    if (size === lastSize && below === lastBottom) continue
    if (lastSize > 0)
      rects.add(stateTokens[countedStates[kind]], from, floor - lastBottom - lastSize, pixel - from, lastSize)
    from = pixel
    lastBottom = below
    lastSize = size
  }
}

function heightOf(amount: number, scale: number): number {
  return amount === 0 ? 0 : Math.max(1, Math.round(amount * scale * 4) / 4)
}

interface Step {
  readonly time: number
  readonly low: number
  readonly high: number
  readonly last: number
}

/** The values of a counter from left to right; the first is what it is at the left edge. */
function steps(tiles: readonly Tile[], track: number, viewport: Viewport): Step[] {
  const found: Step[] = []
  for (const tile of tiles) {
    const content: TileCounter | undefined = counterOf(tile, track)
    if (content === undefined) continue
    const start = tileStart(tile.level, tile.index)
    if (start > viewport.to || start + tileLength(tile.level) < viewport.from) continue
    if (content.before >= 0)
      found.push({ time: start, low: content.before, high: content.before, last: content.before })
    for (let i = 0; i < content.length; i++) {
      const time = start + content.columns[i] * 2 ** tile.level
      found.push({ time, low: content.smallest[i], high: content.largest[i], last: content.last[i] })
    }
  }
  return found
}

function counterOf(tile: Tile, track: number): TileCounter | undefined {
  const content = tile.tracks[track - tile.firstTrack]
  return content?.form === 'counter' ? content : undefined
}

/** Beyond this a goal means that there is none. */
const noGoal = 2 ** 60

/**
 * A counter as an area of steps; `goal` is a second one, drawn as a dashed line on the same scale. Gives the largest
 * value in the window, -1 when none is known.
 */
export function paintCounter(
  context: CanvasRenderingContext2D,
  tiles: readonly Tile[],
  track: number,
  goal: number,
  y: number,
  height: number,
  viewport: Viewport,
): number {
  const area = steps(tiles, track, viewport)
  const line = goal < 0 ? [] : steps(tiles, goal, viewport).filter(step => step.last < noGoal)
  let peak = -1
  for (const step of [...area, ...line]) peak = Math.max(peak, step.high)
  if (peak < 0) return peak
  const floor = y + height - 3
  const scale = (height - 8) / Math.max(peak, 1)
  if (area.length > 0) {
    context.beginPath()
    context.moveTo(Math.max(0, viewport.x(area[0].time)), floor)
    trace(context, area, viewport, value => floor - value * scale)
    context.lineTo(viewport.x(Math.min(viewport.to, viewport.endNs)), floor)
    context.closePath()
    context.globalAlpha = 0.3
    context.fillStyle = colour('heap')
    context.fill()
    context.globalAlpha = 1
    context.beginPath()
    trace(context, area, viewport, value => floor - value * scale)
    context.strokeStyle = colour('heap')
    context.lineWidth = 1
    context.stroke()
  }
  if (line.length > 0) {
    context.beginPath()
    trace(context, line, viewport, value => floor - value * scale)
    context.setLineDash([5, 3])
    context.strokeStyle = colour('s-gc')
    context.lineWidth = 1.5
    context.stroke()
    context.setLineDash([])
  }
  return peak
}

function trace(
  context: CanvasRenderingContext2D,
  values: readonly Step[],
  viewport: Viewport,
  at: (value: number) => number,
): void {
  let last = values[0].last
  let started = false
  for (const step of values) {
    const x = viewport.x(step.time)
    if (x > viewport.width) break
    if (x >= 0) {
      // The first line of a path only moves.
      if (!started) context.lineTo(values[0].time < viewport.from ? 0 : x, at(last))
      started = true
      context.lineTo(x, at(last))
      // Within a column the value went from the smallest to the largest.
      if (step.high > step.last) context.lineTo(x, at(step.high))
      if (step.low < step.last) context.lineTo(x, at(step.low))
      context.lineTo(x, at(step.last))
    }
    last = step.last
  }
  if (!started) context.lineTo(0, at(last))
  context.lineTo(viewport.x(Math.min(viewport.to, viewport.endNs)), at(last))
}
