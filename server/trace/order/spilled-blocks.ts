/** Blocks of events that have no room in memory, in a temporary file. */
import type { EventColumns } from '../../core/event-block.js'
import { TemporaryFile } from '../../source/temporary-file.js'
import { BLOCK_BYTES } from './block-writer.js'

const columns = ['times', 'kinds', 'threads', 'procs', 'goroutines', 'slots'] as const

export class SpilledBlocks {
  /** Blocks that are in the file. */
  count = 0
  private readonly file = new TemporaryFile()
  private readonly free: number[] = []
  private places = 0
  /** Whether the file failed once: nothing is spilled from then on. */
  private failed = false

  /** Writes the columns of a block; gives its place, or null where the file fails. */
  put(block: EventColumns): number | null {
    if (this.failed) return null
    const place = this.free.pop() ?? this.places++
    try {
      let at = place * BLOCK_BYTES
      for (const name of columns) {
        this.file.write(bytesOf(block[name]), at)
        at += block[name].byteLength
      }
    } catch {
      this.failed = true
      return null
    }
    this.count++
    return place
  }

  /** Reads the columns at a place, which is free then, into others. Throws CodedError NOT_READABLE. */
  take(place: number, target: EventColumns): void {
    let at = place * BLOCK_BYTES
    for (const name of columns) {
      this.file.read(bytesOf(target[name]), at)
      at += target[name].byteLength
    }
    this.drop(place)
  }

  /** Gives a place free. */
  drop(place: number): void {
    this.count--
    this.free.push(place)
  }

  close(): void {
    this.file.close()
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: EventColumns[(typeof columns)[number]]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
