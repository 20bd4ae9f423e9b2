/** Follows the event stream of `/progress` in a panel, and loads the page again once the trace is read. */
import { bytesText } from '../../../server/shared/figures.js'

interface ProgressBody {
  readonly ready: boolean
  readonly progress: number
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly generationsRead: number
  readonly generationsTotal: number
  readonly failed: string | null
}

export function watchProgress(panel: HTMLElement): void {
  const bar = panel.querySelector('progress')
  const text = panel.querySelector('[data-progress-text]')
  const bytes = panel.querySelector('[data-progress-bytes]')
  const source = new EventSource('progress')
  let generationsSaid = -1
  source.addEventListener('progress', event => {
    const body = JSON.parse((event as MessageEvent<string>).data) as ProgressBody
    if (body.ready || body.failed !== null) {
      source.close()
      location.reload()
      return
    }
    const percent = Math.floor(body.progress * 100)
    if (bar !== null) bar.value = percent
    if (bytes !== null)
      bytes.textContent = `${percent}% · ${bytesText(body.bytesRead)} of ${bytesText(body.bytesTotal)}`
    // A live region: it speaks, so it changes once a generation and not with every event.
    if (text !== null && body.generationsRead !== generationsSaid) {
      generationsSaid = body.generationsRead
      text.textContent = `${body.generationsRead} of ${body.generationsTotal} generations`
    }
  })
}
