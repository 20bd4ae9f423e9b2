/** `-d=footprint`: how many bytes each type of event takes, as the table that `go tool trace -d=footprint` prints. */
import { eventSpecs } from '../core/event-table.js'
import { goSort } from '../core/go-sort.js'
import type { Source } from '../source/source.js'
import { varintLength } from '../trace/wire/varint.js'
import { lastWireType, WireReader } from '../trace/wire/wire-reader.js'

const TYPES = 256
const MIN_WIDTH = 3
const PADDING = 2

/**
 * The table. The size of an event is that of its shortest encoding, so that padded numbers make the sum smaller than
 * the file. Throws CodedError FRAMING where the events end early.
 */
export function footprintTable(source: Source, version: number, offset: number): string {
  const bytes = new Float64Array(TYPES)
  const counts = new Float64Array(TYPES)
  const reader = new WireReader(source, version, offset)
  let total = 0
  while (reader.next()) {
    bytes[reader.kind] += encodedSize(reader)
    counts[reader.kind]++
    total++
  }
  const order = Uint32Array.from({ length: TYPES }, (_, type) => type)
  goSort(
    order,
    bytes.map(size => -size),
  )
  const rows = [
    ['Event', 'Bytes', '%', 'Count', '%'],
    ['-', '-', '-', '-', '-'],
  ]
  for (const type of order) {
    const sizeShare = `${fixed2((bytes[type] / source.sizeBytes) * 100)}%`
    const countShare = `${fixed2((counts[type] / total) * 100)}%`
    rows.push([nameOf(type, version), String(bytes[type]), sizeShare, String(counts[type]), countShare])
  }
  return align(rows)
}

function encodedSize(reader: WireReader): number {
  const { args, argCount, wide, dataLength } = reader
  let size = 1
  for (let i = 0; i < argCount; i++) size += args[i] >= 0 ? varintLength(args[i]) : varintLength(wide[-1 - args[i]])
  return reader.hasData ? size + varintLength(dataLength) + dataLength : size
}

function nameOf(type: number, version: number): string {
  return type > lastWireType(version) ? `<unknown (${type})>` : (eventSpecs[type]?.name ?? '')
}

/** Two decimals, a tie to the even digit, as Go rounds. */
function fixed2(value: number): string {
  // Only odd multiples of an eighth lie just between two hundredths.
  const isTie = Math.abs((value * 8) % 2) === 1
  if (!isTie) return value.toFixed(2)
  const below = Math.floor(value * 100)
  return ((below % 2 === 0 ? below : below + 1) / 100).toFixed(2)
}

/** Every column but the last is padded to its widest cell. */
function align(rows: readonly string[][]): string {
  const columns = rows[0].length - 1
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(MIN_WIDTH, ...rows.map(row => row[column].length + PADDING)),
  )
  return rows
    .map(row => `${row.map((cell, column) => (column < columns ? cell.padEnd(widths[column]) : cell)).join('')}\n`)
    .join('')
}
