/** Records of the tables that are shared with the passes (../../facts/records.ts): by page, times before numbers. */
import { numberAt, setNumberAt, word } from '../../../wasm/assembly/registers'
import { PAGE_SHIFT } from '../fields'

export function addTime(record: u32, field: i32, value: f64): void {
  setNumberAt(record, field, numberAt(record, field) + value)
}

/** The page of a table that has a row; 0: it is not in the memory. */
export function pageOf(pages: i32, row: i32): u32 {
  const page = <u32>row >> PAGE_SHIFT
  return page < word(pages + 1) ? load<u32>(word(pages) + (page << 2)) : 0
}

export function timesIn(page: u32, row: i32, fields: i32): u32 {
  return page + (row & ((1 << PAGE_SHIFT) - 1)) * fields * 8
}

export function numbersIn(page: u32, row: i32, times: i32, fields: i32): u32 {
  return page + (8 << PAGE_SHIFT) * times + (row & ((1 << PAGE_SHIFT) - 1)) * fields * 4
}
