/**
 * Tiles that are here, and those on their way. A frame says which it needs; what no frame needs any more is not fetched
 * on. Until a tile comes, coarser or finer ones stand in for it.
 */
import {
  decodeTile,
  MAX_LEVEL,
  TILE_COLUMNS,
  TILE_TRACKS,
  type Tile,
  tileStart,
} from '../../../../server/shared/tile.js'
import type { StacksAnswer, TimelineView } from '../../../../server/shared/timeline.js'
import { type Connection, readJson } from './connection.js'

/** What has the address of a tile. */
interface Placed {
  readonly level: number
  readonly index: number
  readonly firstTrack: number
}

/** A kind of tiles: where they are, how one is read, and what it takes in memory, about. */
export interface TileForm<T> {
  readonly path: string
  readonly read: (bytes: Uint8Array) => T
  readonly bytesOf: (tile: T) => number
}

export const timeTiles: TileForm<Tile> = {
  path: 'tile',
  read: decodeTile,
  bytesOf: ({ tracks, texts }) => {
    let bytes = texts.reduce((sum, text) => sum + 2 * text.length + objectBytes, objectBytes)
    for (const track of tracks) {
      for (const column of Object.values(track))
        bytes += ArrayBuffer.isView(column) ? column.byteLength + objectBytes : 0
    }
    return bytes
  },
}

export const stackTiles: TileForm<StacksAnswer> = {
  path: 'stacks',
  read: readJson,
  bytesOf: ({ tracks, functions }) =>
    functions.reduce((sum, name) => sum + 2 * name.length + objectBytes, objectBytes) +
    tracks.reduce((sum, { depths }) => sum + 4 * (8 * depths.length + objectBytes), 0),
}

/** What an array or a text takes beside its content. */
const objectBytes = 100
const parallelRequests = 6
/** While the window moves, requests start no more often than this, as most would be given up at once. */
const pauseMs = 40
/** For tiles that are not shown now. */
const keptBytes = 48e6
/** Coarser levels that are looked through for a stand-in. */
const standInLevels = 24

/** Times of a window for which a tile is missing, and those where a coarser one stands in. */
export interface Gaps {
  readonly missing: readonly (readonly [number, number])[]
  readonly coarse: readonly (readonly [number, number])[]
}

const noGaps: Gaps = { missing: [], coarse: [] }

export class TileStore<T extends Placed> {
  private readonly tiles = new Map<string, { readonly tile: T; readonly bytes: number }>()
  private readonly running = new Map<string, AbortController>()
  private wanted = new Set<string>()
  private bytes = 0
  private pause = 0

  /** `arrived` is told of each tile. */
  constructor(
    private readonly endNs: number,
    private readonly form: TileForm<T>,
    private readonly connection: Connection,
    private readonly arrived: (tile: T, view: TimelineView) => void,
    private readonly mostBytes = keptBytes,
  ) {}

  /** The level whose columns are at most a pixel wide. */
  static levelOf(nsPerPx: number): number {
    return Math.max(0, Math.min(MAX_LEVEL, Math.floor(Math.log2(Math.max(nsPerPx, 1)) + 1e-9)))
  }

  /** Numbers of the tiles of a level that lie in a window. */
  static range(level: number, from: number, to: number): readonly [number, number] {
    const length = TILE_COLUMNS * 2 ** level
    return [Math.floor(Math.max(0, from) / length), Math.max(0, Math.ceil(to / length) - 1)]
  }

  beginFrame(): void {
    this.wanted = new Set()
  }

  /**
   * The tiles that show a track in a window, from left to right: those of the level where they are here, else others in
   * their place. What is missing is asked for when the frame ends.
   */
  tilesFor(view: TimelineView, track: number, level: number, from: number, to: number): T[] {
    const block = Math.floor(track / TILE_TRACKS)
    const found: T[] = []
    const [first, last] = TileStore.range(level, from, Math.min(to, this.endNs))
    for (let index = first; index <= last; index++) {
      const key = keyOf(view, block, level, index)
      this.wanted.add(key)
      const tile = this.touch(key)
      if (tile !== undefined) found.push(tile)
      else this.standIn(view, block, level, index, found)
    }
    return found
  }

  /** Aborts what is not needed any more and asks for what is missing. */
  endFrame(): void {
    for (const [key, controller] of this.running) if (!this.wanted.has(key)) controller.abort()
    // Of all that failed, so that the connection can tell what this frame lacks.
    for (const key of this.wanted) if (!this.tiles.has(key)) this.connection.mayAsk(this.named(key))
    if (this.pause !== 0) return
    this.fill()
    this.pause = setTimeout(() => {
      this.pause = 0
      this.fill()
    }, pauseMs) as unknown as number
  }

  /** Whether nothing that the frame needs is on its way. */
  get isIdle(): boolean {
    for (const key of this.wanted) if (!this.tiles.has(key) && this.connection.mayAsk(this.named(key))) return false
    return true
  }

  /** How many tiles the frame needs, and how many of them are here. */
  get share(): { readonly wanted: number; readonly here: number } {
    let here = 0
    for (const key of this.wanted) if (this.tiles.has(key)) here++
    return { wanted: this.wanted.size, here }
  }

  /** What `tilesFor` of the same place has no tiles of the level for. */
  gaps(view: TimelineView, track: number, level: number, from: number, to: number): Gaps {
    const block = Math.floor(track / TILE_TRACKS)
    const missing: [number, number][] = []
    const coarse: [number, number][] = []
    const [first, last] = TileStore.range(level, from, Math.min(to, this.endNs))
    for (let index = first; index <= last; index++) {
      if (this.tiles.has(keyOf(view, block, level, index))) continue
      if (this.coarser(view, block, level, index) !== undefined) addTime(coarse, level, index)
      else if (level === 0) addTime(missing, level, index)
      else {
        for (const child of [index * 2, index * 2 + 1]) {
          if (!this.tiles.has(keyOf(view, block, level - 1, child))) addTime(missing, level - 1, child)
        }
      }
    }
    return missing.length + coarse.length === 0 ? noGaps : { missing, coarse }
  }

  private standIn(view: TimelineView, block: number, level: number, index: number, found: T[]): void {
    const coarser = this.coarser(view, block, level, index)
    if (coarser !== undefined) {
      if (found.at(-1) !== coarser) found.push(coarser)
      return
    }
    if (level === 0) return
    for (const child of [index * 2, index * 2 + 1]) {
      const finer = this.touch(keyOf(view, block, level - 1, child))
      if (finer !== undefined) found.push(finer)
    }
  }

  private coarser(view: TimelineView, block: number, level: number, index: number): T | undefined {
    for (let up = 1; up <= standInLevels && level + up <= MAX_LEVEL; up++) {
      const tile = this.touch(keyOf(view, block, level + up, Math.floor(index / 2 ** up)))
      if (tile !== undefined) return tile
    }
    return undefined
  }

  private touch(key: string): T | undefined {
    const kept = this.tiles.get(key)
    if (kept !== undefined) {
      this.tiles.delete(key)
      this.tiles.set(key, kept)
    }
    return kept?.tile
  }

  private fill(): void {
    for (const key of this.wanted) {
      if (this.running.size >= parallelRequests) return
      if (this.tiles.has(key) || this.running.has(key) || !this.connection.mayAsk(this.named(key))) continue
      void this.fetchTile(key)
    }
  }

  private async fetchTile(key: string): Promise<void> {
    const controller = new AbortController()
    this.running.set(key, controller)
    const { form, connection } = this
    try {
      const path = `timeline/${form.path}?${addressOf(key)}`
      const tile = await connection.ask(this.named(key), path, form.read, controller.signal)
      this.keep(key, tile)
      this.arrived(tile, key.split(' ')[0] as TimelineView)
    } catch {
      // Given up, or asked for again by a later frame.
    } finally {
      this.running.delete(key)
      if (this.pause === 0) this.fill()
    }
  }

  /** Those that were looked at last stay, and those that are shown. */
  private keep(key: string, tile: T): void {
    const bytes = this.form.bytesOf(tile)
    this.tiles.set(key, { tile, bytes })
    this.bytes += bytes
    for (const [oldest, { bytes }] of this.tiles) {
      if (this.bytes <= this.mostBytes || this.wanted.has(oldest)) break
      this.tiles.delete(oldest)
      this.bytes -= bytes
    }
  }

  /** Two stores share a connection. */
  private named(key: string): string {
    return `${this.form.path} ${key}`
  }
}

function keyOf(view: TimelineView, block: number, level: number, index: number): string {
  return `${view} ${block} ${level} ${index}`
}

/** Adds the time of a tile behind those before. */
function addTime(times: [number, number][], level: number, index: number): void {
  const last = times.at(-1)
  if (last?.[1] === tileStart(level, index)) last[1] = tileStart(level, index + 1)
  else times.push([tileStart(level, index), tileStart(level, index + 1)])
}

function addressOf(key: string): string {
  const [view, block, level, index] = key.split(' ')
  const first = Number(block) * TILE_TRACKS
  return `view=${view}&tracks=${first}-${first + TILE_TRACKS - 1}&level=${level}&index=${index}`
}
