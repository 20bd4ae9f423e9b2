/** The routes of the timeline, as far as they answer in JSON. */

import type {
  ArrowsAnswer,
  RangeAnswer,
  RegionsAnswer,
  SearchAnswer,
  SpanAnswer,
  TimelineView,
  TracksAnswer,
} from '../../../../server/shared/timeline.js'
import { failureOf } from '../../lib/failure.js'

async function ask<A>(path: string, params: Record<string, string | number>, signal?: AbortSignal): Promise<A> {
  const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))
  const response = await fetch(`/timeline/${path}?${query}`, { signal, headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(await failureOf(response))
  return (await response.json()) as A
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

export const askTracks = (view: TimelineView, offset: number, limit: number) =>
  ask<TracksAnswer>('tracks', { view, offset, limit })

/** The track of a view with an id; none if there is none. */
export const askTrack = (view: TimelineView, id: string, signal: AbortSignal) =>
  ask<TracksAnswer>('tracks', { view, id, limit: 1 }, signal)

export const askRegions = (
  view: TimelineView,
  tracks: readonly [number, number],
  from: number,
  to: number,
  signal: AbortSignal,
) => ask<RegionsAnswer>('regions', { view, tracks: `${tracks[0]}-${tracks[1]}`, from, to }, signal)

export const askSpan = (goid: string, at: number, signal: AbortSignal) =>
  ask<SpanAnswer>('span', { goid, at: Math.round(at) }, signal)

export const askRange = (from: number, to: number, signal: AbortSignal) =>
  ask<RangeAnswer>('range', { from: Math.round(from), to: Math.round(to) }, signal)

export const askArrows = (from: number, to: number, signal: AbortSignal) =>
  ask<ArrowsAnswer>('arrows', { from, to }, signal)

export const askSearch = (q: string, offset: number, limit: number, signal?: AbortSignal) =>
  ask<SearchAnswer>('search', { q, offset, limit }, signal)
