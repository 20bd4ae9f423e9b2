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
  /** By number of the cursor: 1 while its event is known not to go (waits.ts). */
  readonly waiting: Uint8Array
  /** Room for `sort`. */
  private readonly order: Uint32Array
  private readonly copies: Float64Array

  /** @param cursors how many there will be */
  constructor(
    private readonly memory: OrderingMemory,
    cursors: number,
  ) {
    this.fields = memory.column(Uint8Array, cursors * CURSOR_BYTES)
    this.heap = memory.column(Uint32Array, cursors)
    this.keys = memory.column(Float64Array, cursors)
    this.waiting = new Uint8Array(cursors)
    this.order = new Uint32Array(cursors)
    this.copies = new Float64Array(cursors)
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

  /** The number of the cursor at that place. */
  numberAt(place: number): number {
    return this.heap[place]
  }

  isWaiting(place: number): boolean {
    return this.waiting[this.heap[place]] === 1
  }

  /** The first place from that one on whose cursor does not wait; `size` when there is none. */
  nextReady(place: number): number {
    const { heap, waiting, size } = this
    let at = place
    while (at < size && waiting[heap[at]] === 1) at++
    return at
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

  /**
   * Sorts all cursors by time; a sorted array is still a heap. Returns whether no two have the same time, so that no
   * other order was possible.
   */
  sort(): boolean {
    const { size, heap, keys, copies } = this
    const order = this.order.subarray(0, size)
    for (let i = 0; i < size; i++) order[i] = i
    goSort(order, keys)
    let isStrict = true
    for (let i = 0; i < size; i++) {
      const at = order[i]
      copies[i] = keys[at]
      order[i] = heap[at]
      if (i > 0 && copies[i] === copies[i - 1]) isStrict = false
    }
    keys.set(copies.subarray(0, size))
    heap.set(order)
    return isStrict
  }

  /**
   * `update` and `sort`, where `sort` returned true before: as no other order is possible, the cursor is moved, and the
   * others are not looked at. Returns what `sort` does.
   */
  updateSorted(at: number): boolean {
    const { heap, keys, size } = this
    const number = heap[at]
    const { time } = this.at(at)
    const isLater = time > keys[at]
    const [first, end] = isLater ? [at + 1, size] : [0, at]
    const place = this.placeOf(time, first, end)
    if (place < end && keys[place] === time) {
      this.update(at)
      return this.sort()
    }
    const to = isLater ? place - 1 : place
    for (const column of [heap, keys]) {
      if (isLater) column.copyWithin(at, at + 1, place)
      else column.copyWithin(place + 1, place, at)
    }
    heap[to] = number
    keys[to] = time
    return true
  }

  /** `remove` and `sort`, where `sort` returned true before. */
  removeSorted(at: number): void {
    const { heap, keys, size } = this
    heap.copyWithin(at, at + 1, size)
    keys.copyWithin(at, at + 1, size)
    this.size = size - 1
  }

  /** The first place of a sorted stretch with that time, or a later one. */
  private placeOf(time: number, first: number, end: number): number {
    let [low, high] = [first, end]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.keys[middle] < time) low = middle + 1
      else high = middle
    }
    return low
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
