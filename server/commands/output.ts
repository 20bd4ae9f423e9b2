/** Standard output for text that may be larger than memory. */
import { writeSync } from 'node:fs'
import { CodedError } from '../errors.js'
import { systemRefusal } from './system.js'

const RETRY_MS = 2

/**
 * Writes bytes to a file descriptor, all of them before it returns: nothing is queued, whatever reads at the other end.
 * Throws the system's EPIPE error when nobody reads any more, CodedError CANNOT_WRITE when it refuses for another
 * reason.
 */
export class Output {
  private readonly pause = new Int32Array(new SharedArrayBuffer(4))

  constructor(private readonly fd: number) {}

  /** Bytes, or a string of one byte a character (Latin-1). */
  write(data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    for (let done = 0; done < bytes.length; ) done += this.writePart(bytes, done)
  }

  private writePart(bytes: Uint8Array, from: number): number {
    try {
      return writeSync(this.fd, bytes, from)
    } catch (error) {
      // A pipe that the parent made non-blocking and that is full.
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw error
      if (code !== 'EAGAIN') {
        const refusal = systemRefusal(error) ?? (error as Error).message
        throw new CodedError('CANNOT_WRITE', `cannot write to standard output: ${refusal}`)
      }
      Atomics.wait(this.pause, 0, 0, RETRY_MS)
      return 0
    }
  }
}
