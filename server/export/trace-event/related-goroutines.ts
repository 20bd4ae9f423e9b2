/**
 * Which goroutines have to do with one: those that unblocked it, and those that unblocked these (endpoints.md §6.5).
 * Asked for seldom, so that it is found by reading again rather than kept: of the generations that it names, the
 * events.
 */
import type { ChangedRows } from '../../core/changed-rows.js'
import { IdTable } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { eventSpecs, slotCounts } from '../../core/event-table.js'
import { subjectOf, transitionShapes } from '../../core/events.js'
import { GoState } from '../../core/states.js'

/** Pairs of rows are one number: rows below this. */
const ROW_LIMIT = 0x4000000

/** 1: the kind ends the wait of another goroutine. */
const unblocks = Uint8Array.from(eventSpecs, spec =>
  spec?.transition?.from === GoState.Waiting && spec.transition.resource === 'goroutine' ? 1 : 0,
)

export class RelatedGoroutines {
  /** Who was unblocked × ROW_LIMIT + by whom. */
  private readonly pairs = new IdTable()

  constructor(private readonly row: number) {}

  /** The generations that must be fed, each before the next is asked for. Who is unblocked changes its state. */
  *generations(changed: ChangedRows): Generator<number> {
    const read = new Set<number>()
    for (const withWakers of [false, true]) {
      const wanted = withWakers ? this.withWakers(new Set([this.row])) : new Set([this.row])
      const generations = new Set(Array.from(wanted, row => changed.generationsOf(row)).flat())
      for (const generation of [...generations].sort((a, b) => a - b)) {
        if (read.has(generation)) continue
        read.add(generation)
        yield generation
      }
    }
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
