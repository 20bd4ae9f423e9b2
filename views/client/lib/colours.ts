/**
 * Resolved colours for canvas drawing. A custom property that holds light-dark() is not resolved when it is read, so a
 * probe element is asked, once per theme and name.
 */
const cache = new Map<string, string>()
const inMemory = new Map<string, number>()
let probe: HTMLElement | undefined

/** The colour of a token: `colour('f-main')`. */
export function colour(token: string): string {
  let value = cache.get(token)
  if (value === undefined) {
    if (probe === undefined) {
      probe = document.createElement('i')
      probe.className = 'vh'
      document.body.append(probe)
    }
    probe.style.setProperty('color', `var(--${token})`)
    value = getComputedStyle(probe).color
    cache.set(token, value)
  }
  return value
}

/** The same as the pixel of a canvas that is filled with it, four bytes in the order of the machine. */
export function colourInMemory(token: string): number {
  let pixel = inMemory.get(token)
  if (pixel === undefined) {
    const context = new OffscreenCanvas(1, 1).getContext('2d')!
    context.fillStyle = colour(token)
    context.fillRect(0, 0, 1, 1)
    pixel = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0]
    inMemory.set(token, pixel)
  }
  return pixel
}

const forget = () => {
  cache.clear()
  inMemory.clear()
}
addEventListener('themechange', forget, { capture: true })
