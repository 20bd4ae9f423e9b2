/** The labels beside the tracks, a tree; only those in view are elements. */
import { durationText, splitFunctionName } from '../../../server/shared/figures.js'
import { element, exact } from './dom.js'
import type { Model } from './model.js'
import { type Row, rowHeights } from './rows.js'

export interface GutterActions {
  readonly toggleGroup: (name: string) => void
  readonly pin: (goid: string) => void
}

interface Label {
  readonly root: HTMLElement
  readonly twist: HTMLElement | null
  readonly name: HTMLElement
  readonly figure: HTMLElement
  /** What the label shows now. */
  content: string
  top: number
  height: number
}

export class Gutter {
  private readonly labels = new Map<string, Label>()

  constructor(
    private readonly model: Model,
    private readonly host: HTMLElement,
    private readonly actions: GutterActions,
  ) {}

  paint(rows: readonly Row[], scroll: number, peaks: ReadonlyMap<string, string>): void {
    const kept = new Set<string>()
    for (const row of rows) {
      const key = keyOf(row)
      kept.add(key)
      let label = this.labels.get(key)
      if (label === undefined) {
        label = this.make(row)
        this.labels.set(key, label)
        this.host.append(label.root)
      }
      this.update(label, row, peaks)
      const top = row.y - row.labelHeight - scroll
      const height = row.labelHeight || row.height
      if (label.top !== top) label.root.style.setProperty('transform', `translateY(${top}px)`)
      if (label.height !== height) label.root.style.setProperty('height', `${height}px`)
      label.top = top
      label.height = height
      label.root.classList.toggle('tall', row.kind === 'proc' && height > rowHeights.proc)
      label.root.hidden = row.labelHeight > 0 && top < 22
    }
    for (const [key, label] of this.labels) {
      if (kept.has(key)) continue
      label.root.remove()
      this.labels.delete(key)
    }
  }

  private make(row: Row): Label {
    const root = element('div', `lb ${classOf(row)}`)
    if (row.kind === 'section') root.setAttribute('role', 'presentation')
    else {
      root.setAttribute('role', 'treeitem')
      root.setAttribute('aria-level', row.place === 'in-group' ? '2' : '1')
    }
    const name = element('span', 'nm')
    const figure = element('span', 'ct')
    const twist = row.kind === 'group' ? element('span', 'twist') : null
    if (twist !== null) {
      twist.setAttribute('aria-hidden', 'true')
      root.append(twist)
      root.tabIndex = 0
      const toggle = () => {
        const track = this.model.track('group', row.index)
        if (track !== undefined) this.actions.toggleGroup(track.name)
      }
      root.addEventListener('click', toggle)
      root.addEventListener('keydown', event => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        event.stopPropagation()
        toggle()
      })
    }
    if (row.kind === 'track') {
      root.addEventListener('dblclick', () => {
        const track = this.model.track('goroutine', row.index)
        if (track !== undefined) this.actions.pin(String(track.id))
      })
    }
    root.append(name, figure)
    return { root, twist, name, figure, content: '', top: Number.NaN, height: Number.NaN }
  }

  private update(label: Label, row: Row, peaks: ReadonlyMap<string, string>): void {
    const { model } = this
    const track = row.kind === 'section' ? undefined : model.track(row.view, row.index)
    if (row.kind === 'track' || row.kind === 'task') {
      const isSelected = (row.kind === 'track' ? model.span?.track : model.task?.index) === row.index
      label.root.classList.toggle('sel', isSelected)
      label.root.setAttribute('aria-selected', String(isSelected))
    }
    const peak = peaks.get(`${row.view} ${row.index}`) ?? ''
    const isFigure = row.kind === 'counter' || row.kind === 'counts'
    const content = `${track === undefined ? row.count : track.id} ${row.place} ${isFigure ? peak : ''}`
    if (label.content === content) return
    label.content = content
    if (row.kind === 'section') {
      label.name.textContent = row.title
      label.figure.textContent = row.count > 0 ? row.count.toLocaleString('en') : ''
      return
    }
    if (track === undefined) {
      label.name.textContent = '…'
      return
    }
    label.figure.textContent = ''
    if (row.kind === 'group') {
      const isOpen = row.place === 'open'
      const { pkg, func } = splitFunctionName(track.name || '(no stack recorded)')
      label.name.replaceChildren(func, element('span', 'pkg', pkg.replace(/\.$/, '')))
      label.name.title = track.name
      label.figure.textContent = (track.count ?? 0).toLocaleString('en')
      if (label.twist !== null) label.twist.textContent = isOpen ? '▾' : '▸'
      label.root.setAttribute('aria-expanded', String(isOpen))
    } else if (row.kind === 'track') {
      const { func } = splitFunctionName(track.name)
      label.name.textContent = row.place === 'pinned' ? `G${track.id} ${func}` : `G${track.id}`
      label.figure.textContent = track.runningNs === undefined ? '' : durationText(track.runningNs)
      const running = track.runningNs === undefined ? '' : `, running ${exact(track.runningNs)}`
      label.root.title = `${track.name}${running}; double click pins it`
    } else if (row.kind === 'task') {
      label.name.textContent = `${'· '.repeat(this.model.lists.task.depth(track))}${track.name || 'task'}`
      label.figure.textContent = String(track.id)
      label.root.title = `task ${track.id} ${track.name}`
    } else if (row.kind === 'proc') label.name.textContent = `${row.view === 'proc' ? 'P' : 'M'}${track.id}`
    else {
      label.name.textContent = track.name
      label.figure.textContent = isFigure ? peak : ''
    }
  }
}

function keyOf(row: Row): string {
  return row.kind === 'section'
    ? `section ${row.title}`
    : `${row.view} ${row.index} ${row.place === 'pinned' ? 'p' : ''}`
}

function classOf(row: Row): string {
  if (row.kind === 'section' || row.kind === 'group') return row.kind
  if (row.kind === 'track') return row.place === 'in-group' ? 'track in-group' : 'track'
  return row.kind === 'task' ? 'track' : ''
}
