/**
 * A flame graph as a canvas: an icicle (root on top) with zoom, search and tooltips, by pointer and keyboard. Profile
 * pages and the timeline's ranges draw theirs with it.
 */
import { splitFunctionName } from '../../../server/shared/figures.js'
import type { FrameKind } from '../../../server/shared/frame-kind.js'
import { colour, isForced } from './colours.js'
import { isPlain } from './keys.js'
import { Tip } from './tip.js'

/**
 * One row a box, parents before their children, so that positions are one pass. Row 0 is the root and has no function
 * (−1).
 */
export interface FlameTree {
  readonly functions: readonly {
    readonly name: string
    /** Empty: not known. */
    readonly file: string
    readonly line: number | string
    readonly kind: FrameKind
  }[]
  readonly parents: readonly number[]
  readonly functionRows: readonly number[]
  readonly depths: readonly number[]
}

/** What the boxes of a tree count. */
export interface FlameFigures {
  /** Widths, one a row. */
  readonly values: readonly number[]
  /** A value beside a name. */
  readonly text: (value: number) => string
  /** What the tooltip of a row says: the total before its shares, and what else is known. */
  readonly total: (row: number) => string
  readonly rest: (row: number) => string
}

interface Box {
  readonly row: number
  readonly x: number
  readonly width: number
}

const rowHeight = 20
/** Narrower boxes are not drawn. */
const narrowest = 0.5
const tokens: Record<FrameKind, string> = {
  main: 'f-main',
  std: 'f-std',
  runtime: 'f-runtime',
  other: 'f-other',
  none: 'sunken',
}

export class FlameGraph {
  private readonly canvas = document.createElement('canvas')
  private readonly context = this.canvas.getContext('2d')!
  private readonly tip = new Tip()
  private readonly names: string[]
  private readonly values: readonly number[]
  /** Where each row begins, in the unit of `values`. */
  private readonly starts: Float64Array
  private readonly depth: number
  private boxes: Box[] = []
  private zoomed = 0
  private selected = -1
  private hovered = -1
  private find = ''
  private readonly resized = new ResizeObserver(() => this.draw())
  private readonly ended = new AbortController()

  /** Takes the place of what is in `host`, whose `data-label` names it; `note` says what a search found. */
  constructor(
    host: HTMLElement,
    private readonly tree: FlameTree,
    private readonly figures: FlameFigures,
    private readonly note: HTMLElement | null,
  ) {
    this.values = figures.values
    this.names = tree.functionRows.map(row => (row < 0 ? 'all stacks' : tree.functions[row].name))
    this.starts = startsOf(tree.parents, this.values)
    this.depth = Math.max(...new Set(tree.depths))
    const { canvas } = this
    canvas.tabIndex = 0
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', host.dataset.label ?? 'Flame graph')
    host.replaceChildren(canvas)
    canvas.addEventListener('pointermove', event => this.hover(event))
    canvas.addEventListener('pointerleave', () => this.leave())
    canvas.addEventListener('click', event => this.zoom(this.rowAt(event)))
    canvas.addEventListener('keydown', event => this.key(event))
    canvas.addEventListener('blur', () => this.tip.hide())
    this.resized.observe(host)
    addEventListener('themechange', () => this.draw(), { signal: this.ended.signal })
  }

  /** For a graph that leaves the page before the page does. */
  dispose(): void {
    this.resized.disconnect()
    this.ended.abort()
    this.tip.remove()
  }

  search(text: string): void {
    this.find = text.toLowerCase()
    if (this.note !== null) this.note.textContent = this.noteText()
    this.draw()
  }

  /** What the matches hold; a match inside a match counts once. */
  private noteText(): string {
    const whole = this.values[0]
    if (this.find === '') return `all stacks · ${this.figures.text(whole)}`
    const inside = new Uint8Array(this.names.length)
    let sum = 0
    for (let row = 1; row < this.names.length; row++) {
      const parent = this.tree.parents[row]
      inside[row] = inside[parent]
      if (inside[row] === 0 && this.matches(row)) {
        inside[row] = 1
        sum += this.values[row]
      }
    }
    const share = whole === 0 ? 0 : (sum / whole) * 100
    return sum === 0 ? 'no function matches' : `matches hold ${this.figures.text(sum)}, ${share.toFixed(1)}% of all`
  }

  private matches(row: number): boolean {
    return this.find !== '' && row > 0 && this.names[row].toLowerCase().includes(this.find)
  }

  private isAncestor(row: number, of: number): boolean {
    for (let at = of; at >= 0; at = this.tree.parents[at]) if (at === row) return true
    return false
  }

  draw(): void {
    const { canvas, context, values, starts, zoomed, tree } = this
    const width = canvas.parentElement === null ? 0 : innerWidthOf(canvas.parentElement)
    if (width <= 0) return
    const height = (this.depth + 1) * rowHeight
    const ratio = devicePixelRatio || 1
    canvas.style.setProperty('height', `${height}px`)
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    context.scale(ratio, ratio)
    context.font = `12px ${getComputedStyle(document.documentElement).getPropertyValue('--mono')}`
    context.textBaseline = 'middle'
    const scale = values[zoomed] === 0 ? 0 : width / values[zoomed]
    this.boxes = []
    for (let row = 0; row < values.length; row++) {
      const above = row !== zoomed && this.isAbove(row)
      const x = above ? 0 : (starts[row] - starts[zoomed]) * scale
      const boxWidth = above ? width : values[row] * scale
      if (boxWidth < narrowest || x + boxWidth <= 0.01 || x >= width - 0.01) continue
      if (!above && tree.depths[row] < tree.depths[zoomed]) continue
      this.boxes.push({ row, x, width: boxWidth })
      this.drawBox(row, x, boxWidth, above)
    }
  }

  /** Whether the row is an ancestor of the zoomed one: it then takes the whole width. */
  private isAbove(row: number): boolean {
    return this.tree.depths[row] < this.tree.depths[this.zoomed] && this.isAncestor(row, this.zoomed)
  }

  private drawBox(row: number, x: number, width: number, above: boolean): void {
    const { context, tree } = this
    const y = tree.depths[row] * rowHeight
    const inner = Math.max(width - 1, Math.min(width, 1))
    const match = this.matches(row)
    context.globalAlpha = this.find !== '' && !match ? 0.4 : above ? 0.6 : 1
    context.fillStyle = colour(tokens[row === 0 ? 'none' : tree.functions[tree.functionRows[row]].kind])
    context.fillRect(x, y, inner, rowHeight - 1)
    context.globalAlpha = 1
    if (isForced() && inner > 3) {
      context.strokeStyle = colour('ink')
      context.lineWidth = 1
      context.strokeRect(x + 0.5, y + 0.5, inner - 1, rowHeight - 2)
    }
    if (match) {
      context.fillStyle = colour('accent')
      context.fillRect(x, y + rowHeight - 4, inner, 3)
    }
    if (row === this.selected || row === this.hovered) {
      context.strokeStyle = colour('ink')
      context.lineWidth = row === this.selected ? 2 : 1
      context.strokeRect(x + 1, y + 1, Math.max(inner - 2, 1), rowHeight - 3)
    }
    if (width > 34) {
      context.fillStyle = colour('ink')
      context.fillText(this.labelFor(row, width - 10), x + 5, y + rowHeight / 2)
    }
  }

  /** The longest form that fits: with package and figure, with package, without, cut; a few letters say nothing. */
  private labelFor(row: number, room: number): string {
    const name = this.names[row]
    const fits = (text: string): boolean => this.context.measureText(text).width <= room
    const func = row === 0 ? name : splitFunctionName(name).func
    const whole = [`${name}  ${this.figures.text(this.values[row])}`, name, func].find(fits)
    if (whole !== undefined) return whole
    // All letters of the font are equally wide.
    const letters = Math.floor(room / this.context.measureText('m').width) - 1
    return letters < 4 ? '' : `${func.slice(0, letters)}…`
  }

  private rowAt(event: MouseEvent): number {
    const bounds = this.canvas.getBoundingClientRect()
    const x = event.clientX - bounds.left
    const depth = Math.floor((event.clientY - bounds.top) / rowHeight)
    const box = this.boxes.find(at => this.tree.depths[at.row] === depth && x >= at.x && x < at.x + at.width)
    return box?.row ?? -1
  }

  private hover(event: PointerEvent): void {
    const row = this.rowAt(event)
    if (row !== this.hovered) {
      this.hovered = row
      this.draw()
    }
    if (row < 0) this.tip.hide()
    else this.describe(row, event.clientX, event.clientY)
  }

  private leave(): void {
    this.hovered = -1
    this.tip.hide()
    this.draw()
  }

  private zoom(row: number): void {
    if (row < 0) return
    this.zoomed = row
    this.selected = row
    this.draw()
  }

  private describe(row: number, x: number, y: number): void {
    const { tree, values, figures } = this
    const share = (of: number): string =>
      values[of] === 0 ? '0.00%' : `${((values[row] / values[of]) * 100).toFixed(2)}%`
    const func = row === 0 ? undefined : tree.functions[tree.functionRows[row]]
    const zoomShare = this.zoomed === 0 ? '' : ` · ${share(this.zoomed)} of the zoom`
    const lines = [
      { text: this.names[row], className: 'mono' },
      ...(func === undefined || func.file === '' ? [] : [{ text: `${func.file}:${func.line}`, className: 'loc' }]),
      { text: `${figures.total(row)} · ${share(0)} of all${zoomShare}` },
      { text: figures.rest(row), className: 'muted' },
    ]
    this.tip.show(lines, x, y)
  }

  private key(event: KeyboardEvent): void {
    if (!isPlain(event)) return
    const row = Math.max(this.selected, 0)
    const moves: Record<string, () => number> = {
      ArrowDown: () => this.childrenOf(row)[0],
      ArrowUp: () => this.tree.parents[row],
      ArrowRight: () => this.sibling(row, 1),
      ArrowLeft: () => this.sibling(row, -1),
      Home: () => 0,
    }
    if (event.key in moves) {
      const next = moves[event.key]() ?? -1
      if (next >= 0) this.selected = next
      // What lies outside the zoom cannot be shown in it.
      if (!this.isAncestor(this.zoomed, this.selected)) this.zoomed = this.selected
    } else if (event.key === 'Enter') {
      this.zoomed = row
    } else if (event.key === 'Escape') {
      this.zoomed = 0
    } else {
      return
    }
    event.preventDefault()
    this.draw()
    const box = this.boxes.find(at => at.row === this.selected)
    const bounds = this.canvas.getBoundingClientRect()
    const under = bounds.top + (this.tree.depths[Math.max(this.selected, 0)] + 1) * rowHeight
    if (box !== undefined) this.describe(box.row, bounds.left + Math.max(box.x, 0), under)
  }

  private childrenOf(row: number): number[] {
    const children: number[] = []
    for (let at = row + 1; at < this.values.length; at++) if (this.tree.parents[at] === row) children.push(at)
    return children
  }

  private sibling(row: number, step: number): number {
    if (row === 0) return -1
    const siblings = this.childrenOf(this.tree.parents[row])
    return siblings[siblings.indexOf(row) + step] ?? -1
  }
}

function startsOf(parents: readonly number[], values: readonly number[]): Float64Array {
  const starts = new Float64Array(parents.length)
  const next = new Float64Array(parents.length)
  for (let row = 1; row < parents.length; row++) {
    const parent = parents[row]
    starts[row] = next[parent]
    next[parent] += values[row]
    next[row] = starts[row]
  }
  return starts
}

/** Width without padding. */
function innerWidthOf(element: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(element)
  return element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)
}
