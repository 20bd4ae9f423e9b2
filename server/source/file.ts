/** A trace in a local file. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { CodedError } from '../errors.js'
import { ReadSums } from './read-sums.js'
import type { FileStamp, Source } from './source.js'

/** How often a file that is being read is asked whether it changed. */
const CHECK_EVERY_MS = 250

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'reading it is not allowed',
  EPERM: 'reading it is not allowed',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links go round in circles',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ENXIO: 'it is a socket or device',
}

/**
 * Opens a regular file for reading; never blocks, whatever the path names. With `stamp` it must be as it was when it
 * had that one, and whatever is read of it twice must be the same. Throws CodedError NOT_READABLE with a sentence that
 * names the path and the reason, FILE_CHANGED where it is not as it was.
 */
export function openSource(path: string, stamp?: FileStamp): Source {
  let fd: number
  try {
    // A FIFO without a writer would block the open.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw new CodedError('NOT_READABLE', `cannot open ${path}: ${reasonOf(error)}`)
  }
  try {
    return new FileSource(path, fd, stamp)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

class FileSource implements Source {
  readonly name: string
  readonly sizeBytes: number
  readonly stamp: FileStamp
  private checkedAt = performance.now()
  private closed = false
  /** Null: it is read once. */
  private readonly sums: ReadSums | null
  /** When something about the file was changed last that need not be its content: its name, its rights. */
  private touchedAt: number
  /** It is not what it was, and never will be again. */
  private fault: CodedError | null = null

  constructor(
    path: string,
    private readonly fd: number,
    stamp?: FileStamp,
  ) {
    const stats = fstatSync(fd)
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a directory' : stats.isFIFO() ? 'a pipe' : 'not a regular file'
      throw new CodedError('NOT_READABLE', `cannot open ${path}: it is ${what}; a trace is read from a regular file`)
    }
    this.name = basename(path)
    const { size, mtimeMs, dev, ino } = stats
    this.stamp = stamp ?? { sizeBytes: size, changedAt: mtimeMs, device: dev, inode: ino }
    this.sizeBytes = this.stamp.sizeBytes
    this.sums = stamp === undefined ? null : new ReadSums()
    this.touchedAt = stats.ctimeMs
    this.check()
  }

  read(offset: number, length: number, target = new Uint8Array(length)): Uint8Array {
    if (offset < 0 || offset + length > this.sizeBytes || length > target.length) {
      throw new Error(`read of ${length} bytes at ${offset} of ${this.sizeBytes} into ${target.length}`)
    }
    if (this.fault !== null) throw this.fault
    if (performance.now() - this.checkedAt >= CHECK_EVERY_MS) this.check()
    this.readAll(offset, length, target)
    return target
  }

  private readAll(offset: number, length: number, target: Uint8Array): void {
    let done = 0
    while (done < length) {
      const count = this.readPart(target, done, length - done, offset + done)
      if (count === 0) {
        this.check()
        throw this.changed(offset + done)
      }
      done += count
    }
    if (this.sums?.agree(offset, target.subarray(0, length)) === false) throw this.changed(this.sizeBytes)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.fd)
  }

  private readPart(target: Uint8Array, at: number, length: number, offset: number): number {
    try {
      return readSync(this.fd, target, at, length, offset)
    } catch (error) {
      throw new CodedError('NOT_READABLE', `cannot read ${this.name} at offset ${offset}: ${reasonOf(error)}`, {
        offset,
      })
    }
  }

  check(): void {
    if (this.fault !== null) throw this.fault
    this.checkedAt = performance.now()
    const { size, mtimeMs, ctimeMs, dev, ino } = fstatSync(this.fd)
    const { sizeBytes, changedAt, device, inode } = this.stamp
    const isSame = size === sizeBytes && mtimeMs === changedAt && dev === device && ino === inode
    if (!isSame) throw this.changed(size)
    if (ctimeMs === this.touchedAt) return
    this.touchedAt = ctimeMs
    this.checkContent()
  }

  /** Reads again what was read. */
  private checkContent(): void {
    for (const [offset, length] of this.sums?.stretches() ?? []) this.readAll(offset, length, new Uint8Array(length))
  }

  private changed(sizeNow: number): CodedError {
    const wanted = `${this.sizeBytes} bytes`
    const found = `${sizeNow} bytes`
    this.fault = new CodedError(
      'FILE_CHANGED',
      sizeNow === this.sizeBytes
        ? `${this.name} was written to while it was open`
        : `${this.name} changed while it was open: it had ${wanted} and has ${sizeNow} now`,
      { wanted, found },
    )
    return this.fault
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}
