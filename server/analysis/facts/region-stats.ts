/**
 * Statistics of regions that have ended, packed: most of the figures of a region are 0, and most regions met the same reasons and
 * ranges. Of a region the figures that are not 0 are kept, one after the other. Its form says which those are: a shape (which reasons
 * and ranges the region knows, in which order) and a mask over the figures of that shape. There are few forms.
 */
import { DistinctRows } from './distinct-rows.js'
import { FigureColumn } from './figure-column.js'
import type { SegmentStore } from './segment-store.js'

/** The five figures that every region has, ns. They come first. */
export const RegionStat = { Exec: 0, SchedWait: 1, Syscall: 2, SyscallBlock: 3, Total: 4 } as const
export const REGION_STATS = 5

/** Where a region's figures are. */
export interface PackedStats {
  form: number
  /** Of those kept. */
  first: number
}

/** The form of regions that have not ended. */
export const NO_FIGURES = 0

const Form = { Shape: 0, Mask: 1 } as const

/** Figures that a mask has bits for; with more of them all are kept. */
const MASK_BITS = 31
const ALL = -1

/** The shape without any reason or range. */
export const NO_KEYS = 0
const ROOT = NO_KEYS

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
  private readonly forms = new DistinctRows(2)
  private readonly values: FigureColumn
  private readonly shapeAndMask = new Int32Array(2)

  constructor(store?: SegmentStore) {
    this.values = new FigureColumn(store)
    // Becomes NO_FIGURES.
    this.forms.add(this.shapeAndMask)
  }

  get formCount(): number {
    return this.forms.length
  }

  /** The shape with one more reason. */
  withReason(shape: number, key: number): number {
    return this.shapes.child(shape, reasonCode(key))
  }

  /** The shape with one more range. */
  withRange(shape: number, key: number): number {
    return this.shapes.child(shape, rangeCode(key))
  }

  /** Packs the five figures of RegionStat and those of a shape. */
  pack({ figures, length, shape }: { figures: Float64Array; length: number; shape: number }): PackedStats {
    const { shapeAndMask } = this
    const first = this.values.length
    let mask = length > MASK_BITS ? ALL : 0
    for (let i = 0; i < length; i++) {
      if (mask !== ALL) {
        if (figures[i] === 0) continue
        mask |= 1 << i
      }
      this.values.add(figures[i])
    }
    shapeAndMask[Form.Shape] = shape
    shapeAndMask[Form.Mask] = mask
    return { form: this.forms.add(shapeAndMask), first }
  }

  /** A figure that is kept. */
  value(at: number): number {
    return this.values.get(at)
  }

  /** Calls back with key of every reason that regions of the form know, and its place among their figures kept, −1: it is 0. */
  eachReason(form: number, visit: (key: number, place: number) => void): void {
    this.eachCode(form, 0, visit)
  }

  /** The same for ranges; the key is a RangeKey or a row of strings. */
  eachRange(form: number, visit: (key: number, place: number) => void): void {
    this.eachCode(form, 1, visit)
  }

  /** Of every form the place of a figure of RegionStat among those kept, −1: it is 0. */
  placesOfStat(stat: number): Int32Array {
    return this.placesOf(() => stat)
  }

  placesOfReason(key: number): Int32Array {
    return this.placesOf(shape => this.placeOfCode(shape, reasonCode(key)))
  }

  placesOfRange(key: number): Int32Array {
    return this.placesOf(shape => this.placeOfCode(shape, rangeCode(key)))
  }

  private placesOf(figureOf: (shape: number) => number): Int32Array {
    return Int32Array.from({ length: this.forms.length }, (_, form) =>
      this.placeOf(form, figureOf(this.forms.number(form, Form.Shape))),
    )
  }

  private eachCode(form: number, list: number, visit: (key: number, place: number) => void): void {
    const path = this.shapes.path(this.forms.number(form, Form.Shape))
    for (let i = 0; i < path.length; i++) {
      if ((path[i] & 1) === list) visit(path[i] >> 1, this.placeOf(form, REGION_STATS + i))
    }
  }

  /** A code's place among the figures of a shape, −1: it has none. */
  private placeOfCode(shape: number, code: number): number {
    const at = this.shapes.path(shape).indexOf(code)
    return at < 0 ? -1 : REGION_STATS + at
  }

  /** The place among the figures kept. */
  private placeOf(form: number, figure: number): number {
    const mask = this.forms.number(form, Form.Mask)
    if (mask === ALL || figure < 0) return figure
    return (mask & (1 << figure)) === 0 ? -1 : countBits(mask & ((1 << figure) - 1))
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
