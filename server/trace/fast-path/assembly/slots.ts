/** Rows in place of ids, and slots of events. */
import { NONE } from '../../../wasm/assembly/registers'

/** The row that stands for an id below `ids`; −1 where none was looked up yet. */
export function rowAt(rows: u32, ids: f64, id: f64): i32 {
  return id >= 0 && id < ids ? load<i32>(rows + ((<u32>id) << 2)) : NONE
}

/** Writes a slot; returns the place of the next. */
export function put(slot: u32, value: i32): u32 {
  store<i32>(slot, value)
  return slot + 4
}
