/**
 * The frontier: one cursor per thread in a binary heap by the time of its next event. Ties come out in the same order as from Go's
 * heap (format.md §6.1), so every step here is its step.
 */
import { reaching } from '../../shared/columns.js'
import { goSort } from '../../shared/go-sort.js'
import type { ThreadCursor } from './cursor.js'

export class Frontier {
  readonly cursors: ThreadCursor[] = []
  private keys = new Float64Array(16)

  get size(): number {
    return this.cursors.length
  }

  /** Time of the next event of the earliest cursor, of which there must be one. */
  get earliest(): number {
    return this.keys[0]
  }

  insert(cursor: ThreadCursor): void {
    const at = this.cursors.length
    if (at === this.keys.length) {
      this.keys = reaching(this.keys, at)
    }
    this.cursors.push(cursor)
    this.keys[at] = cursor.time
    this.siftUp(at)
  }

  /** Puts the first cursor where its new event belongs. */
  updateFirst(): void {
    const key = this.cursors[0].time
    const { keys } = this
    keys[0] = key
    const size = this.cursors.length
    // Mostly the thread that was first stays first.
    if (size > 1 && (keys[1] < key || (size > 2 && keys[2] < key))) this.siftDown(0)
  }

  update(at: number): void {
    this.keys[at] = this.cursors[at].time
    if (this.siftUp(at) === at) this.siftDown(at)
  }

  remove(position: number): void {
    let at = position
    while (at > 0) {
      const parent = (at - 1) >> 1
      this.swap(at, parent)
      at = parent
    }
    const last = this.cursors.length - 1
    this.swap(0, last)
    this.cursors.pop()
    if (last > 0) this.siftDown(0)
  }

  /** Sorts all cursors by time; a sorted array is still a heap. */
  sort(): void {
    const { cursors, keys } = this
    const order = Uint32Array.from(cursors, (_, i) => i)
    goSort(order, keys)
    const sortedCursors = Array.from(order, row => cursors[row])
    const sortedKeys = Float64Array.from(order, row => keys[row])
    for (let i = 0; i < cursors.length; i++) cursors[i] = sortedCursors[i]
    keys.set(sortedKeys)
  }

  private siftUp(position: number): number {
    const { keys } = this
    let at = position
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!(keys[parent] > keys[at])) break
      this.swap(at, parent)
      at = parent
    }
    return at
  }

  private siftDown(position: number): void {
    const { keys } = this
    const size = this.cursors.length
    let at = position
    for (;;) {
      const left = at * 2 + 1
      const right = left + 1
      let least = at
      if (left < size && keys[left] < keys[least]) least = left
      if (right < size && keys[right] < keys[least]) least = right
      if (least === at) return
      this.swap(at, least)
      at = least
    }
  }

  private swap(i: number, j: number): void {
    const { cursors, keys } = this
    const cursor = cursors[i]
    cursors[i] = cursors[j]
    cursors[j] = cursor
    const key = keys[i]
    keys[i] = keys[j]
    keys[j] = key
  }
}
