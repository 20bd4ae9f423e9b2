/** Registers and columns of the memory that is shared with the handlers of events. */
import { NUMBERS, WORDS } from './layout'

export const NONE: i32 = -1

/** The register of that number (layout.ts). */
export function word(register: i32): u32 {
  return load<u32>(WORDS + (register << 2))
}

export function setWord(register: i32, value: u32): void {
  store<u32>(WORDS + (register << 2), value)
}

export function number(register: i32): f64 {
  return load<f64>(NUMBERS + (register << 3))
}

export function byteAt(column: u32, row: i32): i32 {
  return load<u8>(column + row)
}

export function intAt(column: u32, row: i32): i32 {
  return load<i32>(column + (row << 2))
}

export function setInt(column: u32, row: i32, value: i32): void {
  store<i32>(column + (row << 2), value)
}

export function numberAt(column: u32, row: i32): f64 {
  return load<f64>(column + (row << 3))
}

export function setNumber(column: u32, row: i32, value: f64): void {
  store<f64>(column + (row << 3), value)
}

/** The row that stands for an id below `ids`; −1 where none was looked up yet. */
export function rowAt(rows: u32, ids: f64, id: f64): i32 {
  return id >= 0 && id < ids ? load<i32>(rows + ((<u32>id) << 2)) : NONE
}

/** Writes a slot; returns the place of the next. */
export function put(slot: u32, value: i32): u32 {
  store<i32>(slot, value)
  return slot + 4
}
