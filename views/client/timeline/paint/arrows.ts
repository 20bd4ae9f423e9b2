/** All arrows of the window: from who woke or started a goroutine to that goroutine, or from proc to proc and thread to thread. */
import type { ArrowsAnswer, TimelineArrow } from '../../../../server/shared/timeline.js'
import { colour } from '../../lib/colours.js'
import type { Model } from '../model.js'
import { type Row, rowHeights } from '../rows.js'

const head = 3

/** Draws those of which one end is in view; a goroutine whose group is closed stands in the row of the group. */
export function paintArrows(
  context: CanvasRenderingContext2D,
  model: Model,
  { arrows }: ArrowsAnswer,
  rows: readonly Row[],
  scroll: number,
): void {
  const inView = new Set(rows.map(({ view, index }) => `${view} ${index}`))
  const isInView = ({ view, index }: Row) => inView.has(`${view} ${index}`)
  const rowOf = (view: Row['view'], index: number): Row | undefined => {
    if (index < 0) return undefined
    const row = model.layout.find(view, index)
    if (row !== undefined || view !== 'goroutine') return row
    const group = model.groupOf(index)
    return group && model.layout.find('group', group.index)
  }
  const middle = ({ kind, y, height }: Row) => y - scroll + (kind === 'track' ? rowHeights.track : height) / 2
  const { viewport } = model
  context.beginPath()
  for (const arrow of arrows) {
    for (const { view, from, to, fromNs, toNs } of waysOf(model, arrow)) {
      const x0 = viewport.x(fromNs)
      const x1 = viewport.x(toNs)
      if (x1 < 0 || x0 > viewport.width) continue
      const foot = rowOf(view, from)
      const point = rowOf(view, to)
      if (foot === undefined || point === undefined || (!isInView(foot) && !isInView(point))) continue
      const y0 = middle(foot)
      const y1 = middle(point)
      if (y0 === y1 && x1 - x0 < 2 * head) continue
      const down = y1 >= y0 ? 1 : -1
      context.moveTo(x0, y0)
      context.lineTo(x1, y1)
      context.moveTo(x1 - head, y1 - down * 2 * head)
      context.lineTo(x1, y1)
      context.lineTo(x1 + head, y1 - down * 2 * head)
    }
  }
  context.strokeStyle = colour('ink-2')
  context.lineWidth = 1
  context.stroke()
}

interface Way {
  readonly view: Row['view']
  readonly from: number
  readonly to: number
  readonly fromNs: number
  readonly toNs: number
}

/** Between goroutines at the moment of the wake; between procs, in the view of threads between threads, until it ran. */
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
