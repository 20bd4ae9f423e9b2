/** Which rows the tracks of the views are made of, so that a question about tracks needs no other thread. */
import type { DrawnView, TrackOrder, TrackRange } from '../contract/timeline.js'
import type { Dictionary } from '../core/dictionary.js'
import { CodedError } from '../errors.js'
import { runtimeLanes } from '../shared/timeline.js'
import type { TileRequest } from './tiles.js'

const kinds = {
  goroutine: 'goroutines',
  group: 'goroutines',
  proc: 'procs',
  thread: 'threads',
  runtime: 'runtime',
} as const satisfies Record<DrawnView, TileRequest['kind']>

/** Tracks that lie side by side, as tiles take them. */
export interface TrackRows<V extends DrawnView> extends Pick<TileRequest, 'firstTrack' | 'tracks'> {
  readonly kind: (typeof kinds)[V]
}

export class Tracks {
  /** By goroutine row, the index of its track; made when it is needed. */
  private trackOfRow: Int32Array | null = null

  constructor(
    private readonly order: TrackOrder,
    private readonly dictionary: Dictionary,
  ) {}

  /** Throws NOT_FOUND where there is no track; fewer than asked for where the range passes the last one. */
  rowsOf<V extends DrawnView>({ view, first, last }: TrackRange & { readonly view: V }): TrackRows<V> {
    const end = Math.min(last + 1, this.count(view))
    if (first >= end) throw new CodedError('NOT_FOUND', `There is no track ${first}.`)
    const tracks = Array.from({ length: end - first }, (_, i) => this.rows(view, first + i))
    return { kind: kinds[view], firstTrack: first, tracks }
  }

  /** The index of a goroutine's track; −1: it has none, or there is no such row. */
  trackOf(row: number): number {
    this.trackOfRow ??= this.placesOfRows()
    return this.trackOfRow[row] ?? -1
  }

  /** Row of the proc or thread with that id. Throws NOT_FOUND. */
  rowOfId(view: 'proc' | 'thread', id: string): number {
    const { procs, threads, wide } = this.dictionary
    const { ids } = view === 'proc' ? procs : threads
    const row = this.order[kinds[view]].find(row => wide.signedText(ids[row]) === id)
    if (row === undefined) throw new CodedError('NOT_FOUND', `There is no ${view} ${id}.`)
    return row
  }

  private count(view: DrawnView): number {
    if (view === 'runtime') return runtimeLanes.length
    return view === 'group' ? this.order.groupStarts.length - 1 : this.order[kinds[view]].length
  }

  private rows(view: DrawnView, index: number): Uint32Array {
    const { goroutines, groupStarts } = this.order
    if (view === 'runtime') return new Uint32Array(0)
    if (view === 'group') return goroutines.subarray(groupStarts[index], groupStarts[index + 1])
    return this.order[kinds[view]].subarray(index, index + 1)
  }

  private placesOfRows(): Int32Array {
    const places = new Int32Array(this.dictionary.goroutines.length).fill(-1)
    this.order.goroutines.forEach((row, index) => {
      places[row] = index
    })
    return places
  }
}
