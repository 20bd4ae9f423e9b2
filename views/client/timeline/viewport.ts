/**
 * The window of time on the screen: where a moment lies, and moves that stay inside the trace. Times are ns since the
 * first event.
 */

export interface TimeWindow {
  readonly from: number
  readonly to: number
}

/** Deeper than this nothing parts any more. */
const shortestNs = 200
/** Room beside what is fitted, as a share of its length. */
const fitMargin = 0.15

export class Viewport implements TimeWindow {
  from = 0
  to: number
  /** Pixels that the window takes. */
  width = 1

  constructor(readonly endNs: number) {
    this.to = Math.max(endNs, 1)
  }

  get length(): number {
    return this.to - this.from
  }

  get nsPerPx(): number {
    return this.length / this.width
  }

  x(time: number): number {
    return ((time - this.from) / this.length) * this.width
  }

  time(x: number): number {
    return this.from + (x / this.width) * this.length
  }

  set({ from, to }: TimeWindow): void {
    const whole = Math.max(this.endNs, 1)
    const length = Math.min(whole, Math.max(to - from, Math.min(shortestNs, whole)))
    this.from = Math.max(0, Math.min(whole - length, from))
    this.to = this.from + length
  }

  /** A factor under 1 comes closer; the moment under `x` stays there. */
  zoom(factor: number, x: number): void {
    const fixed = this.time(x)
    const whole = Math.max(this.endNs, 1)
    const length = Math.min(whole, Math.max(this.length * factor, Math.min(shortestNs, whole)))
    const from = fixed - (x / this.width) * length
    this.set({ from, to: from + length })
  }

  /** Moves by a share of the window. */
  pan(share: number): void {
    const from = this.from + share * this.length
    const length = this.length
    const clamped = Math.max(0, Math.min(Math.max(this.endNs, 1) - length, from))
    this.set({ from: clamped, to: clamped + length })
  }

  fit(from: number, to: number): void {
    const margin = Math.max(to - from, shortestNs / 2) * fitMargin
    this.set({ from: from - margin, to: Math.min(to + margin, Math.max(this.endNs, 1)) })
  }

  /** Brings a moment into the window, without a change of its length. */
  reveal(from: number, to: number): boolean {
    if (from >= this.from && from < this.to && (to <= this.to || to - from > this.length)) return false
    const length = this.length
    const start = Math.max(0, to - from > length ? from - length / 4 : (from + to) / 2 - length / 2)
    this.set({ from: start, to: start + length })
    return true
  }
}

/** Windows gone through, for undo and redo. Moves that follow each other at once are one step. */
export class MoveHistory {
  private readonly past: TimeWindow[] = []
  private readonly future: TimeWindow[] = []
  private lastMove = Number.NEGATIVE_INFINITY

  /** Called before a move; `now` in ms. */
  remember(window: TimeWindow, now: number): void {
    const continues = now - this.lastMove < 400
    this.lastMove = now
    this.future.length = 0
    if (continues && this.past.length > 0) return
    this.past.push({ from: window.from, to: window.to })
    if (this.past.length > 200) this.past.shift()
  }

  undo(window: TimeWindow): TimeWindow | undefined {
    return this.step(this.past, this.future, window)
  }

  redo(window: TimeWindow): TimeWindow | undefined {
    return this.step(this.future, this.past, window)
  }

  private step(from: TimeWindow[], onto: TimeWindow[], window: TimeWindow): TimeWindow | undefined {
    const next = from.pop()
    if (next !== undefined) onto.push({ from: window.from, to: window.to })
    this.lastMove = Number.NEGATIVE_INFINITY
    return next
  }
}
