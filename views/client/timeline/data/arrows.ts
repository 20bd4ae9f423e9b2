/** The wakes of a window somewhat larger than the one on the screen, while all arrows are shown. */
import type { ArrowsAnswer } from '../../../../server/shared/timeline.js'
import { askArrows } from './api.js'
import { type Connection, isAbort } from './connection.js'

const question = 'arrows'

interface Stretch {
  readonly from: number
  readonly to: number
}

export class Arrows {
  private answer: ArrowsAnswer = { arrows: [], total: 0 }
  private known: Stretch = { from: 0, to: -1 }
  private asked: AbortController | null = null
  private asking: Stretch = this.known

  constructor(
    private readonly endNs: number,
    private readonly connection: Connection,
    private readonly arrived: () => void,
  ) {}

  get isIdle(): boolean {
    return this.asked === null
  }

  /** Whether all of a window is known. */
  isKnown({ from, to }: Stretch): boolean {
    return this.covers(this.known, from, to)
  }

  /** What is known of a window; what is missing is asked for. */
  get({ from, to }: Stretch): ArrowsAnswer {
    const isComing = this.asked !== null && this.covers(this.asking, from, to)
    if (!this.covers(this.known, from, to) && !isComing && this.connection.mayAsk(question)) void this.load(from, to)
    return this.answer
  }

  /** Of a much wider window only some were sent. */
  private covers(stretch: Stretch, from: number, to: number): boolean {
    const isWithin = stretch.from <= Math.max(0, from) && stretch.to >= Math.min(to, this.endNs)
    return isWithin && stretch.to - stretch.from <= 4 * (to - from)
  }

  private async load(from: number, to: number): Promise<void> {
    this.asked?.abort()
    const controller = new AbortController()
    const around = (to - from) / 4
    const stretch = { from: Math.max(0, Math.floor(from - around)), to: Math.min(this.endNs, Math.ceil(to + around)) }
    this.asked = controller
    this.asking = stretch
    try {
      this.answer = await askArrows(this.connection, question, stretch.from, stretch.to, controller.signal)
      this.known = stretch
      this.arrived()
    } catch (error) {
      if (isAbort(error)) return
      // None rather than those of another window; a later frame asks again.
      this.answer = { arrows: [], total: null }
      this.known = { from: 0, to: -1 }
    } finally {
      if (this.asked === controller) this.asked = null
    }
  }
}
