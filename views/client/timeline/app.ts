/** The timeline as a whole: the elements of the page, one frame after the other, and what the controls do. */
import { durationText } from '../../../server/shared/figures.js'
import { endLabel } from '../../../server/shared/time-ticks.js'
import { Tip } from '../lib/tip.js'
import { Actions, type Screen } from './actions.js'
import { element } from './dom.js'
import { Gutter } from './gutter.js'
import { Help, legend } from './help.js'
import { listenToKeys } from './keys.js'
import { listenToMap } from './map-drag.js'
import { Model } from './model.js'
import { arrowsText } from './paint/arrows.js'
import { Minimap } from './paint/minimap.js'
import { PointerLine } from './paint/pointer-line.js'
import { Stage } from './paint/stage.js'
import { Panel } from './panel.js'
import { listenToDrag, listenToPointer } from './pointer.js'
import { type Place, Pointing } from './pointing.js'
import { type Row, rowHeights } from './rows.js'
import { Search } from './search.js'
import { type View, views } from './state.js'
import { TroubleLine } from './trouble.js'
import { readFragment, writeFragment } from './url.js'
import type { TimeWindow } from './viewport.js'

const $ = <E extends HTMLElement>(id: string) => document.getElementById(id) as E

/** Beyond this, browsers do not let a page be so high; scrolling then goes in larger steps. */
const highestPage = 12e6
const gutterRange = [160, 420] as const
const gutterKey = 'timeline-gutter'

export class TimelineApp implements Screen {
  private readonly main = $('tl-main')
  private readonly canvas = $<HTMLCanvasElement>('tl-lanes')
  private readonly overCanvas = element('canvas', 'over')
  private readonly model: Model
  private readonly stage: Stage
  private readonly pointerLine: PointerLine
  private readonly minimap: Minimap
  private readonly gutter: Gutter
  private readonly panel: Panel
  private readonly actions: Actions
  private readonly search: Search
  private readonly pointing: Pointing
  private readonly tip = new Tip()
  private readonly help = new Help()
  private readonly trouble: TroubleLine
  /** What the page shows when the fragment says nothing. */
  private readonly firstWindow: TimeWindow
  private rows: readonly Row[] = []
  private height = 0
  private isSmall = false
  private pointer: { x: number; y: number } | null = null
  /** The pointer draws out a range or pans: no tooltip. */
  private isDragging = false
  private frame = 0
  private aboveFrame = 0
  private saveTimer = 0

  constructor(private readonly root: HTMLElement) {
    const { dataset } = root
    const view = views.find(name => name === dataset.view) ?? 'goroutine'
    const state = readFragment(location.hash, view)
    const endNs = Number(dataset.end)
    this.model = new Model(state, endNs, () => this.redraw())
    this.trouble = new TroubleLine($('tl-message'), this.model.connection)
    const { viewport } = this.model
    viewport.set({ from: Number(dataset.from), to: Number(dataset.to) })
    if (dataset.task !== '') {
      state.mark ??= { from: viewport.from, to: viewport.to }
      viewport.fit(viewport.from, viewport.to)
    }
    this.firstWindow = { from: viewport.from, to: viewport.to }
    if (state.window !== null) viewport.set(state.window)
    if (state.pins.length === 0) state.pins = [dataset.goid, ...(dataset.goroutines ?? '').split(',')].filter(isId)
    this.stage = new Stage(this.model, this.canvas, this.overCanvas)
    this.pointerLine = new PointerLine(this.model, $('tl-fixed'))
    this.minimap = new Minimap(this.model, $<HTMLCanvasElement>('tl-map'))
    this.panel = new Panel($('tl-panel'), $('tl-said'), $('tl-told'), {
      go: (goid, at, on) => this.actions.follow({ goid, atNs: at }, on),
      waker: () => this.actions.followWaker(),
      wakes: () => this.actions.followWakes(),
      step: by => this.actions.step(by),
      fit: () => this.actions.fit(),
      mark: () => this.actions.mark(),
      letGo: () => this.actions.letGo(),
    })
    this.actions = new Actions(this.model, this.panel, this)
    this.gutter = new Gutter(this.model, $('tl-gutter'), {
      toggleGroup: name => this.actions.toggleGroup(name),
      pin: goid => void this.actions.pin(goid),
    })
    this.pointing = new Pointing(this.model, this.actions, this.tip, this.canvas)
    this.search = new Search($<HTMLInputElement>('tl-q'), $('tl-found'), this.model.connection, {
      show: match => this.actions.showMatch(match),
      changed: query => {
        state.query = query
        this.save()
      },
      leave: () => this.main.focus({ preventScroll: true }),
    })
  }

  async start(): Promise<void> {
    this.root.hidden = false
    this.canvas.after(this.overCanvas)
    this.restoreGutter()
    this.listen()
    this.sizeChanged()
    await this.model.open()
    const { state } = this.model
    await this.actions.findPins()
    if (state.view === 'goroutine' && state.open.size === 0 && state.pins.length === 0 && !this.isSmall) {
      const [busiest] = this.model.busiestGroups()
      if (busiest !== undefined) state.open.add(busiest.name)
    }
    this.model.relayout()
    this.redraw()
    if (state.query !== '') void this.search.start(state.query)
    const task = state.task ?? this.root.dataset.task
    if (state.selection !== null) await this.actions.restore(state.selection)
    else if (state.range !== null) await this.actions.showRange()
    else if (isId(task)) await this.actions.findTask(task)
    else if (isId(this.root.dataset.goid)) {
      await this.actions.select(this.root.dataset.goid, Number(this.root.dataset.from), true)
    }
    this.root.dataset.ready = ''
  }

  // ---- Screen

  redraw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw())
  }

  /** Waits until a move has ended, as browsers limit how often a URL may change. */
  save(opensNew = false): void {
    const { state, viewport } = this.model
    const write = () => {
      const isFirst = viewport.from === this.firstWindow.from && viewport.to === this.firstWindow.to
      state.window = isFirst ? null : { from: viewport.from, to: viewport.to }
      const url = `${location.pathname}${location.search}#${writeFragment(state)}`
      if (opensNew) history.pushState(null, '', url)
      else history.replaceState(null, '', url)
    }
    clearTimeout(this.saveTimer)
    if (opensNew) write()
    else this.saveTimer = window.setTimeout(write, 120)
  }

  scrollTo(row: Row): void {
    const top = this.scrollTop()
    if (row.y - rowHeights.axis < top + 10 || row.y + row.height > top + this.height - 10) {
      this.setPageHeight()
      this.main.scrollTop = this.toPage(Math.max(0, row.y - this.height / 2))
    }
  }

  /** The panel came or went, or the window changed. */
  sizeChanged(): void {
    const wasSmall = this.isSmall
    this.isSmall = matchMedia('(max-width: 640px)').matches
    if (wasSmall !== this.isSmall) this.model.relayout()
    $('tl-sizer').hidden = $('tl-panel').hidden
    this.height = this.main.clientHeight
    $('tl-fixed').style.setProperty('height', `${this.height}px`)
    this.model.viewport.width = Math.max(50, this.main.clientWidth - this.gutterWidth())
    this.stage.resize(this.model.viewport.width, this.height)
    this.minimap.resize()
    this.draw()
  }

  pointerX(): number {
    return this.pointer?.x ?? this.model.viewport.width / 2
  }

  openView(view: View): void {
    const url = new URL(location.href)
    url.searchParams.set('view', view)
    location.assign(url)
  }

  // ---- drawing

  private draw(): void {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    const { model, stage } = this
    const anchor = this.anchor()
    if (model.layOut(this.isSmall)) this.keepInPlace(anchor)
    const scroll = this.scrollTop()
    this.rows = model.layout.between(scroll, scroll + this.height)
    model.beginFrame()
    stage.paint(this.rows, scroll)
    this.minimap.paint()
    model.endFrame()
    this.drawAbove()
    this.pointAgain()
    this.gutter.paint(this.rows, scroll, stage.peaks)
    this.sayWindow()
    this.sayLoading()
    this.actions.askAgain()
    this.trouble.show()
  }

  private sayLoading(): void {
    const { loaded } = this.model
    this.main.setAttribute('aria-busy', String(loaded < 1))
    const line = $('tl-loading')
    line.hidden = loaded === 1
    line.style.setProperty('--loaded', String(loaded))
  }

  private drawAbove(): void {
    cancelAnimationFrame(this.aboveFrame)
    this.aboveFrame = 0
    this.stage.paintAbove(this.rows, this.scrollTop())
    this.pointerLine.show(this.pointer?.x ?? null)
  }

  /** What lies under a pointer that rests is another thing after a move. */
  private pointAgain(): void {
    const { pointer } = this
    if (pointer !== null && !this.isDragging)
      this.pointing.hover(this.placeAt(pointer.x, pointer.y), pointer.x, pointer.y)
  }

  private sayWindow(): void {
    const { viewport, state } = this.model
    const { from, to } = viewport
    $('tl-window').replaceChildren(
      element('b', '', durationText(to - from)),
      ` of ${durationText(viewport.endNs)}`,
      element('br'),
      `${endLabel(from, to - from)} to ${endLabel(to, to - from)}`,
    )
    for (const link of this.root.querySelectorAll<HTMLAnchorElement>('a[data-window]')) {
      const url = new URL(link.href)
      url.searchParams.set('from', String(Math.floor(from)))
      url.searchParams.set('to', String(Math.ceil(to)))
      link.href = url.href
    }
    $('tl-corner').textContent = this.cornerText()
    $('tl-arrows').setAttribute('aria-pressed', String(state.arrows === 2))
    $('tl-stacks').setAttribute('aria-pressed', String(state.stacks))
    for (const toggle of this.root.querySelectorAll<HTMLElement>('[data-overlay]')) {
      toggle.setAttribute('aria-pressed', String(Number(toggle.dataset.overlay) <= state.overlays))
    }
  }

  private cornerText(): string {
    const { annotations, state, arrows, viewport } = this.model
    // What was switched on by hand comes first: its button would seem to do nothing.
    if (state.arrows === 2) return arrows.isKnown(viewport) ? arrowsText(arrows.get(viewport), viewport) : 'arrows: …'
    if (this.stage.lacksStacks) return 'zoom in for stacks'
    return annotations.isCut ? 'zoom in for regions and logs' : 'time since the first event'
  }

  // ---- scrolling

  private setPageHeight(): void {
    const height = Math.max(this.model.layout.height + rowHeights.axis, this.height)
    $('tl-rows').style.setProperty('height', `${Math.min(height, highestPage)}px`)
  }

  /**
   * What must not move when rows above it grow: the selected row where it is in view, else the first one; at the top,
   * nothing.
   */
  private anchor(): Row | undefined {
    const { span, task } = this.model
    // Not the rows that were drawn last: a selection may have been scrolled to since.
    const top = this.scrollTop()
    const inView = this.model.layout.between(top, top + this.height)
    const rows = inView.filter(({ kind, place }) => kind !== 'section' && place !== 'pinned')
    const isSelected = ({ kind, index }: Row) =>
      (kind === 'track' && span?.track === index) || (kind === 'task' && task?.index === index)
    return rows.find(isSelected) ?? (top > 0 ? rows[0] : undefined)
  }

  private keepInPlace(anchor: Row | undefined): void {
    // A page that gets shorter is scrolled by the browser.
    const top = this.main.scrollTop
    this.setPageHeight()
    const row = anchor && this.model.layout.find(anchor.view, anchor.index)
    if (anchor !== undefined && row !== undefined) this.main.scrollTop = top + this.toPage(row.y - anchor.y)
  }

  /** How much higher the tracks are than the page may be. */
  private stretch(): number {
    const whole = this.model.layout.height + rowHeights.axis
    return whole <= highestPage ? 1 : (whole - this.height) / (highestPage - this.height)
  }

  private scrollTop(): number {
    return this.main.scrollTop * this.stretch()
  }

  private toPage(top: number): number {
    return top / this.stretch()
  }

  // ---- controls

  private listen(): void {
    const { actions, model } = this
    new ResizeObserver(() => this.main.clientHeight !== this.height && this.sizeChanged()).observe(this.main)
    addEventListener('resize', () => this.sizeChanged())
    addEventListener('themechange', () => this.redraw())
    addEventListener('hashchange', () => this.readUrl())
    addEventListener('online', () => model.connection.retry())
    this.main.addEventListener('scroll', () => this.redraw(), { passive: true })
    listenToPointer(this.canvas, this.main, {
      hover: (x, y) => {
        this.pointer = { x, y }
        this.isDragging = false
        if (this.aboveFrame === 0) this.aboveFrame = requestAnimationFrame(() => this.drawAbove())
        this.pointing.hover(this.placeAt(x, y), x, y)
      },
      leave: () => {
        this.pointer = null
        this.tip.hide()
        this.drawAbove()
      },
      click: (x, y) => this.pointing.click(this.placeAt(x, y), x, y),
      doubleClick: (x, y) => this.pointing.doubleClick(this.placeAt(x, y)),
      pan: (pixels, up) => {
        this.drag()
        actions.move(() => model.viewport.pan(-pixels / model.viewport.width))
        if (up !== 0) this.main.scrollTop -= up
      },
      zoom: (factor, x) => actions.zoom(factor, x),
      range: (from, to, isDone) => {
        this.drag()
        actions.setRange(model.viewport.time(from), model.viewport.time(to), isDone)
      },
      settle: () => this.save(),
    })
    listenToKeys(
      {
        zoom: factor => actions.zoom(factor),
        pan: share => actions.pan(share),
        fit: () => actions.fit(),
        fitSpan: () => actions.fit(),
        whole: () => actions.whole(),
        undo: () => actions.undo(),
        redo: () => actions.redo(),
        back: () => actions.back(),
        origin: () => actions.origin(),
        step: by => (model.span === null ? actions.selectFirst(this.rows) : actions.step(by)),
        track: by => (model.span === null ? actions.selectFirst(this.rows) : actions.track(by)),
        waker: () => actions.followWaker(),
        wakes: () => actions.followWakes(),
        mark: () => actions.mark(),
        pin: () => model.span !== null && void actions.pin(String(model.span.goid)),
        toggleGroup: () => this.toggleGroupHere(),
        view: view => actions.view(view),
        overlays: () => actions.overlays(),
        arrows: () => actions.arrows(),
        stacks: () => actions.stacks(),
        panel: () => this.togglePanel(),
        legend: () => this.toggleLegend(),
        search: () => this.search.focus(),
        found: by => void this.search.step(by),
        letGo: () => actions.letGo(),
        help: () => this.help.toggle(),
      },
      () => this.help.isOpen,
    )
    this.listenToControls()
  }

  private drag(): void {
    this.isDragging = true
    this.tip.hide()
  }

  private listenToControls(): void {
    const { actions, model, root } = this
    for (const toggle of root.querySelectorAll<HTMLElement>('[data-overlay]')) {
      const level = Number(toggle.dataset.overlay)
      toggle.addEventListener('click', () => actions.setOverlays(model.state.overlays >= level ? level - 1 : level))
    }
    for (const link of root.querySelectorAll<HTMLAnchorElement>('nav a[data-view]')) {
      link.addEventListener('click', () => {
        // The window goes along.
        link.hash = location.hash
      })
    }
    $('tl-arrows').addEventListener('click', () => actions.allArrows())
    $('tl-stacks').addEventListener('click', () => actions.stacks())
    $('tl-legend').addEventListener('click', () => this.toggleLegend())
    for (const opener of document.querySelectorAll('[data-help]')) {
      opener.addEventListener('click', event => {
        event.preventDefault()
        this.help.toggle()
      })
    }
    listenToMap(
      this.minimap,
      model.viewport,
      change => actions.move(change),
      () => this.save(),
    )
    const fromEdge = (event: PointerEvent) => event.clientX - this.main.getBoundingClientRect().left
    listenToDrag(
      $('tl-split'),
      () => {},
      event => this.setGutter(fromEdge(event)),
      () => localStorage.setItem(gutterKey, String(this.gutterWidth())),
    )
    listenToDrag(
      $('tl-sizer'),
      () => {},
      event => {
        const height = Math.max(120, Math.min(innerHeight * 0.6, innerHeight - event.clientY))
        $('tl-panel').style.setProperty('height', `${height}px`)
      },
      () => this.sizeChanged(),
    )
  }

  private readUrl(): void {
    const state = readFragment(location.hash, this.model.state.view)
    Object.assign(this.model.state, state)
    this.model.viewport.set(state.window ?? this.firstWindow)
    this.model.relayout()
    void this.actions.findPins()
    if (state.selection !== null) void this.actions.restore(state.selection)
    else if (state.range !== null) void this.actions.showRange()
    else if (state.task !== null) void this.actions.findTask(state.task)
    else this.actions.letGo()
    this.redraw()
  }

  private gutterWidth(): number {
    return Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue('--gutter'), 10) || 0
  }

  private setGutter(width: number): void {
    const clamped = Math.max(gutterRange[0], Math.min(gutterRange[1], Math.round(width)))
    document.documentElement.style.setProperty('--gutter', `${clamped}px`)
    this.sizeChanged()
  }

  private restoreGutter(): void {
    const kept = Number(localStorage.getItem(gutterKey))
    if (kept > 0 && !matchMedia('(max-width: 640px)').matches) this.setGutter(kept)
  }

  private togglePanel(): void {
    this.panel.toggle()
    this.sizeChanged()
  }

  private toggleLegend(): void {
    const opener = $('tl-legend')
    const open = this.root.querySelector('.tl-legend')
    open?.remove()
    if (open === null) $('tl-stage').append(element('div', 'tl-legend', ...legend()))
    opener.setAttribute('aria-expanded', String(open === null))
  }

  private toggleGroupHere(): void {
    const { model, actions } = this
    const row = this.pointer === null ? undefined : this.rowAt(this.pointer.y)
    const hovered = row?.kind === 'group' ? model.track('group', row.index) : undefined
    const group = hovered ?? (model.span === null ? undefined : model.groupOf(model.span.track))
    if (group !== undefined) actions.toggleGroup(group.name)
  }

  private placeAt(x: number, y: number): Place | undefined {
    const row = this.rowAt(y)
    if (row === undefined) return undefined
    return { row, time: this.model.viewport.time(x), yInRow: y + this.scrollTop() - row.y }
  }

  private rowAt(y: number): Row | undefined {
    if (y < rowHeights.axis) return undefined
    const inPage = y + this.scrollTop()
    return this.rows.find(row => inPage >= row.y && inPage < row.y + row.height)
  }
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d+$/.test(text)
}
