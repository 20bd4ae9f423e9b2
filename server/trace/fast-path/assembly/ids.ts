/** Ids of goroutines, tasks, procs and messages, and their rows. */

import { NONE, setInt, setNumberAt, setWord, word } from '../../../wasm/assembly/registers'
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
} from '../layout'

/** First place of an id. Ids are counted up, so that those in use lie side by side and rarely on each other. */
function placeOf(id: f64, mask: u32): u32 {
  return (<u32>(<u64>id) & mask) * ENTRY_BYTES
}

/** Second place of an id: 16 consecutive ones lie side by side; where 16 have theirs is scattered. */
function otherPlaceOf(id: f64, mask: u32): u32 {
  const exact = <u64>id
  const block = <u32>(((exact >> 4) * 0x9e3779b1) >> 16)
  return (((block << 4) | (<u32>exact & 15)) & mask) * ENTRY_BYTES
}

/**
 * The row of an id that is remembered, among those of the words `ids`; −1 for others, and for codes below 0 (wide.ts),
 * which never are.
 */
export function rowOf(ids: i32, id: f64): i32 {
  const table = word(ids + TABLE)
  const mask = word(ids + MASK)
  let entry = table + placeOf(id, mask)
  if (load<f64>(entry) === id) return load<i32>(entry, ENTRY_ROW) - 1
  entry = table + otherPlaceOf(id, mask)
  return load<f64>(entry) === id ? load<i32>(entry, ENTRY_ROW) - 1 : NONE
}

/**
 * Remembers the row of an id ≥ 0, among those of `ids`. Who had its place goes to its own second one, and who had that
 * is forgotten.
 */
export function remember(ids: i32, id: f64, row: i32): void {
  const table = word(ids + TABLE)
  const mask = word(ids + MASK)
  const entry = table + placeOf(id, mask)
  const displaced = load<f64>(entry)
  if (displaced !== id) {
    const other = table + otherPlaceOf(displaced, mask)
    store<f64>(other, displaced)
    store<i32>(other, load<i32>(entry, ENTRY_ROW), ENTRY_ROW)
    store<f64>(entry, id)
  }
  store<i32>(entry, row + 1, ENTRY_ROW)
}

/** Remembers what a table of so many entries did. */
export function rememberAll(ids: i32, table: u32, entries: u32): void {
  const end = table + entries * ENTRY_BYTES
  for (let entry = table; entry < end; entry += ENTRY_BYTES) {
    const row = load<i32>(entry, ENTRY_ROW) - 1
    if (row >= 0) remember(ids, load<f64>(entry), row)
  }
}

/** The row for an id that has none yet; −1 where it may have one, or there is no room for it. */
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

/** Adds an id with the row that `newRow` gave. */
export function addRow(ids: i32, id: f64, row: i32): void {
  const bits = word(ids + SEEN) + (<u32>id >> 3)
  const bit = (<u32>1) << (<u32>id & 7)
  store<u8>(bits, <u8>(<u32>load<u8>(bits) | bit))
  const count = word(ids + NEW_COUNT)
  setNumberAt(word(ids + NEW_IDS), count, id)
  setWord(ids + NEW_COUNT, count + 1)
  setWord(ids + NEXT_ROW, row + 1)
  remember(ids, id, row)
}

/** Gives a message that has no row the next one; −1 where there is no room for it. */
export function addMessage(id: f64): i32 {
  const count = word(MESSAGES + NEW_COUNT)
  if (count >= word(MESSAGES + NEW_ROOM)) return NONE
  const row = word(MESSAGES + NEXT_ROW)
  setNumberAt(word(MESSAGES + NEW_IDS), count, id)
  setWord(MESSAGES + NEW_COUNT, count + 1)
  setWord(MESSAGES + NEXT_ROW, row + 1)
  setInt(word(MESSAGE_ROWS), <u32>id, row)
  return row
}
