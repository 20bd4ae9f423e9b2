/** Records by row, in pages: what is there never moves, and nothing is copied when there are more. */
import {
  CLOCK,
  FIRST_PAGE,
  GOROUTINE_PAGES,
  GOROUTINES,
  PAGE_MASK,
  PAGE_SHIFT,
  RECORD_SHIFT,
  SUMS_SHIFT,
} from '../layout'

/** Pages of the memory that are added at a time; what is not touched takes no room. */
const GROWTH: i32 = 128

/** Where the next page begins. */
let free: u64 = FIRST_PAGE

/** Time of the event at hand. */
export function now(): f64 {
  return load<f64>(CLOCK)
}

/** Where the page of a row is; 0: there is none. */
export function pageOf(directory: u32, row: i32): u32 {
  return load<u32>(directory + ((<u32>(row >> PAGE_SHIFT)) << 2))
}

/** Where the record of a row is. */
export function recordOf(directory: u32, row: i32): u32 {
  const page = pageOf(directory, row)
  return (page === 0 ? addPage(directory, row, RECORD_SHIFT) : page) + ((<u32>(row & PAGE_MASK)) << RECORD_SHIFT)
}

export function goroutineOf(row: i32): u32 {
  const page = pageOf(GOROUTINES, row)
  return (page === 0 ? addGoroutines(row) : page) + ((<u32>(row & PAGE_MASK)) << RECORD_SHIFT)
}

/** Where the sums of a row are. */
export function sumsOf(directory: u32, row: i32): u32 {
  const page = pageOf(directory, row)
  return (page === 0 ? addPage(directory, row, SUMS_SHIFT) : page) + ((<u32>(row & PAGE_MASK)) << SUMS_SHIFT)
}

function addGoroutines(row: i32): u32 {
  store<i32>(GOROUTINE_PAGES, max(load<i32>(GOROUTINE_PAGES), (row >> PAGE_SHIFT) + 1))
  return addPage(GOROUTINES, row, RECORD_SHIFT)
}

function addPage(directory: u32, row: i32, shift: i32): u32 {
  const page = <u32>free
  free += 1 << (PAGE_SHIFT + shift)
  const missing = <i64>free - ((<i64>memory.size()) << 16)
  // Where there is no room, the thread ends as it does when a column has none.
  if (missing > 0 && memory.grow(max(GROWTH, <i32>(missing >> 16) + 1)) < 0) unreachable()
  store<u32>(directory + ((<u32>(row >> PAGE_SHIFT)) << 2), page)
  return page
}
