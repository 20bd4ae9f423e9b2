/** The routes of the timeline, as far as they answer in JSON. */

import type {
  ArrowsAnswer,
  NeighboursAnswer,
  RangeAnswer,
  SearchAnswer,
  SpanAnswer,
  TimelineRegionsAnswer,
  TimelineView,
  TracksAnswer,
} from '../../../../server/shared/timeline.js'
import { type Connection, readJson } from './connection.js'

type Params = Readonly<Record<string, string | number>>

/** `key`: see Connection.ask. */
function ask<A>(to: Connection, key: string | null, path: string, params: Params, signal?: AbortSignal): Promise<A> {
  const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))
  return to.ask<A>(key, `timeline/${path}?${query}`, readJson, signal)
}

export const askTracks = (to: Connection, key: string, view: TimelineView, offset: number, limit: number) =>
  ask<TracksAnswer>(to, key, 'tracks', { view, offset, limit })

/** The track of a view with an id; none if there is none. */
export const askTrack = (to: Connection, view: TimelineView, id: string, signal: AbortSignal) =>
  ask<TracksAnswer>(to, null, 'tracks', { view, id, limit: 1 }, signal)

export const askRegions = (
  to: Connection,
  key: string,
  view: TimelineView,
  tracks: readonly [number, number],
  from: number,
  till: number,
  signal: AbortSignal,
) =>
  ask<TimelineRegionsAnswer>(to, key, 'regions', { view, tracks: `${tracks[0]}-${tracks[1]}`, from, to: till }, signal)

export const askSpan = (to: Connection, goid: string, at: number, signal: AbortSignal) =>
  ask<SpanAnswer>(to, null, 'span', { goid, at: Math.round(at) }, signal)

/** What a proc or thread does at a moment, before and after it. */
export const askNeighbours = (to: Connection, view: 'proc' | 'thread', id: string, at: number, signal: AbortSignal) =>
  ask<NeighboursAnswer>(to, null, 'neighbours', { view, id, at: Math.round(at) }, signal)

export const askRange = (to: Connection, from: number, till: number, signal: AbortSignal) =>
  ask<RangeAnswer>(to, null, 'range', { from: Math.round(from), to: Math.round(till) }, signal)

export const askArrows = (to: Connection, key: string, from: number, till: number, signal: AbortSignal) =>
  ask<ArrowsAnswer>(to, key, 'arrows', { from, to: till }, signal)

export const askSearch = (
  to: Connection,
  key: string | null,
  q: string,
  offset: number,
  limit: number,
  signal?: AbortSignal,
) => ask<SearchAnswer>(to, key, 'search', { q, offset, limit }, signal)
