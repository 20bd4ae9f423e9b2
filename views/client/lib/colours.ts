/**
 * Resolved colours for canvas drawing. A custom property that holds light-dark() is not resolved when it is read, so a
 * probe element is asked, once per theme and name.
 */
const cache = new Map<string, string>()
const inMemory = new Map<string, number>()
let probe: HTMLElement | undefined

/**
 * Where the user's system forces its colours, grounds and inks are those; states and frames keep theirs, which a
 * picture needs more of than a system has.
 */
const forcedColours: Readonly<Record<string, string>> = {
  bg: 'Canvas',
  surface: 'Canvas',
  sunken: 'Canvas',
  line: 'GrayText',
  'line-strong': 'CanvasText',
  ink: 'CanvasText',
  'ink-2': 'CanvasText',
  'ink-3': 'CanvasText',
  accent: 'Highlight',
  'on-accent': 'HighlightText',
}
let forced: boolean | undefined

export function isForced(): boolean {
  forced ??= matchMedia('(forced-colors: active)').matches
  return forced
}

/** The colour of a token: `colour('f-main')`. */
export function colour(token: string): string {
  let value = cache.get(token)
  if (value === undefined) {
    if (probe === undefined) {
      probe = document.createElement('i')
      probe.className = 'vh'
      // Else all its colours would be that of text.
      probe.style.setProperty('forced-color-adjust', 'none')
      document.body.append(probe)
    }
    const isSystems = isForced() && Object.hasOwn(forcedColours, token)
    probe.style.setProperty('color', isSystems ? forcedColours[token] : `var(--${token})`)
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
  forced = undefined
}
addEventListener('themechange', forget, { capture: true })
