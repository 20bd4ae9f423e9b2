/** What stands under and on a lane: user regions nested by depth, logs as diamonds, CPU samples as ticks. */
import type { TrackAnnotations } from '../data/annotations.js'
import { rowHeights } from '../rows.js'
import type { Viewport } from '../viewport.js'
import { fontsOfPage, type LabelBatch } from './labels.js'
import type { Rects } from './pixels.js'

/** Narrower regions are a mark on the floor. */
const narrowestRegion = 3

export function paintRegions(
  { regions }: TrackAnnotations,
  y: number,
  viewport: Viewport,
  rects: Rects,
  labels: LabelBatch,
): void {
  /** Pixel up to which the floor of a depth is marked already. */
  const marked: number[] = []
  for (const region of regions) {
    const from = Math.max(viewport.x(region.startNs ?? 0), -2)
    const to = Math.min(viewport.x(region.endNs ?? viewport.endNs), viewport.width + 2)
    if (to < 0 || from > viewport.width) continue
    const top = y + region.depth * rowHeights.region
    if (to - from < narrowestRegion) {
      const pixel = Math.floor(from)
      if ((marked[region.depth] ?? -1) >= pixel) continue
      marked[region.depth] = Math.floor(to)
      rects.add('s-chan', pixel, top + rowHeights.region - 4, Math.max(1, Math.ceil(to) - pixel), 2)
      continue
    }
    rects.add(region.depth % 2 === 1 ? 'u-region-2' : 'u-region', from, top, to - from - 1, rowHeights.region - 2)
    const left = Math.max(from, 0)
    const width = Math.min(to, viewport.width) - left - 8
    labels.addName(region.name, left + 4, top + rowHeights.region / 2 - 0.5, width, 'u-ink', fontsOfPage().code)
  }
}

export function paintSamples({ samples }: TrackAnnotations, y: number, viewport: Viewport, rects: Rects): void {
  let last = -2
  for (const time of samples) {
    const x = Math.round(viewport.x(time))
    if (x < 0 || x > viewport.width || x === last) continue
    last = x
    rects.add('ink', x, y, 1, 3)
  }
}

/** Two diamonds nearer than this run into each other. */
const diamondGap = 8

/** Diamonds 7 px high around `y`; where logs stand close together, small marks. */
export function paintLogs(
  context: CanvasRenderingContext2D,
  { logs }: TrackAnnotations,
  y: number,
  viewport: Viewport,
): void {
  context.beginPath()
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logs.length; i++) {
    const x = viewport.x(logs[i].atNs)
    if (x < -4 || x > viewport.width + 4) continue
    const next = i + 1 < logs.length ? viewport.x(logs[i + 1].atNs) : Number.POSITIVE_INFINITY
    if (x - last >= diamondGap && next - x >= diamondGap) {
      context.moveTo(x, y - 3.5)
      context.lineTo(x + 3.5, y)
      context.lineTo(x, y + 3.5)
      context.lineTo(x - 3.5, y)
      context.closePath()
    } else if (x - last >= 1) context.rect(Math.round(x) - 0.5, y, 1, 3)
    else continue
    last = x
  }
}

export function paintTask(
  name: string,
  start: number,
  end: number,
  y: number,
  height: number,
  viewport: Viewport,
  rects: Rects,
  labels: LabelBatch,
): void {
  const from = Math.max(viewport.x(start), -2)
  const to = Math.min(viewport.x(end), viewport.width + 2)
  if (to < 0 || from > viewport.width) return
  rects.add('u-region-2', from, y, Math.max(to - from, 2), height)
  rects.add('accent', from, y, Math.max(Math.min(to - from, 2), 1), height)
  const left = Math.max(from, 0)
  labels.addName(
    name,
    left + 6,
    y + height / 2 + 0.5,
    Math.min(to, viewport.width) - left - 10,
    'u-ink',
    fontsOfPage().code,
  )
}
