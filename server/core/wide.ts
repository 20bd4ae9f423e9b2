/**
 * Unsigned 64-bit numbers as JavaScript numbers, exactly.
 *
 * A *code* stands for one unsigned 64-bit value: values up to 2^53−1 are themselves, all ones (Go's "none") is
 * −1, and the few others are −2−i, where i is a row of a side table that holds each such value once. Codes of
 * the same table can therefore be compared with === and used as keys.
 */
export const NONE = -1

const ALL_ONES = (1n << 64n) - 1n
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

export class WideTable {
  readonly values: bigint[] = []
  private readonly rows = new Map<bigint, number>()

  /** The code of an unsigned 64-bit value. */
  encode(value: bigint): number {
    return this.find(value) ?? this.add(value)
  }

  /** The code of an unsigned 64-bit value; undefined where the trace has not named it. */
  find(value: bigint): number | undefined {
    if (value <= MAX_SAFE) return Number(value)
    if (value === ALL_ONES) return NONE
    const row = this.rows.get(value)
    return row === undefined ? undefined : -2 - row
  }

  private add(value: bigint): number {
    const row = this.values.push(value) - 1
    this.rows.set(value, row)
    return -2 - row
  }

  /** The unsigned 64-bit value of a code. */
  decode(code: number): bigint {
    if (code >= 0) return BigInt(code)
    if (code === NONE) return ALL_ONES
    return this.values[-2 - code]
  }

  /** The unsigned 64-bit value of a code, as a number where that is exact. */
  value(code: number): number | bigint {
    return code >= 0 ? code : this.decode(code)
  }

  /** The lowest eight bits of the value of a code. */
  lowByte(code: number): number {
    return code >= 0 ? code & 255 : Number(BigInt.asUintN(8, this.decode(code)))
  }

  /** Unsigned decimal text of a code, as Go prints a uint64. */
  text(code: number): string {
    return code >= 0 ? String(code) : String(this.decode(code))
  }

  /** Signed decimal text of a code, as Go prints an int64 that has the same 64 bits. */
  signedText(code: number): string {
    return code >= NONE ? String(code) : String(BigInt.asIntN(64, this.decode(code)))
  }
}
