/**
 * Links from the rows of tables to the timeline, with the thing selected and in view; the fragment is that of
 * views/client/timeline/url.ts.
 */
import type { Id } from '../../contract/common.js'
import { linkWith } from './query.js'

/** Room beside what is fitted, as a share of its length. */
const margin = 0.15

/**
 * A stretch of a goroutine: what it did at its start is selected. `marked` draws the stretch itself, as of a region.
 */
export function goroutineTimelineUrl(goid: Id, fromNs: number, toNs: number, marked = false): string {
  const room = Math.ceil(margin * (toNs - fromNs))
  const fragment = {
    from: Math.max(0, fromNs - room),
    to: toNs + room,
    sel: `${unsigned(goid)}@${fromNs}`,
    mark: marked ? `${fromNs}-${toNs}` : undefined,
  }
  return `${goroutineViewUrl(goid)}#${linkWith('', fragment).slice(1)}`
}

/** A task among all tasks; also one of which neither begin nor end is in the trace. */
export function taskTimelineUrl(id: Id): string {
  return `${linkWith('/trace', { view: 'task' })}#task=${unsigned(id)}`
}

/** A goroutine and those it had to do with. */
export function goroutineViewUrl(goid: Id): string {
  return linkWith('/trace', { goid: unsigned(goid) })
}

/** A window, which is selected as a range. */
export function windowUrl(fromNs: number, toNs: number): string {
  return `${linkWith('/trace', { view: 'proc', from: fromNs, to: toNs })}#range=${fromNs}-${toNs}`
}

/** The JSON of a view. */
export function perfettoUrl(query: { goid?: Id; taskid?: Id; from?: number; to?: number; view?: string }): string {
  const { goid, ...rest } = query
  return linkWith('/perfetto', goid === undefined ? rest : { goid: unsigned(goid), ...rest })
}

/** Ids are shown signed, as in cmd/trace, and asked for unsigned. */
function unsigned(id: Id): string {
  return String(BigInt.asUintN(64, BigInt(id)))
}
