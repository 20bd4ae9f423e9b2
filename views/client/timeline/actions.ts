/** What a user can do, whatever key, gesture or link asks for it: changes of the state, then one call to show them. */
import type { TimelineMatch, TimelineTrack } from '../../../server/shared/timeline.js'
import { askNeighbours, askRange, askSearch, askSpan, askTrack } from './data/api.js'
import { isAbort, NoAnswer } from './data/connection.js'
import { exact } from './dom.js'
import type { Model } from './model.js'
import { nothingSelected, type Panel, whyNobodyWoken, whyNoWaker } from './panel.js'
import type { Row } from './rows.js'
import { type OnTrack, type Selection, trackName, type View } from './state.js'
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

/** How a span was chosen: on a proc or thread, and whether the moment stays that the arrow keys go by. */
interface HowSelected {
  readonly on?: OnTrack | null
  readonly keepsCursor?: boolean
}

/** A waiting goroutine is looked for this far before a moment, which may be the very end of its span. */
const justBefore = 1

export class Actions {
  private readonly history = new MoveHistory()
  /** Selections gone through by following arrows. */
  private readonly visited: Selection[] = []
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
    this.panel.tell(target === null ? nothingSelected : '')
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
    model.beside = null
    model.task = null
    this.panel.reopen()
  }

  /** Selects the span of a goroutine at a moment; `go` brings it into view. */
  async select(goid: string, at: number, go: boolean, how: HowSelected = {}): Promise<void> {
    const { model, screen } = this
    const { on = null, keepsCursor = false } = how
    const before = model.span
    this.deselect()
    // It is drawn until the new one is here.
    model.span = before
    model.state.selection = { goid, at, on }
    if (!keepsCursor) model.cursor = at
    const { signal } = this.asking
    try {
      const beside = on === null ? null : await askNeighbours(model.connection, on.view, on.id, at, signal)
      const id = on === null ? goid : beside?.here?.goid
      if (id === undefined) throw new Error(`${trackName(on!)} was idle at ${exact(at)}.`)
      model.state.selection = { goid: String(id), at, on }
      model.beside = beside
      model.span = await askSpan(model.connection, String(id), at, signal)
      await this.showSpan(go)
    } catch (error) {
      if (isAbort(error)) return
      model.span = null
      this.notLoaded(error as Error, () => void this.select(goid, at, go, how))
    }
    screen.sizeChanged()
    screen.save()
  }

  /** Selects again what a link or a step back names. */
  restore({ goid, at, on }: Selection): Promise<void> {
    return this.select(goid, at, true, { on })
  }

  private async showSpan(go: boolean): Promise<void> {
    const { model, screen } = this
    const { span } = model
    if (span === null) return
    model.wakerTrack = -1
    model.wakerName = ''
    if (model.state.selection?.on == null) this.openGroupOf(span.track)
    this.tellSpan()
    screen.sizeChanged()
    if (go) {
      if (span.startNs > model.viewport.to || span.endNs < model.viewport.from) {
        this.move(() => model.viewport.reveal(span.startNs, span.endNs))
      }
      model.layOut(this.isSmall())
      const row = this.selectedRow()
      if (row !== undefined) screen.scrollTo(row)
    }
    screen.redraw()
    await this.nameWaker()
  }

  private tellSpan(): void {
    const { span, wakerName, state, beside } = this.model
    const on = state.selection?.on ?? null
    const next = on === null ? null : { track: trackName(on), next: beside?.next ?? null, on }
    if (span !== null) this.panel.span(span, wakerName, next)
  }

  /** Where what is selected stands: on the track that was chosen. */
  private selectedRow(): Row | undefined {
    const { model } = this
    const { span, layout, lists, state } = model
    const on = state.selection?.on ?? null
    if (on !== null) return layout.find(on.view, lists[on.view].find(on.id))
    return span === null || state.view !== 'goroutine' ? undefined : layout.find('goroutine', span.track)
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

  private async nameWaker(): Promise<void> {
    const { model, screen } = this
    const { span } = model
    if (span?.wokenBy == null || span.wokenBy.goid === null) return
    try {
      const waker = await askSpan(model.connection, String(span.wokenBy.goid), span.wokenBy.atNs, this.asking.signal)
      if (model.span !== span) return
      model.wakerName = waker.name
      model.wakerTrack = waker.track
      this.tellSpan()
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
  follow(target: { goid: number | string | null; atNs: number } | null | undefined, on: OnTrack | null = null): void {
    const { selection } = this.model.state
    if (target?.goid == null) return
    if (selection !== null) this.visited.push(selection)
    this.screen.save(true)
    void this.select(String(target.goid), target.atNs, true, { on })
  }

  followWaker(): void {
    this.panel.tell(whyNoWaker(this.model.span))
    this.follow(this.model.span?.wokenBy)
  }

  followWakes(): void {
    this.panel.tell(whyNobodyWoken(this.model.span))
    this.follow(this.model.span?.wakesNext)
  }

  /** To the selection before the last jump, else to the window before the last move. */
  back(): void {
    const last = this.visited.pop()
    if (last === undefined) this.undo()
    else void this.restore(last)
  }

  /** To the span before or after, on the track that was chosen. */
  step(by: 1 | -1): void {
    const { span, state, beside } = this.model
    const { selection } = state
    if (span === null || selection === null) return
    const { on } = selection
    if (on !== null) {
      const run = by === 1 ? beside?.next : beside?.previous
      if (run != null) void this.select(String(run.goid), run.startNs, true, { on })
      return
    }
    const at = by === 1 ? (span.next?.startNs ?? null) : span.previousNs
    if (at !== null) void this.select(selection.goid, at, true)
  }

  /** To the same moment of the track below or above; that moment stays, whatever the spans on the way. */
  track(by: 1 | -1): void {
    const { model } = this
    const row = this.selectedRow()
    const next = row === undefined ? undefined : model.layout.beside(row, by)
    if (next === undefined || model.span === null) return
    const { viewport, span } = model
    const cursor = model.cursor ?? (span.startNs + span.endNs) / 2
    this.selectOn(next, Math.max(viewport.from, Math.min(viewport.to, cursor)), true)
  }

  /** The span of a row at a moment, or of the goroutine's life the nearest. */
  private selectOn({ view, index }: Row, moment: number, keepsCursor: boolean): void {
    const { model } = this
    const track = model.track(view, index)
    if (track === undefined) return
    const id = String(track.id)
    if (view === 'proc' || view === 'thread') {
      void this.select('', moment, true, { on: { view, id }, keepsCursor })
      return
    }
    const life = model.timeOf(track)
    void this.select(id, Math.max(life.from, Math.min(moment, life.to - justBefore)), true, { keepsCursor })
  }

  /** First track in view when nothing is selected, where arrow keys begin; without one, the first group opens. */
  selectFirst(rows: readonly Row[]): void {
    const { model } = this
    const { viewport } = model
    const row =
      rows.find(({ kind }) => kind === 'track') ?? this.firstOfAll() ?? rows.find(({ kind }) => kind === 'proc')
    if (row !== undefined) this.selectOn(row, (viewport.from + viewport.to) / 2, false)
  }

  private firstOfAll(): Row | undefined {
    const { model } = this
    const [group] = model.state.view === 'goroutine' ? model.busiestGroups() : []
    if (group?.first === undefined) return undefined
    this.openGroupOf(group.first)
    model.layOut(this.isSmall())
    return model.layout.find('goroutine', group.first)
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
