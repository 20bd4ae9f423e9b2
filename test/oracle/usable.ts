/**
 * How much of a trace the pages serve: everything when Go reads it to the end, else the file up to the end of its last
 * usable generation, found from what `-d=parsed` printed and from the framing.
 */

export interface UsablePart {
  readonly bytes: number
  readonly generations: number
}

/**
 * Null when nothing can be used. In a trace of the older format an error leaves nothing.
 *
 * Go announces generation k with the k-th Sync event and puts another one at the end, also before it reports that it
 * cannot read on. An error while ordering generation k comes after k of them, so that in every case one fewer
 * generations than Syncs is whole.
 */
export function usablePart(file: Buffer, syncs: number, exit: number): UsablePart | null {
  const generations = Math.max(0, syncs - 1)
  if (exit === 0) return { bytes: file.length, generations }
  return generations === 0 ? null : { bytes: endOfGeneration(file, generations), generations }
}

const EVENT_BATCH = 1
const EXPERIMENTAL_BATCH = 49
const END_OF_GENERATION = 52

/** File offset behind the last batch of generation number `count` (1 is the first), its end byte included. */
function endOfGeneration(file: Buffer, count: number): number {
  let offset = 16
  let seen = 0
  let current = -1n
  let ended = true
  const uvarint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = file[offset++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (offset < file.length) {
    const start = offset
    const type = file[offset++]
    if (type === END_OF_GENERATION) {
      if (seen === count) return offset
      ended = true
      continue
    }
    if (type !== EVENT_BATCH && type !== EXPERIMENTAL_BATCH) return start
    if (type === EXPERIMENTAL_BATCH) offset++
    const generation = uvarint()
    uvarint()
    uvarint()
    const size = Number(uvarint())
    if (ended || generation !== current) {
      if (seen === count) return start
      seen++
      current = generation
      ended = false
    }
    if (offset + size > file.length) return start
    offset += size
  }
  return file.length
}
