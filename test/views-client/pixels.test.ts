/** Rectangles in memory are those that a canvas would draw: each pixel is covered as far as the rectangle covers it. */
import t from 'tap'
import { clientModule } from '../helpers/client-module.js'

interface Tint {
  token: string
  alpha: number
  from: number
  to: number
  isHatched?: boolean
}

interface Pixels {
  resize(width: number, height: number, ratio: number): void
  ground(token: string, tints: readonly Tint[]): void
  add(token: string, x: number, y: number, width: number, height: number): void
  put(context: { putImageData(image: { data: Uint8ClampedArray }): void }): void
}

class ImageData {
  readonly data: Uint8ClampedArray<ArrayBuffer>

  constructor(width: number, height: number) {
    this.data = new Uint8ClampedArray(width * height * 4)
  }
}
Object.assign(globalThis, { ImageData })

const { Pixels } = await clientModule<{ Pixels: new (inkOf: (token: string) => number) => Pixels }>(
  'timeline/paint/pixels',
)

const inks: Readonly<Record<string, readonly [number, number, number]>> = {
  paper: [250, 248, 240],
  red: [220, 20, 30],
  blue: [10, 60, 255],
  dark: [0, 0, 0],
}
const inkOf = (token: string) => new Uint32Array(Uint8Array.of(...inks[token], 255).buffer)[0]

function bytesOf(pixels: Pixels): Uint8ClampedArray {
  let data: Uint8ClampedArray = new Uint8ClampedArray(0)
  pixels.put({
    putImageData: image => {
      data = image.data
    },
  })
  return data
}

/** The slow twin: a picture in numbers, each pixel blended by how much of it is covered. */
class Slow {
  readonly picture: number[]

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.picture = Array.from({ length: width * height }, () => inks.paper).flat()
  }

  cover(token: string, alpha: number, left: number, top: number, right: number, bottom: number): void {
    const part = (at: number, from: number, to: number) => Math.max(0, Math.min(at + 1, to) - Math.max(at, from))
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const share = part(x, left, right) * part(y, top, bottom) * alpha
        inks[token].forEach((value, channel) => {
          const at = (y * this.width + x) * 3 + channel
          this.picture[at] += (value - this.picture[at]) * share
        })
      }
    }
  }

  /** The largest difference of a channel. */
  difference(data: Uint8ClampedArray): number {
    return Math.max(...this.picture.map((value, at) => Math.abs(value - data[Math.floor(at / 3) * 4 + (at % 3)])))
  }
}

/** Numbers from 0 to 1, the same in every run. */
function* chances(): Generator<number, never> {
  for (let state = 12345; ; ) {
    state = (state * 1103515245 + 12345) % 2147483648
    yield state / 2147483648
  }
}

t.test('rectangles', async t => {
  const next = chances()
  const chance = (most: number) => next.next().value * most
  for (const ratio of [1, 1.5, 2]) {
    for (let round = 0; round < 40; round++) {
      const pixels = new Pixels(inkOf)
      const [width, height] = [30, 20]
      pixels.resize(width, height, ratio)
      pixels.ground('paper', [{ token: 'red', alpha: 0.25, from: 3.5, to: 11 }])
      const slow = new Slow(width * ratio, height * ratio)
      slow.cover('red', 0.25, 3.5 * ratio, 0, 11 * ratio, height * ratio)
      for (let rect = 0; rect < 3; rect++) {
        const token = ['red', 'blue', 'dark'][rect]
        // Some lie on whole pixels, some beyond the edges, some within one pixel.
        const whole = round % 3 === 0
        const [x, y] = [chance(44) - 8, chance(30) - 6].map(at => (whole ? Math.round(at) : at))
        const size = round % 5 === 0 ? 1 : 24
        const [w, h] = [chance(size), chance(size)].map(at => (whole ? Math.ceil(at) : at))
        pixels.add(token, x, y, w, h)
        slow.cover(token, 1, x * ratio, y * ratio, (x + w) * ratio, (y + h) * ratio)
      }
      // Each of four layers rounds.
      const difference = slow.difference(bytesOf(pixels))
      t.ok(difference <= 6, `ratio ${ratio}, round ${round}: ${difference.toFixed(2)} of 255`)
    }
  }
})

t.test('the ground', async t => {
  const pixels = new Pixels(inkOf)
  pixels.resize(24, 31, 1)
  pixels.ground('paper', [{ token: 'dark', alpha: 1, from: 6, to: 18, isHatched: true }])
  const data = bytesOf(pixels)
  const at = (x: number, y: number) => data[(y * 24 + x) * 4]
  const darkest = Array.from({ length: 31 }, (_, y) => Math.min(...Array.from({ length: 24 }, (_, x) => at(x, y))))
  t.ok(Math.max(...darkest) < 60, 'every row has strokes')
  const lightest = Array.from({ length: 31 }, (_, y) => Math.max(...Array.from({ length: 12 }, (_, x) => at(x + 6, y))))
  t.ok(Math.min(...lightest) > 200, 'and gaps')
  for (let y = 1; y < 31; y++) {
    for (let x = 7; x < 18; x++) if (at(x - 1, y) !== at(x, y - 1)) t.fail(`no slanted stroke at ${x}, ${y}`)
    if (at(5, y) !== 250 || at(18, y) !== 250) t.fail(`the hatching passes its edges in row ${y}`)
  }
  t.ok(
    data.every((value, i) => i % 4 !== 3 || value === 255),
    'all of it is opaque',
  )
})
