/**
 * Shapes of lists that only ever get new keys at their front, as nodes of a tree: a shape is that of the rest of the
 * list with one more key. So a list knows its shape and length without a look at its cells, and many lists have one
 * shape.
 */
import { NO_KEYS } from '../fast-path/fields.js'

/** The shape of the empty list. */
export { NO_KEYS }

const ROOT = NO_KEYS

export class Shapes {
  /** Length of the longest. */
  longest = 0
  private readonly parents = [ROOT]
  private readonly keys = [0]
  private readonly lengths = [0]
  private readonly children: (Map<number, number> | undefined)[] = [undefined]
  /** Key and node of the child asked for last: lists of one kind follow each other. */
  private readonly lastKeys = [0]
  private readonly lastChildren = [ROOT]
  private readonly paths: (Int32Array | undefined)[] = [new Int32Array(0)]

  /** The shape with one more key. */
  child(shape: number, key: number): number {
    if (this.lastChildren[shape] !== ROOT && this.lastKeys[shape] === key) return this.lastChildren[shape]
    const child = this.children[shape]?.get(key) ?? this.add(shape, key)
    this.lastKeys[shape] = key
    this.lastChildren[shape] = child
    return child
  }

  /** How many keys there are. */
  lengthOf(shape: number): number {
    return this.lengths[shape]
  }

  /** The keys of a shape, the newest first. */
  path(shape: number): Int32Array {
    let path = this.paths[shape]
    if (path === undefined) {
      const keys: number[] = []
      for (let at = shape; at !== ROOT; at = this.parents[at]) keys.push(this.keys[at])
      path = Int32Array.from(keys)
      this.paths[shape] = path
    }
    return path
  }

  private add(shape: number, key: number): number {
    const child = this.parents.length
    this.parents.push(shape)
    this.keys.push(key)
    this.lengths.push(this.lengths[shape] + 1)
    this.longest = Math.max(this.longest, this.lengths[child])
    this.children.push(undefined)
    this.lastKeys.push(0)
    this.lastChildren.push(ROOT)
    this.paths.push(undefined)
    const siblings = this.children[shape] ?? new Map<number, number>()
    siblings.set(key, child)
    this.children[shape] = siblings
    return child
  }
}
