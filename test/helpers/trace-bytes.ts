/** Builds v2 traces byte by byte, for tests of what no real trace has. */

/** The shortest varint of a value, or one padded to `length` bytes. */
export function varint(value: number | bigint, length = 0): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)
  do {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  } while (rest > 0n || bytes.length < length)
  bytes[bytes.length - 1] &= 127
  return bytes
}

export interface BatchParts {
  readonly gen?: number | bigint
  readonly thread?: number | bigint
  readonly time?: number | bigint
  /** Declared size; that of the payload when left out. */
  readonly size?: number | bigint
  readonly experiment?: number
}

export function header(version: number): number[] {
  return [...Buffer.from(`go 1.${version} trace\0\0\0`, 'latin1')]
}

export function batch(payload: readonly number[], parts: BatchParts = {}): number[] {
  const { gen = 1, thread = 7, time = 1000, size = payload.length, experiment } = parts
  const type = experiment === undefined ? [1] : [49, experiment]
  return [...type, ...varint(gen), ...varint(thread), ...varint(time), ...varint(size, 10), ...payload]
}

/** The batch with the clock facts that a generation of that version needs. */
export function clockBatch(version: number, parts: BatchParts = {}): number[] {
  const frequency = [8, ...varint(15_625_000)]
  if (version < 25) return batch(frequency, parts)
  return batch([50, ...frequency, 51, ...varint(3), ...varint(4), ...varint(5), ...varint(6)], parts)
}

/** Type byte 52. */
export const END_OF_GENERATION = 52
