/**
 * Snapshots of goroutines that run, where all that they need is in the memory; of all others passes/snapshot.ts takes
 * them.
 */

import { intAt, NONE, number, numberAt, setNumberAt, setWord, word } from '../../../wasm/assembly/registers'
import * as N from '../../../wasm/numbers'
import * as F from '../fields'
import * as at from '../layout'
import { addTime, numbersIn, pageOf, timesIn } from './records'

const CELL_FIELDS = F.CELL_TIME_FIELDS

/**
 * Writes the sums of a list to a figure and the following, what is open until now; gives their number, −1: not all are
 * in the memory.
 */
function copySums(pages: i32, list: i32, figure: u32, now: f64): i32 {
  let place = figure
  for (let cell = list; cell !== NONE; place += 8) {
    const page = pageOf(pages, cell)
    if (page === 0) return NONE
    const times = timesIn(page, cell, CELL_FIELDS)
    const open = numberAt(times, F.OPEN)
    store<f64>(place, open < 0 ? numberAt(times, F.SUM) : numberAt(times, F.SUM) + (now - open))
    cell = intAt(numbersIn(page, cell, CELL_FIELDS, F.CELL_NUMBER_FIELDS), F.NEXT)
  }
  return (place - figure) >> 3
}

/** The shape of a list whose cells are in the memory. */
function shapeOf(pages: i32, list: i32): i32 {
  if (list === NONE) return F.NO_KEYS
  return intAt(numbersIn(pageOf(pages, list), list, CELL_FIELDS, F.CELL_NUMBER_FIELDS), F.SHAPE)
}

/** Takes the statistics of a goroutine that runs; false: it does not, or not all of it is in the memory. */
export function take(row: i32): bool {
  const page = pageOf(at.GOROUTINE_PAGES, row)
  if (page === 0) return false
  const numbers = numbersIn(page, row, F.TIME_FIELDS, F.NUMBER_FIELDS)
  if (intAt(numbers, F.STATE) !== N.RUNNING) return false
  const now = number(at.NOW)
  const own = timesIn(page, row, F.TIME_FIELDS)
  const figures = word(at.FIGURES)
  const total = numberAt(own, F.TOTAL)
  setNumberAt(figures, 0, numberAt(own, F.EXEC) + (now - numberAt(own, F.ENTERED)))
  setNumberAt(figures, 1, numberAt(own, F.SCHED_WAIT))
  setNumberAt(figures, 2, numberAt(own, F.SYSCALL_TIME))
  setNumberAt(figures, 3, numberAt(own, F.SYSCALL_BLOCK))
  setNumberAt(figures, 4, total === 0 ? now - numberAt(own, F.CREATION) : total)
  const reasonList = intAt(numbers, F.FIRST_REASON)
  const rangeList = intAt(numbers, F.FIRST_RANGE)
  const reasons = copySums(at.REASON_PAGES, reasonList, figures + (F.REGION_STATS << 3), now)
  if (reasons < 0) return false
  const ranges = copySums(at.RANGE_PAGES, rangeList, figures + ((F.REGION_STATS + reasons) << 3), now)
  if (ranges < 0) return false
  setWord(at.REASON_SHAPE, shapeOf(at.REASON_PAGES, reasonList))
  setWord(at.RANGE_SHAPE, shapeOf(at.RANGE_PAGES, rangeList))
  setWord(at.REASON_COUNT, reasons)
  setWord(at.RANGE_COUNT, ranges)
  return true
}

/** Copies the figures of the snapshot to those of open regions, from one on. */
export function keep(first: i32): void {
  const length = F.REGION_STATS + word(at.REASON_COUNT) + word(at.RANGE_COUNT)
  memory.copy(word(at.OPEN_FIGURES) + (first << 3), word(at.FIGURES), length << 3)
}

/**
 * Makes the snapshot what happened since another, whose figures begin at one of open regions, with so many reasons and
 * ranges (passes/snapshot.ts).
 */
export function subtract(first: i32, reasons: i32, ranges: i32): void {
  const figures = word(at.FIGURES)
  const endOfReasons = F.REGION_STATS + word(at.REASON_COUNT)
  let earlier = word(at.OPEN_FIGURES) + (first << 3)
  earlier = lower(figures, F.REGION_STATS, earlier)
  earlier = lower(figures + ((endOfReasons - reasons) << 3), reasons, earlier)
  lower(figures + ((endOfReasons + word(at.RANGE_COUNT) - ranges) << 3), ranges, earlier)
}

/** Subtracts from so many figures those at `earlier`; gives the place behind them. */
function lower(figures: u32, count: i32, earlier: u32): u32 {
  for (let i = 0; i < count; i++) addTime(figures, i, -numberAt(earlier, i))
  return earlier + (count << 3)
}
