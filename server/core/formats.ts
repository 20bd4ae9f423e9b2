/**
 * What the formats with generations (headers since Go 1.22) do differently, one row a version of the header, oldest
 * first; the events of each are in event-table.ts. Releases without a row write the format of the one before.
 */
export const formats = [
  { version: 22, sync: false, endBytes: false },
  { version: 23, sync: false, endBytes: false },
  { version: 25, sync: true, endBytes: false },
  { version: 26, sync: true, endBytes: true },
] as const satisfies readonly FormatSpec[]

interface FormatSpec {
  /** N of `go 1.N trace`. */
  readonly version: number
  /**
   * A generation tells its clock in batches that begin with a Sync event; before, in one of a Frequency event alone.
   */
  readonly sync: boolean
  /** A byte of its own ends each generation; before, it ends where a batch of the next begins. */
  readonly endBytes: boolean
}

export type V2Version = (typeof formats)[number]['version']
export type Format = FormatSpec & { readonly version: V2Version }

export function formatOf(version: V2Version): Format {
  return formats.find(format => format.version === version) as Format
}
