/**
 * Unsigned varints as Go reads them: little-endian groups of seven bits, at most ten bytes of which the tenth is 0 or
 * 1. Padded forms are common and valid.
 *
 * `next` gives a plain number for values up to 2^53−1, else one of the codes below; a caller that tests for `< 0` pays
 * nothing for them.
 */
export const Varint = {
  /** The input ended before the first byte. */
  End: -1,
  /** The input ended after some bytes. */
  Cut: -2,
  /** More than 64 bits. */
  Overflow: -3,
  /** A value over 2^53−1, which is in `wide`. */
  Wide: -4,
} as const

export class VarintCursor {
  pos = 0
  /** The last value for which `next` gave `Varint.Wide`. */
  wide = 0n

  /** @param end where the input ends; bytes from there on are not part of it */
  constructor(
    public bytes: Uint8Array,
    public end = bytes.length,
  ) {}

  next(): number {
    const { bytes, end } = this
    const start = this.pos
    let at = start
    if (at >= end) return Varint.End
    let byte = bytes[at++]
    if (byte < 128) {
      this.pos = at
      return byte
    }
    let value = byte & 127
    let scale = 128
    for (;;) {
      if (at >= end) {
        this.pos = at
        return Varint.Cut
      }
      byte = bytes[at++]
      if (at - start === 10) {
        this.pos = at
        if (byte > 1) return Varint.Overflow
        value += byte * scale
        break
      }
      value += (byte & 127) * scale
      if (byte < 128) break
      scale *= 128
    }
    this.pos = at
    // The sum is exact up to 2^53; over that only its size is right.
    if (value <= Number.MAX_SAFE_INTEGER) return value
    this.wide = this.exact(start)
    return Varint.Wide
  }

  /** The value that `next` gave, which is not one of the three faults. */
  value(code: number): bigint {
    return code >= 0 ? BigInt(code) : this.wide
  }

  private exact(start: number): bigint {
    let value = 0n
    for (let at = start, shift = 0n; at < this.pos; at++, shift += 7n) {
      value |= BigInt(this.bytes[at] & 127) << shift
    }
    return value
  }
}

/** Bytes of the shortest form of a value. */
export function varintLength(value: number | bigint): number {
  let length = 1
  if (typeof value === 'number') {
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  } else {
    for (let rest = value; rest >= 128n; rest >>= 7n) length++
  }
  return length
}
