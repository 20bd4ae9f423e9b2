/** Search over the whole trace: the server finds and counts, N and Shift N walk through the matches. */
import type { TimelineMatch } from '../../../server/shared/timeline.js'
import { askSearch } from './data/api.js'
import { type Connection, isAbort } from './data/connection.js'

const pageSize = 100
const typingPauseMs = 200

export interface SearchActions {
  readonly show: (match: TimelineMatch) => void
  readonly changed: (query: string) => void
  /** The words are said; keys belong to the tracks again. */
  readonly leave: () => void
}

export class Search {
  private controller = new AbortController()
  private readonly pages = new Map<number, readonly TimelineMatch[]>()
  private query = ''
  private total = 0
  private at = -1
  private timer = 0

  constructor(
    private readonly input: HTMLInputElement,
    private readonly found: HTMLElement,
    private readonly connection: Connection,
    private readonly actions: SearchActions,
  ) {
    input.addEventListener('input', () => {
      clearTimeout(this.timer)
      this.timer = window.setTimeout(() => void this.start(input.value), typingPauseMs)
    })
    input.addEventListener('keydown', event => {
      if (event.key !== 'Enter') return
      event.preventDefault()
      clearTimeout(this.timer)
      void this.start(input.value).then(() => this.step(event.shiftKey ? -1 : 1))
      // N and Shift N go on from here.
      this.actions.leave()
    })
  }

  focus(): void {
    this.input.select()
  }

  /** Counts the matches; the same words again change nothing. */
  async start(text: string): Promise<void> {
    const query = text.trim()
    if (this.input.value.trim() !== query) this.input.value = query
    if (query === this.query) return
    this.query = query
    this.at = -1
    this.total = 0
    this.pages.clear()
    this.controller.abort()
    this.actions.changed(query)
    if (query === '') {
      this.found.textContent = ''
      return
    }
    this.controller = new AbortController()
    this.found.textContent = '…'
    if (await this.load(0)) this.say()
  }

  async step(by: 1 | -1): Promise<void> {
    if (this.query === '') return this.focus()
    if (this.total === 0) return
    this.at = this.at < 0 ? (by === 1 ? 0 : this.total - 1) : (this.at + by + this.total) % this.total
    const page = Math.floor(this.at / pageSize)
    if (!this.pages.has(page) && !(await this.load(page))) return
    const match = this.pages.get(page)?.[this.at - page * pageSize]
    this.say(match)
    if (match !== undefined) this.actions.show(match)
  }

  /** Whether the page of matches is here. */
  private async load(page: number): Promise<boolean> {
    const { query, connection, controller } = this
    try {
      const answer = await askSearch(connection, null, query, page * pageSize, pageSize, controller.signal)
      this.total = answer.total
      this.pages.set(page, answer.matches)
      return true
    } catch (error) {
      if (!isAbort(error)) {
        this.found.textContent = `not searched: ${(error as Error).message}`
        // The same words again ask again.
        if (page === 0) this.query = ''
      }
      return false
    }
  }

  private say(match?: TimelineMatch): void {
    const total = this.total.toLocaleString('en')
    if (match === undefined) this.found.textContent = this.total === 0 ? 'no match' : `${total} found`
    else this.found.textContent = `${(this.at + 1).toLocaleString('en')} of ${total}: ${match.kind}`
    this.found.title = match?.text ?? ''
  }
}
