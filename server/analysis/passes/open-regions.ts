/**
 * Regions that are open: the snapshot of their goroutine at the begin. Only as long as they are open do they need it, so that
 * places are used again.
 */
import { NO_CELL } from '../facts/cells.js'
import { Records } from '../facts/records.js'
import { REGION_STATS } from '../facts/region-stats.js'

export const OpenNumber = {
  /** Row of regions. */
  Region: 0,
  /** The open region outside, −1: none. */
  Outer: 1,
  FirstReason: 2,
  FirstRange: 3,
} as const
const O = OpenNumber

/** Times of a row are the figures of RegionStat. */
export class OpenRegions {
  readonly rows = new Records(REGION_STATS, 4)
  private free = -1

  /** Gives a place with figures of 0. */
  open(region: number, outer: number): number {
    const { rows } = this
    let place = this.free
    if (place < 0) place = rows.add()
    else {
      this.free = rows.number(place, O.Outer)
      const t = rows.timeAt(place)
      rows.timesOf(place).fill(0, t, t + REGION_STATS)
    }
    rows.setNumber(place, O.Region, region)
    rows.setNumber(place, O.Outer, outer)
    rows.setNumber(place, O.FirstReason, NO_CELL)
    rows.setNumber(place, O.FirstRange, NO_CELL)
    return place
  }

  region(place: number): number {
    return this.rows.number(place, O.Region)
  }

  outer(place: number): number {
    return this.rows.number(place, O.Outer)
  }

  close(place: number): void {
    this.rows.setNumber(place, O.Outer, this.free)
    this.free = place
  }
}
