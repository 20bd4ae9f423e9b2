/**
 * What a profile page can do beyond links and forms: the flame graph as a canvas, arrow keys on the tabs, a select that
 * acts.
 */
import { formatDuration } from '../../server/shared/duration.js'
import { durationText } from '../../server/shared/figures.js'
import { FlameGraph, type FlameTree } from './lib/flame-graph.js'

/** The answer of `format=tree`. */
interface TreeBody extends FlameTree {
  readonly totalNs: number[]
  readonly totalCounts: number[]
  readonly selfNs: number[]
}

/** Draws the flame graph in place of the server's picture, which stays where that fails. */
async function drawFlameGraph(host: HTMLElement): Promise<void> {
  const response = await fetch(host.dataset.tree!)
  if (!response.ok) return
  const tree = (await response.json()) as TreeBody
  const { totalNs, totalCounts, selfNs } = tree
  const byCount = host.dataset.by === 'count'
  const countText = (count: number) => count.toLocaleString('en')
  const figures = {
    values: byCount ? totalCounts : totalNs,
    text: byCount ? countText : durationText,
    total: (row: number) => formatDuration(totalNs[row]),
    rest: (row: number) => `itself ${durationText(selfNs[row])} · ${countText(totalCounts[row])} times`,
  }
  const graph = new FlameGraph(host, tree, figures, document.getElementById('flame-note'))
  const input = document.getElementById('flame-find') as HTMLInputElement | null
  input?.addEventListener('input', () => graph.search(input.value))
  graph.search(input?.value ?? '')
  host.dataset.drawn = 'true'
}

const flame = document.getElementById('flame')
if (flame !== null) void drawFlameGraph(flame)

/** A call graph that is wider than its place is shown where its topmost box is, not at its edge. */
const graph = document.querySelector('.graph')
if (graph !== null) {
  const boxes = [...graph.querySelectorAll('.node')].map(node => node.getBoundingClientRect())
  const topmost = boxes.reduce((best, box) => (box.top < best.top ? box : best), boxes[0])
  const place = graph.getBoundingClientRect()
  if (topmost !== undefined) graph.scrollLeft += (topmost.left + topmost.right - place.left - place.right) / 2
}

/** Each tab is a page of its own, so arrows move the focus and Enter follows the link. */
for (const list of document.querySelectorAll<HTMLElement>('[role=tablist]')) {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')]
  list.addEventListener('keydown', event => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const at = tabs.indexOf(document.activeElement as HTMLElement)
    if (step === 0 || at < 0) return
    event.preventDefault()
    tabs[(at + step + tabs.length) % tabs.length].focus()
  })
}

const names = document.getElementById('p-name') as HTMLSelectElement | null
names?.addEventListener('change', () => names.form?.requestSubmit())
