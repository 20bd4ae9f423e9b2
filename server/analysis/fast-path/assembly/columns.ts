/** Registers, columns and tables of the memory that is shared with the passes. */
import { NUMBERS, WORDS } from './layout'
import { PAGE_SHIFT } from './vocabulary'

export const NONE: i32 = -1
export function word(register: i32): u32 {
  return load<u32>(WORDS + (register << 2))
}

export function setWord(register: i32, value: u32): void {
  store<u32>(WORDS + (register << 2), value)
}

export function number(register: i32): f64 {
  return load<f64>(NUMBERS + (register << 3))
}

export function setNumber(register: i32, value: f64): void {
  store<f64>(NUMBERS + (register << 3), value)
}

export function intOf(record: u32, field: i32): i32 {
  return load<i32>(record + (field << 2))
}

export function setInt(record: u32, field: i32, value: i32): void {
  store<i32>(record + (field << 2), value)
}

export function timeOf(record: u32, field: i32): f64 {
  return load<f64>(record + (field << 3))
}

export function setTime(record: u32, field: i32, value: f64): void {
  store<f64>(record + (field << 3), value)
}

export function addTime(record: u32, field: i32, value: f64): void {
  setTime(record, field, timeOf(record, field) + value)
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
