/**
 * All arrows of the window: from who woke or started a goroutine to that goroutine, or from proc to proc and thread to
 * thread.
 */
import type { ArrowsAnswer, TimelineArrow } from '../../../../server/shared/timeline.js'
import { colour } from '../../lib/colours.js'
import type { Model } from '../model.js'
import { type Row, type RowLayout, rowHeights } from '../rows.js'

const head = 3
/** Half of the highest row: a row that is in view with its edge is in view. */
const margin = 20

/** Ends of arrows on the page, in columns. */
interface Ends {
  readonly answer: ArrowsAnswer
  readonly layout: RowLayout
  readonly count: number
  readonly times: Float64Array
  readonly heights: Float64Array
}

export class ArrowsPainter {
  /** Rows are looked up only when others came or the rows moved: in every frame that took longer than all drawing. */
  private ends: Ends | null = null

  constructor(private readonly model: Model) {}

  /** Draws those of which one end is in view; a goroutine whose group is closed stands in the row of the group. */
  paint(context: CanvasRenderingContext2D, answer: ArrowsAnswer, scroll: number, height: number): void {
    const { viewport, layout } = this.model
    if (this.ends?.answer !== answer || this.ends.layout !== layout) this.ends = this.endsOf(answer)
    const { count, times, heights } = this.ends
    const isInView = (y: number) => y > -margin && y < height + margin
    context.beginPath()
    for (let at = 0; at < 2 * count; at += 2) {
      const x0 = viewport.x(times[at])
      const x1 = viewport.x(times[at + 1])
      if (x1 < 0 || x0 > viewport.width) continue
      const y0 = heights[at] - scroll
      const y1 = heights[at + 1] - scroll
      if (!isInView(y0) && !isInView(y1)) continue
      if (y0 === y1 && x1 - x0 < 2 * head) continue
      const down = y1 >= y0 ? 1 : -1
      context.moveTo(x0, y0)
      context.lineTo(x1, y1)
      context.moveTo(x1 - head, y1 - down * 2 * head)
      context.lineTo(x1, y1)
      context.lineTo(x1 + head, y1 - down * 2 * head)
    }
    context.strokeStyle = colour('ink-2')
    context.lineWidth = 1
    context.stroke()
  }

  private endsOf(answer: ArrowsAnswer): Ends {
    const { model } = this
    const ways = answer.arrows.flatMap(arrow => waysOf(model, arrow))
    const times = new Float64Array(2 * ways.length)
    const heights = new Float64Array(2 * ways.length)
    let count = 0
    for (const { view, from, to, fromNs, toNs } of ways) {
      const foot = this.rowOf(view, from)
      const point = this.rowOf(view, to)
      if (foot === undefined || point === undefined) continue
      times.set([fromNs, toNs], 2 * count)
      heights.set([middleOf(foot), middleOf(point)], 2 * count)
      count++
    }
    return { answer, layout: model.layout, count, times, heights }
  }

  private rowOf(view: Row['view'], index: number): Row | undefined {
    if (index < 0) return undefined
    const { model } = this
    const row = model.layout.find(view, index)
    if (row !== undefined || view !== 'goroutine') return row
    const group = model.groupOf(index)
    return group && model.layout.find('group', group.index)
  }
}

/** Middle of the lane, on the page; regions and frames stand under it. */
function middleOf({ kind, y, height }: Row): number {
  return y + (kind === 'track' ? rowHeights.track : kind === 'proc' ? rowHeights.proc : height) / 2
}

interface Way {
  readonly view: Row['view']
  readonly from: number
  readonly to: number
  readonly fromNs: number
  readonly toNs: number
}

/**
 * Between goroutines at the moment of the wake; between procs, in the view of threads between threads, until it ran.
 */
function waysOf({ state, lists }: Model, arrow: TimelineArrow): Way[] {
  const { atNs, ranNs, from, to, fromProc, fromThread, toProc, toThread } = arrow
  const ways: Way[] = []
  if (state.view === 'goroutine') ways.push({ view: 'goroutine', from, to, fromNs: atNs, toNs: atNs })
  if (ranNs === null) return ways
  const between = (view: 'proc' | 'thread', one: number | string | null, other: number | string | null) => {
    const first = lists[view].find(one)
    const last = lists[view].find(other)
    if (first >= 0 && last >= 0) ways.push({ view, from: first, to: last, fromNs: atNs, toNs: ranNs })
  }
  if (state.view === 'proc') between('proc', fromProc, toProc)
  if (state.view === 'thread') between('thread', fromThread, toThread)
  return ways
}

/** What the corner says of those that begin in the window; of more than were sent, how many there are around it. */
export function arrowsText({ arrows, total }: ArrowsAnswer, { from, to }: { from: number; to: number }): string {
  if (total === null) return 'zoom in for arrows'
  if (arrows.length < total) {
    return `${arrows.length.toLocaleString('en')} of ${total.toLocaleString('en')} arrows: zoom in`
  }
  const count = arrows.filter(({ atNs }) => atNs >= from && atNs < to).length
  return count === 1 ? '1 arrow' : `${count.toLocaleString('en')} arrows`
}
