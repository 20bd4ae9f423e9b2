/**
 * Checksums of what was read of a file, so that what is read again is known to be the same: size and times of a file
 * can be put back by who overwrites it. It costs a few milliseconds for 10 MB.
 */
import { crc32 } from 'node:zlib'

/** A sum is over no more, so that it fits into one number with its length. */
const PIECE_BYTES = 1 << 20

export class ReadSums {
  /** Length and checksum in one number, by offset. */
  private readonly sums = new Map<number, number>()

  /** Whether bytes that were read before, in the same stretch, are those of then. */
  agree(offset: number, bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      const sum = sumOf(piece)
      const known = this.sums.get(offset + at)
      if (known === undefined) this.sums.set(offset + at, sum)
      else if (lengthOf(known) === piece.length && known !== sum) return false
    }
    return true
  }

  /** Where what was read lies: offset and length. */
  *stretches(): Generator<[offset: number, length: number]> {
    for (const [offset, sum] of this.sums) yield [offset, lengthOf(sum)]
  }
}

function sumOf(piece: Uint8Array): number {
  return piece.length * 2 ** 32 + crc32(piece)
}

function lengthOf(sum: number): number {
  return Math.floor(sum / 2 ** 32)
}
