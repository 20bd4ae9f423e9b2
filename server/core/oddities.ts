/**
 * What is wrong in a trace and none of ordering's business: Go's reader gives up on it, ours counts it, goes on, and
 * tells of it. A strict reader (`-d=parsed`) stops there with Go's error.
 *
 * No other event waits for an annotation, a metric, a range of a goroutine or a proc, or for what a string or a stack
 * says, and no state that decides who goes next comes of them. So of the checks of Go's reader these are not needed,
 * and this becomes of what fails them:
 *
 * - the region that ends is the innermost that is open; RegionOutOfTurn: it ends its own
 * - … and is open at all; RegionNotOpen: the end is left out
 * - the task that begins is not open; TaskBegunTwice: the last begin counts
 * - the string of a reason, name, label, message or frame is in the tables; UnknownString: it is “unknown”
 * - the stack is in the tables; UnknownStack: the event has none
 * - a string or a stack has one entry in the tables; StringTwice, StackTwice: the first counts
 * - an annotation, metric, sweep, mark assist or stop of the world has the thread, proc and goroutine that it needs;
 *   LeftOut
 * - such a range is not open when it begins, and open when it ends; LeftOut
 *
 * All others are: sequence numbers (those of garbage collections too), states of goroutines, procs and threads, who
 * runs where, the bytes of events, of tables and of batches, and the clock.
 */
export const Odd = {
  RegionOutOfTurn: 'regionsOutOfTurn',
  RegionNotOpen: 'regionsNotOpen',
  TaskBegunTwice: 'tasksBegunTwice',
  UnknownString: 'unknownStrings',
  UnknownStack: 'unknownStacks',
  StringTwice: 'stringsTwice',
  StackTwice: 'stacksTwice',
  LeftOut: 'eventsLeftOut',
} as const
export type Odd = (typeof Odd)[keyof typeof Odd]

/** The text of a string that the tables lack. */
export const UNKNOWN_STRING = 'unknown'

/** Where something odd was found. Whatever is not known is null. */
export interface OddPlace {
  /** Row of the generation. */
  readonly generation: number
  /** Byte offset in the file. */
  readonly offset: number | null
  /** ns since the trace start. */
  readonly timeNs: number | null
  /** Id of the goroutine in whose context it was, as shown. */
  readonly goroutine: string | null
}

export interface Oddity {
  readonly kind: Odd
  count: number
  /** The sentence that Go's reader gives up with, of the first. */
  readonly example: string
  readonly place: OddPlace
}

/** Counts what is odd, and keeps the first of each kind. */
export class Oddities {
  private readonly kinds = new Map<Odd, Oddity>()
  private settled: readonly Oddity[] = []

  /** Of generations that ended: one that is refused tells nothing. */
  get found(): readonly Oddity[] {
    return this.settled
  }

  /** A generation has ended. */
  settle(): void {
    this.settled = Array.from(this.kinds.values(), oddity => ({ ...oddity }))
  }

  /** @param place where it is, asked for the first of its kind */
  count(kind: Odd, example: string, place: () => OddPlace): void {
    const known = this.kinds.get(kind)
    if (known !== undefined) known.count++
    else this.kinds.set(kind, { kind, count: 1, example, place: place() })
  }
}
