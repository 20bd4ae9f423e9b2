/** The clock facts of a generation, from its frequency batch (before version 25) or sync batches (format.md §3.1). */
import { EventKind } from '../../core/event-table.js'
import type { Format } from '../../core/formats.js'
import { isFault, varintFaultText } from '../wire/batch-header.js'
import { Varint, type VarintCursor } from '../wire/varint.js'
import type { ClockSnapshot } from './trace-index.js'

/** A fault inside a sync batch. */
export class SyncFault {
  constructor(
    readonly wanted: string,
    readonly found: string,
    /**
     * The batch ends between two fields: Go's reader takes that for the end of the trace and stops without an error.
     */
    readonly quiet = false,
  ) {}
}

export class ClockFacts {
  frequency: bigint | null = null
  snapshot: ClockSnapshot | null = null

  /** Adds the facts of one batch, whose payload is what the cursor has left. Throws SyncFault. */
  read(cursor: VarintCursor, baseTime: bigint, { sync }: Format): void {
    if (sync) cursor.pos++
    let ticks = baseTime
    while (cursor.pos < cursor.end) {
      const type = cursor.bytes[cursor.pos++]
      if (type === EventKind.Frequency) {
        if (this.frequency !== null) throw new SyncFault('one frequency', 'a second one')
        this.frequency = field(cursor, 'frequency')
      } else if (type === EventKind.ClockSnapshot && sync) {
        if (this.snapshot !== null) throw new SyncFault('one clock snapshot', 'a second one')
        ticks = BigInt.asUintN(64, ticks + field(cursor, "clock snapshot's time"))
        this.snapshot = {
          ticks,
          mono: field(cursor, "clock snapshot's monotonic time"),
          seconds: field(cursor, "clock snapshot's seconds"),
          nanoseconds: field(cursor, "clock snapshot's nanoseconds"),
        }
      } else {
        throw new SyncFault(
          sync ? 'a frequency or clock snapshot (type 8 or 51)' : 'a frequency (type 8)',
          `type ${type}`,
        )
      }
    }
  }
}

function field(cursor: VarintCursor, name: string): bigint {
  const code = cursor.next()
  if (isFault(code)) {
    const found = code === Varint.Overflow ? varintFaultText(code) : 'the end of its batch'
    throw new SyncFault(`the ${name}`, found, code === Varint.End)
  }
  return cursor.value(code)
}
