/**
 * The ordering of traces with generations: index → ordered blocks, exactly as Go's reader delivers its events.
 *
 * Sequence numbers and states decide which event goes next; time only proposes (format.md §6). Per generation:
 *   1. Read the tables; put a cursor per thread into the frontier; deliver the generation's Sync.
 *   2. Deliver CPU samples that are earlier than the frontier's first event.
 *   3. Try the first cursor's event; if it can't go, sort the frontier and try the others in turn.
 *   4. Nobody can go: the trace is broken there.
 */
import { Dictionary, EMPTY_STACK, type IdTable } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { EventKind, isAnnotation } from '../../core/event-table.js'
import { Odd, type Oddity } from '../../core/oddities.js'
import { NONE } from '../../core/wide.js'
import { CodedError } from '../../errors.js'
import type { Source } from '../../source/source.js'
import { EARLIEST_SERVED, FACTOR, FOLLOW, LATEST_SERVED, PLAIN_LIMIT, SAMPLE_TIME, STEP } from '../fast-path/layout.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import { Clock } from '../generation/clock.js'
import { loadTables, QuietEnd } from '../generation/tables.js'
import { BatchKind, type GenerationEntry, type TraceIndex } from '../index/trace-index.js'
import { BlockWriter } from './block-writer.js'
import { type CursorContext, plainLimit, ThreadCursor } from './cursor.js'
import { advance } from './dispatch.js'
import { Frontier } from './frontier.js'
import { eventName, Ordering } from './ordering.js'
import type { GenerationFacts, OrderedReader } from './reader.js'
import { SchedulerState } from './state.js'
import { Waits } from './waits.js'

/**
 * The latest time that is served, ns since the trace start: room for one step an event up to 2^53 − 1, behind which
 * times would no longer be exact.
 */
const LAST_TIME = 2 ** 53 - 2 ** 32
/** Times before this one overflowed 64 bits (clock.ts); between it and 0 they only decide who goes first. */
const FIRST_TIME = -(2 ** 62)

const SECOND = 1_000_000_000n

/** Cursors named in the message about a trace that can't advance. */
const NAMED_CURSORS = 8

/** Takes what the ordering knows at the end of each generation. */
export interface BorderObserver {
  record(generation: number, order: Ordering, lastTime: number): void
}

/** Where a reader starts that does not start at the beginning. */
export interface ReaderStart {
  /** Row of the first generation to read. */
  readonly generation: number
  /** What is known at its start; undefined for the first. */
  readonly checkpoint:
    | { readonly state: SchedulerState; readonly lastTime: number; readonly initialGeneration: number }
    | undefined
  /** When it reads again: the dictionary of the first pass, so that rows mean the same in both. */
  readonly dictionary: Dictionary
  readonly startTime: bigint
  /** Where it works, when there is no checkpoint, whose state has a memory; one of its own when left out. */
  readonly memory?: OrderingMemory
}

export class V2Reader implements OrderedReader {
  readonly dictionary: Dictionary
  readonly generations: GenerationFacts[] = []
  startTime = 0n
  error: CodedError | null = null
  usableGenerations = 0
  lostBytes = 0
  bytesRead = 0
  /** `next` gives null before this generation, as long as there is one; it goes on when this is raised. */
  until = Number.POSITIVE_INFINITY

  readonly order: Ordering
  readonly memory: OrderingMemory
  private readonly writer: BlockWriter
  private frontier: Frontier
  private sampleAt = 0
  private nextGeneration = 0
  private started = false
  private ended = false
  /** Whether a generation is being delivered. */
  private inGeneration = false

  /**
   * @param start where to begin; at the beginning of the trace when left out
   * @param borders is told of the end of each generation
   * @param strict whether what ordering does not need (core/oddities.ts) ends the stream all the same, as it does in Go
   */
  constructor(
    private readonly source: Source,
    private readonly index: TraceIndex,
    start?: ReaderStart,
    private readonly borders?: BorderObserver,
    private readonly strict = false,
  ) {
    this.dictionary = start?.dictionary ?? new Dictionary()
    const state = start?.checkpoint?.state ?? new SchedulerState(start?.memory)
    this.memory = state.memory
    this.writer = new BlockWriter(this.dictionary.wide, this.memory)
    this.order = new Ordering(this.dictionary, this.writer, state, strict)
    this.frontier = new Frontier(this.memory, 0)
    this.memory.numbers[EARLIEST_SERVED] = FIRST_TIME
    this.memory.numbers[LATEST_SERVED] = LAST_TIME
    if (start !== undefined) {
      this.nextGeneration = start.generation
      this.setStart(start.startTime)
      if (start.checkpoint !== undefined) {
        this.writer.lastTime = start.checkpoint.lastTime
        this.order.initialGeneration = start.checkpoint.initialGeneration
      }
    }
  }

  /** Whether Go's reader takes the fault where reading ended for the end of the trace. */
  get endsQuietly(): boolean {
    return this.error instanceof QuietEnd
  }

  get oddities(): readonly Oddity[] {
    return this.order.oddities.found
  }

  next(): EventBlock | null {
    while (!this.ended) {
      try {
        if (this.inGeneration) this.orderEvents()
        else if (this.nextGeneration >= this.index.generations.length) this.close(this.index.error)
        else if (this.nextGeneration >= this.until) return null
        else this.openGeneration()
      } catch (error) {
        if (!(error instanceof CodedError) || (error.code !== 'ORDER' && error.code !== 'TABLES')) throw error
        this.fail(error)
      }
      if (this.writer.length > 0 && (this.writer.full || !this.inGeneration || this.ended)) {
        return this.writer.take(this.nextGeneration - 1)
      }
    }
    return null
  }

  recycle(block: EventBlock): void {
    this.writer.recycle(block)
  }

  private openGeneration(): void {
    const row = this.nextGeneration
    const entry = this.index.generations[row]
    const clock = this.startClock(entry)
    const start = clock.relative(entry.minTime)
    if (!isServed(start)) throw new TooLong(start, entry)
    const odd = this.strict ? null : this.oddTables(row)
    this.order.tables = loadTables(this.source, this.index.batches, entry, clock, this.dictionary, this.memory, odd)
    this.order.generation = this.dictionary.wide.encode(entry.number)
    this.order.generationRow = row
    this.frontier = this.openCursors(entry, clock)
    if (this.frontier.size > 0 && Number.isNaN(this.order.initialGeneration)) {
      this.order.initialGeneration = this.order.generation
    }
    this.sampleAt = -1
    this.nextSample()
    this.nextGeneration = row + 1
    this.inGeneration = true
    this.bytesRead = entry.offset + entry.bytes
    this.generations[row] = generationFacts(row, entry, clock)
    this.sync(start, row)
  }

  /** Takes what is odd in the tables of a generation. */
  private oddTables(generation: number): (kind: Odd, message: string, offset: number) => void {
    return (kind, message, offset) =>
      this.order.oddities.count(kind, message, () => ({ generation, offset, timeNs: null, goroutine: null }))
  }

  /** The clock of a generation; that of the first one sets the trace start. */
  private startClock(entry: GenerationEntry): Clock {
    if (!this.started) this.setStart(startTimeOf(entry))
    return new Clock(entry.frequency, this.startTime)
  }

  /** Time is shown from 1 on, as the last shown time before the first event counts as 0. */
  private setStart(first: bigint): void {
    this.startTime = first > 0n ? first : 1n
    this.writer.lastTime = -Number(this.startTime)
    this.started = true
  }

  private openCursors(entry: GenerationEntry, clock: Clock): Frontier {
    const { batches } = this.index
    const rowsByThread = new Map<bigint, number[]>()
    for (let row = entry.firstBatch; row < entry.endBatch; row++) {
      if (batches.kinds[row] !== BatchKind.Events) continue
      const rows = rowsByThread.get(batches.threads[row])
      if (rows) rows.push(row)
      else rowsByThread.set(batches.threads[row], [row])
    }
    const context: CursorContext = {
      source: this.source,
      batches,
      entry,
      clock,
      wide: this.dictionary.wide,
    }
    const frontier = new Frontier(this.memory, rowsByThread.size)
    this.memory.numbers[FACTOR] = clock.factor
    this.memory.numbers[PLAIN_LIMIT] = plainLimit(clock)
    for (const [id, rows] of rowsByThread) {
      const thread = rowOf(this.dictionary.threads, this.dictionary.wide.encode(id))
      if (thread >= 0) this.order.state.ensureThread(thread)
      const cursor = new ThreadCursor(context, thread, rows, this.memory, frontier.place)
      this.order.cursor = cursor
      if (cursor.nextBatch()) frontier.insert(cursor)
    }
    return frontier
  }

  private sync(time: number, generation: number): void {
    this.writer.event(EventKind.Sync, time, NONE, NONE, NONE)
    this.writer.slot(generation)
  }

  /** Delivers events of the generation until the block is full. */
  private orderEvents(): void {
    while (this.inGeneration && !this.writer.full) {
      const reason = this.order.fastPath.run(this.order.tables)
      if (reason === STEP) this.step()
      else if (reason === FOLLOW) this.follow(0)
    }
  }

  /** Delivers the next event, or ends the generation. */
  private step(): void {
    const { frontier } = this
    if (frontier.size === 0 || this.sampleTime < frontier.earliest) {
      if (this.sampleTime < Number.POSITIVE_INFINITY) this.deliverSample()
      else this.endGeneration()
      return
    }
    this.writer.mark()
    if (this.tryEvent(frontier.at(0))) this.follow(0)
    else this.passFirst()
  }

  /** Goes on to the event after the one that the cursor at that place of the frontier delivered. */
  private follow(at: number): void {
    if (this.readNext(at)) this.frontier.update(at)
    else this.frontier.remove(at)
  }

  /** Reads the event after the one that the cursor there delivered; false when there is none. */
  private readNext(at: number): boolean {
    const cursor = this.frontier.at(at)
    this.order.cursor = cursor
    return cursor.next() || cursor.nextBatch()
  }

  private endGeneration(): void {
    this.frontier.free()
    this.order.tables.free()
    this.inGeneration = false
    this.usableGenerations++
    this.order.oddities.settle()
    this.borders?.record(this.nextGeneration - 1, this.order, this.writer.lastTime)
  }

  private tryEvent(cursor: ThreadCursor): boolean {
    const { order } = this
    const { state } = order
    const thread = cursor.thread
    order.cursor = cursor
    order.thread = thread
    order.proc = state.threadProc[thread + 1]
    order.goroutine = state.threadGoroutine[thread + 1]
    // Even a try that fails makes the thread known.
    state.threadKnown[thread + 1] = 1
    if (!this.advance(cursor)) return false
    if (!isServed(cursor.time)) throw this.tooLong(cursor.time)
    return true
  }

  /** Lets an event go. An annotation that contradicts what is known is left out, as no other event waits for it. */
  private advance(cursor: ThreadCursor): boolean {
    const { order } = this
    try {
      return advance(order, cursor)
    } catch (error) {
      if (this.strict || isAnnotation[cursor.type] === 0 || !(error instanceof CodedError)) throw error
      order.tolerate(Odd.LeftOut, error.message)
      return true
    }
  }

  private tooLong(time: number): TooLong {
    return new TooLong(time, this.index.generations[this.nextGeneration - 1])
  }

  /**
   * The first cursor's event, which was just tried, can't go: sorts the frontier and lets the first of the others go
   * whose event can, again and again until that of the first may.
   */
  private passFirst(): void {
    const { frontier, writer } = this
    const waits = new Waits(this.order, frontier.waiting)
    waits.add(frontier.at(0), frontier.numberAt(0))
    let isStrict = frontier.sort()
    for (;;) {
      const at = this.advanceAnother(waits)
      waits.wake(frontier.at(at))
      const isRead = this.readNext(at)
      const staysFirst = frontier.isWaiting(0) && !(isRead && frontier.at(at).time <= frontier.earliest)
      if (isStrict && staysFirst && !writer.full) {
        if (isRead) isStrict = frontier.updateSorted(at)
        else frontier.removeSorted(at)
        continue
      }
      if (isRead) frontier.update(at)
      else frontier.remove(at)
      if (!frontier.isWaiting(0) || writer.full) break
      isStrict = frontier.sort()
    }
    frontier.waiting.fill(0)
  }

  /** Lets the first event go that can, of a sorted frontier whose first can't; returns the place of its cursor. */
  private advanceAnother(waits: Waits): number {
    const { frontier, writer } = this
    writer.mark()
    for (let at = frontier.nextReady(1); at < frontier.size; at = frontier.nextReady(at + 1)) {
      if (this.tryEvent(frontier.at(at))) return at
      waits.add(frontier.at(at), frontier.numberAt(at))
    }
    throw this.order.fail(`no thread's next event can go: ${this.describeFrontier()}`)
  }

  private describeFrontier(): string {
    const { order, frontier } = this
    const { state } = order
    const lines = Array.from({ length: Math.min(frontier.size, NAMED_CURSORS) }, (_, place) => {
      const cursor = frontier.at(place)
      const args = Array.from(cursor.args.slice(0, 3), arg => this.dictionary.wide.text(arg)).join(' ')
      const at = cursor.thread + 1
      return `thread ${order.threadId(cursor.thread)} (proc ${order.procId(state.threadProc[at])}, goroutine ${order.goId(state.threadGoroutine[at])}): ${eventName(cursor)} ${args} at offset ${cursor.offset}`
    })
    const more = frontier.size - lines.length
    return lines.join('; ') + (more > 0 ? `; and ${more} more threads` : '')
  }

  /** Time of the next CPU sample; infinite when there is none. */
  private get sampleTime(): number {
    return this.memory.numbers[SAMPLE_TIME]
  }

  private nextSample(): void {
    const { samples } = this.order.tables
    this.sampleAt++
    this.memory.numbers[SAMPLE_TIME] =
      this.sampleAt < samples.length ? samples.times[this.sampleAt] : Number.POSITIVE_INFINITY
  }

  private deliverSample(): void {
    const { dictionary, order, writer } = this
    const { samples } = order.tables
    const at = this.sampleAt
    this.nextSample()
    writer.mark()
    if (!isServed(samples.times[at])) throw this.tooLong(samples.times[at])
    writer.event(
      EventKind.CpuSample,
      samples.times[at],
      rowOf(dictionary.threads, samples.threads[at]),
      rowOf(dictionary.procs, samples.procs[at]),
      rowOf(dictionary.goroutines, samples.goroutines[at]),
    )
    // Samples always have a stack, if an empty one; Go does not check that it exists.
    const stack = order.tables.stack(samples.stacks[at])
    writer.slot(stack > 0 ? stack : EMPTY_STACK)
  }

  /** Ends the stream with a Sync. */
  private close(error: CodedError | null): void {
    // What no generation came of has no start, even if its clock has: the time of a late one is no longer exact as a
    // double.
    if (this.nextGeneration === 0) this.setStart(0n)
    this.sync(Number.NEGATIVE_INFINITY, NONE)
    this.error = error
    this.ended = true
  }

  private fail(error: CodedError): void {
    if (error.code === 'TABLES') {
      this.close(error)
      return
    }
    // Inside a generation the error stands in place of the event, and no Sync follows.
    if (this.inGeneration) this.writer.undo()
    else if (!this.started) this.setStart(0n)
    this.error = this.placed(error)
    if (this.inGeneration && error instanceof TooLong && !this.strict) this.endBefore()
    this.inGeneration = false
    this.ended = true
  }

  /** Ends the generation at hand before what is too late; what threads still had to tell is lost. */
  private endBefore(): void {
    const { frontier } = this
    for (let place = 0; place < frontier.size; place++) this.lostBytes += frontier.at(place).bytesLeft
    this.endGeneration()
    this.sync(Number.NEGATIVE_INFINITY, NONE)
  }

  private placed(error: CodedError): CodedError {
    const { cursor } = this.order
    if (error.place.generation !== undefined || cursor === null) return error
    const { offset } = cursor
    const generation = String(this.index.generations[this.nextGeneration - 1].number)
    const thread = this.order.threadId(cursor.thread)
    return new CodedError(
      'ORDER',
      `${error.message} (at offset ${offset}, generation ${generation}, thread ${thread})`,
      {
        offset,
        generation,
        thread,
      },
    )
  }
}

/** Absolute time, ns, of a trace's first event, from its first generation. */
export function startTimeOf(entry: GenerationEntry): bigint {
  return new Clock(entry.frequency, 0n).absolute(entry.minTime)
}

function rowOf(table: IdTable, id: number): number {
  return id === NONE ? NONE : table.add(id)
}

function isServed(time: number): boolean {
  return time <= LAST_TIME && time >= FIRST_TIME
}

/** Something at a time that is not served. */
class TooLong extends CodedError {
  constructor(time: number, entry: GenerationEntry) {
    const generation = String(entry.number)
    // What is earlier than that has overflowed.
    const found = time < FIRST_TIME ? 'more than 146 years' : `${(time / 86_400e9).toFixed(1)} days`
    super('ORDER', `the trace is longer than 2^53 ns, 104 days (generation ${generation})`, {
      generation,
      wanted: 'at most 104 days',
      found,
    })
  }
}

function generationFacts(row: number, entry: GenerationEntry, clock: Clock): GenerationFacts {
  const { snapshot } = entry
  const wall = snapshot === null ? null : wallTime(snapshot.seconds, snapshot.nanoseconds)
  return {
    row,
    number: entry.number,
    offset: entry.offset,
    bytes: entry.bytes,
    snapshot:
      snapshot === null || wall === null
        ? null
        : {
            trace: clock.absolute(snapshot.ticks),
            mono: snapshot.mono,
            wallSeconds: wall.seconds,
            wallNanoseconds: wall.nanoseconds,
          },
  }
}

/** Both are signed in Go, and nanoseconds may be any number of seconds. */
function wallTime(seconds: bigint, nanoseconds: bigint): { seconds: bigint; nanoseconds: bigint } {
  const signed = BigInt.asIntN(64, nanoseconds)
  const rest = ((signed % SECOND) + SECOND) % SECOND
  return { seconds: BigInt.asIntN(64, seconds + (signed - rest) / SECOND), nanoseconds: rest }
}
