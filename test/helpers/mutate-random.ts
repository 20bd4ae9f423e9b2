/** Random numbers that a seed determines, the same on every machine. */

/** Values at which numbers of the format change their form or their meaning. */
const edges: readonly bigint[] = [0n, 1n, 2n, 7n, 63n, 127n, 128n, 1023n, 1025n, 16_383n, 16_384n, 65_535n, 65_536n]
const wideEdges: readonly bigint[] = [
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 2n,
  2n ** 64n - 1n,
]

export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** 0 … limit − 1; 0 for a limit of 0. */
  below(limit: number): number {
    this.state = (this.state + 0x9e37_79b9) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
    mixed = (mixed ^ (mixed >>> 16)) >>> 0
    return Math.floor((mixed / 2 ** 32) * limit)
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  pick<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  /** A number of 64 bits; mostly one at an edge, or near `near`. */
  wide(near: bigint): bigint {
    switch (this.below(5)) {
      case 0:
        return this.pick(edges)
      case 1:
        return this.pick(wideEdges)
      case 2:
        return BigInt(this.below(300))
      case 3:
        return BigInt.asUintN(64, (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32)))
      default:
        return BigInt.asUintN(64, near + BigInt(this.below(9) - 4))
    }
  }
}
