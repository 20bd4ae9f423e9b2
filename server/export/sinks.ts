/**
 * Between what a trace shows and the formats that show it: who decides tracks, slices, instants, flows and counters
 * hands them, as values, to a sink; each format is one. What a format makes of names, stacks and ids is its own
 * business.
 *
 * Times are ns since the first event of the trace. Stacks are rows of the dictionary's stacks. Texts from the trace are
 * bytes (Latin-1).
 */

/** The same object each time a name comes again, so that a sink may keep what it makes of it by its number. */
export interface Name {
  /** Bytes. */
  readonly text: string
  /** From 0 on, one a text; −1: not worth keeping, because it hardly comes again. */
  readonly number: number
}

/** A row of the picture. */
export interface Track {
  readonly kind: TrackKind
  /**
   * Unsigned decimal: the id of a proc, thread, goroutine or task, of the goroutine of regions, or the one that
   * cmd/trace gives to a lane of the runtime.
   */
  readonly id: string
}

/** `none`: of a proc, thread or goroutine that the event does not tell. */
export type TrackKind = 'proc' | 'thread' | 'goroutine' | 'runtime' | 'none' | 'task' | 'region'

export interface NamedTrack {
  readonly track: Track
  /** Bytes. */
  readonly name: string
  /** Tracks of a group stand in the order of their ranks. */
  readonly rank: number | bigint
}

export interface TrackGroup {
  readonly kind: 'counters' | 'tasks' | 'lanes'
  readonly name: string
  readonly rank: number
  /** With those on which nothing happens. */
  tracks(): Iterable<NamedTrack>
}

/** Facts of an event; texts are bytes. */
export type Args = readonly (readonly [name: string, value: number | bigint | string])[]

export interface Slice {
  readonly name: Name
  /** Row of the goroutine whose id, as `G12`, goes before the name; −1: none does. */
  readonly goroutine: number
  readonly track: Track
  readonly start: number
  /** The same as the start: it takes no time. */
  readonly end: number
  readonly stack: number
  readonly endStack: number
  readonly args: Args | null
  /** Unsigned decimal id of the task that it is or belongs to; null: none. */
  readonly task: string | null
}

export interface Instant {
  readonly name: Name
  readonly track: Track
  readonly time: number
  readonly stack: number
  readonly args: Args | null
  readonly category: string | null
}

/** An arrow from a moment of one track to a moment of another. */
export interface Flow {
  readonly name: Name
  readonly from: Track
  readonly start: number
  readonly stack: number
  readonly to: Track
  readonly end: number
}

/** Always the same object for the same counter. */
export interface CounterTrack {
  readonly name: string
  readonly series: readonly string[]
}

export interface Counter {
  readonly track: CounterTrack
  readonly time: number
  /** One a series. */
  readonly values: readonly (number | bigint)[]
}

/** Takes events in the order in which they are known: that of their ends, not of their starts. */
export interface EventSink {
  /** Whether whatever comes would be left out. */
  readonly isFull: boolean
  slice(slice: Slice): void
  instant(instant: Instant): void
  flow(flow: Flow): void
  counter(counter: Counter): void
}
