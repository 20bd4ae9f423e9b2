/** The line over the tracks that says what is missing, and when it is asked for again; gone when nothing is. */
import type { Connection, Trouble } from './data/connection.js'
import { button, element } from './dom.js'

export class TroubleLine {
  private readonly text = element('span')
  /** Not read out: it changes every second. */
  private readonly rest = element('span')
  private readonly again = button('Retry now', '', () => this.connection.retry())
  private readonly reload = button('Reload', '', () => location.reload())
  private timer = 0

  constructor(
    private readonly host: HTMLElement,
    private readonly connection: Connection,
  ) {
    this.rest.setAttribute('aria-hidden', 'true')
    host.append(this.text, this.rest, this.again, this.reload)
  }

  show(trouble: Trouble | null = this.connection.trouble()): void {
    const { host, text, rest, again, reload } = this
    clearTimeout(this.timer)
    // What a live region says twice is read twice.
    if (trouble !== null && text.textContent !== trouble.text) text.textContent = trouble.text
    host.hidden = trouble === null
    if (trouble === null) {
      text.textContent = ''
      return
    }
    again.hidden = trouble.isOver
    reload.hidden = !trouble.isOver
    const seconds = trouble.due === null ? null : Math.ceil((trouble.due - performance.now()) / 1000)
    rest.textContent = seconds === null ? '' : seconds > 0 ? `Asking again in ${seconds} s.` : 'Asking again …'
    if (seconds !== null && seconds > 0) this.timer = window.setTimeout(() => this.show(), 250)
  }
}
