/**
 * Regions, logs and CPU samples of the tracks in view. They are asked for in windows somewhat larger than the one on
 * the screen, so that a small move needs nothing new.
 */
import type {
  TimelineLog,
  TimelineRegion,
  TimelineRegionsAnswer,
  TimelineView,
} from '../../../../server/shared/timeline.js'
import { askRegions } from './api.js'
import type { Connection } from './connection.js'

const blockTracks = 32
/** Regions, logs and samples that are kept beside those in view. */
const keptMarks = 100_000

export interface TrackAnnotations {
  readonly regions: readonly TimelineRegion[]
  readonly logs: readonly TimelineLog[]
  readonly samples: readonly number[]
}

interface Block {
  readonly from: number
  readonly to: number
  readonly zoom: number
  readonly byTrack: ReadonlyMap<number, TrackAnnotations>
  readonly isCut: boolean
  /** How many marks it holds. */
  readonly size: number
}

const none: TrackAnnotations = { regions: [], logs: [], samples: [] }
const noDepths: ReadonlyMap<number, number> = new Map()

export class Annotations {
  private readonly blocks = new Map<string, Block>()
  private readonly running = new Map<string, AbortController>()
  private readonly depths = new Map<TimelineView, Map<number, number>>()
  private wanted = new Map<string, { view: TimelineView; block: number }>()
  private window = { from: 0, to: 0 }

  constructor(
    private readonly endNs: number,
    private readonly connection: Connection,
    private readonly arrived: (heightsChanged: boolean) => void,
  ) {}

  beginFrame(from: number, to: number): void {
    this.wanted = new Map()
    this.window = { from, to }
  }

  get(view: TimelineView, track: number): TrackAnnotations {
    const block = Math.floor(track / blockTracks)
    const key = `${view} ${block}`
    this.wanted.set(key, { view, block })
    return this.blocks.get(key)?.byTrack.get(track) ?? none
  }

  /** Lines of regions that the tracks of a view were seen to need. */
  depthsOf(view: TimelineView): ReadonlyMap<number, number> {
    return this.depths.get(view) ?? noDepths
  }

  /** Whether something is on its way. */
  get isIdle(): boolean {
    return this.running.size === 0
  }

  /** Whether some are left out on the screen because there are too many. */
  get isCut(): boolean {
    for (const key of this.wanted.keys()) if (this.blocks.get(key)?.isCut) return true
    return false
  }

  /** Gives up what is not needed any more; asks for what is missing if it may. */
  endFrame(mayAsk: boolean): void {
    for (const [key, controller] of this.running) {
      if (this.wanted.has(key)) continue
      controller.abort()
      this.running.delete(key)
    }
    if (!mayAsk) return
    for (const [key, { view, block }] of this.wanted) {
      if (this.running.has(key) || this.covers(this.blocks.get(key)) || !this.connection.mayAsk(named(key))) continue
      void this.load(key, view, block)
    }
  }

  /** Whether the window lies in what is here, at about this zoom: a closer one may hold what was cut. */
  private covers(block: Block | undefined): boolean {
    const { from, to } = this.window
    if (block === undefined || block.from > Math.max(0, from) || block.to < Math.min(to, this.endNs)) return false
    return to - from > block.zoom / 4
  }

  private async load(key: string, view: TimelineView, block: number): Promise<void> {
    const controller = new AbortController()
    this.running.set(key, controller)
    const { from, to } = this.window
    const around = (to - from) / 2
    const first = Math.max(0, Math.floor(from - around))
    const last = Math.min(this.endNs, Math.ceil(to + around))
    const tracks: [number, number] = [block * blockTracks, block * blockTracks + blockTracks - 1]
    try {
      const answer = await askRegions(this.connection, named(key), view, tracks, first, last, controller.signal)
      const { regions, logs, samples } = answer
      const size = regions.length + logs.length + samples.length
      this.keep(key, {
        from: first,
        to: last,
        zoom: to - from,
        byTrack: byTrack(answer),
        isCut: isCut(answer),
        size,
      })
      this.arrived(this.noteDepths(view, answer))
    } catch {
      // Given up, or asked for again by a later frame.
    } finally {
      if (this.running.get(key) === controller) this.running.delete(key)
    }
  }

  /** Those that came last stay, and those in view. */
  private keep(key: string, block: Block): void {
    this.blocks.delete(key)
    this.blocks.set(key, block)
    let rest = 0
    for (const { size } of this.blocks.values()) rest += size
    for (const [oldest, { size }] of this.blocks) {
      if (rest <= keptMarks) break
      if (this.wanted.has(oldest)) continue
      this.blocks.delete(oldest)
      rest -= size
    }
  }

  private noteDepths(view: TimelineView, { regions }: TimelineRegionsAnswer): boolean {
    let known = this.depths.get(view)
    if (known === undefined) {
      known = new Map()
      this.depths.set(view, known)
    }
    let changed = false
    for (const { track, depth } of regions) {
      if (depth + 1 <= (known.get(track) ?? 0)) continue
      known.set(track, depth + 1)
      changed = true
    }
    return changed
  }
}

/** The connection has questions of other kinds, too. */
function named(key: string): string {
  return `regions ${key}`
}

function byTrack(answer: TimelineRegionsAnswer): Map<number, TrackAnnotations> {
  const tracks = new Map<number, { regions: TimelineRegion[]; logs: TimelineLog[]; samples: number[] }>()
  const of = (track: number) => {
    let entry = tracks.get(track)
    if (entry === undefined) {
      entry = { regions: [], logs: [], samples: [] }
      tracks.set(track, entry)
    }
    return entry
  }
  // A part of them would look like all of them.
  const { regions, logs, samples, totals } = answer
  if (totals.regions === regions.length) for (const region of regions) of(region.track).regions.push(region)
  if (totals.logs === logs.length) for (const log of logs) of(log.track).logs.push(log)
  if (totals.samples === samples.length) for (const sample of samples) of(sample.track).samples.push(sample.atNs)
  return tracks
}

/** The window holds more than the server gives. */
function isCut({ regions, logs, samples, totals }: TimelineRegionsAnswer): boolean {
  return totals.regions > regions.length || totals.logs > logs.length || totals.samples > samples.length
}
