/** Records by row, in pages: what is there never moves, and nothing is copied when there are more. */
import { CLOCK, FIRST_PAGE, GOROUTINE_PAGES, GOROUTINES, PAGE_MASK, PAGE_SHIFT, RECORD_SHIFT } from './layout'

/** Pages of the memory that are added at a time; what is not touched takes no room. */
const GROWTH: i32 = 128

let free: u32 = FIRST_PAGE

/** Time of the event at hand. */
export function now(): f64 {
  return load<f64>(CLOCK)
}

export function pageOf(directory: u32, row: i32): u32 {
  return load<u32>(directory + ((<u32>(row >> PAGE_SHIFT)) << 2))
}

/** Where the record of a row is, of records of 1 << `shift` bytes. */
export function recordOf(directory: u32, row: i32, shift: i32 = RECORD_SHIFT): u32 {
  let page = pageOf(directory, row)
  if (page === 0) page = addPage(directory, row, shift)
  return page + ((<u32>(row & PAGE_MASK)) << shift)
}

export function goroutineOf(row: i32): u32 {
  const page = pageOf(GOROUTINES, row)
  return page === 0 ? firstOf(row) : page + ((<u32>(row & PAGE_MASK)) << RECORD_SHIFT)
}

/** The goroutine is the first of its page that is met. */
function firstOf(row: i32): u32 {
  store<i32>(GOROUTINE_PAGES, max(load<i32>(GOROUTINE_PAGES), (row >> PAGE_SHIFT) + 1))
  return recordOf(GOROUTINES, row)
}

function addPage(directory: u32, row: i32, shift: i32): u32 {
  const page = free
  free += (<u32>1) << (PAGE_SHIFT + shift)
  const missing = <i64>free - ((<i64>memory.size()) << 16)
  // Where there is no room, the thread ends as it does when a column has none.
  if (missing > 0 && memory.grow(max(GROWTH, <i32>(missing >> 16) + 1)) < 0) unreachable()
  store<u32>(directory + ((<u32>(row >> PAGE_SHIFT)) << 2), <u32>page)
  return page
}
