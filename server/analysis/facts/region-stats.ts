/**
 * Statistics of regions that have ended, packed: most of the figures of a region are 0, and most regions met the same reasons and
 * ranges. A region has the shape of its figures (which reasons and ranges it knows, in which order) and the figures that are
 * not 0, one after the other; a mask says which those are.
 */
import { type Cells, NO_CELL } from './cells.js'
import { Records } from './records.js'

/** The five figures that every region has, ns. They come first. */
export const RegionStat = { Exec: 0, SchedWait: 1, Syscall: 2, SyscallBlock: 3, Total: 4 } as const
export const REGION_STATS = 5

/** Where a region's figures are: numbers of its row. */
export interface PackedStats {
  shape: number
  mask: number
  first: number
}

/** Figures that a mask has bits for; with more of them all are kept. */
const MASK_BITS = 31
const ALL = -1

const ROOT = 0

/** Shapes as paths of a tree: a node is the shape of its parent with one more key. */
class Shapes {
  private readonly parents = [ROOT]
  private readonly keys = [0]
  private readonly children: (Map<number, number> | undefined)[] = [undefined]
  /** Key and node of the child asked for last: regions of one kind follow each other. */
  private readonly lastKeys = [0]
  private readonly lastChildren = [ROOT]
  private readonly paths: (Int32Array | undefined)[] = [new Int32Array(0)]

  child(shape: number, key: number): number {
    if (this.lastChildren[shape] !== ROOT && this.lastKeys[shape] === key) return this.lastChildren[shape]
    let map = this.children[shape]
    if (map === undefined) {
      map = new Map()
      this.children[shape] = map
    }
    let child = map.get(key)
    if (child === undefined) {
      child = this.parents.length
      this.parents.push(shape)
      this.keys.push(key)
      this.children.push(undefined)
      this.lastKeys.push(0)
      this.lastChildren.push(ROOT)
      this.paths.push(undefined)
      map.set(key, child)
    }
    this.lastKeys[shape] = key
    this.lastChildren[shape] = child
    return child
  }

  /** The keys of a shape in order. */
  path(shape: number): Int32Array {
    let path = this.paths[shape]
    if (path === undefined) {
      const keys: number[] = []
      for (let at = shape; at !== ROOT; at = this.parents[at]) keys.push(this.keys[at])
      path = Int32Array.from(keys.reverse())
      this.paths[shape] = path
    }
    return path
  }
}

export class RegionStats {
  private readonly shapes = new Shapes()
  private readonly values = new Records(1, 0)
  private readonly figures: number[] = []

  /** Packs five figures from `times[t]` on and the cells of two lists. */
  pack(
    times: Float64Array,
    t: number,
    reasons: Cells,
    firstReason: number,
    ranges: Cells,
    firstRange: number,
  ): PackedStats {
    const { figures, shapes } = this
    let length = 0
    let shape = ROOT
    for (let i = 0; i < REGION_STATS; i++) figures[length++] = times[t + i]
    for (let cell = firstReason; cell !== NO_CELL; cell = reasons.next(cell)) {
      shape = shapes.child(shape, reasonCode(reasons.key(cell)))
      figures[length++] = reasons.sum(cell)
    }
    for (let cell = firstRange; cell !== NO_CELL; cell = ranges.next(cell)) {
      shape = shapes.child(shape, rangeCode(ranges.key(cell)))
      figures[length++] = ranges.sum(cell)
    }
    const first = this.values.length
    let mask = length > MASK_BITS ? ALL : 0
    for (let i = 0; i < length; i++) {
      if (mask !== ALL) {
        if (figures[i] === 0) continue
        mask |= 1 << i
      }
      this.values.setTime(this.values.add(), 0, figures[i])
    }
    return { shape, mask, first }
  }

  /** Figure `at` of a region. */
  figure(mask: number, first: number, at: number): number {
    if (mask === ALL) return this.values.time(first + at, 0)
    if ((mask & (1 << at)) === 0) return 0
    return this.values.time(first + countBits(mask & ((1 << at) - 1)), 0)
  }

  /** Calls back with key and sum of every reason that the region knows. */
  eachReason(shape: number, mask: number, first: number, visit: (key: number, sum: number) => void): void {
    const path = this.shapes.path(shape)
    for (let i = 0; i < path.length; i++) {
      if ((path[i] & 1) === 0) visit(path[i] >> 1, this.figure(mask, first, REGION_STATS + i))
    }
  }

  /** Calls back with key (RangeKey or a row of strings) and sum of every range that the region knows. */
  eachRange(shape: number, mask: number, first: number, visit: (key: number, sum: number) => void): void {
    const path = this.shapes.path(shape)
    for (let i = 0; i < path.length; i++) {
      if ((path[i] & 1) === 1) visit(path[i] >> 1, this.figure(mask, first, REGION_STATS + i))
    }
  }

  reason(shape: number, mask: number, first: number, key: number): number {
    return this.sumOf(shape, mask, first, reasonCode(key))
  }

  range(shape: number, mask: number, first: number, key: number): number {
    return this.sumOf(shape, mask, first, rangeCode(key))
  }

  private sumOf(shape: number, mask: number, first: number, code: number): number {
    const at = this.shapes.path(shape).indexOf(code)
    return at < 0 ? 0 : this.figure(mask, first, REGION_STATS + at)
  }
}

/** Keys of both lists in one shape: the lowest bit tells them apart. */
function reasonCode(key: number): number {
  return key * 2
}

function rangeCode(key: number): number {
  return key * 2 + 1
}

function countBits(bits: number): number {
  let pairs = bits - ((bits >>> 1) & 0x55555555)
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
