/**
 * Checksums of what was read of a file, so that what is read again is known to be the same: size and times of a file
 * can be put back by who overwrites it. It costs a few milliseconds for 10 MB.
 */
import { crc32 } from 'node:zlib'

/** A sum is over no more, so that it fits into one number with its length. */
const PIECE_BYTES = 1 << 20

export class ReadSums {
  /** Length and checksum in one number, by offset; where two pieces begin, of the longer one. */
  private readonly sums = new Map<number, number>()

  /** Takes over those of a reading before, as `data` gave them. */
  constructor(data: Float64Array = new Float64Array(0)) {
    for (let at = 0; at < data.length; at += 2) this.sums.set(data[at], data[at + 1])
  }

  /** Whether bytes that were read before, from the same offset, are those of then. */
  agree(offset: number, bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      const known = this.sums.get(offset + at)
      const knownLength = known === undefined ? 0 : lengthOf(known)
      if (knownLength > piece.length) continue
      if (known !== undefined && sumOf(piece.subarray(0, knownLength)) !== known) return false
      if (knownLength < piece.length) this.sums.set(offset + at, sumOf(piece))
    }
    return true
  }

  /** Where what was read lies: offset and length. */
  *stretches(): Generator<[offset: number, length: number]> {
    for (const [offset, sum] of this.sums) yield [offset, lengthOf(sum)]
  }

  /** Offsets and sums in turn. */
  data(): Float64Array {
    return Float64Array.from([...this.sums].flat())
  }
}

function sumOf(piece: Uint8Array): number {
  return piece.length * 2 ** 32 + crc32(piece)
}

function lengthOf(sum: number): number {
  return Math.floor(sum / 2 ** 32)
}
