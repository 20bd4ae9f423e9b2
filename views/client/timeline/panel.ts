/**
 * The panel below the tracks: all facts of the selected span or range, as text. What it shows is said in one line to
 * who does not see it.
 */
import { durationText } from '../../../server/shared/figures.js'
import { profileNames } from '../../../server/shared/profile-names.js'
import { TileState } from '../../../server/shared/tile.js'
import type {
  RangeAnswer,
  SpanAnswer,
  TimelineFrame,
  TimelineTrack,
  TrackRun,
} from '../../../server/shared/timeline.js'
import type { FlameGraph } from '../lib/flame-graph.js'
import { button, definitions, duration, element, exact, functionName, swatch } from './dom.js'
import { rangeFlame } from './flame.js'
import { isWait, rungs, stackOrder, stateNames, swatchClass } from './paint/ladder.js'
import { labelWord, tokenOf } from './paint/lane.js'
import type { OnTrack } from './state.js'

export interface PanelActions {
  /** Selects the span of a goroutine at a moment, on a proc or thread where one is named, and goes there. */
  readonly go: (goid: string, at: number, on: OnTrack | null) => void
  readonly waker: () => void
  readonly wakes: () => void
  readonly step: (by: -1 | 1) => void
  readonly fit: () => void
  readonly mark: () => void
  readonly letGo: () => void
}

/** What the proc or thread does next on which a span was chosen. */
export interface NextOnTrack {
  readonly track: string
  readonly on: OnTrack
  readonly next: TrackRun | null
}

const framesShown = 9
const functionsShown = 8

export class Panel {
  private flame: FlameGraph | null = null
  /** By the user, until something else is selected: an answer that comes late must not show it again. */
  private isClosed = false

  constructor(
    private readonly host: HTMLElement,
    /** The live region. */
    private readonly said: HTMLElement,
    /** Says why a key did nothing. */
    private readonly told: HTMLElement,
    private readonly actions: PanelActions,
  ) {}

  /** Hides or shows what is selected. */
  toggle(): void {
    if (this.host.childElementCount === 0) return
    this.isClosed = !this.isClosed
    this.host.hidden = this.isClosed
  }

  /** What is shown next belongs to a new selection. */
  reopen(): void {
    this.isClosed = false
    this.tell('')
  }

  clear(): void {
    this.host.hidden = true
    this.replace()
    this.say('')
  }

  /** Why a key did nothing; '': it did something. */
  tell(text: string): void {
    this.told.textContent = text
  }

  private say(text: string): void {
    if (this.said.textContent !== text) this.said.textContent = text
  }

  /** `again` asks once more for what is not here. */
  message(text: string, again?: () => void): void {
    const parts: Node[] = [element('span', 'ttl', text), element('span', 'grow')]
    if (again !== undefined) parts.push(button('Retry', '', again))
    this.say(text)
    this.show(element('header', '', ...parts, this.letGoButton()))
  }

  span(span: SpanAnswer, wakerName: string, nextOn: NextOnTrack | null): void {
    const { actions } = this
    const word = labelWord(span.tileState, span.reason, span.gcWorker)
    const length = span.endNs - span.startNs
    const flags = span.gcWorker ? 1 : 0
    const mark = element('span', 'sw', swatch(tokenOf(span.tileState, flags).slice(2), rungs[span.tileState]))
    const name = isWait(span.tileState) ? `Waiting: ${span.reason || 'reason unknown'}` : capital(word)
    const goroutine = pageLink(`trace?goid=${span.goid}`, `G${span.goid}`)
    const head = element(
      'header',
      '',
      element('span', 'ttl', mark, `${name} ${durationText(length)}`),
      goroutine,
      functionName(span.name || '(no stack recorded)'),
      element('span', 'grow'),
      button('Before', '←', () => actions.step(-1)),
      button('After', '→', () => actions.step(1)),
      enabled(button('Waker', '[', actions.waker), span.wokenBy?.goid != null),
      enabled(button('Wakes', ']', actions.wakes), span.wakesNext !== null),
      button('Fit', 'F', actions.fit),
      button('Mark', 'M', actions.mark),
      this.letGoButton(),
    )
    const columns = element('div', 'cols')
    this.say(spanLine(span, word, nextOn))
    columns.append(
      this.facts(span, length, nextOn),
      this.stacks(span),
      this.wakes(span, wakerName),
      this.goroutine(span),
    )
    this.show(head, columns)
  }

  private facts(span: SpanAnswer, length: number, nextOn: NextOnTrack | null): HTMLElement {
    const rows: [string, Node | string][] = [
      ['Duration', exact(length)],
      ['From', span.beginKnown ? exact(span.startNs) : `${exact(span.startNs)}, before the trace or unknown`],
      ['To', span.endKnown ? exact(span.endNs) : `${exact(span.endNs)}, end of the trace`],
      ['State', isWait(span.tileState) && span.reason !== '' ? `${span.state} (${span.reason})` : span.state],
    ]
    if (span.proc !== null) rows.push(['Proc', `P${span.proc}`])
    if (span.thread !== null) rows.push(['Thread', `M${span.thread}`])
    if (span.next !== null) {
      const { startNs, endNs, tileState, reason, gcWorker } = span.next
      const text = `${labelWord(tileState, reason, gcWorker)} ${durationText(endNs - startNs)}`
      rows.push(['Next', this.link(span.goid, startNs, text)])
    }
    if (nextOn !== null) {
      const { track, next, on } = nextOn
      rows.push([`${track} next`, next === null ? 'nothing' : this.link(next.goid, next.startNs, `G${next.goid}`, on)])
    }
    if (span.regions.length > 0) rows.push(['Region', span.regions.map(region => region.name).join(' › ')])
    if (span.task !== null) {
      const { id, name } = span.task
      rows.push(['Task', taskLink(id, `${name || 'task'} (${id})`)])
    }
    return element('div', '', definitions(rows))
  }

  private stacks(span: SpanAnswer): HTMLElement {
    const made = element('div')
    const { startStack, endStack, tileState } = span
    const isRunning = tileState === TileState.Running || tileState === TileState.GcWorker
    if (isRunning) made.append(element('h2', '', 'Stopped here'), stackList(endStack))
    else {
      const title = tileState === TileState.Syscall ? 'Entered the syscall here' : 'Waits here'
      made.append(element('h2', '', tileState === TileState.Runnable ? 'Goes on here' : title), stackList(startStack))
    }
    if (isRunning && startStack.length > 0) made.append(element('h2', '', 'Began here'), stackList(startStack))
    return made
  }

  private wakes(span: SpanAnswer, wakerName: string): HTMLElement {
    const made = element('div', '', element('h2', '', 'Woken by'))
    const { wokenBy, wakesNext, startedBy } = span
    const isCreated = wokenBy !== null && startedBy !== null && wokenBy.atNs === startedBy.atNs
    if (wokenBy === null) made.append(element('p', 'muted', noWaker(span)))
    else if (wokenBy.goid === null) {
      made.append(element('p', 'muted', wakerWord(wokenBy)), element('p', 'note', wakeText(span, wokenBy)))
    } else {
      if (isCreated) made.append(element('p', 'note', 'nobody: it was created, by'))
      const line = element(
        'p',
        '',
        this.link(wokenBy.goid, wokenBy.atNs),
        ' ',
        functionName(wakerName),
        ' ',
        element('kbd', '', '['),
      )
      made.append(line, element('p', 'note', wakeText(span, wokenBy)), stackList(wokenBy.stack, 4))
    }
    if (wakesNext !== null) {
      made.append(
        element('h2', '', 'Wakes next'),
        element(
          'p',
          '',
          this.link(wakesNext.goid, wakesNext.atNs),
          ` at ${exact(wakesNext.atNs)} `,
          element('kbd', '', ']'),
        ),
      )
    }
    return made
  }

  private goroutine({ goid, name, startedBy, total }: SpanAnswer): HTMLElement {
    const { lifeNs, runningNs, spans } = total
    const starter =
      startedBy === null
        ? 'not seen in this trace'
        : element('span', '', this.link(startedBy.goid, startedBy.atNs), ' ', functionName(startedBy.name))
    const rows: [string, Node | string][] = [
      ['Started by', starter],
      ['Running', element('span', '', duration(runningNs), ' of ', duration(lifeNs))],
      ['Spans', spans.toLocaleString('en')],
      ['All states', pageLink(`goroutine?goid=${goid}`, `page of G${goid}`)],
      ['Function', pageLink(`goroutine?name=${encodeURIComponent(name)}`, 'goroutines of this function')],
    ]
    return element('div', '', element('h2', '', 'This goroutine'), definitions(rows))
  }

  private link(goid: number | string, at: number, text = `G${goid}`, on: OnTrack | null = null): HTMLAnchorElement {
    const made = element('a', '', text)
    made.href = `#sel=${goid}@${Math.round(at)}`
    made.addEventListener('click', event => {
      event.preventDefault()
      this.actions.go(String(goid), at, on)
    })
    return made
  }

  task(task: TimelineTrack): void {
    this.say(`task ${task.name} ${task.id}`)
    const timeline = pageLink(`trace?taskid=${task.id}`, 'timeline of its goroutines')
    const log = pageLink(`usertask?type=${encodeURIComponent(task.name)}`, 'tasks of this type')
    this.show(
      element(
        'header',
        '',
        element('span', 'ttl', `Task ${task.name} (${task.id})`),
        element('span', 'grow'),
        this.letGoButton(),
      ),
      element(
        'div',
        'cols',
        definitions([
          ['Duration', task.startNs === null || task.endNs === null ? 'not known' : exact(task.endNs - task.startNs)],
          ['From', task.startNs === null ? 'before the trace' : exact(task.startNs)],
          ['To', task.endNs === null ? 'not within the trace' : exact(task.endNs)],
          ['Parent', task.parent == null ? 'none' : taskLink(task.parent, `task ${task.parent}`)],
        ]),
        element('div', '', element('p', '', timeline), element('p', '', log)),
      ),
    )
  }

  range(range: RangeAnswer): void {
    const { fromNs, toNs } = range
    this.say(
      `range of ${durationText(toNs - fromNs)} from ${exact(fromNs)}, ${range.spans.toLocaleString('en')} spans, ${range.functionsTotal.toLocaleString('en')} functions`,
    )
    const json = element('a', 'btn', 'Trace-event JSON')
    json.href = `jsontrace?from=${fromNs}&to=${toNs}&download=1`
    const perfetto = element('a', 'btn', 'Perfetto')
    perfetto.href = `perfetto?from=${fromNs}&to=${toNs}`
    const head = element(
      'header',
      '',
      element('span', 'ttl', `Range of ${durationText(toNs - fromNs)}`),
      element('span', 'muted num', `${exact(fromNs)} to ${exact(toNs)} · ${range.spans.toLocaleString('en')} spans`),
      element('span', 'grow'),
      button('Zoom here', 'F', this.actions.fit),
      button('Mark', 'M', this.actions.mark),
      json,
      perfetto,
      this.letGoButton(),
    )
    const columns = element('div', 'cols range')
    columns.append(timeByState(range), byFunction(range), blockingStacks(range))
    this.show(head, columns)
    if (range.flame.samples === 0) return
    const { part, graph } = rangeFlame(range.flame)
    this.flame = graph
    columns.append(part)
  }

  private letGoButton(): HTMLButtonElement {
    return button('Let go', 'Esc', this.actions.letGo)
  }

  private show(...children: Node[]): void {
    this.host.hidden = this.isClosed
    this.host.classList.toggle('message', children.length === 1)
    this.replace(...children)
    this.host.scrollTop = 0
  }

  private replace(...children: Node[]): void {
    this.flame?.dispose()
    this.flame = null
    this.host.replaceChildren(...children)
  }
}

function enabled(made: HTMLButtonElement, isEnabled: boolean): HTMLButtonElement {
  made.disabled = !isEnabled
  return made
}

/** A span in one line. */
function spanLine(span: SpanAnswer, word: string, nextOn: NextOnTrack | null): string {
  const { goid, startNs, endNs, wokenBy, number, total } = span
  const parts = [`G${goid}`, `${word} ${durationText(endNs - startNs)}`, `from ${exact(startNs)}`]
  if (nextOn !== null) parts.splice(1, 0, `on ${nextOn.track}`)
  if (wokenBy !== null) parts.push(`woken by ${wokenBy.goid === null ? wakerWord(wokenBy) : `G${wokenBy.goid}`}`)
  return `${parts.join(', ')}; ${number.toLocaleString('en')} of ${total.spans.toLocaleString('en')}`
}

/** Who woke it, where that was no goroutine: what it waited for tells. */
function wakerWord({ waited }: NonNullable<SpanAnswer['wokenBy']>): string {
  if (waited?.reason === 'network') return 'the network poller'
  if (waited?.reason === 'sleep') return 'a timer: its sleep was over'
  return 'no goroutine: a timer or the runtime'
}

export const nothingSelected = 'Nothing is selected.'

/** Why there is no goroutine to go to that woke it; '': there is one. */
export function whyNoWaker(span: SpanAnswer | null): string {
  if (span === null) return nothingSelected
  const { wokenBy } = span
  if (wokenBy === null) return `Woken by: ${noWaker(span)}`
  return wokenBy.goid === null ? `Woken by: ${wakerWord(wokenBy)}` : ''
}

/** Why there is no goroutine to go to that it wakes; '': there is one. */
export function whyNobodyWoken(span: SpanAnswer | null): string {
  if (span === null) return nothingSelected
  return span.wakesNext === null ? 'It wakes nobody.' : ''
}

function noWaker({ tileState, endKnown, unwoken }: SpanAnswer): string {
  if (unwoken === 'syscall') return 'nobody: it came from a syscall'
  if (unwoken === 'ran') return 'nobody: it was running before'
  return isWait(tileState) && !endKnown ? 'nobody: it waits until the trace ends' : 'not seen in this trace'
}

/** When it was woken, after what wait, and how long it then waited for a proc. */
function wakeText(
  { startNs, endNs, tileState }: SpanAnswer,
  { atNs, waited }: NonNullable<SpanAnswer['wokenBy']>,
): string {
  const parts = [`at ${exact(atNs)}`]
  if (waited !== null) parts.push(`after ${durationText(waited.ns)} of ${waited.reason || 'waiting'}`)
  const runnable = tileState === TileState.Runnable ? endNs - startNs : isWait(tileState) ? 0 : startNs - atNs
  if (runnable > 0) parts.push(`then ${durationText(runnable)} runnable`)
  return parts.join(', ')
}

function pageLink(url: string, text: string): HTMLAnchorElement {
  const made = element('a', '', text)
  made.href = url
  return made
}

function taskLink(id: number | string, text: string): HTMLAnchorElement {
  return pageLink(`trace?view=task#task=${id}`, text)
}

function stackList(frames: readonly TimelineFrame[], most = framesShown): HTMLElement {
  const list = element('ol', 'stack')
  if (frames.length === 0) list.append(element('li', 'muted', 'no stack recorded for this event'))
  for (const { func, file, line } of frames.slice(0, most)) {
    const place = `${file}:${line}`
    const item = element(
      'li',
      '',
      functionName(func),
      element('span', 'loc', `${file.split('/').slice(-2).join('/')}:${line}`),
    )
    item.title = `${func}\n${place}`
    list.append(item)
  }
  if (frames.length > most) {
    const rest = element('li', 'muted', `${frames.length - most} more`)
    rest.title = frames
      .slice(most)
      .map(({ func, file, line }) => `${func} ${file}:${line}`)
      .join('\n')
    list.append(rest)
  }
  return list
}

function timeByState({ states, fromNs, toNs }: RangeAnswer): HTMLElement {
  const list = element('dl', 'kv')
  for (const state of stackOrder) {
    if (!states[state]) continue
    const mark = element('span', 'sw', swatch(swatchClass(state), rungs[state]))
    list.append(element('dt', '', mark, stateNames[state]), element('dd', 'num', duration(states[state])))
  }
  const profiles = element('ul', 'plain')
  for (const [kind, title] of Object.entries(profileNames)) {
    profiles.append(element('li', '', pageLink(`${kind}?from=${fromNs}&to=${toNs}`, title)))
  }
  return element(
    'div',
    '',
    element('h2', '', 'Time of all goroutines'),
    list,
    element('h2', '', 'Profiles of this range'),
    profiles,
  )
}

function byFunction({ functions, functionsTotal }: RangeAnswer): HTMLElement {
  const table = element('table')
  const head = table.createTHead().insertRow()
  for (const [text, isNumber] of [
    ['By start function', false],
    ['running', true],
    ['syscall', true],
    ['runnable', true],
    ['waiting', true],
  ] as const) {
    const cell = element('th', isNumber ? 'n' : '', text)
    cell.scope = 'col'
    head.append(cell)
  }
  const body = table.createTBody()
  for (const { name, goroutines, states } of functions.slice(0, functionsShown)) {
    const row = body.insertRow()
    const cell = row.insertCell()
    cell.append(functionName(name || '(no stack recorded)'), element('span', 'muted', ` ×${goroutines}`))
    cell.title = name
    const waiting = states.reduce((sum, ns, state) => (isWait(state) ? sum + ns : sum), 0)
    for (const ns of [states[TileState.Running], states[TileState.Syscall], states[TileState.Runnable], waiting]) {
      const figure = row.insertCell()
      figure.className = 'n'
      figure.append(duration(ns))
    }
  }
  const made = element('div', '', table)
  if (functionsTotal > functionsShown) {
    made.append(element('p', 'note', `${(functionsTotal - functionsShown).toLocaleString('en')} more functions`))
  }
  return made
}

function blockingStacks({ blocking }: RangeAnswer): HTMLElement {
  const made = element('div', '', element('h2', '', 'Longest waits'))
  if (blocking.length === 0) made.append(element('p', 'muted', 'No goroutine waited with a stack in this range.'))
  for (const { kind, count, delayNs, stack } of blocking.slice(0, 5)) {
    const title = element(
      'p',
      '',
      `${profileNames[kind]} ${durationText(delayNs)} in ${count.toLocaleString('en')} ${count === 1 ? 'wait' : 'waits'}`,
    )
    title.title = exact(delayNs)
    made.append(title, stackList(stack, 3))
  }
  return made
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
