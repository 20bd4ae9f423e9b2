/** Typed arrays that hold a figure a row, and grow as rows come. */

type Column = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

/**
 * Rows that a column begins with that hot code makes longer: few, so that it grows early. What first happens after that
 * code was compiled throws the compiled code away.
 */
export const FIRST_ROWS = 16

/** A copy of a column with `length` rows, of which the new ones hold `rest`. */
export function grown<C extends Column>(column: C, length: number, rest = 0): C {
  const copy = new (column.constructor as new (length: number) => C)(length)
  copy.set(column as never)
  if (rest !== 0) copy.fill(rest, column.length)
  return copy
}

/** A copy of the first `length` rows of a column, with zeros behind its own. */
export function resized<C extends Column>(column: C, length: number): C {
  return length < column.length ? (column.slice(0, length) as C) : grown(column, length)
}

/** A copy of a column, at least twice as long, that has a row `row`. */
export function reaching<C extends Column>(column: C, row: number, rest = 0): C {
  return grown(column, Math.max(row + 1, column.length * 2), rest)
}
