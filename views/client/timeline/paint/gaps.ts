/**
 * What is not here looks like that: dots where a tile is missing, a broken foot where a coarser one stands in for it.
 */
import type { Gaps } from '../data/tile-store.js'
import type { Viewport } from '../viewport.js'
import type { Rects } from './pixels.js'

const dot = 2
const dotStep = 8
const dash = 4

/** `y` and `height`: of the lane. */
export function paintGaps(
  { missing, coarse }: Gaps,
  y: number,
  height: number,
  viewport: Viewport,
  rects: Rects,
): void {
  for (const times of missing) {
    const [from, to] = pixelsOf(times, viewport)
    for (let top = y + dotStep / 2; top + dot < y + height; top += dotStep) {
      for (let x = firstAt(from, dotStep); x + dot <= to; x += dotStep) rects.add('line', x, top, dot, dot)
    }
  }
  for (const times of coarse) {
    const [from, to] = pixelsOf(times, viewport)
    for (let x = firstAt(from, 2 * dash); x < to; x += 2 * dash) {
      rects.add('line-strong', x, y + height - 1, Math.min(dash, to - x), 1)
    }
  }
}

function pixelsOf([from, to]: readonly [number, number], viewport: Viewport): [number, number] {
  return [Math.max(0, viewport.x(from)), Math.min(viewport.width, viewport.x(Math.min(to, viewport.endNs)))]
}

/** The pattern stands still while the picture moves through it. */
function firstAt(from: number, step: number): number {
  return Math.ceil(from / step) * step
}
