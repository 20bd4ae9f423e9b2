/** Reading the bytes of a v1 trace: varints of 64 bits, exactly, and failures with their place. */
import { CodedError, type ErrorCode } from '../../errors.js'

/** Bytes of the header, before the first record. */
export const HEADER_BYTES = 16

const NO_KIND = -1
const MALFORMED = 'malformatted base-128 varint'

/** A failure that refuses the whole file; `message` is worded as Go's reader words it. */
export function refuse(code: ErrorCode, message: string, place: CodedError['place'] = {}): CodedError {
  return new CodedError(code, message, place)
}

/** A position in the bytes of the whole file. */
export class V1Bytes {
  at = HEADER_BYTES
  /** The exact value where `uvarint` gave NaN. */
  wide = 0n

  constructor(readonly data: Uint8Array) {}

  /**
   * Reads a varint that ends before `limit`: a number, or NaN when it is over 2^53−1 (`wide` has it then). `kind`
   * is that of the event whose argument it is, for the error.
   */
  uvarint(limit: number, kind = NO_KIND): number {
    const { data } = this
    const start = this.at
    // Most are of one byte.
    if (start < limit && data[start] < 0x80) {
      this.at = start + 1
      return data[start]
    }
    let at = start
    let value = 0
    let scale = 1
    for (let count = 0; count < 10 && at < limit; count++) {
      const byte = data[at++]
      if (byte < 0x80) {
        if (count === 9 && byte > 1) break
        this.at = at
        value += byte * scale
        if (value <= Number.MAX_SAFE_INTEGER) return value
        this.wide = exactUvarint(data, start, at)
        return Number.NaN
      }
      value += (byte & 0x7f) * scale
      scale *= 128
    }
    throw this.malformed(start, limit, kind)
  }

  /** Passes a varint by, with the checks of `uvarint`. */
  skipUvarint(limit: number, kind = NO_KIND): void {
    const { data } = this
    const start = this.at
    let at = start
    for (let count = 0; count < 10 && at < limit; count++) {
      const byte = data[at++]
      if (byte < 0x80) {
        if (count === 9 && byte > 1) break
        this.at = at
        return
      }
    }
    throw this.malformed(start, limit, kind)
  }

  private malformed(offset: number, limit: number, kind: number): CodedError {
    const short = limit - offset < 10
    const found = short ? `${limit - offset} bytes without an end` : 'more than 64 bits'
    const prefix = kind === NO_KIND ? '' : argumentPrefix(kind)
    const cut = short && limit === this.data.length ? ({ cut: true } as const) : {}
    return refuse('FRAMING', prefix + MALFORMED, { offset, wanted: 'a varint of at most 64 bits', found, ...cut })
  }
}

/** What Go's reader puts before the reason why an argument is refused. */
export function argumentPrefix(kind: number): string {
  return `failed to read event ${kind} argument: `
}

function exactUvarint(data: Uint8Array, start: number, end: number): bigint {
  let value = 0n
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(data[at] & 0x7f)
  return value
}

/** Decimal text of a varint that `uvarint` just gave. */
export function uvarintText(bytes: V1Bytes, value: number): string {
  return Number.isNaN(value) ? String(bytes.wide) : String(value)
}

/**
 * Ticks are 64 bits wide on the wire and signed; inside they are relative to the first batch, so that they are exact
 * as numbers for as long as a trace can last.
 */
export class TickBase {
  private readonly number: number
  /** Ticks from here on pass 2^63. */
  private readonly limit: number

  constructor(private readonly base: bigint) {
    this.number = Number(base)
    this.limit = Number(2n ** 63n - base)
  }

  /** Ticks that came of adding, as the 64 bits are that Go adds them in. */
  wrapped(ticks: number): number {
    if (ticks >= this.limit) return ticks - 2 ** 64
    return ticks < this.limit - 2 ** 64 ? ticks + 2 ** 64 : ticks
  }

  /** Ticks that `bytes.uvarint` just gave, relative to the base. */
  relative(bytes: V1Bytes, value: number): number {
    if (!Number.isNaN(value) && Number.isSafeInteger(this.number)) return value - this.number
    return this.relativeExact(signed(bytes, value))
  }

  relativeExact(ticks: bigint): number {
    return Number(ticks - this.base)
  }

  /** Absolute 0. */
  get zero(): number {
    return Number(-this.base)
  }
}

/** The signed 64-bit value of a varint that `bytes.uvarint` just gave. */
export function signed(bytes: V1Bytes, value: number): bigint {
  return Number.isNaN(value) ? BigInt.asIntN(64, bytes.wide) : BigInt(value)
}
