/**
 * A file for what has no room in memory. It has no name while it is open, so that it is gone with the program, however
 * that ends.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { CodedError } from '../errors.js'

const READABLE_BY_OWNER = 0o600
let made = 0

export class TemporaryFile {
  private fd = -1

  /** It is made when something is written for the first time. */
  constructor(readonly folder = tmpdir()) {}

  /** Throws what the system says. */
  write(bytes: Uint8Array, place: number): void {
    if (this.fd < 0) this.open()
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.fd, bytes, done, bytes.length - done, place + done)
    }
  }

  /** Fills `target`. Throws CodedError NOT_READABLE. */
  read(target: Uint8Array, place: number): void {
    try {
      for (let done = 0; done < target.length; ) {
        const count = readSync(this.fd, target, done, target.length - done, place + done)
        if (count === 0) throw new Error(`it ends at ${place + done}`)
        done += count
      }
    } catch (error) {
      const { message } = error as Error
      throw new CodedError('NOT_READABLE', `cannot read the temporary file in ${this.folder}: ${message}`)
    }
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd)
    this.fd = -1
  }

  private open(): void {
    const path = join(this.folder, `trace-serve-${process.pid}-${threadId}-${made++}`)
    this.fd = openSync(path, 'wx+', READABLE_BY_OWNER)
    // Where an open file cannot be removed, the system empties the folder.
    rmSync(path, { force: true, maxRetries: 0 })
  }
}
