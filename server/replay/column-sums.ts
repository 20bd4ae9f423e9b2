/**
 * The columns of one tile's track (shared/tile.ts) while they are summed up; the same for coarse and for deep tiles, so
 * that both agree.
 */
import { reasonOf, type Wait } from '../core/reasons.js'
import { TILE_COLUMNS, TILE_STATES, type TileColumns, TileState, tileStart } from '../shared/tile.js'

export class ColumnSums {
  /** First moment of the tile and the first behind it, ns. */
  readonly start: number
  readonly end: number
  private readonly width: number
  private readonly times = new Float64Array(TILE_COLUMNS * TILE_STATES)
  private readonly counts = new Uint32Array(TILE_COLUMNS)
  private readonly longest = new Float64Array(TILE_COLUMNS)
  private readonly used = new Uint8Array(TILE_COLUMNS)

  constructor(level: number, index: number) {
    this.width = 2 ** level
    this.start = tileStart(level, index)
    this.end = tileStart(level, index + 1)
  }

  /** Adds the time of a span, and counts it where it ends. */
  addSpan(state: number, since: number, until: number): void {
    this.addTime(state, since, until)
    const column = this.columnAt(until)
    if (column >= 0) this.count(column, 1, until - since)
  }

  addTime(state: number, since: number, until: number): void {
    const { width, times, used } = this
    let from = Math.max(since, this.start)
    const to = Math.min(until, this.end)
    if (from >= to) return
    let column = Math.floor((from - this.start) / width)
    let border = this.start + (column + 1) * width
    while (from < to) {
      const end = Math.min(border, to)
      times[column * TILE_STATES + state] += end - from
      used[column++] = 1
      from = end
      border += width
    }
  }

  /** The column of a moment, −1: it lies outside the tile. */
  columnAt(time: number): number {
    return time < this.start || time >= this.end ? -1 : Math.floor((time - this.start) / this.width)
  }

  /** Adds spans that lie inside one column: their number, the length of the longest. */
  count(column: number, count: number, longest: number): void {
    this.counts[column] += count
    if (longest > this.longest[column]) this.longest[column] = longest
    this.used[column] = 1
  }

  /** Adds time inside one column. */
  add(column: number, state: number, time: number): void {
    this.times[column * TILE_STATES + state] += time
    this.used[column] = 1
  }

  /** Adds what lies in this tile of another one, of this level or a lower one. */
  addTile({ length, columns, times, counts, longest }: TileColumns, level: number, index: number): void {
    const start = tileStart(level, index)
    for (let i = 0; i < length; i++) {
      const column = this.columnAt(start + columns[i] * 2 ** level)
      if (column < 0) continue
      if (counts[i] > 0) this.count(column, counts[i], longest[i])
      for (let state = 0; state < TILE_STATES; state++) {
        const time = times[i * TILE_STATES + state]
        if (time > 0) this.add(column, state, time)
      }
    }
  }

  /** The columns so far; begins anew. */
  take(): TileColumns {
    const { used, times, counts, longest } = this
    let length = 0
    for (let column = 0; column < TILE_COLUMNS; column++) length += used[column]
    const track = {
      form: 'columns' as const,
      length,
      columns: new Uint16Array(length),
      times: new Float64Array(length * TILE_STATES),
      counts: new Uint32Array(length),
      longest: new Float64Array(length),
    }
    for (let column = 0, i = 0; column < TILE_COLUMNS; column++) {
      if (used[column] === 0) continue
      track.columns[i] = column
      track.times.set(times.subarray(column * TILE_STATES, (column + 1) * TILE_STATES), i * TILE_STATES)
      track.counts[i] = counts[column]
      track.longest[i++] = longest[column]
    }
    for (const sums of [used, times, counts, longest]) sums.fill(0)
    return track
  }
}

const waitStates: Readonly<Record<Wait, number>> = {
  chan: TileState.Chan,
  sync: TileState.Sync,
  network: TileState.Network,
  sleep: TileState.Sleep,
  gc: TileState.GcWait,
  other: TileState.OtherWait,
}

/** TileState of a wait, by the text of its reason (Latin-1). */
export function waitState(reason: string): number {
  return waitStates[reasonOf(reason).wait]
}
