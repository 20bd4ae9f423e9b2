/**
 * What the routes below `/timeline` answer, beside tiles (tile.ts): shapes for the server and the browser. Times are ns
 * since the first event of the trace.
 */
import { TileState } from './tile.js'

export type TimelineView = 'goroutine' | 'proc' | 'thread' | 'task' | 'group' | 'runtime'

export const timelineViews: readonly TimelineView[] = ['goroutine', 'proc', 'thread', 'task', 'group', 'runtime']

/** A number, or a decimal string where the value passes 2^53. */
export type Id = number | string

/**
 * Lanes of the view `runtime`, by index, and the TileState of what stands on them. Spans of the sweeps and assists may
 * overlap; on the lanes of the network, timers and syscalls stand moments at which a goroutine could go on.
 */
export const runtimeLanes: readonly Pick<TimelineTrack, 'name' | 'kind' | 'state'>[] = [
  { name: 'GC', kind: 'lane', state: TileState.Mark },
  { name: 'STW', kind: 'lane', state: TileState.Stw },
  { name: 'Mark assist', kind: 'lane', state: TileState.Mark },
  { name: 'Sweep', kind: 'lane', state: TileState.Mark },
  { name: 'Network', kind: 'lane', state: TileState.Network },
  { name: 'Timers', kind: 'lane', state: TileState.Sleep },
  { name: 'Syscalls', kind: 'lane', state: TileState.Syscall },
  { name: 'Goroutines', kind: 'counts' },
  { name: 'Heap', kind: 'counter' },
  { name: 'Heap goal', kind: 'counter' },
  { name: 'Threads', kind: 'counts' },
  { name: 'GOMAXPROCS', kind: 'counter' },
]

/** `/timeline/tracks?view=&group=&filter=&offset=&limit=`; `group` (an index) and `filter` (text) choose tracks. */
export interface TracksAnswer {
  readonly view: TimelineView
  readonly endNs: number
  /** Tracks of the view that the parameters choose, and where those of this answer begin among them. */
  readonly total: number
  readonly offset: number
  readonly tracks: readonly TimelineTrack[]
  /** Tiles of this level and higher ones need no events to be read again. */
  readonly quickLevel: number
}

export interface TimelineTrack {
  /** Fixed place in its view: tiles name ranges of these. */
  readonly index: number
  /** Of the goroutine, proc, thread or task; for a group and a lane of the runtime its index. */
  readonly id: Id
  /**
   * Start function of a goroutine, name of a group (a start function), of a task, of a lane; '' for procs and threads.
   */
  readonly name: string
  /** First and last moment of the track; of a task null where it is not in the trace. */
  readonly startNs: number | null
  readonly endNs: number | null
  /** Goroutines: index of the group. */
  readonly group?: number
  /** Goroutines: time running. */
  readonly runningNs?: number
  /** Groups: number of goroutines, whose tracks are `first` to `first + count − 1`. */
  readonly count?: number
  readonly first?: number
  /** Tasks: id of the parent. */
  readonly parent?: Id | null
  /**
   * Lanes of the runtime: how it is drawn (`counts`: time by state over the columns' width is a number of goroutines or
   * threads).
   */
  readonly kind?: 'lane' | 'counts' | 'counter'
  /** Lanes of kind `lane`: TileState of what is on it, and whether there is nothing in the whole trace. */
  readonly state?: number
  readonly isEmpty?: boolean
}

/** `/timeline/regions?view=goroutine|task&tracks=A-B&from=&to=` */
export interface TimelineRegionsAnswer {
  readonly regions: readonly TimelineRegion[]
  readonly logs: readonly TimelineLog[]
  readonly samples: readonly TimelineSample[]
  /** How many of each there are, when the lists are cut. */
  readonly totals: { readonly regions: number; readonly logs: number; readonly samples: number }
}

export interface TimelineRegion {
  /** Index of the track. */
  readonly track: number
  readonly name: string
  readonly goid: Id
  readonly task: Id | null
  readonly depth: number
  /** null: before the trace, or not within it. */
  readonly startNs: number | null
  readonly endNs: number | null
}

export interface TimelineLog {
  readonly track: number
  readonly atNs: number
  readonly goid: Id
  readonly task: Id | null
  readonly category: string
  readonly message: string
}

export interface TimelineSample {
  readonly track: number
  readonly atNs: number
}

export interface TimelineFrame {
  readonly func: string
  readonly file: string
  readonly line: Id
}

/** `/timeline/stacks?view=&tracks=A-B&level=&index=`: the tile of the same address, from the stacks of its spans. */
export interface StacksAnswer {
  readonly level: number
  readonly index: number
  readonly firstTrack: number
  /** The tile has no single spans, so there is nothing here: a closer level has. */
  readonly isTooWide: boolean
  readonly functions: readonly string[]
  readonly tracks: readonly StackFrames[]
}

/**
 * Frames of at least STACK_COLUMNS columns, the outermost STACK_DEPTH of each stack, in the order in which they end;
 * consecutive spans share those that are alike from the outermost on. Times are clipped to the tile.
 */
export interface StackFrames {
  /** 0: the outermost. */
  readonly depths: number[]
  /** Indexes of `functions`. */
  readonly functions: number[]
  readonly starts: number[]
  readonly ends: number[]
}

/** `/timeline/span?goid=&at=` */
export interface SpanAnswer {
  readonly goid: Id
  readonly name: string
  readonly track: number
  readonly startNs: number
  readonly endNs: number
  /** Which of the `total.spans` of the goroutine it is, from 1 on. */
  readonly number: number
  /** Running, Syscall, Runnable, Waiting; `tileState` is its code in tiles. */
  readonly state: string
  readonly tileState: number
  readonly reason: string
  readonly proc: Id | null
  readonly thread: Id | null
  /** GC worker, for part of it at least. */
  readonly gcWorker: boolean
  /** False: it began before the trace, or nobody knows when; the trace ended before it. */
  readonly beginKnown: boolean
  readonly endKnown: boolean
  /**
   * Leaf first. The stack with which it entered the state, of a runnable one that on which it goes on, and the stack
   * with which it left the state; empty: none is told.
   */
  readonly startStack: readonly TimelineFrame[]
  readonly endStack: readonly TimelineFrame[]
  /**
   * Who made it runnable: for a runnable span at its start, for a running one the wake before it, for a waiting one at
   * its end.
   */
  readonly wokenBy: {
    readonly goid: Id | null
    readonly atNs: number
    readonly stack: readonly TimelineFrame[]
    /** How long it had waited, and for what; null: it was started, or came from a syscall. */
    readonly waited: { readonly ns: number; readonly reason: string } | null
  } | null
  /** Why nobody had to wake it: it ran before, or was in a syscall; null: it was woken, or nobody knows. */
  readonly unwoken: 'ran' | 'syscall' | null
  /** The first goroutine that it wakes or starts in the span. */
  readonly wakesNext: { readonly goid: Id; readonly atNs: number; readonly stack: readonly TimelineFrame[] } | null
  /** Innermost last. */
  readonly regions: readonly { readonly name: string; readonly task: Id | null; readonly startNs: number | null }[]
  readonly task: { readonly id: Id; readonly name: string } | null
  /** A moment inside the span before; null: there is none. */
  readonly previousNs: number | null
  readonly next: NextSpan | null
  /** Who started the goroutine, and when; null: the trace does not tell. */
  readonly startedBy: { readonly goid: Id; readonly name: string; readonly atNs: number } | null
  /** All of the goroutine in this trace. */
  readonly total: GoroutineTotal
}

/** The span that begins where another one ends. */
export interface NextSpan {
  readonly startNs: number
  readonly endNs: number
  readonly tileState: number
  readonly reason: string
  readonly gcWorker: boolean
}

/**
 * `/timeline/neighbours?view=proc|thread&id=&at=`: what a proc or thread does at a moment, before that and after it;
 * null: nothing.
 */
export interface NeighboursAnswer {
  readonly here: TrackRun | null
  readonly previous: TrackRun | null
  readonly next: TrackRun | null
}

/** A stretch in which a proc or thread is taken by a goroutine. */
export interface TrackRun {
  readonly goid: Id
  readonly startNs: number
}

/** Times are ns; `lifeNs` is the time in any state. */
export interface GoroutineTotal {
  readonly lifeNs: number
  readonly runningNs: number
  readonly spans: number
}

/** `/timeline/range?from=&to=` */
export interface RangeAnswer {
  readonly fromNs: number
  readonly toNs: number
  /** Goroutine time by TileState, ns. */
  readonly states: readonly number[]
  readonly spans: number
  /** By start function, most time running first. */
  readonly functions: readonly {
    readonly name: string
    readonly goroutines: number
    readonly states: readonly number[]
  }[]
  readonly functionsTotal: number
  /** Stacks that waited longest. */
  readonly blocking: readonly {
    readonly kind: 'block' | 'io' | 'syscall'
    readonly count: number
    readonly delayNs: number
    readonly stack: readonly TimelineFrame[]
  }[]
  /** Flame tree of CPU samples, root first: `parent` is an index into the list, −1 for a root. */
  readonly flame: {
    readonly samples: number
    readonly nodes: readonly { readonly parent: number; readonly func: string; readonly samples: number }[]
  }
}

/** `/timeline/arrows?from=&to=` */
export interface ArrowsAnswer {
  /** In the order of time; at most 1000, evenly chosen where there are more. */
  readonly arrows: readonly TimelineArrow[]
  /** How many there are; null: the window is too wide to tell. */
  readonly total: number | null
}

export interface TimelineArrow {
  /** When it was woken or started, and when it then ran (null: not within the window). */
  readonly atNs: number
  readonly ranNs: number | null
  /** Indexes of the goroutines' tracks; −1: nobody. */
  readonly from: number
  readonly to: number
  /** Where the one ran, and then the other; null: nowhere. */
  readonly fromProc: Id | null
  readonly fromThread: Id | null
  readonly toProc: Id | null
  readonly toThread: Id | null
}

/** `/timeline/search?q=&offset=&limit=` */
export interface SearchAnswer {
  readonly total: number
  readonly offset: number
  readonly matches: readonly TimelineMatch[]
}

export interface TimelineMatch {
  readonly kind: 'goroutine' | 'task' | 'region' | 'log'
  readonly text: string
  readonly goid: Id | null
  readonly task: Id | null
  readonly atNs: number
  /** Index of the goroutine's track; −1: it has none. */
  readonly track: number
}
