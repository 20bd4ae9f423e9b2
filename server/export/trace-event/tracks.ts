/**
 * The tracks of a view: lanes of procs, threads or goroutines, lanes of the runtime, tasks; their names and places.
 *
 * A lane is a row of the dictionary's table of procs, threads or goroutines, by view, or one of `Lane`.
 */
import { type Dictionary, type IdTable, NO_STRING } from '../../core/dictionary.js'
import { NONE } from '../../core/wide.js'
import type { ViewerFacts } from '../../replay/viewer-facts.js'
import type { NamedTrack, Track, TrackGroup } from '../sinks.js'
import { goroutineName } from './names.js'
import type { TraceEventPlan, View } from './plan.js'

/** Lanes that stand for no resource. */
export const Lane = { None: -1, Gc: -2, Network: -3, Timers: -4, Syscalls: -5 } as const

/** In the order in which they are told. */
const runtimeLanes: readonly [lane: number, id: string, name: string, rank: number][] = [
  [Lane.Gc, '1000004', 'GC', -6],
  [Lane.Network, '1000002', 'Network', -5],
  [Lane.Timers, '1000001', 'Timers', -4],
  [Lane.Syscalls, '1000003', 'Syscalls', -3],
]

const groupNames: Readonly<Record<View, string>> = { proc: 'PROCS', thread: 'OS THREADS', goroutine: 'G' }

/**
 * Procs up to the largest id have a lane, also those that did nothing; beyond this id, larger than any machine has,
 * only those that did something.
 */
const EMPTY_PROC_LANES = 1 << 12

export class Tracks {
  private readonly lanes: IdTable
  private readonly tracks: (Track | undefined)[] = []
  private readonly runtime = new Map<number, Track>()
  private readonly filter: ReadonlySet<string> | null

  constructor(
    private readonly dictionary: Dictionary,
    private readonly plan: TraceEventPlan,
    private readonly facts: ViewerFacts,
  ) {
    this.lanes = { proc: dictionary.procs, thread: dictionary.threads, goroutine: dictionary.goroutines }[plan.view]
    this.filter = plan.goroutines === null ? null : new Set(plan.goroutines)
    this.runtime.set(Lane.None, { kind: 'none', id: dictionary.wide.text(NONE) })
    for (const [lane, id] of runtimeLanes) this.runtime.set(lane, { kind: 'runtime', id })
  }

  of(lane: number): Track {
    if (lane < 0) return this.runtime.get(lane) as Track
    let track = this.tracks[lane]
    if (track === undefined) {
      track = this.resource(this.dictionary.wide.text(this.lanes.ids[lane]))
      this.tracks[lane] = track
    }
    return track
  }

  /** Whether the plan's choice of goroutines leaves a track in; it chooses by id alone, and no tasks. */
  shows({ kind, id }: Track): boolean {
    return this.filter === null || kind === 'task' || this.filter.has(id)
  }

  /** All tracks that are shown, but those of regions, which are part of their goroutine's. */
  *groups(): Generator<TrackGroup> {
    const { tasks, view } = this.plan
    yield { kind: 'counters', name: 'STATS', rank: 0, tracks: () => [] }
    if (tasks !== null && tasks.length > 0) {
      const tracks = tasks.map(({ id, name }, rank) => ({ track: taskTrack(id), name: `T${id} ${name}`, rank }))
      yield { kind: 'tasks', name: 'TASKS', rank: 1, tracks: () => tracks }
    }
    yield { kind: 'lanes', name: groupNames[view], rank: 2, tracks: () => this.namedLanes() }
  }

  private *namedLanes(): Generator<NamedTrack> {
    for (const [lane, , name, rank] of runtimeLanes) yield { track: this.of(lane), name, rank }
    for (const [id, name] of this.resources()) {
      const track = this.resource(id)
      if (!this.shows(track)) continue
      const focused = id === this.plan.focus && id !== '0'
      yield { track, name, rank: focused ? -2 : BigInt.asIntN(64, BigInt(id)) }
    }
  }

  /** Id and name (bytes). */
  private *resources(): Generator<[id: string, name: string]> {
    const { dictionary, plan, facts } = this
    const { wide } = dictionary
    if (plan.view === 'proc') {
      const ids = [...facts.procs].map(row => BigInt.asIntN(64, wide.decode(dictionary.procs.ids[row])))
      let last = 0n
      for (const id of ids) if (id > last) last = id
      const named = last < EMPTY_PROC_LANES ? Array.from({ length: Number(last) + 1 }, (_, id) => id) : ids
      for (const id of named) yield [String(id), `Proc ${id}`]
    } else if (plan.view === 'thread') {
      for (const row of facts.threads) {
        const id = dictionary.threads.ids[row]
        yield [wide.text(id), `Thread ${wide.signedText(id)}`]
      }
    } else {
      const labels = new Map(facts.labelled.map(({ row, label }) => [row, label]))
      for (let row = 0; row < facts.goroutines.length; row++) {
        if (facts.goroutines[row] === 0) continue
        const name = goroutineName(dictionary, row, facts.names[row], labels.get(row) ?? NO_STRING)
        yield [wide.text(dictionary.goroutines.ids[row]), name]
      }
    }
  }

  private resource(id: string): Track {
    return { kind: this.plan.view, id }
  }
}

export function taskTrack(id: string): Track {
  return { kind: 'task', id }
}
