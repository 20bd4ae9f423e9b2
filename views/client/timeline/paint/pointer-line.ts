/**
 * The moment under the pointer: a line over all tracks and its exact time on the axis. Elements, as a canvas over the
 * tracks costs a third of each frame.
 */
import { element, exact } from '../dom.js'
import type { Model } from '../model.js'

export class PointerLine {
  private readonly line = element('div', 'tl-line')
  private readonly time = element('div', 'tl-time')

  constructor(
    private readonly model: Model,
    host: HTMLElement,
  ) {
    this.line.hidden = true
    this.time.hidden = true
    for (const part of [this.line, this.time]) part.setAttribute('aria-hidden', 'true')
    host.append(this.line, this.time)
  }

  /** `x`: pixels from the left edge of the tracks; null: the pointer is elsewhere. */
  show(x: number | null): void {
    const { line, time, model } = this
    const { viewport, state } = model
    line.hidden = x === null
    // The axis shows the length of a range instead.
    time.hidden = x === null || state.range !== null
    if (x === null) return
    line.style.setProperty('transform', `translateX(${Math.round(x)}px)`)
    if (time.hidden) return
    time.textContent = exact(viewport.time(x) - state.origin)
    const middle = `calc(${Math.round(x)}px - 50%)`
    time.style.setProperty('transform', `translateX(clamp(0px, ${middle}, ${Math.round(viewport.width)}px - 100%))`)
  }
}
