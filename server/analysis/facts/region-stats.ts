/**
 * Statistics of regions that have ended, packed: most of the figures of a region are 0, and most regions met the same
 * reasons and ranges. Of a region the figures that are not 0 are kept, one after the other. Its form says which those
 * are: two shapes (which reasons and which ranges the region knows, in which order) and a mask over the figures of
 * those. There are few forms.
 */
import { REGION_STATS } from '../fast-path/fields.js'
import { DistinctRows } from './distinct-rows.js'
import { FigureColumn } from './figure-column.js'
import type { SegmentStore } from './segment-store.js'
import type { Shapes } from './shapes.js'

/** The five figures that every region has, ns. They come first. */
export const RegionStat = { Exec: 0, SchedWait: 1, Syscall: 2, SyscallBlock: 3, Total: 4 } as const
export { REGION_STATS }

/** Figures of a region with the shapes of its reasons and ranges. */
export interface ShapedFigures {
  readonly figures: Float64Array
  readonly length: number
  readonly reasonShape: number
  readonly rangeShape: number
}

/** The form of regions that have not ended. */
export const NO_FIGURES = 0

const Form = { Reasons: 0, Ranges: 1, Mask: 2 } as const

/** Figures that a mask has bits for; with more of them all are kept. */
const MASK_BITS = 31
const ALL = -1

export class RegionStats {
  private readonly forms = new DistinctRows(3)
  private readonly values: FigureColumn
  private readonly form = new Int32Array(3)

  /** Shapes are those of `reasons` and `ranges`. */
  constructor(
    private readonly reasons: Shapes,
    private readonly ranges: Shapes,
    store?: SegmentStore,
  ) {
    this.values = new FigureColumn(store)
    // Becomes NO_FIGURES.
    this.forms.add(this.form)
  }

  get formCount(): number {
    return this.forms.length
  }

  /** Number of the figures that are kept. */
  get length(): number {
    return this.values.length
  }

  /**
   * Keeps figures (the five of RegionStat, those of the reasons, those of the ranges) behind the others, and gives
   * their form.
   */
  pack({ figures, length, reasonShape, rangeShape }: ShapedFigures): number {
    const { form, values } = this
    let mask = length > MASK_BITS ? ALL : 0
    for (let i = 0; i < length; i++) {
      if (mask !== ALL) {
        if (figures[i] === 0) continue
        mask |= 1 << i
      }
      values.add(figures[i])
    }
    form[Form.Reasons] = reasonShape
    form[Form.Ranges] = rangeShape
    form[Form.Mask] = mask
    return this.forms.add(form)
  }

  /** Forgets the figures from `length` on. */
  cut(length: number): void {
    this.values.cut(length)
  }

  /** A figure that is kept. */
  value(at: number): number {
    return this.values.get(at)
  }

  /**
   * Calls back with the key of every reason that regions of the form know, and its place among their figures kept, −1:
   * it is 0.
   */
  eachReason(form: number, visit: (key: number, place: number) => void): void {
    this.reasonKeys(form).forEach((key, i) => {
      visit(key, this.placeOf(form, REGION_STATS + i))
    })
  }

  /** The same for ranges; the key is a RangeKey or a row of strings. */
  eachRange(form: number, visit: (key: number, place: number) => void): void {
    const first = REGION_STATS + this.reasonKeys(form).length
    this.rangeKeys(form).forEach((key, i) => {
      visit(key, this.placeOf(form, first + i))
    })
  }

  /** Of every form the place of a figure of RegionStat among those kept, −1: it is 0. */
  placesOfStat(stat: number): Int32Array {
    return this.placesOf(() => stat)
  }

  placesOfReason(key: number): Int32Array {
    return this.placesOf(form => {
      const at = this.reasonKeys(form).indexOf(key)
      return at < 0 ? -1 : REGION_STATS + at
    })
  }

  placesOfRange(key: number): Int32Array {
    return this.placesOf(form => {
      const at = this.rangeKeys(form).indexOf(key)
      return at < 0 ? -1 : REGION_STATS + this.reasonKeys(form).length + at
    })
  }

  /** `figureOf` gives the number of the figure in a form, −1: that has none. */
  private placesOf(figureOf: (form: number) => number): Int32Array {
    return Int32Array.from({ length: this.forms.length }, (_, form) => this.placeOf(form, figureOf(form)))
  }

  private reasonKeys(form: number): Int32Array {
    return this.reasons.path(this.forms.number(form, Form.Reasons))
  }

  private rangeKeys(form: number): Int32Array {
    return this.ranges.path(this.forms.number(form, Form.Ranges))
  }

  /** The place among the figures kept. */
  private placeOf(form: number, figure: number): number {
    const mask = this.forms.number(form, Form.Mask)
    if (mask === ALL || figure < 0) return figure
    return (mask & (1 << figure)) === 0 ? -1 : countBits(mask & ((1 << figure) - 1))
  }
}

function countBits(bits: number): number {
  let pairs = bits - ((bits >>> 1) & 0x55555555)
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
