/** The sums of tracks in the present buckets of the four levels (replay/levels.ts). */

import { IN_GC_WORKER } from '../../wasm/numbers'
import {
  BUCKET_END,
  BUCKET_START,
  DIRECTORY_BYTES,
  GOROUTINE_LEVEL,
  LEVEL_SHIFT,
  OPENED,
  PAGE_MASK,
  SUM_COUNT,
  SUM_LONGEST,
  SUM_OWNER,
  SUM_TRACK,
  SUMS,
  SUMS_SHIFT,
  TRACK_SUMS,
} from '../layout'
import { advance, keep } from './host'
import { sumsOf } from './records'

function numberOf(level: u32): i32 {
  return <i32>((level - GOROUTINE_LEVEL) >> LEVEL_SHIFT)
}

function directoryOf(level: u32): u32 {
  return SUMS + numberOf(level) * DIRECTORY_BYTES
}

/**
 * A track, whose record is at `record`, was in a state from that time until `until`, which is that of the event at
 * hand.
 */
export function take(level: u32, record: u32, track: i32, state: i32, since: f64, until: f64): void {
  if (until >= load<f64>(level, BUCKET_END)) advance(numberOf(level))
  if (!(since >= load<f64>(level, BUCKET_START))) {
    keep(numberOf(level), track, state, 0, since)
    return
  }
  let sums: u32 = load<u32>(record, TRACK_SUMS)
  if (sums === 0) sums = open(level, record, track)
  const length = until - since
  const sum = sums + (state << 3)
  store<f64>(sum, load<f64>(sum) + length)
  store<f64>(sums, load<f64>(sums, SUM_COUNT << 3) + 1, SUM_COUNT << 3)
  if (length > load<f64>(sums, SUM_LONGEST << 3)) store<f64>(sums, length, SUM_LONGEST << 3)
}

/** The span taken last was a mark worker since that time. */
export function takeWorker(level: u32, record: u32, track: i32, since: f64, until: f64): void {
  if (!(since >= load<f64>(level, BUCKET_START))) {
    keep(numberOf(level), track, IN_GC_WORKER, 1, since)
    return
  }
  let sums: u32 = load<u32>(record, TRACK_SUMS)
  if (sums === 0) sums = open(level, record, track)
  const sum = sums + (IN_GC_WORKER << 3)
  store<f64>(sum, load<f64>(sum) + until - since)
}

function open(level: u32, record: u32, track: i32): u32 {
  const row = load<i32>(level, OPENED)
  store<i32>(level, row + 1, OPENED)
  const sums = sumsOf(directoryOf(level), row)
  store<f64>(sums, <f64>track, SUM_TRACK << 3)
  store<u32>(sums, <u32>record, SUM_OWNER << 3)
  store<u32>(record, <u32>sums, TRACK_SUMS)
  return sums
}

/** Forgets the sums of a level. */
export function clearSums(number: i32): void {
  const level: u32 = GOROUTINE_LEVEL + (number << LEVEL_SHIFT)
  const opened = load<i32>(level, OPENED)
  const directory = directoryOf(level)
  for (let row = 0; row < opened; row++) store<u32>(load<u32>(sumsOf(directory, row), SUM_OWNER << 3), 0, TRACK_SUMS)
  for (let row = 0; row < opened; row += PAGE_MASK + 1) {
    memory.fill(sumsOf(directory, row), 0, min(opened - row, PAGE_MASK + 1) << SUMS_SHIFT)
  }
  store<i32>(level, 0, OPENED)
}
