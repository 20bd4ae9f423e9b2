/** Labels in the tracks: the longest form that fits whole, or a name cut with "…" while enough of it stands. */
import { colour } from '../../lib/colours.js'

export interface Fonts {
  readonly text: string
  readonly small: string
  readonly bold: string
  readonly code: string
}

let fonts: Fonts | undefined

export function fontsOfPage(): Fonts {
  if (fonts === undefined) {
    const style = getComputedStyle(document.documentElement)
    const sans = style.getPropertyValue('--font')
    const mono = style.getPropertyValue('--mono')
    fonts = { text: `11px ${sans}`, small: `10px ${sans}`, bold: `600 11px ${sans}`, code: `10.5px ${mono}` }
  }
  return fonts
}

/** Narrower places have no label. */
const narrowest = 18
const mostWidths = 20_000
const widths = new Map<string, number>()

/** Measuring is slow, and the same labels come back in every frame. */
export function textWidth(context: CanvasRenderingContext2D, font: string, text: string): number {
  const key = font + text
  let width = widths.get(key)
  if (width === undefined) {
    if (widths.size > mostWidths) widths.clear()
    context.font = font
    width = context.measureText(text).width
    widths.set(key, width)
  }
  return width
}

interface Label {
  readonly text: string
  readonly x: number
  readonly y: number
}

/** Labels by font and colour, drawn over all bars. */
export class LabelBatch {
  private readonly byStyle = new Map<string, { font: string; token: string; labels: Label[] }>()

  constructor(private readonly context: CanvasRenderingContext2D) {}

  /** The first form that fits; `y` is the middle. */
  addForms(forms: readonly string[], x: number, y: number, width: number, token: string, font: string): boolean {
    if (width < narrowest) return false
    const form = forms.find(text => textWidth(this.context, font, text) <= width)
    if (form === undefined) return false
    this.add(form, x, y, token, font)
    return true
  }

  /** A name may be cut if at least six letters and a third of it remain. */
  addName(name: string, x: number, y: number, width: number, token: string, font: string): void {
    if (width < narrowest) return
    const whole = textWidth(this.context, font, name)
    if (whole <= width) {
      this.add(name, x, y, token, font)
      return
    }
    const letters = Math.floor((name.length * (width - textWidth(this.context, font, '…'))) / whole)
    if (letters >= 6 && letters >= name.length / 3) this.add(`${name.slice(0, letters)}…`, x, y, token, font)
  }

  add(text: string, x: number, y: number, token: string, font: string): void {
    const key = `${token} ${font}`
    let style = this.byStyle.get(key)
    if (style === undefined) {
      style = { font, token, labels: [] }
      this.byStyle.set(key, style)
    }
    style.labels.push({ text, x, y })
  }

  paint(): void {
    const { context } = this
    context.textBaseline = 'middle'
    for (const { font, token, labels } of this.byStyle.values()) {
      if (labels.length === 0) continue
      context.font = font
      context.fillStyle = colour(token)
      for (const { text, x, y } of labels) context.fillText(text, x, y)
      labels.length = 0
    }
  }
}
