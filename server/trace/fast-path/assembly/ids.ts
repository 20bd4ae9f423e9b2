/** Ids of goroutines, tasks, procs and messages, and their rows. */
import { NONE, setInt, setNumber, setWord, word } from './columns'
import {
  ENTRY_BYTES,
  ENTRY_ROW,
  MASK,
  MESSAGE_ROWS,
  MESSAGES,
  NEW_COUNT,
  NEW_IDS,
  NEW_ROOM,
  NEXT_ROW,
  ROWS_LIMIT,
  SEEN,
  SEEN_LIMIT,
  TABLE,
} from './layout'

const OTHER_PLACE: u32 = 16 * ENTRY_BYTES

function placeOf(id: f64, mask: u32): u32 {
  const exact = <u64>id
  const block = <u32>(exact >> 4) * 0x9e3779b1
  return ((((block ^ (block >> 15)) << 4) | (<u32>exact & 15)) & mask) * ENTRY_BYTES
}

export function rowOf(table: u32, mask: u32, id: f64): i32 {
  const place = placeOf(id, mask)
  let entry = table + place
  if (load<f64>(entry) === id) return load<i32>(entry, ENTRY_ROW) - 1
  entry = table + (place ^ OTHER_PLACE)
  return load<f64>(entry) === id ? load<i32>(entry, ENTRY_ROW) - 1 : NONE
}

export function remember(ids: i32, id: f64, row: i32): void {
  const table = word(ids + TABLE)
  const place = placeOf(id, word(ids + MASK))
  const entry = table + place
  if (load<f64>(entry) !== id) {
    const other = table + (place ^ OTHER_PLACE)
    store<f64>(other, load<f64>(entry))
    store<i32>(other, load<i32>(entry, ENTRY_ROW), ENTRY_ROW)
    store<f64>(entry, id)
  }
  store<i32>(entry, row + 1, ENTRY_ROW)
}

export function newRow(ids: i32, id: f64): i32 {
  if (!(id >= 0 && id < <f64>word(ids + SEEN_LIMIT))) return NONE
  const count = word(ids + NEW_COUNT)
  const row = word(ids + NEXT_ROW)
  const bits = word(ids + SEEN) + (<u32>id >> 3)
  if (
    ((<u32>load<u8>(bits) >> (<u32>id & 7)) & 1) === 1 ||
    count >= word(ids + NEW_ROOM) ||
    row >= word(ids + ROWS_LIMIT)
  )
    return NONE
  return row
}

export function addRow(ids: i32, id: f64, row: i32): void {
  const bits = word(ids + SEEN) + (<u32>id >> 3)
  const bit = (<u32>1) << (<u32>id & 7)
  store<u8>(bits, <u8>(<u32>load<u8>(bits) | bit))
  const count = word(ids + NEW_COUNT)
  setNumber(word(ids + NEW_IDS), count, id)
  setWord(ids + NEW_COUNT, count + 1)
  setWord(ids + NEXT_ROW, row + 1)
  remember(ids, id, row)
}

export function addMessage(id: f64): i32 {
  const count = word(MESSAGES + NEW_COUNT)
  if (count >= word(MESSAGES + NEW_ROOM)) return NONE
  const row = word(MESSAGES + NEXT_ROW)
  setNumber(word(MESSAGES + NEW_IDS), count, id)
  setWord(MESSAGES + NEW_COUNT, count + 1)
  setWord(MESSAGES + NEXT_ROW, row + 1)
  setInt(word(MESSAGE_ROWS), <u32>id, row)
  return row
}
