/** A source over bytes in memory that counts its reads. */
import type { FileStamp, Source } from '../../server/source/source.js'

export class MemorySource implements Source {
  readonly sizeBytes: number
  readonly stamp: FileStamp
  readonly bytes: Uint8Array
  reads = 0
  bytesRead = 0

  constructor(
    bytes: readonly number[] | Uint8Array,
    readonly name = 'memory.trace',
  ) {
    this.bytes = Uint8Array.from(bytes)
    this.sizeBytes = bytes.length
    this.stamp = { sizeBytes: bytes.length, changedAt: 0, touchedAt: 0, device: 0, inode: 0 }
  }

  read(offset: number, length: number, target = new Uint8Array(length)): Uint8Array {
    if (offset < 0 || offset + length > this.sizeBytes) throw new Error(`read of ${length} bytes at ${offset}`)
    this.reads++
    this.bytesRead += length
    target.set(this.bytes.subarray(offset, offset + length))
    return target
  }

  check(): void {}

  close(): void {}
}
