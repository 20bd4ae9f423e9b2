/**
 * The stack frames of the trace-event JSON: a prefix tree from the root frame down, whose nodes get their ids in the
 * order in which events that are given out name their stacks. Nodes under one parent are told apart by their pc alone.
 */
import { type Dictionary, IdTable } from '../../core/dictionary.js'
import { reaching } from '../../shared/columns.js'

/** A frame as one node has it. */
export interface FrameNode {
  readonly id: string
  /** 0: none. */
  readonly parent: number
  /** Bytes. */
  readonly name: string
  readonly line: bigint
}

/** Node of an empty stack. */
const ROOT = 0
/** Pairs of parent and pc are one number: pcs below this. */
const PC_LIMIT = 0x4000000

export class FrameTree {
  /** Node + 1 by row of stacks; 0: not asked for yet. */
  private nodes = new Uint32Array(1024)
  private readonly children = new IdTable()
  /** Number by pc, and by row of frames; −1: not looked up yet. */
  private readonly pcs = new Map<bigint, number>()
  private readonly framePcs: number[] = []
  /** By node: the frame that made it, its parent. */
  private readonly frames: number[] = [-1]
  private readonly parents: number[] = [ROOT]

  constructor(private readonly dictionary: Dictionary) {}

  /** Id of the node of a stack, which gets one when it is new; 0: no frames. */
  node(stack: number): number {
    const known = stack < this.nodes.length ? this.nodes[stack] : 0
    return known === 0 ? this.add(stack) : known - 1
  }

  /** All nodes, in the order of their ids as texts. */
  *entries(): Generator<FrameNode> {
    const ids = Array.from({ length: this.parents.length - 1 }, (_, i) => String(i + 1)).sort()
    const { strings, frameFunctions, frameLines } = this.dictionary
    for (const id of ids) {
      const node = Number(id)
      const frame = this.frames[node]
      yield { id, parent: this.parents[node], name: strings[frameFunctions[frame]], line: frameLines[frame] }
    }
  }

  private add(stack: number): number {
    const { stackFrames, stackParents } = this.dictionary
    const rows: number[] = []
    for (let at = stack; stackFrames[at] >= 0; at = stackParents[at]) rows.push(at)
    let node = ROOT
    for (let i = rows.length - 1; i >= 0; i--) {
      node = this.child(node, stackFrames[rows[i]])
      this.remember(rows[i], node)
    }
    if (rows.length === 0) this.remember(stack, ROOT)
    return node
  }

  private child(parent: number, frame: number): number {
    const before = this.children.length
    const child = this.children.add(parent * PC_LIMIT + this.pcOf(frame)) + 1
    if (child > before) {
      this.frames.push(frame)
      this.parents.push(parent)
    }
    return child
  }

  private pcOf(frame: number): number {
    let number = this.framePcs[frame]
    if (number === undefined) {
      const pc = this.dictionary.framePcs[frame]
      number = this.pcs.get(pc) ?? this.pcs.size
      this.pcs.set(pc, number)
      this.framePcs[frame] = number
    }
    return number
  }

  private remember(stack: number, node: number): void {
    if (stack >= this.nodes.length) this.nodes = reaching(this.nodes, stack)
    this.nodes[stack] = node + 1
  }
}
