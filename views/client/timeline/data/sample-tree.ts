/** The flame tree of an answer, whose nodes come in the order in which they were met, as the flame graph takes it. */
import { frameKind, noStack } from '../../../../server/shared/frame-kind.js'
import type { RangeAnswer } from '../../../../server/shared/timeline.js'
import type { FlameTree } from '../../lib/flame-graph.js'

/** A tree with its samples: in the subtree of each row, and with the row itself as the leaf. */
export interface SampleTree extends FlameTree {
  readonly totals: readonly number[]
  readonly selfs: readonly number[]
}

interface Node {
  /** Place in the answer; −1: the root, `nodes.length`: what has no stack. */
  readonly at: number
  readonly func: string
  readonly samples: number
}

/** In pre-order, of siblings the one with most samples first. */
export function sampleTree({ samples, nodes }: RangeAnswer['flame']): SampleTree {
  const children: Node[][] = Array.from({ length: nodes.length + 2 }, () => [])
  const childrenOf = (at: number) => children[at + 1]
  const sumOf = (at: number) => childrenOf(at).reduce((sum, child) => sum + child.samples, 0)
  for (const [at, { parent, func, samples }] of nodes.entries()) childrenOf(parent).push({ at, func, samples })
  const withoutStack = samples - sumOf(-1)
  if (withoutStack > 0) childrenOf(-1).push({ at: nodes.length, func: noStack, samples: withoutStack })

  const names = new Map<string, number>()
  const parents: number[] = []
  const functionRows: number[] = []
  const depths: number[] = []
  const totals: number[] = []
  const selfs: number[] = []
  const rowOf = (func: string): number => {
    if (!names.has(func)) names.set(func, names.size)
    return names.get(func)!
  }
  const waiting = [{ node: { at: -1, func: '', samples }, parent: -1, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, parent, depth } = next
    const row = parents.push(parent) - 1
    functionRows.push(node.at < 0 ? -1 : rowOf(node.func))
    depths.push(depth)
    totals.push(node.samples)
    selfs.push(node.samples - sumOf(node.at))
    const byFewest = childrenOf(node.at).sort((a, b) => a.samples - b.samples)
    for (const child of byFewest) waiting.push({ node: child, parent: row, depth: depth + 1 })
  }
  const functions = [...names.keys()].map(name => ({ name, file: '', line: 0, kind: frameKind(name) }))
  return { functions, parents, functionRows, depths, totals, selfs }
}
