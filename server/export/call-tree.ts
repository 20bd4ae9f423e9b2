/**
 * A profile merged by function: the call tree of the flame graph and the list of top functions.
 *
 * Frames are told apart by the name of their function alone, as `go tool pprof -top` does; a function's place is the
 * line that the longest sample through it has. A sample without a stack counts for a function of its own, `noStack`.
 */
import type { ProfileFrame } from '../contract/common.js'
import type { ProfileAnswer } from '../contract/profile.js'
import { type FrameKind, frameKind, noStack } from '../shared/frame-kind.js'
import { longestFirst } from './pprof.js'

export interface ProfiledFunction {
  readonly name: string
  /** Empty for `noStack`. */
  readonly file: string
  readonly line: number | string
  readonly kind: FrameKind
  /** Samples whose leaf it is. */
  flatNs: number
  flatCount: number
  /** Samples with it anywhere in the stack, each once. */
  cumNs: number
  cumCount: number
}

/**
 * One row a node, parents before their children and children by delay, longest first, each with its whole subtree
 * behind it (pre-order). Row 0 is the root: it has no function (−1), no parent (−1), and the totals of the profile.
 */
export interface CallTree {
  readonly functions: ProfiledFunction[]
  readonly parents: number[]
  readonly functionRows: number[]
  readonly depths: number[]
  readonly totalNs: number[]
  readonly totalCounts: number[]
  /** The part of the totals that no child has. */
  readonly selfNs: number[]
  readonly selfCounts: number[]
}

/** What stands for the stack of a sample: never empty. */
export function stackOf(stack: readonly ProfileFrame[]): readonly ProfileFrame[] {
  return stack.length > 0 ? stack : [{ func: noStack, file: '', line: 0, pc: '0' }]
}

/** All functions of a profile with their figures; by flat delay, then cumulative delay, then count, then name. */
export function topFunctions(answer: ProfileAnswer): ProfiledFunction[] {
  return collectFunctions(answer).sort(
    (a, b) =>
      b.flatNs - a.flatNs ||
      b.cumNs - a.cumNs ||
      b.flatCount - a.flatCount ||
      b.cumCount - a.cumCount ||
      (a.name < b.name ? -1 : 1),
  )
}

function collectFunctions(answer: ProfileAnswer): ProfiledFunction[] {
  const functions = new Map<string, ProfiledFunction>()
  for (const { stack, count, delayNs } of longestFirst(answer.samples)) {
    const seen = new Set<ProfiledFunction>()
    for (const [depth, frame] of stackOf(stack).entries()) {
      let row = functions.get(frame.func)
      if (row === undefined) {
        const { func: name, file, line } = frame
        row = { name, file, line, kind: frameKind(name), flatNs: 0, flatCount: 0, cumNs: 0, cumCount: 0 }
        functions.set(name, row)
      }
      if (depth === 0) {
        row.flatNs += delayNs
        row.flatCount += count
      }
      if (seen.has(row)) continue
      seen.add(row)
      row.cumNs += delayNs
      row.cumCount += count
    }
  }
  return [...functions.values()]
}

interface Node {
  readonly functionRow: number
  readonly children: Map<number, Node>
  totalNs: number
  totalCount: number
  selfNs: number
  selfCount: number
}

export function buildCallTree(answer: ProfileAnswer): CallTree {
  const functions = topFunctions(answer)
  const rows = new Map(functions.map(({ name }, row) => [name, row]))
  const root = newNode(-1)
  for (const { stack, count, delayNs } of answer.samples) {
    const frames = stackOf(stack)
    let node = root
    addTotal(node, count, delayNs)
    for (let i = frames.length - 1; i >= 0; i--) {
      const row = rows.get(frames[i].func) as number
      let child = node.children.get(row)
      if (child === undefined) {
        child = newNode(row)
        node.children.set(row, child)
      }
      node = child
      addTotal(node, count, delayNs)
    }
    node.selfNs += delayNs
    node.selfCount += count
  }
  return flatten(root, functions)
}

function newNode(functionRow: number): Node {
  return { functionRow, children: new Map(), totalNs: 0, totalCount: 0, selfNs: 0, selfCount: 0 }
}

function addTotal(node: Node, count: number, delayNs: number): void {
  node.totalNs += delayNs
  node.totalCount += count
}

/** Pre-order with a stack of its own: traces hold stacks of 128 frames, but nothing here depends on it. */
function flatten(root: Node, functions: ProfiledFunction[]): CallTree {
  const tree: CallTree = {
    functions,
    parents: [],
    functionRows: [],
    depths: [],
    totalNs: [],
    totalCounts: [],
    selfNs: [],
    selfCounts: [],
  }
  const waiting = [{ node: root, parent: -1, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, parent, depth } = next
    const row = tree.parents.length
    tree.parents.push(parent)
    tree.functionRows.push(node.functionRow)
    tree.depths.push(depth)
    tree.totalNs.push(node.totalNs)
    tree.totalCounts.push(node.totalCount)
    tree.selfNs.push(node.selfNs)
    tree.selfCounts.push(node.selfCount)
    // Shortest first onto the stack, so that the longest is taken off it next. Rows of functions are unique among
    // siblings.
    const children = [...node.children.values()].sort(
      (a, b) => a.totalNs - b.totalNs || a.totalCount - b.totalCount || b.functionRow - a.functionRow,
    )
    for (const child of children) waiting.push({ node: child, parent: row, depth: depth + 1 })
  }
  return tree
}
