/**
 * Which goroutines have to do with one: those that unblocked it, and those that unblocked these (endpoints.md §6.5). Asked for seldom, so
 * that it is found by reading the events again rather than kept.
 */
import { IdTable } from '../../shared/dictionary.js'
import type { EventBlock } from '../../shared/event-block.js'
import { EventKind, slotCounts } from '../../shared/event-table.js'

/** Pairs of rows are one number: rows below this. */
const ROW_LIMIT = 0x4000000
const ROUNDS = 2

export class RelatedGoroutines {
  /** Who was unblocked × ROW_LIMIT + by whom. */
  private readonly pairs = new IdTable()

  feed(block: EventBlock): void {
    const { length, kinds, goroutines, slots } = block
    let at = 0
    for (let i = 0; i < length; i++) {
      const kind = kinds[i]
      const unblocks = kind === EventKind.GoUnblock || kind === EventKind.GoSwitch || kind === EventKind.GoSwitchDestroy
      if (unblocks && goroutines[i] >= 0 && slots[at] >= 0) this.pairs.add(slots[at] * ROW_LIMIT + goroutines[i])
      at += slotCounts[kind]
    }
  }

  /** Rows, the goroutine's own among them. */
  of(row: number): number[] {
    let related = new Set([row])
    for (let round = 0; round < ROUNDS; round++) {
      const more = new Set(related)
      for (const pair of this.pairs.ids) {
        if (related.has(Math.floor(pair / ROW_LIMIT))) more.add(pair % ROW_LIMIT)
      }
      related = more
    }
    return [...related]
  }
}
