/** A cache under a budget: what was used least recently is evicted first. */

export interface LruOptions<K, V> {
  /** Most of all sizes together; in the unit of `sizeOf`. */
  readonly budget: number
  /** Of an entry, all that is held for it; it must not change. 1 when left out: the budget is a number of entries. */
  readonly sizeOf?: (value: V) => number
  /** Called with each entry that is evicted, the one that was used least recently first. */
  readonly evicted?: (value: V, key: K) => void
}

export class Lru<K, V> {
  /** The one used last at the end. */
  private readonly entries = new Map<K, V>()
  private used = 0
  private readonly budget: number
  private readonly sizeOf: (value: V) => number
  private readonly evicted: (value: V, key: K) => void

  constructor({ budget, sizeOf = () => 1, evicted = () => {} }: LruOptions<K, V>) {
    this.budget = budget
    this.sizeOf = sizeOf
    this.evicted = evicted
  }

  has(key: K): boolean {
    return this.entries.has(key)
  }

  /** The value, which is the one used last from now on. */
  get(key: K): V | undefined {
    const value = this.entries.get(key)
    if (value === undefined) return undefined
    this.entries.delete(key)
    this.entries.set(key, value)
    return value
  }

  /** Adds an entry, which is there afterwards even if it alone exceeds the budget. The key must be new. */
  add(key: K, value: V): void {
    const size = this.sizeOf(value)
    this.makeRoom(size)
    this.entries.set(key, value)
    this.used += size
  }

  /** Evicts until so much more fits, or nothing is left. */
  makeRoom(size: number): void {
    for (const [key, value] of this.entries) {
      if (this.used + size <= this.budget) break
      this.entries.delete(key)
      this.used -= this.sizeOf(value)
      this.evicted(value, key)
    }
  }
}
