/**
 * Merged columns: many spans in a pixel become one column, in which each state is as high as its share of the pixel's
 * time times its rung. A pixel with one state is exactly as high as the bar of a span would be, so that a zoom never
 * jumps. What ran at all is at least one pixel high.
 */
import { TILE_STATES } from '../../../../server/shared/tile.js'
import { addBar, alwaysSeen, rungs, stackOrder, stateTokens } from './ladder.js'
import type { Rects } from './pixels.js'

/** The least share with which something is present. */
const leastShare = 0.004

export class MergedColumns {
  private width = 0
  /** Share of each pixel's time by state, a pixel after the other. */
  private shares = new Float64Array(0)
  private readonly openX = new Int32Array(TILE_STATES)
  private readonly openY = new Float64Array(TILE_STATES)
  private readonly openHeight = new Float64Array(TILE_STATES)
  private first = 0
  private end = 0

  reset(width: number): void {
    if (width !== this.width) {
      this.width = width
      this.shares = new Float64Array(width * TILE_STATES)
    } else if (this.end > this.first) {
      this.shares.fill(0, this.first * TILE_STATES, this.end * TILE_STATES)
    }
    this.first = width
    this.end = 0
  }

  /** A state between two places of the screen; `share` is the part of the time between them that it took. */
  add(state: number, from: number, to: number, share: number): void {
    const { width, shares } = this
    const left = Math.max(from, 0)
    const right = Math.min(to, width)
    if (left >= width || right < 0 || to < from) return
    const firstPixel = Math.floor(left)
    const lastPixel = Math.min(width - 1, Math.max(firstPixel, Math.ceil(right) - 1))
    if (firstPixel < this.first) this.first = firstPixel
    if (lastPixel >= this.end) this.end = lastPixel + 1
    for (let pixel = firstPixel; pixel <= lastPixel; pixel++) {
      const part = (Math.min(right, pixel + 1) - Math.max(left, pixel)) * share
      shares[pixel * TILE_STATES + state] += Math.max(part, leastShare)
    }
  }

  /** Draws and forgets; equal neighbours become one rectangle. */
  paint(rects: Rects, y: number, height: number): void {
    const { shares, first, end, openX, openY, openHeight } = this
    openHeight.fill(0)
    for (let pixel = first; pixel <= end; pixel++) {
      let top = y + height
      for (const state of stackOrder) {
        const share = pixel < end ? shares[pixel * TILE_STATES + state] : 0
        let size = 0
        if (share > 0) {
          size = Math.min(share, 1) * rungs[state] * height
          if (alwaysSeen[state]) size = Math.max(size, 1)
          size = Math.round(size * 4) / 4
        }
        top -= size
        if (openHeight[state] > 0 && (openHeight[state] !== size || openY[state] !== top)) {
          addBar(rects, stateTokens[state], openX[state], openY[state], pixel - openX[state], openHeight[state])
          openHeight[state] = 0
        }
        if (size > 0 && openHeight[state] === 0) {
          openX[state] = pixel
          openY[state] = top
          openHeight[state] = size
        }
      }
    }
    shares.fill(0, first * TILE_STATES, end * TILE_STATES)
    this.first = this.width
    this.end = 0
  }
}
