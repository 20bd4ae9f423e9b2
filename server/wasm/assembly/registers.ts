/** Registers and columns of a memory that is shared with TypeScript (../linear-memory.ts). */
import { NUMBERS, WORDS } from '../numbers'

export const NONE: i32 = -1

/** The register of that number; the layout of a module names them. */
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

/** What stands in a row of a column, or in a field of a record. */
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

export function setNumberAt(column: u32, row: i32, value: f64): void {
  store<f64>(column + (row << 3), value)
}
