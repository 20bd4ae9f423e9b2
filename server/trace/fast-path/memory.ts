/**
 * The memory that the handlers of events and the fast path share: columns, one a fact, and registers that say where
 * they begin (layout.ts).
 */
import { EventKind, eventSpecs } from '../../core/event-table.js'
import { shownGoStates } from '../../core/states.js'
import { LinearMemory } from '../../wasm/linear-memory.js'
import { ARG_COUNTS, FIRST_COLUMN, NOT_TIMED, SHOWN_STATES } from './layout.js'

export class OrderingMemory extends LinearMemory {
  constructor() {
    super(FIRST_COLUMN)
    const argCounts = new Uint8Array(this.memory.buffer, ARG_COUNTS, 256).fill(NOT_TIMED)
    for (const spec of eventSpecs) if (spec?.timed) argCounts[spec.kind] = spec.args.length
    // A clock snapshot passes the decoder (it carries a time) and is refused by the ordering.
    argCounts[EventKind.ClockSnapshot] = 3
    new Uint8Array(this.memory.buffer, SHOWN_STATES, shownGoStates.length).set(shownGoStates)
  }

  override clear(): void {
    super.clear()
    this.words.fill(0)
  }
}
