/**
 * Tiles that are here, and those on their way. A frame says which it needs; what no frame needs any more is not fetched on. Until a
 * tile comes, coarser or finer ones stand in for it.
 */
import { decodeTile, MAX_LEVEL, TILE_COLUMNS, TILE_TRACKS, type Tile } from '../../../../server/shared/tile.js'
import type { StacksAnswer, TimelineView } from '../../../../server/shared/timeline.js'
import { failureOf } from '../../lib/failure.js'
import { isAbort } from './api.js'

interface Request {
  readonly controller: AbortController
}

/** What has the address of a tile. */
interface Placed {
  readonly level: number
  readonly index: number
  readonly firstTrack: number
}

/** A kind of tiles: where they are, and how one is read. */
export interface TileForm<T> {
  readonly path: string
  readonly read: (response: Response) => Promise<T>
}

export const timeTiles: TileForm<Tile> = {
  path: 'tile',
  read: async response => decodeTile(new Uint8Array(await response.arrayBuffer())),
}

export const stackTiles: TileForm<StacksAnswer> = { path: 'stacks', read: response => response.json() }

export interface StoreEvents<T> {
  readonly arrived: (tile: T, view: TimelineView) => void
  readonly failed: (message: string) => void
}

const parallelRequests = 6
/** While the window moves, requests start no more often than this, as most would be given up at once. */
const pauseMs = 40
const keptTiles = 1500
/** Coarser levels that are looked through for a stand-in. */
const standInLevels = 24

export class TileStore<T extends Placed> {
  private readonly tiles = new Map<string, T>()
  private readonly running = new Map<string, Request>()
  private readonly failures = new Set<string>()
  private wanted = new Set<string>()
  private pause = 0

  constructor(
    private readonly endNs: number,
    private readonly form: TileForm<T>,
    private readonly events: StoreEvents<T>,
    private readonly load: (path: string, signal: AbortSignal) => Promise<Response> = (path, signal) =>
      fetch(path, { signal }),
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
   * The tiles that show a track in a window, from left to right: those of the level where they are here, else others in their
   * place. What is missing is asked for when the frame ends.
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
    for (const [key, request] of this.running) if (!this.wanted.has(key)) request.controller.abort()
    if (this.pause !== 0) return
    this.fill()
    this.pause = setTimeout(() => {
      this.pause = 0
      this.fill()
    }, pauseMs) as unknown as number
  }

  /** Whether nothing that the frame needs is still to come. */
  get isIdle(): boolean {
    for (const key of this.wanted) if (!this.tiles.has(key) && !this.failures.has(key)) return false
    return true
  }

  get size(): number {
    return this.tiles.size
  }

  private standIn(view: TimelineView, block: number, level: number, index: number, found: T[]): void {
    for (let up = 1; up <= standInLevels && level + up <= MAX_LEVEL; up++) {
      const coarser = this.touch(keyOf(view, block, level + up, Math.floor(index / 2 ** up)))
      if (coarser === undefined) continue
      if (found.at(-1) !== coarser) found.push(coarser)
      return
    }
    if (level === 0) return
    for (const child of [index * 2, index * 2 + 1]) {
      const finer = this.touch(keyOf(view, block, level - 1, child))
      if (finer !== undefined) found.push(finer)
    }
  }

  private touch(key: string): T | undefined {
    const tile = this.tiles.get(key)
    if (tile !== undefined) {
      this.tiles.delete(key)
      this.tiles.set(key, tile)
    }
    return tile
  }

  private fill(): void {
    for (const key of this.wanted) {
      if (this.running.size >= parallelRequests) return
      if (this.tiles.has(key) || this.running.has(key) || this.failures.has(key)) continue
      void this.fetchTile(key)
    }
  }

  private async fetchTile(key: string): Promise<void> {
    const request = { controller: new AbortController() }
    this.running.set(key, request)
    try {
      const response = await this.load(`/timeline/${this.form.path}?${addressOf(key)}`, request.controller.signal)
      if (!response.ok) throw new Error(await failureOf(response))
      const tile = await this.form.read(response)
      this.tiles.set(key, tile)
      for (const oldest of this.tiles.keys()) {
        if (this.tiles.size <= keptTiles) break
        this.tiles.delete(oldest)
      }
      this.events.arrived(tile, key.split(' ')[0] as TimelineView)
    } catch (error) {
      if (!isAbort(error)) {
        this.failures.add(key)
        this.events.failed((error as Error).message)
      }
    } finally {
      this.running.delete(key)
      if (this.pause === 0) this.fill()
    }
  }
}

function keyOf(view: TimelineView, block: number, level: number, index: number): string {
  return `${view} ${block} ${level} ${index}`
}

function addressOf(key: string): string {
  const [view, block, level, index] = key.split(' ')
  const first = Number(block) * TILE_TRACKS
  return `view=${view}&tracks=${first}-${first + TILE_TRACKS - 1}&level=${level}&index=${index}`
}
