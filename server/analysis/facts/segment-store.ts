/**
 * The memory of tables, by segments. Beyond a budget those that came first are put away in a file, and come back when
 * something of theirs is asked for: an analysis touches what is new, a page a part.
 *
 * While a trace is analysed, whoever changes a segment holds on to its memory: only `trim`, between two blocks, puts
 * segments away. From `seal` on, until `reopen`, nothing is changed, and for each segment that comes back others are
 * put away at once: its memory then holds until the next is asked for. Memory that is let go serves the next segment,
 * because the collector would leave much of it lying about; that is why all segments have the same size, whatever is in
 * them.
 */

import type { LinearMemory } from '../../wasm/linear-memory.js'
import { CHUNK_BYTES as SEGMENT_BYTES } from '../fast-path/fields.js'

/**
 * Memory of a segment: for 512 goroutines, the largest rows that there are, and nearly full with as many pages of
 * others as fit.
 */
export { SEGMENT_BYTES }

/** Where segments are put away. Errors of either method are those of the system. */
export interface SegmentFile {
  write(bytes: Uint8Array, place: number): void
  /** Fills `target`. */
  read(target: Uint8Array, place: number): void
}

export interface SegmentOwner {
  /** Forgets the memory of a segment, which is in the file at `place` from now on. */
  release(segment: number, place: number): void
}

interface Resident {
  readonly owner: SegmentOwner
  readonly segment: number
  readonly memory: Uint8Array
  /** Of its memory, those that are used. */
  readonly bytes: number
  /** Place in the file; NOWHERE: it has none yet. */
  readonly place: number
  /** Whether the memory may have what the file has not. */
  readonly changed: boolean
}

const NOWHERE = -1

/**
 * Bytes that may come back in a block: those of the few rows that live on while segments come and go. With more of them
 * the budget gives way for good, so that work on many rows in turn does not wait for the file.
 */
const FETCHED_A_BLOCK = 1 << 20

/**
 * As many times what the file holds may come back for a question, as some go through tables twice. A question without
 * order then gets room for all.
 */
const MOST_PASSES = 2

/** Pieces of memory that are kept for segments to come. More are there after a question that got room. */
const MOST_SPARE = 16

/**
 * Bytes of segments that a linear memory is asked for, half of what there is in one: only without a file are there
 * more.
 */
const MOST_PLACED = 2 ** 31

export class SegmentStore {
  /** Why all that is in memory stays there; null: nothing failed. */
  failure: Error | null = null
  private residentBytes = 0
  /** What is in memory, in the order in which it came; those before `first` have gone. */
  private residents: Resident[] = []
  private first = 0
  /** Memory of what has gone. */
  private readonly spare: Uint8Array[] = []
  private fileBytes = 0
  /** Bytes that came back since the last `trim`. */
  private fetchedBytes = 0
  private sealed = false

  /** Where segments are put while the trace is analysed; null: anywhere. */
  private room: LinearMemory | null = null

  /** Without a file all stays in memory. */
  constructor(
    private readonly file: SegmentFile | null = null,
    private budgetBytes = Number.POSITIVE_INFINITY,
  ) {}

  /** From now on, but while it is sealed, segments are put into a memory that a module of WebAssembly sees. */
  placeIn(room: LinearMemory): void {
    this.room = room
  }

  /** SEGMENT_BYTES for a new segment, of which the first `bytes` are zeros and are kept. */
  allocate(owner: SegmentOwner, segment: number, bytes: number): Uint8Array {
    const spare = this.spare.pop()
    // By words: over shared memory each is set by itself.
    if (spare !== undefined) new Float64Array(spare.buffer, spare.byteOffset, Math.ceil(bytes / 8)).fill(0)
    const memory = spare ?? this.newMemory()
    this.enter({ owner, segment, memory, bytes, place: NOWHERE, changed: true })
    return memory
  }

  /** The memory of a segment that was put away, and that had so many `bytes`. */
  fetch(owner: SegmentOwner, segment: number, bytes: number, place: number): Uint8Array {
    this.fetchedBytes += bytes
    if (this.sealed && this.fetchedBytes <= MOST_PASSES * this.fileBytes) this.putAway()
    const memory = this.spare.pop() ?? this.newMemory()
    this.file?.read(memory.subarray(0, bytes), place)
    this.enter({ owner, segment, memory, bytes, place, changed: !this.sealed })
    return memory
  }

  /** Keeps to the budget. Nobody who changes a segment may hold on to it. */
  trim(): void {
    if (!this.sealed && this.fetchedBytes > FETCHED_A_BLOCK) this.budgetBytes += this.fetchedBytes - FETCHED_A_BLOCK
    this.fetchedBytes = 0
    this.putAway()
    while (this.sealed && this.spare.length > MOST_SPARE) this.drop(this.spare.pop() as Uint8Array)
  }

  /** Nothing is changed from now on. */
  seal(): void {
    this.putAway()
    this.sealed = true
  }

  /** The trace goes on: what came back for questions goes, so that it comes back to where it can be changed. */
  reopen(): void {
    if (!this.sealed) return
    this.sealed = false
    const residents = this.residents.slice(this.first)
    this.residents = residents.filter(({ changed }) => changed)
    this.first = 0
    this.residentBytes = this.residents.length * SEGMENT_BYTES
    for (const { owner, segment, memory, place, changed } of residents) {
      if (changed) continue
      owner.release(segment, place)
      this.drop(memory)
    }
    while (this.spare.length > 0) this.drop(this.spare.pop() as Uint8Array)
  }

  private newMemory(): Uint8Array {
    const { room } = this
    // What a question gets room for goes back to the system, which that of a linear memory never does.
    return room === null || this.sealed || this.residentBytes >= MOST_PLACED
      ? new Uint8Array(SEGMENT_BYTES)
      : room.column(Uint8Array, SEGMENT_BYTES)
  }

  /** Gives memory back to where it is from. */
  private drop(memory: Uint8Array): void {
    if (memory.buffer instanceof SharedArrayBuffer) this.room?.free(memory)
  }

  private enter(resident: Resident): void {
    this.residents.push(resident)
    this.residentBytes += SEGMENT_BYTES
  }

  private putAway(): void {
    if (this.file === null || this.failure !== null) return
    while (this.residentBytes > this.budgetBytes && this.first < this.residents.length) {
      const resident = this.residents[this.first]
      const { owner, segment, memory, bytes } = resident
      const place = resident.place === NOWHERE ? this.fileBytes : resident.place
      if (resident.changed && !this.write(this.file, memory.subarray(0, bytes), place)) break
      owner.release(segment, place)
      this.residentBytes -= SEGMENT_BYTES
      this.first++
      this.spare.push(memory)
    }
    if (this.first * 2 > this.residents.length) {
      this.residents = this.residents.slice(this.first)
      this.first = 0
    }
  }

  private write(file: SegmentFile, bytes: Uint8Array, place: number): boolean {
    try {
      file.write(bytes, place)
    } catch (error) {
      this.failure = error as Error
      return false
    }
    this.fileBytes = Math.max(this.fileBytes, place + bytes.length)
    return true
  }
}
