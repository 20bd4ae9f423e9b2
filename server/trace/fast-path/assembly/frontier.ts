/** The next event of a thread, and which thread comes next. */
import { ARG_COUNTS, ARGS, END, EVENT_POS, NOT_TIMED, POS, TIME, TYPE } from '../layout'

/** Numbers above have a code of their own (wide.ts), which is not made here. */
const LARGEST_EXACT: u64 = (1 << 53) - 1
/** A varint of 2^64 − 1: its first eight bytes, and the two behind. */
const ALL_ONES: i64 = -1
const END_OF_ALL_ONES: u32 = 0x01ff

/**
 * Decodes the event at the cursor's place; false, with nothing changed but arguments, at the end of the batch and for
 * what is no event or has a number that is not exact as a double.
 */
export function decode(cursor: u32, factor: f64, plainLimit: f64): bool {
  let pos = load<u32>(cursor, POS)
  const end = load<u32>(cursor, END)
  if (pos >= end) return false
  const first = pos
  const type: u32 = load<u8>(pos)
  const count: u32 = load<u8>(ARG_COUNTS + type)
  if (count === NOT_TIMED) return false
  pos++
  let value: u64 = load<u8>(pos++)
  if (value > 127) {
    let byte: u64 = load<u8>(pos++)
    value = (value & 127) | ((byte & 127) << 7)
    for (let shift: u64 = 14; byte > 127; shift += 7) {
      if (shift > 49) return false
      byte = load<u8>(pos++)
      value |= (byte & 127) << shift
    }
    if (value > LARGEST_EXACT) return false
  }
  const delta = <f64>value
  if (!(delta < plainLimit)) return false
  const to = cursor + ARGS + (count << 3)
  for (let arg = cursor + ARGS; arg < to; arg += 8) {
    value = load<u8>(pos++)
    if (value > 127) {
      let byte: u64 = load<u8>(pos++)
      value = (value & 127) | ((byte & 127) << 7)
      let shift: u64 = 14
      for (; byte > 127 && shift < 56; shift += 7) {
        byte = load<u8>(pos++)
        value |= (byte & 127) << shift
      }
      if (byte > 127) {
        // All ones is Go's "none", which statuses have for the thread: seven bytes of it are read, and an eighth.
        if (load<i64>(pos - 8) !== ALL_ONES || load<u16>(pos) !== END_OF_ALL_ONES) return false
        pos += 2
        store<f64>(arg, -1)
        continue
      }
      if (value > LARGEST_EXACT) return false
    }
    store<f64>(arg, <f64>value)
  }
  if (pos > end) return false
  store<f64>(cursor, load<f64>(cursor, TIME) + Math.floor(delta * factor), TIME)
  store<u32>(cursor, type, TYPE)
  store<u32>(cursor, pos, POS)
  store<u32>(cursor, first, EVENT_POS)
  return true
}

/**
 * Puts the first cursor, whose event is of time `key`, where it belongs: the steps of Frontier.update
 * (../../order/frontier.ts).
 */
export function siftDown(keys: u32, heap: u32, size: u32, key: f64): void {
  const cursor = load<u32>(heap)
  let at: u32 = 0
  for (;;) {
    const left = at * 2 + 1
    if (left >= size) break
    let least = left
    let leastKey = load<f64>(keys + (left << 3))
    if (left + 1 < size) {
      const rightKey = load<f64>(keys + (left << 3), 8)
      if (rightKey < leastKey) {
        least = left + 1
        leastKey = rightKey
      }
    }
    if (!(leastKey < key)) break
    store<f64>(keys + (at << 3), leastKey)
    store<u32>(heap + (at << 2), load<u32>(heap + (least << 2)))
    at = least
  }
  store<f64>(keys + (at << 3), key)
  store<u32>(heap + (at << 2), cursor)
}
