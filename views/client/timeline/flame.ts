/** The flame graph of the CPU samples in a range, as the panel shows it. */
import type { RangeAnswer } from '../../../server/shared/timeline.js'
import { FlameGraph } from '../lib/flame-graph.js'
import { sampleTree } from './data/sample-tree.js'
import { element } from './dom.js'

const sampleText = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'sample' : 'samples'}`

/** The part of the panel, and the graph in it, which must be disposed of with it. */
export function rangeFlame(flame: RangeAnswer['flame']): { part: HTMLElement; graph: FlameGraph } {
  const tree = sampleTree(flame)
  const { totals, selfs } = tree
  const input = element('input')
  input.type = 'search'
  input.placeholder = 'Find function…'
  input.setAttribute('aria-label', 'Find in the flame graph')
  const note = element('span', 'note')
  note.setAttribute('role', 'status')
  const host = element('div', 'flame-wrap')
  host.dataset.label = `Flame graph of ${sampleText(flame.samples)}`
  const figures = {
    values: totals,
    text: sampleText,
    total: (row: number) => sampleText(totals[row]),
    rest: (row: number) => `itself ${sampleText(selfs[row])}`,
  }
  const graph = new FlameGraph(host, tree, figures, note)
  input.addEventListener('input', () => graph.search(input.value))
  graph.search('')
  const head = element(
    'div',
    'row',
    element('h2', '', 'CPU samples in this range'),
    element('span', 'field', input),
    note,
  )
  return { part: element('div', 'whole', head, host), graph }
}
