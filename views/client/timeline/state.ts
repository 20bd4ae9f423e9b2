/** What the timeline shows, as far as a link can carry it. */
import type { TimeWindow } from './viewport.js'

export type View = 'goroutine' | 'proc' | 'thread' | 'task'
export const views: readonly View[] = ['goroutine', 'proc', 'thread', 'task']

/** A moment of a goroutine; the span around it is what is selected. Ids are decimal texts, as they may pass 2^53. */
export interface Selection {
  readonly goid: string
  readonly at: number
  /** Chosen on a proc or thread, whose spans are gone through then; what runs there at the moment is the goroutine. */
  readonly on: OnTrack | null
}

export interface OnTrack {
  readonly view: 'proc' | 'thread'
  readonly id: string
}

export interface TimelineState {
  view: View
  window: TimeWindow | null
  selection: Selection | null
  range: TimeWindow | null
  /** Id of the selected task, a decimal text. Of selection, range and task one is set at most. */
  task: string | null
  /** Names of the groups that are open. */
  open: Set<string>
  /** Ids of the tracks on top. */
  pins: string[]
  query: string
  /** Over all tracks: 0 nothing, 1 STW, 2 STW and GC. */
  overlays: number
  /** 0 none, 1 that from who woke the selection, 2 all of the window. */
  arrows: number
  /** Frames of stacks under the tracks. */
  stacks: boolean
  /** The moment that the axis calls 0. */
  origin: number
  mark: TimeWindow | null
}

export function initialState(view: View): TimelineState {
  return {
    view,
    window: null,
    selection: null,
    range: null,
    task: null,
    open: new Set(),
    pins: [],
    query: '',
    overlays: 2,
    arrows: 1,
    stacks: false,
    origin: 0,
    mark: null,
  }
}

export function trackName({ view, id }: OnTrack): string {
  return `${view === 'proc' ? 'P' : 'M'}${id}`
}
