/**
 * The only reader of the trace file. Everything else asks for bytes by offset and keeps none of the file.
 */
export interface Source {
  /** Base name of the file, for people. */
  readonly name: string
  /** Size in bytes when it was opened. */
  readonly sizeBytes: number
  /**
   * Reads exactly `length` bytes at `offset` into `target` (from its start; a new array when left out).
   * Throws CodedError FILE_CHANGED when the file shrank or changed since it was opened, NOT_READABLE when the system refuses.
   */
  read(offset: number, length: number, target?: Uint8Array): Uint8Array
  close(): void
}
