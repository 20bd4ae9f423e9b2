/**
 * A view on a stretch of the file that moves forward with the index pass.
 *
 * A system call costs about as much as copying 10 KB, so batches of a few kilobytes are read through in large stretches
 * and larger ones are jumped over, with a small read at each header.
 */
import type { Source } from '../../source/source.js'
import { VarintCursor } from '../wire/varint.js'

const SMALL_BYTES = 256
const LARGE_BYTES = 65_536
/** Distance between headers up to which everything is read. */
const NEAR_BYTES = 8192

export class FileWindow {
  /** Stands inside the window; its `end` is the end of what was read. */
  readonly cursor = new VarintCursor(new Uint8Array(SMALL_BYTES + LARGE_BYTES), 0)
  /** Offset in the file of the window's first byte. */
  private start = 0
  /** Running mean of the distance between headers. */
  private stride = 0
  private last = 0

  constructor(private readonly source: Source) {}

  /** Offset of the cursor in the file. */
  get offset(): number {
    return this.start + this.cursor.pos
  }

  /**
   * Puts the cursor on the next header at `offset`, with at least `need` bytes in the window where the file has them.
   */
  moveTo(offset: number, need: number): void {
    this.stride += (offset - this.last - this.stride) / 8
    this.last = offset
    this.cover(offset, need)
  }

  /** Puts the cursor at `offset`, as `moveTo`, inside the same batch. */
  cover(offset: number, need: number): void {
    const { cursor, source } = this
    const left = source.sizeBytes - offset
    const at = offset - this.start
    if (at < 0 || at + Math.min(need, left) > cursor.end) {
      const length = Math.min(left, Math.max(need, this.stride <= NEAR_BYTES ? LARGE_BYTES : SMALL_BYTES))
      source.read(offset, length, cursor.bytes)
      cursor.end = length
      this.start = offset
    }
    cursor.pos = offset - this.start
  }
}
