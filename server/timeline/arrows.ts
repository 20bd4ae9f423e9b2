/** Arrows of a window: who made which goroutine runnable, and where that one then ran. */
import type { TimeRange } from '../contract/timeline.js'
import type { CodesByRow } from '../core/dictionary.js'
import { GoState } from '../core/states.js'
import type { ArrowsAnswer, TimelineArrow } from '../shared/timeline.js'
import { eachTransition, idOf } from './range.js'
import type { TimelineTiles } from './tiles.js'
import type { Tracks } from './tracks.js'

/** An arrow whose end may come. */
type Wake = { -readonly [F in keyof TimelineArrow]: TimelineArrow[F] }

/** Most wakes of an answer; of more every second, fourth, … is there. */
const MOST_ARROWS = 1000
/** Windows over generations with more events are too wide for arrows. */
const MOST_EVENTS = 3_000_000

/** Gives empty pieces while it reads. */
export function* arrowsIn(
  tiles: TimelineTiles,
  tracks: Tracks,
  { fromNs, toNs }: TimeRange,
): Generator<Uint8Array, ArrowsAnswer> {
  const { timeline, detail } = tiles
  const end = Math.min(toNs, timeline.endNs + 1)
  if (fromNs >= end) return { arrows: [], total: 0 }
  const [first, last] = tiles.generationsOf(fromNs, end)
  let events = 0
  for (let generation = first; generation <= last; generation++) events += timeline.events[generation]
  if (events > MOST_EVENTS) return { arrows: [], total: null }
  const { procs, threads } = detail.dictionary
  const id = (ids: CodesByRow, row: number) => (row < 0 ? null : idOf(tiles, ids[row]))
  let wakes: Wake[] = []
  let step = 1
  let total = 0
  /** By the goroutine that was woken and has not run yet. */
  const waiting = new Map<number, Wake>()
  for (let generation = first; generation <= last; generation++) {
    const from = generation === first ? fromNs : timeline.starts[generation]
    const to = generation === last ? end : timeline.starts[generation + 1]
    eachTransition(tiles, from, to, (transition, row) => {
      const { atNs, from, to, actor, proc, thread } = transition
      if (to === GoState.Running) {
        const wake = waiting.get(row)
        waiting.delete(row)
        if (wake === undefined) return true
        wake.ranNs = atNs
        wake.toProc = id(procs.ids, proc)
        wake.toThread = id(threads.ids, thread)
      } else if (to === GoState.Runnable && (from === GoState.Waiting || from === GoState.NotExist)) {
        waiting.delete(row)
        if (total++ % step !== 0) return true
        const wake: Wake = {
          atNs,
          ranNs: null,
          from: tracks.trackOf(actor),
          to: tracks.trackOf(row),
          fromProc: id(procs.ids, proc),
          fromThread: id(threads.ids, thread),
          toProc: null,
          toThread: null,
        }
        wakes.push(wake)
        waiting.set(row, wake)
        if (wakes.length > MOST_ARROWS) {
          wakes = wakes.filter((_, i) => i % 2 === 0)
          step *= 2
        }
      }
      return true
    })
    yield new Uint8Array(0)
  }
  return { arrows: wakes, total }
}
