/** Rectangles by colour: the canvas changes its colour once for each instead of once for each rectangle. */
import { colour } from '../../lib/colours.js'

export class RectBatch {
  private readonly byToken = new Map<string, number[]>()

  add(token: string, x: number, y: number, width: number, height: number): void {
    let rects = this.byToken.get(token)
    if (rects === undefined) {
      rects = []
      this.byToken.set(token, rects)
    }
    rects.push(x, y, width, height)
  }

  paint(context: CanvasRenderingContext2D): void {
    for (const [token, rects] of this.byToken) {
      if (rects.length === 0) continue
      context.fillStyle = colour(token)
      for (let at = 0; at < rects.length; at += 4) {
        context.fillRect(rects[at], rects[at + 1], rects[at + 2], rects[at + 3])
      }
      rects.length = 0
    }
  }
}
