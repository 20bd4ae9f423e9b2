/**
 * The ground of the stage and its rectangles, drawn into memory and put on the canvas at once. A screen of merged
 * columns is a hundred thousand small rectangles; a canvas that draws in software takes most of its time to be told of
 * each (measured: six times as long).
 *
 * Places are in pixels of the page; edges that fall between pixels of the screen are blended, as a canvas would.
 */
/** Takes rectangles in the colour of a token, each over those before. */
export interface Rects {
  add(token: string, x: number, y: number, width: number, height: number): void
}

/** A stretch of the ground, over its whole height. */
export interface Tint {
  readonly token: string
  readonly alpha: number
  readonly from: number
  readonly to: number
  readonly isHatched?: boolean
}

/** Distance and width of the strokes of a hatching. */
const hatchStep = 6
const hatchStroke = 1.2

export class Pixels implements Rects {
  private ratio = 1
  private width = 0
  private height = 0
  private image = new ImageData(1, 1)
  private data = new Uint32Array(this.image.data.buffer)

  /** `inkOf` gives the colour of a token as it stands in memory, opaque. */
  constructor(private readonly inkOf: (token: string) => number) {}

  resize(width: number, height: number, ratio: number): void {
    this.ratio = ratio
    this.width = Math.max(1, Math.round(width * ratio))
    this.height = Math.max(1, Math.round(height * ratio))
    this.image = new ImageData(this.width, this.height)
    this.data = new Uint32Array(this.image.data.buffer)
  }

  put(context: CanvasRenderingContext2D): void {
    context.putImageData(this.image, 0, 0)
  }

  /** One colour with tints over it, the same from top to bottom: begins a picture. */
  ground(token: string, tints: readonly Tint[]): void {
    const { width, height, data, ratio } = this
    // The rows repeat after one step of the hatching.
    const step = tints.some(({ isHatched }) => isHatched) ? Math.round(hatchStep * ratio) : 1
    const rows = Math.min(step, height)
    data.fill(this.inkOf(token), 0, width * rows)
    for (const { token, alpha, from, to, isHatched } of tints) {
      const ink = this.inkOf(token)
      const left = Math.max(0, from * ratio)
      const right = Math.min(width, to * ratio)
      for (let row = 0; row < rows; row++) {
        for (let x = Math.floor(left); x < right; x++) {
          const share = Math.min(x + 1, right) - Math.max(x, left)
          const stroke = isHatched ? hatchShare((x + row) % step, step, hatchStroke * ratio) : 1
          const at = row * width + x
          data[at] = blended(data[at], ink, Math.round(256 * alpha * share * stroke))
        }
      }
    }
    for (let done = rows; done < height; done *= 2)
      data.copyWithin(done * width, 0, Math.min(done, height - done) * width)
  }

  add(token: string, x: number, y: number, width: number, height: number): void {
    const { ratio } = this
    const left = Math.max(0, x * ratio)
    const right = Math.min(this.width, (x + width) * ratio)
    const top = Math.max(0, y * ratio)
    const bottom = Math.min(this.height, (y + height) * ratio)
    if (!(right > left && bottom > top)) return
    const ink = this.inkOf(token)
    const firstWhole = Math.ceil(left)
    const endWhole = Math.floor(right)
    const lastRow = Math.ceil(bottom)
    for (let row = Math.floor(top); row < lastRow; row++) {
      const share = Math.min(row + 1, bottom) - Math.max(row, top)
      const at = row * this.width
      if (firstWhole > endWhole) {
        this.blend(at + endWhole, ink, share * (right - left))
        continue
      }
      if (firstWhole > left) this.blend(at + firstWhole - 1, ink, share * (firstWhole - left))
      if (share === 1) this.fill(at + firstWhole, at + endWhole, ink)
      else for (let pixel = firstWhole; pixel < endWhole; pixel++) this.blend(at + pixel, ink, share)
      if (right > endWhole) this.blend(at + endWhole, ink, share * (right - endWhole))
    }
  }

  private fill(from: number, to: number, ink: number): void {
    // A loop is faster for the few pixels that most rectangles are wide.
    if (to - from > 16) this.data.fill(ink, from, to)
    else for (let at = from; at < to; at++) this.data[at] = ink
  }

  private blend(at: number, ink: number, share: number): void {
    this.data[at] = blended(this.data[at], ink, Math.round(share * 256))
  }
}

/** Two colours in memory, `share` of 256 of the second one. */
export function blended(under: number, over: number, share: number): number {
  const rest = 256 - share
  const even = (((under & 0xff00ff) * rest + (over & 0xff00ff) * share) / 256) & 0xff00ff
  const green = (((under & 0xff00) * rest + (over & 0xff00) * share) / 256) & 0xff00
  return (0xff000000 | even | green) >>> 0
}

/** How much of a pixel a stroke of the hatching covers, which repeats after `step` pixels. */
function hatchShare(place: number, step: number, stroke: number): number {
  const distance = Math.abs(place - step / 2)
  return Math.max(0, Math.min(1, (stroke * Math.SQRT2) / 2 + 0.5 - distance))
}
