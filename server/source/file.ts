/** A trace in a local file. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { basename } from 'node:path'
import { CodedError } from '../errors.js'
import { ReadSums } from './read-sums.js'
import type { FileRecord, FileStamp, Source } from './source.js'

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
 * Opens a regular file for reading; never blocks, whatever the path names. Whatever is read of it twice must be the
 * same; with `record` it must be as it was read then. Throws CodedError NOT_READABLE with a sentence that names the
 * path and the reason, FILE_CHANGED where it is not as it was.
 */
export function openSource(path: string, record?: FileRecord): FileSource {
  let fd: number
  try {
    // A FIFO without a writer would block the open.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw new CodedError('NOT_READABLE', `cannot open ${path}: ${reasonOf(error)}`)
  }
  try {
    return new FileSource(path, fd, record)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

export class FileSource implements Source {
  readonly name: string
  readonly sizeBytes: number
  readonly stamp: FileStamp
  private checkedAt = performance.now()
  private closed = false
  private readonly sums: ReadSums
  /** The last change of anything after which the content was the same. */
  private touchedAt: number
  /** It is not what it was, and never will be again. */
  private fault: CodedError | null = null

  constructor(
    private readonly path: string,
    private readonly fd: number,
    record?: FileRecord,
  ) {
    const stats = fstatSync(fd)
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a directory' : stats.isFIFO() ? 'a pipe' : 'not a regular file'
      throw new CodedError('NOT_READABLE', `cannot open ${path}: it is ${what}; a trace is read from a regular file`)
    }
    this.name = basename(path)
    this.stamp = record?.stamp ?? stampOf(stats)
    this.sizeBytes = this.stamp.sizeBytes
    this.sums = new ReadSums(record?.sums)
    this.touchedAt = this.stamp.touchedAt
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
    if (!this.sums.agree(offset, target.subarray(0, length))) throw this.changed(this.sizeBytes)
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
    this.checkedAt = performance.now()
    const touchedAt = this.lastTouch()
    if (touchedAt === this.touchedAt) return
    this.touchedAt = touchedAt
    // What was read is read again.
    for (const [offset, length] of this.sums.stretches()) this.readAll(offset, length, new Uint8Array(length))
  }

  /**
   * When anything about the file was changed last, ms since 1970: whether that was its content only `check` can tell,
   * which may have to read all again. Throws FILE_CHANGED where no reading is needed to know it.
   */
  lastTouch(): number {
    if (this.fault !== null) throw this.fault
    const { sizeBytes, changedAt, device, inode } = this.stamp
    const now = stampOf(fstatSync(this.fd))
    if (now.sizeBytes !== sizeBytes || now.changedAt !== changedAt) throw this.changed(now.sizeBytes)
    // A file that was removed, or has another name now, can be read all the same.
    const named = statOf(this.path) ?? now
    for (const file of [now, named]) if (file.device !== device || file.inode !== inode) throw this.replaced()
    return now.touchedAt
  }

  /** The file as it was read so far. */
  record(): FileRecord {
    return { stamp: this.stamp, sums: this.sums.data() }
  }

  private replaced(): CodedError {
    this.fault = new CodedError('FILE_CHANGED', `${this.name} was replaced by another file while it was open`)
    return this.fault
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

function stampOf({ size, mtimeMs, ctimeMs, dev, ino }: Stats): FileStamp {
  return { sizeBytes: size, changedAt: mtimeMs, touchedAt: ctimeMs, device: dev, inode: ino }
}

/** Null: nothing has that name, or the system doesn't tell. */
function statOf(path: string): FileStamp | null {
  try {
    return stampOf(statSync(path))
  } catch {
    return null
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}
