/**
 * The frontier: one cursor per thread in a binary heap by the time of its next event. Ties come out in the same order
 * as from Go's heap (format.md §6.1), so every step here is its step.
 */
import { goSort } from '../../core/go-sort.js'
import { CURSOR_BYTES, CURSORS, CURSORS_LEFT, HEAP, KEYS } from '../fast-path/layout.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import type { ThreadCursor } from './cursor.js'

export class Frontier {
  /** All cursors that there were, by the number that the heap knows them by. */
  private readonly cursors: ThreadCursor[] = []
  private readonly fields: Uint8Array
  private readonly heap: Uint32Array
  private readonly keys: Float64Array

  /** @param cursors how many there will be */
  constructor(
    private readonly memory: OrderingMemory,
    cursors: number,
  ) {
    this.fields = memory.column(Uint8Array, cursors * CURSOR_BYTES)
    this.heap = memory.column(Uint32Array, cursors)
    this.keys = memory.column(Float64Array, cursors)
    memory.words[CURSORS] = this.fields.byteOffset
    memory.words[HEAP] = this.heap.byteOffset
    memory.words[KEYS] = this.keys.byteOffset
    this.size = 0
  }

  get size(): number {
    return this.memory.words[CURSORS_LEFT]
  }

  private set size(size: number) {
    this.memory.words[CURSORS_LEFT] = size
  }

  /** Time of the next event of the earliest cursor, of which there must be one. */
  get earliest(): number {
    return this.keys[0]
  }

  /** Where the fields of the next cursor lie, that `insert` will be given. */
  get place(): number {
    return this.fields.byteOffset + this.cursors.length * CURSOR_BYTES
  }

  /** The cursor at that place of the heap. */
  at(place: number): ThreadCursor {
    return this.cursors[this.heap[place]]
  }

  insert(cursor: ThreadCursor): void {
    const at = this.size++
    this.heap[at] = this.cursors.push(cursor) - 1
    this.keys[at] = cursor.time
    this.siftUp(at)
  }

  /** Puts a cursor where its new event belongs. */
  update(at: number): void {
    this.keys[at] = this.at(at).time
    if (this.siftUp(at) === at) this.siftDown(at)
  }

  remove(position: number): void {
    let at = position
    while (at > 0) {
      const parent = (at - 1) >> 1
      this.swap(at, parent)
      at = parent
    }
    const last = this.size - 1
    this.swap(0, last)
    this.size = last
    if (last > 0) this.siftDown(0)
  }

  /** Sorts all cursors by time; a sorted array is still a heap. */
  sort(): void {
    const { size, heap, keys } = this
    const order = Uint32Array.from({ length: size }, (_, i) => i)
    goSort(order, keys)
    heap.set(Uint32Array.from(order, at => heap[at]))
    keys.set(Float64Array.from(order, at => keys[at]))
  }

  /** Gives back what it and its cursors have in memory. */
  free(): void {
    for (const cursor of this.cursors) cursor.free()
    for (const column of [this.fields, this.heap, this.keys]) this.memory.free(column)
    this.size = 0
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
    const { keys, size } = this
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
    const { heap, keys } = this
    const cursor = heap[i]
    heap[i] = heap[j]
    heap[j] = cursor
    const key = keys[i]
    keys[i] = keys[j]
    keys[j] = key
  }
}
