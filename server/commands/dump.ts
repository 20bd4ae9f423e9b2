/** `-d=wire`, `-d=parsed`, `-d=footprint`: what is in a trace file, as text. */
import type { CodedError } from '../errors.js'
import { openSource } from '../source/file.js'
import type { Source } from '../source/source.js'
import { buildIndex } from '../trace/index/build-index.js'
import { HEADER_BYTES, isV1, readHeader, type Version } from '../trace/index/header.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { V2Reader } from '../trace/order/v2-reader.js'
import { openV1Reader } from '../trace/v1/reader.js'
import type { DumpMode } from './arguments.js'
import { footprintTable } from './footprint.js'
import type { Output } from './output.js'
import { printParsed } from './parsed.js'
import { printWire } from './wire.js'

/** Throws CodedError where the trace is broken; what stands before is printed then, but for the footprint. */
export function dump(file: string, mode: DumpMode, output: Output): void {
  const source = openSource(file)
  try {
    const version = readHeader(source)
    if (mode === 'wire') printWire(source, version, HEADER_BYTES, output)
    else if (mode === 'footprint') output.write(footprintTable(source, version, HEADER_BYTES))
    else dumpParsed(source, version, output)
  } finally {
    source.close()
  }
}

function dumpParsed(source: Source, version: Version, output: Output): void {
  const reader: OrderedReader = isV1(version)
    ? openV1Reader(source, version, true)
    : new V2Reader(source, buildIndex(source, version), undefined, undefined, true)
  for (const text of printParsed(reader)) output.write(text)
  // Set by the loop above, which the compiler does not see.
  const error = reader.error as CodedError | null
  if (error !== null) throw error
}
