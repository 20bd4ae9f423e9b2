/** What a proc or thread does at a moment, before that and after it. */
import type { NeighboursAnswer, TrackRun } from '../shared/timeline.js'
import { idOf } from './range.js'
import type { Span } from './span.js'
import type { TimelineTiles } from './tiles.js'

export interface NeighboursRequest {
  readonly kind: 'procs' | 'threads'
  /** Row of procs or threads. */
  readonly row: number
  readonly atNs: number
}

/** Reads one generation after the other until there is something; gives empty pieces while it does. */
export function* neighboursOf(
  tiles: TimelineTiles,
  { kind, row, atNs }: NeighboursRequest,
): Generator<Uint8Array, NeighboursAnswer> {
  const { starts, endNs } = tiles.timeline
  const last = starts.length - 1
  const runOf = ({ other, start }: Span): TrackRun => ({
    goid: idOf(tiles, tiles.detail.dictionary.goroutines.ids[other]),
    startNs: start,
  })
  const own = tiles.timeline.generationAt(atNs)
  let here: TrackRun | null = null
  tiles.eachSpanOf(kind, row, atNs, atNs + 1, span => {
    if (span.start <= atNs && span.end > atNs) here ??= runOf(span)
  })
  const reference: number = (here as TrackRun | null)?.startNs ?? atNs
  let next: TrackRun | null = null
  for (let generation = own; generation <= last && next === null; generation++) {
    const end = generation === last ? endNs + 1 : starts[generation + 1]
    tiles.eachSpanOf(kind, row, Math.max(atNs, starts[generation]), end, span => {
      if (span.start > reference && span.start >= atNs) next ??= runOf(span)
    })
    yield new Uint8Array(0)
  }
  let previous: TrackRun | null = null
  let from = tiles.timeline.generationAt(reference) + 1
  // Twice as many each time, in their order, because to go on with the next generation is cheap.
  for (let count = 1; from > 0 && previous === null; count *= 2) {
    const behind = from
    from = Math.max(0, behind - count)
    for (let generation = from; generation < behind; generation++) {
      const end = Math.min(reference, starts[generation + 1] ?? reference)
      tiles.eachSpanOf(kind, row, starts[generation], end, span => {
        if (span.start < reference) previous = runOf(span)
      })
      yield new Uint8Array(0)
    }
  }
  return { here, previous, next }
}
