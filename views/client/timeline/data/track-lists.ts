/** The tracks of every view: how many there are, and the rows that are looked at, in pages. */
import type { TimelineTrack, TimelineView } from '../../../../server/shared/timeline.js'
import { askTracks } from './api.js'
import type { Connection } from './connection.js'

const pageSize = 256
const deepest = 12

export class TrackList {
  private readonly pages = new Map<number, readonly TimelineTrack[]>()
  private readonly running = new Set<number>()
  private readonly byId = new Map<string, TimelineTrack>()
  private count = 0

  constructor(
    readonly view: TimelineView,
    private readonly connection: Connection,
    private readonly arrived: () => void,
  ) {}

  get total(): number {
    return this.count
  }

  /** Whether a page is on its way. */
  get isIdle(): boolean {
    return this.running.size === 0
  }

  /** Whether it has been told how many there are. */
  get isKnown(): boolean {
    return this.pages.size > 0
  }

  /** Loads the first page, which tells how many there are; ends when it is here, however often that fails. */
  open(): Promise<void> {
    return this.insist(0)
  }

  /** All rows, for short lists. */
  async openAll(): Promise<void> {
    await this.insist(0)
    for (let page = 1; page * pageSize < this.count; page++) await this.insist(page)
  }

  private async insist(page: number): Promise<void> {
    while (!this.pages.has(page)) {
      if (this.mayLoad(page)) await this.load(page)
      else await this.connection.pause()
    }
  }

  /** The row, or undefined while it is on its way. */
  get(index: number): TimelineTrack | undefined {
    const page = Math.floor(index / pageSize)
    const rows = this.pages.get(page)
    if (rows === undefined && this.mayLoad(page)) void this.load(page)
    return rows?.[index - page * pageSize]
  }

  /** The rows that are here. */
  *loaded(): Generator<TimelineTrack> {
    for (const rows of this.pages.values()) yield* rows
  }

  /** Place of the track with an id, −1 where it is not here. */
  find(id: number | string | null): number {
    return this.byId.get(String(id))?.index ?? -1
  }

  /** How many of the parents that are here stand above a track. */
  depth(track: TimelineTrack): number {
    let depth = 0
    let { parent } = track
    // Ids may be reused, so parents could go round.
    while (parent != null && depth < deepest) {
      const above = this.byId.get(String(parent))
      if (above === undefined) break
      depth++
      parent = above.parent
    }
    return depth
  }

  private mayLoad(page: number): boolean {
    return !this.running.has(page) && this.connection.mayAsk(this.named(page))
  }

  private async load(page: number): Promise<void> {
    this.running.add(page)
    try {
      const answer = await askTracks(this.connection, this.named(page), this.view, page * pageSize, pageSize)
      this.count = answer.total
      this.pages.set(page, answer.tracks)
      for (const track of answer.tracks) this.byId.set(String(track.id), track)
      this.arrived()
    } catch {
      // A later frame asks again.
    } finally {
      this.running.delete(page)
    }
  }

  private named(page: number): string {
    return `tracks ${this.view} ${page}`
  }
}
