/**
 * What tells a state of a file from others: size in bytes, times (ms since 1970) of the last write and of the last
 * change of anything, its name and rights too, and which file it is.
 */
export interface FileStamp {
  readonly sizeBytes: number
  readonly changedAt: number
  readonly touchedAt: number
  readonly device: number
  readonly inode: number
}

/** A file as it was read, to open it once more as the same; plain data. */
export interface FileRecord {
  readonly stamp: FileStamp
  /** Checksums of what was read of it (read-sums.ts). */
  readonly sums: Float64Array
}

/**
 * The only reader of the trace file. Everything else asks for bytes by offset and keeps none of the file.
 */
export interface Source {
  /** Base name of the file, for people. */
  readonly name: string
  /** Size in bytes when it was opened. */
  readonly sizeBytes: number
  /** Tells this state of the file from any other. */
  readonly stamp: FileStamp
  /**
   * Reads exactly `length` bytes at `offset` into `target` (from its start; a new array when left out).
   * Throws CodedError FILE_CHANGED when the file shrank or changed since it was opened, NOT_READABLE when the system
   * refuses.
   */
  read(offset: number, length: number, target?: Uint8Array): Uint8Array
  /** Throws as `read` does when the file changed; `read` itself only looks now and then. */
  check(): void
  close(): void
}
