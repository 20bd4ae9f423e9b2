/** What a user can do, whatever key, gesture or link asks for it: changes of the state, then one call to show them. */
import type { TimelineMatch, TimelineTrack } from '../../../server/shared/timeline.js'
import { askRange, askSearch, askSpan, askTrack } from './data/api.js'
import { isAbort, NoAnswer } from './data/connection.js'
import type { Model } from './model.js'
import type { Panel } from './panel.js'
import type { Row } from './rows.js'
import type { View } from './state.js'
import { MoveHistory, type TimeWindow } from './viewport.js'

export interface Screen {
  /** Draws at the next frame. */
  readonly redraw: () => void
  /** Writes the state into the URL. */
  readonly save: (opensNew?: boolean) => void
  readonly scrollTo: (row: Row) => void
  readonly sizeChanged: () => void
  /** Pixel under the pointer, else the middle. */
  readonly pointerX: () => number
  readonly openView: (view: View) => void
}

/** A waiting goroutine is looked for this far before a moment, which may be the very end of its span. */
const justBefore = 1

export class Actions {
  private readonly history = new MoveHistory()
  /** Selections gone through by following arrows. */
  private readonly visited: { goid: string; at: number }[] = []
  private asking = new AbortController()
  private fitted: TimeWindow | null = null
  /** The question about the selection that the server left without an answer. */
  private unanswered: (() => void) | null = null

  constructor(
    private readonly model: Model,
    private readonly panel: Panel,
    private readonly screen: Screen,
  ) {}

  /** A change of the window. */
  move(change: () => void): void {
    const { viewport } = this.model
    this.history.remember(viewport, performance.now())
    change()
    this.moved()
  }

  private moved(): void {
    this.screen.redraw()
    this.screen.save()
  }

  zoom(factor: number, x = this.screen.pointerX()): void {
    this.move(() => this.model.viewport.zoom(factor, x))
  }

  pan(share: number): void {
    this.move(() => this.model.viewport.pan(share))
  }

  whole(): void {
    this.move(() => this.model.viewport.set({ from: 0, to: this.model.viewport.endNs }))
  }

  undo(): void {
    const window = this.history.undo(this.model.viewport)
    if (window === undefined) return
    this.model.viewport.set(window)
    this.moved()
  }

  redo(): void {
    const window = this.history.redo(this.model.viewport)
    if (window === undefined) return
    this.model.viewport.set(window)
    this.moved()
  }

  /** Fits what is selected; once more: back. */
  fit(): void {
    const { viewport } = this.model
    const target = this.selected()
    if (target === null) return
    if (this.fitted !== null && this.fitted.from === viewport.from && this.fitted.to === viewport.to) {
      this.fitted = null
      this.undo()
      return
    }
    this.move(() => viewport.fit(target.from, target.to))
    this.fitted = { from: viewport.from, to: viewport.to }
  }

  fitWindow(from: number, to: number): void {
    this.move(() => this.model.viewport.fit(from, to))
  }

  origin(): void {
    const { state, viewport } = this.model
    state.origin = state.origin === 0 ? Math.round(viewport.time(this.screen.pointerX())) : 0
    this.moved()
  }

  overlays(): void {
    const { state } = this.model
    state.overlays = (state.overlays + 2) % 3
    this.moved()
  }

  setOverlays(to: number): void {
    this.model.state.overlays = to
    this.moved()
  }

  arrows(): void {
    const { state } = this.model
    state.arrows = (state.arrows + 1) % 3
    this.moved()
  }

  /** All arrows, or only that of the selection. */
  allArrows(): void {
    const { state } = this.model
    state.arrows = state.arrows === 2 ? 1 : 2
    this.moved()
  }

  stacks(): void {
    const { model } = this
    model.state.stacks = !model.state.stacks
    model.relayout()
    this.moved()
  }

  mark(): void {
    const { state } = this.model
    const target = this.selected()
    const isMarked = target !== null && state.mark?.from === target.from && state.mark.to === target.to
    state.mark = isMarked ? null : target
    this.moved()
  }

  /** The time of what is selected. */
  private selected(): TimeWindow | null {
    const { model } = this
    const { span, task, state } = model
    if (span !== null) return { from: span.startNs, to: span.endNs }
    return task === null ? state.range : model.timeOf(task)
  }

  private deselect(): void {
    const { model } = this
    this.asking.abort()
    this.asking = new AbortController()
    this.unanswered = null
    model.state.selection = null
    model.state.range = null
    model.state.task = null
    model.span = null
    model.task = null
  }

  /** Selects the span of a goroutine at a moment; `go` brings it into view. */
  async select(goid: string, at: number, go: boolean): Promise<void> {
    const { model, screen } = this
    const before = model.span
    this.deselect()
    // It is drawn until the new one is here.
    model.span = before
    model.state.selection = { goid, at }
    try {
      const span = await askSpan(model.connection, goid, at, this.asking.signal)
      model.span = span
      await this.showSpan(go)
    } catch (error) {
      if (isAbort(error)) return
      model.span = null
      this.notLoaded(error as Error, () => void this.select(goid, at, go))
    }
    screen.sizeChanged()
    screen.save()
  }

  private async showSpan(go: boolean): Promise<void> {
    const { model, panel, screen } = this
    const { span, state } = model
    if (span === null) return
    model.wakerTrack = -1
    model.wakerName = ''
    this.openGroupOf(span.track)
    panel.span(span, '')
    screen.sizeChanged()
    if (go) {
      if (span.startNs > model.viewport.to || span.endNs < model.viewport.from) {
        this.move(() => model.viewport.reveal(span.startNs, span.endNs))
      }
      model.layOut(this.isSmall())
      const row = state.view === 'goroutine' ? model.layout.find('goroutine', span.track) : undefined
      if (row !== undefined) screen.scrollTo(row)
    }
    screen.redraw()
    await this.nameWaker()
  }

  /** Selects a task by its id and fits its time. */
  async findTask(id: string): Promise<void> {
    const { model, panel, screen } = this
    this.deselect()
    model.state.task = id
    try {
      const [task] = (await askTrack(model.connection, 'task', id, this.asking.signal)).tracks
      if (task === undefined) panel.message(`This trace has no task ${id}.`)
      else {
        const time = model.timeOf(task)
        if (model.state.window === null) this.move(() => model.viewport.fit(time.from, time.to))
        model.state.mark ??= time
        this.showTask(task)
        model.layOut(this.isSmall())
        const row = model.layout.find('task', task.index) ?? this.firstPin()
        if (row !== undefined) screen.scrollTo(row)
      }
    } catch (error) {
      if (isAbort(error)) return
      this.notLoaded(error as Error, () => void this.findTask(id))
    }
    screen.sizeChanged()
  }

  /** The panel says so; where the server does not answer, it is asked again when it may be. */
  private notLoaded(error: Error, again: () => void): void {
    this.panel.message(`Not loaded: ${error.message}`, again)
    this.unanswered = error instanceof NoAnswer ? again : null
  }

  /** Called with every frame. */
  askAgain(): void {
    const { unanswered } = this
    if (unanswered === null || this.model.connection.isOut) return
    this.unanswered = null
    unanswered()
  }

  /** Where the goroutines of a task stand, in views without tasks. */
  private firstPin(): Row | undefined {
    const { layout, pinnedTracks } = this.model
    const [track] = pinnedTracks.values()
    return track === undefined ? undefined : layout.find('goroutine', track)
  }

  showTask(task: TimelineTrack): void {
    const { model, panel, screen } = this
    this.deselect()
    model.state.task = String(task.id)
    model.task = task
    panel.task(task)
    screen.sizeChanged()
    screen.save()
  }

  private isSmall(): boolean {
    return matchMedia('(max-width: 640px)').matches
  }

  /** Row and name of who woke the selection. */
  private async nameWaker(): Promise<void> {
    const { model, panel, screen } = this
    const { span } = model
    if (span?.wokenBy == null || span.wokenBy.goid === null) return
    try {
      const waker = await askSpan(model.connection, String(span.wokenBy.goid), span.wokenBy.atNs, this.asking.signal)
      if (model.span !== span) return
      model.wakerName = waker.name
      model.wakerTrack = waker.track
      panel.span(span, waker.name)
      screen.redraw()
    } catch (error) {
      if (!isAbort(error)) model.wakerName = ''
    }
  }

  openGroupOf(track: number): void {
    const { model } = this
    const group = model.groupOf(track)
    if (model.state.view !== 'goroutine' || group === undefined || model.state.open.has(group.name)) return
    model.state.open.add(group.name)
    model.relayout()
  }

  /** To the one who woke the selection, or whom it wakes; `back` returns. */
  follow(target: { goid: number | string | null; atNs: number } | null | undefined): void {
    const { selection } = this.model.state
    if (target?.goid == null) return
    if (selection !== null) this.visited.push(selection)
    this.screen.save(true)
    void this.select(String(target.goid), target.atNs, true)
  }

  followWaker(): void {
    this.follow(this.model.span?.wokenBy)
  }

  followWakes(): void {
    this.follow(this.model.span?.wakesNext)
  }

  go(goid: string, at: number): void {
    this.follow({ goid, atNs: at })
  }

  /** To the selection before the last jump, else to the window before the last move. */
  back(): void {
    const last = this.visited.pop()
    if (last === undefined) this.undo()
    else void this.select(last.goid, last.at, true)
  }

  /** To the span before or after. */
  step(by: 1 | -1): void {
    const { span, state } = this.model
    if (span === null || state.selection === null) return
    const at = by === 1 ? (span.next?.startNs ?? null) : span.previousNs
    if (at !== null) void this.select(state.selection.goid, at, true)
  }

  /** To the same moment of the track below or above. */
  track(by: 1 | -1): void {
    const { model } = this
    const row = model.span === null ? undefined : model.layout.find('goroutine', model.span.track)
    const next = row === undefined ? undefined : model.layout.beside(row, by)
    const track = next === undefined ? undefined : model.track(next.view, next.index)
    if (next === undefined || track === undefined || model.span === null) return
    const { viewport, span } = model
    const moment = Math.max(viewport.from, Math.min(viewport.to, (span.startNs + span.endNs) / 2))
    const life = model.timeOf(track)
    const at = Math.max(life.from, Math.min(moment, life.to - justBefore))
    void this.select(String(track.id), at, true)
  }

  /** First track in view when nothing is selected, so that arrow keys have where to begin. */
  selectFirst(rows: readonly Row[]): void {
    const { model } = this
    const row = rows.find(({ kind }) => kind === 'track')
    const track = row && model.track(row.view, row.index)
    if (track === undefined) return
    const middle = (model.viewport.from + model.viewport.to) / 2
    const life = model.timeOf(track)
    const at = Math.max(life.from, Math.min(middle, life.to - justBefore))
    void this.select(String(track.id), at, true)
  }

  setRange(from: number, to: number, isDone: boolean): void {
    const { model, screen } = this
    const { viewport, state } = model
    this.deselect()
    const whole = { from: Math.max(0, Math.round(from)), to: Math.min(viewport.endNs, Math.round(to)) }
    state.range = whole.to > whole.from ? whole : null
    screen.redraw()
    if (isDone && state.range !== null) void this.showRange()
  }

  async showRange(): Promise<void> {
    const { model, panel, screen } = this
    const { range } = model.state
    if (range === null) return
    this.asking.abort()
    this.asking = new AbortController()
    screen.save()
    try {
      panel.range(await askRange(model.connection, range.from, range.to, this.asking.signal))
    } catch (error) {
      if (isAbort(error)) return
      this.notLoaded(error as Error, () => void this.showRange())
    }
    screen.sizeChanged()
  }

  letGo(): void {
    const { panel, screen } = this
    this.deselect()
    panel.clear()
    screen.sizeChanged()
    screen.save()
  }

  toggleGroup(name: string): void {
    const { state } = this.model
    if (!state.open.delete(name)) state.open.add(name)
    this.model.relayout()
    this.moved()
  }

  async pin(goid: string): Promise<void> {
    const { model, screen } = this
    const { pins } = model.state
    model.state.pins = pins.includes(goid) ? pins.filter(id => id !== goid) : [...pins, goid]
    await this.findPins()
    model.relayout()
    screen.redraw()
    screen.save()
  }

  /** Looks up the tracks of the pins that are not known yet; what fails is looked up again, but not waited for. */
  async findPins(): Promise<void> {
    const { model } = this
    const { pinnedTracks, connection } = model
    for (const goid of model.state.pins) {
      if (pinnedTracks.has(goid)) continue
      if (model.span !== null && String(model.span.goid) === goid) pinnedTracks.set(goid, model.span.track)
      else if (connection.mayAsk(`pin ${goid}`)) await this.findPin(goid)
    }
    if (model.state.pins.some(goid => !pinnedTracks.has(goid))) void connection.pause().then(() => this.findPins())
    model.relayout()
    this.screen.redraw()
  }

  private async findPin(goid: string): Promise<void> {
    const { connection, pinnedTracks } = this.model
    try {
      const { matches } = await askSearch(connection, `pin ${goid}`, `g${goid}`, 0, 1)
      const match = matches.find(found => String(found.goid) === goid)
      pinnedTracks.set(goid, match?.track ?? -1)
    } catch {
      // It is asked again.
    }
  }

  /** Goes to a match of the search. */
  showMatch(match: TimelineMatch): void {
    const { model, screen } = this
    if (match.goid !== null && match.track >= 0) {
      void this.select(String(match.goid), match.atNs, true)
      return
    }
    this.move(() => model.viewport.reveal(match.atNs, match.atNs))
    screen.redraw()
  }

  view(view: View): void {
    if (view !== this.model.state.view) this.screen.openView(view)
  }
}
