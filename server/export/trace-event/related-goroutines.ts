/**
 * Which goroutines have to do with one: those that unblocked it, and those that unblocked these (endpoints.md §6.5).
 * Asked for seldom, so that it is found by reading again rather than kept: of the generations that `next` names, in any
 * order, the events.
 */
import { IdTable } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { eventSpecs, slotCounts } from '../../core/event-table.js'
import { subjectOf, transitionShapes } from '../../core/events.js'
import { GoState } from '../../core/states.js'
import type { ViewerBorder } from '../../replay/viewer-facts.js'

/** Pairs of rows are one number: rows below this. */
const ROW_LIMIT = 0x4000000

/** 1: the kind ends the wait of another goroutine. */
const unblocks = Uint8Array.from(eventSpecs, spec =>
  spec?.transition?.from === GoState.Waiting && spec.transition.resource === 'goroutine' ? 1 : 0,
)

export class RelatedGoroutines {
  /** Who was unblocked × ROW_LIMIT + by whom. */
  private readonly pairs = new IdTable()
  private readonly read = new Set<number>()

  constructor(private readonly row: number) {}

  /** A generation that must be fed and has not been, −1: none. Who is unblocked changes its state. */
  next(borders: readonly Pick<ViewerBorder, 'rows'>[]): number {
    for (const wanted of [new Set([this.row]), this.withWakers(new Set([this.row]))]) {
      const found = borders.findIndex(
        ({ rows }, generation) => !this.read.has(generation) && rows.some(row => wanted.has(row)),
      )
      if (found < 0) continue
      this.read.add(found)
      return found
    }
    return -1
  }

  feed(block: EventBlock): void {
    const { length, kinds, goroutines, slots } = block
    let at = 0
    for (let i = 0; i < length; i++) {
      const kind = kinds[i]
      if (unblocks[kind] === 1 && goroutines[i] >= 0) {
        const row = subjectOf(transitionShapes[kind], slots, at, goroutines[i])
        if (row >= 0) this.pairs.add(row * ROW_LIMIT + goroutines[i])
      }
      at += slotCounts[kind]
    }
  }

  /** Their rows, the goroutine's own first. */
  rows(): number[] {
    return [...this.withWakers(this.withWakers(new Set([this.row])))]
  }

  private withWakers(rows: ReadonlySet<number>): Set<number> {
    const more = new Set(rows)
    for (const pair of this.pairs.from(0)) {
      if (rows.has(Math.floor(pair / ROW_LIMIT))) more.add(pair % ROW_LIMIT)
    }
    return more
  }
}
