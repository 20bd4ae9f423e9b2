/**
 * The slow twin of the ordering reader: one plain, obvious, sequential reader of v2 traces, written from format.md
 * alone and independent of server/. The whole file in memory, BigInt everywhere, one object per event. It yields what
 * Go's reader yields and ends with the error that Go's reader returns; lenient, it goes on over what ordering does not
 * need (README.md, damaged traces). Not here: v1, and speed.
 */
import type { GoStateName, ParsedEvent, ProcStateName, Scope, Stack } from './parsed-event.js'
import { nameFor, stackArgs, stringArgs, type WireSpec, wireSpecs } from './slow-events.js'
import { goApiStates, type Ordered, procApiStates, SlowScheduler, type WireEvent } from './slow-scheduler.js'
import { slowSort } from './slow-sort.js'
import { type Batch, type Generation, GenerationReader, readVersion, SlowTraceError } from './slow-wire.js'

export interface SlowTrace {
  readonly events: ParsedEvent[]
  /** null: the trace ends well. */
  readonly error: string | null
}

/** Reads a whole trace. */
export function readTraceSlowly(bytes: Uint8Array, lenient = false): SlowTrace {
  const events: ParsedEvent[] = []
  try {
    for (const event of slowEvents(bytes, lenient)) events.push(event)
  } catch (error) {
    if (!(error instanceof SlowTraceError)) throw error
    return { events, error: error.message }
  }
  return { events, error: null }
}

/** Generations that were delivered whole: those whose Sync is followed by another Sync. */
export function usableGenerations(events: readonly ParsedEvent[]): number {
  const last = events.findLastIndex(event => event.kind === 'Sync')
  return events.filter((event, i) => event.kind === 'Sync' && event.generation !== null && i < last).length
}

/** Yields event after event; throws a SlowTraceError where Go's reader returns an error. */
export function* slowEvents(bytes: Uint8Array, lenient = false): Generator<ParsedEvent> {
  const version = readVersion(bytes)
  const generations = new GenerationReader(bytes, lenient)
  const scheduler = new SlowScheduler(version, lenient)
  let lastShown = 0n
  let syncs = 0

  const shown = (time: bigint): bigint => {
    lastShown = time > lastShown ? time : lastShown + 1n
    return lastShown
  }
  const sync = (generation: Generation | null): ParsedEvent => ({
    kind: 'Sync',
    wire: 50,
    time: shown(generation === null ? lastShown : generation.nanoseconds(generation.minTime)),
    thread: -1n,
    proc: -1n,
    goroutine: -1n,
    stack: null,
    n: ++syncs,
    generation: generation?.number ?? null,
    snapshot: generation?.snapshot ?? null,
    experiments: generation?.experiments ?? new Map(),
  })

  for (;;) {
    const outcome = generations.next()
    if (outcome.generation === null) {
      yield sync(null)
      if (outcome.error !== null) throw outcome.error
      return
    }
    const { generation, errorAfter, last } = outcome
    const frontier = new Frontier(generation)
    yield sync(generation)

    const samples = [...generation.samples]
    for (;;) {
      const ordered = scheduler.queue.shift()
      if (ordered !== undefined) {
        if (!lenient) checkIds(ordered, generation)
        yield parse(ordered, shown(ordered.time), generation)
        continue
      }
      if (frontier.cursors.length === 0 && samples.length === 0) break
      if (samples.length > 0 && (frontier.cursors.length === 0 || samples[0].time < frontier.cursors[0].head.time)) {
        const { time, thread, proc, goroutine, stack } = samples[0]
        samples.shift()
        yield {
          kind: 'StackSample',
          wire: 7,
          time: shown(time),
          thread,
          proc,
          goroutine,
          stack: generation.frameList(stack),
        }
        continue
      }
      const attempt = (i: number) => {
        const cursor = frontier.cursors[i]
        if (!scheduler.advance(cursor.head, cursor.thread, generation)) return false
        frontier.step(i)
        return true
      }
      if (attempt(0)) continue
      slowSort(frontier.cursors, (x, y) => x.head.time < y.head.time)
      let found = false
      for (let i = 1; i < frontier.cursors.length && !found; i++) found = attempt(i)
      if (!found) throw new SlowTraceError(`broken trace: failed to advance: frontier:\n[gen=${generation.number}]`)
    }

    if (errorAfter !== null || last) {
      yield sync(null)
      if (errorAfter !== null) throw errorAfter
      return
    }
  }
}

/** One thread's events in one generation, decoded one ahead. */
class Cursor {
  private batch = 0
  private at = 0
  private time = 0n
  private current: WireEvent | null = null

  constructor(
    readonly thread: bigint,
    private readonly batches: readonly Batch[],
    private readonly generation: Generation,
  ) {}

  get head(): WireEvent {
    return this.current as WireEvent
  }

  /** Decodes the next event; false at the end. */
  next(): boolean {
    while (this.batch < this.batches.length && this.at === this.batches[this.batch].data.length) {
      this.batch++
      this.at = 0
    }
    if (this.batch === this.batches.length) return false
    const { data, time } = this.batches[this.batch]
    if (this.at === 0) this.time = this.generation.nanoseconds(time)

    const type = data[this.at++]
    if (type >= 137) throw new SlowTraceError(`found invalid event type: ${type}`)
    const spec = wireSpecs.get(type)
    if (spec === undefined || !spec.timed) throw new SlowTraceError(`found event without a timestamp: type=${type}`)
    const delta = this.uvarint(data)
    if (delta === null) throw new SlowTraceError('found invalid uvarint for timestamp')
    const args: bigint[] = []
    for (let i = 0; i < spec.args.length; i++) {
      const value = this.uvarint(data)
      if (value === null) throw new SlowTraceError('found invalid uvarint')
      args.push(value)
    }
    this.time = BigInt.asIntN(64, this.time + this.generation.nanoseconds(delta))
    this.current = { type, time: this.time, args }
    return true
  }

  private uvarint(data: Uint8Array): bigint | null {
    let value = 0n
    for (let i = 0; i < 10 && this.at < data.length; i++) {
      const byte = data[this.at++]
      if (i === 9 && byte > 1) return null
      value |= BigInt(byte & 127) << BigInt(7 * i)
      if (byte < 128) return value
    }
    return null
  }
}

/** The cursors as the binary min-heap that Go keeps; its shape decides between equal times. */
class Frontier {
  cursors: Cursor[] = []

  constructor(generation: Generation) {
    for (const [thread, batches] of generation.threads) {
      const cursor = new Cursor(thread, batches, generation)
      if (!cursor.next()) continue
      this.cursors.push(cursor)
      this.siftUp(this.cursors.length - 1)
    }
  }

  /** Moves the cursor at i to its next event, or takes it away at its end. */
  step(i: number): void {
    if (this.cursors[i].next()) {
      if (this.siftUp(i) === i) this.siftDown(i)
      return
    }
    for (let at = i; at > 0; at = parentOf(at)) this.swap(at, parentOf(at))
    this.swap(0, this.cursors.length - 1)
    this.cursors.pop()
    this.siftDown(0)
  }

  private siftUp(start: number): number {
    let at = start
    while (at > 0 && this.time(parentOf(at)) > this.time(at)) {
      this.swap(at, parentOf(at))
      at = parentOf(at)
    }
    return at
  }

  private siftDown(start: number): void {
    let at = start
    for (;;) {
      let smallest = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.cursors.length && this.time(child) < this.time(smallest)) smallest = child
      }
      if (smallest === at) return
      this.swap(at, smallest)
      at = smallest
    }
  }

  private time(i: number): bigint {
    return this.cursors[i].head.time
  }

  private swap(i: number, j: number): void {
    const kept = this.cursors[i]
    this.cursors[i] = this.cursors[j]
    this.cursors[j] = kept
  }
}

function parentOf(i: number): number {
  return Math.floor((i - 1) / 2)
}

/** Every stack and string of a delivered event must exist. */
function checkIds({ type, args }: WireEvent, generation: Generation): void {
  const spec = wireSpecs.get(type) as WireSpec
  // Go looks at the stack of the running context before the one of the new goroutine.
  for (const at of stackArgs(spec).reverse()) {
    if (!generation.hasStack(args[at])) {
      throw new SlowTraceError(`found invalid stack ID ${args[at]} for event ${spec.name}`)
    }
  }
  for (const at of stringArgs(spec)) {
    if (!generation.hasString(args[at])) {
      throw new SlowTraceError(`found invalid string ID ${args[at]} for event ${spec.name}`)
    }
  }
}

/** The parsed event of an ordered wire event (format.md §8.3). */
function parse(event: Ordered, time: bigint, generation: Generation): ParsedEvent {
  const { type, args, context } = event
  const spec = wireSpecs.get(type) as WireSpec
  const stackAt = spec.args.indexOf('stack')
  const hasStack = stackAt >= 0 && args[stackAt] !== 0n && generation.hasStack(args[stackAt])
  const stack: Stack = hasStack ? generation.frameList(args[stackAt]) : null
  const common = { wire: type, time, ...context, stack }
  const string = (i: number) => generation.string(args[i])
  const id = (i: number) => BigInt.asIntN(64, args[i])

  const goroutine = (
    subject: bigint,
    from: GoStateName | string,
    to: GoStateName | string,
    reason = '',
    transitionStack: Stack = null,
  ): ParsedEvent => ({
    ...common,
    kind: 'StateTransition',
    resource: 'Goroutine',
    id: subject,
    from,
    to,
    reason,
    transitionStack,
  })
  const proc = (subject: bigint, from: ProcStateName | string, to: ProcStateName | string): ParsedEvent => ({
    ...common,
    kind: 'StateTransition',
    resource: 'Proc',
    id: subject,
    from,
    to,
    reason: '',
    transitionStack: null,
  })
  const metric = (name: string): ParsedEvent => ({ ...common, kind: 'Metric', name, value: args[0] })
  const range = (
    kind: 'RangeBegin' | 'RangeActive' | 'RangeEnd',
    name: string,
    scope: Scope,
    attributes: { name: string; value: bigint }[] = [],
  ): ParsedEvent => ({ ...common, kind, name, scope, attributes })
  const none: Scope = { resource: 'None', id: -1n }
  const ofGoroutine = (g: bigint): Scope => ({ resource: 'Goroutine', id: g })
  const ofProc = (p: bigint): Scope => ({ resource: 'Proc', id: p })
  const GC = 'GC concurrent mark phase'
  const SWEEP = 'GC incremental sweep'
  const ASSIST = 'GC mark assist'
  const current = context.goroutine

  switch (type) {
    case 9:
      return metric('/sched/gomaxprocs:threads')
    case 10:
      return proc(id(0), 'Idle', 'Running')
    case 11:
      return proc(context.proc, 'Running', 'Idle')
    case 12:
      return proc(id(0), event.old as string, 'Idle')
    case 13:
      return proc(id(0), event.old as string, procApiStates[Number(args[1] & 255n)])
    case 14:
      return goroutine(id(0), 'NotExist', 'Runnable', '', generation.frameList(args[1]))
    case 47:
      return goroutine(id(0), 'NotExist', 'Waiting', '', generation.frameList(args[1]))
    case 15:
      return goroutine(id(0), 'NotExist', 'Syscall')
    case 16:
      return goroutine(id(0), 'Runnable', 'Running')
    case 17:
      return goroutine(current, 'Running', 'NotExist')
    case 18:
      return goroutine(current, 'Syscall', 'NotExist')
    case 19:
      return goroutine(current, 'Running', 'Runnable', string(0), stack)
    case 20:
      return goroutine(current, 'Running', 'Waiting', string(0), stack)
    case 21:
    case 45:
    case 46:
      return goroutine(id(0), 'Waiting', 'Runnable')
    case 22:
      return goroutine(current, 'Running', 'Syscall', '', stack)
    case 23:
      return goroutine(current, 'Syscall', 'Running')
    case 24:
      return goroutine(current, 'Syscall', 'Runnable')
    case 25:
    case 48:
      return goroutine(id(0), event.old as string, goApiStates[Number(args[2] & 255n)], '', stack)
    case 26:
      return range('RangeBegin', `stop-the-world (${string(0)})`, ofGoroutine(current))
    case 27:
      return range('RangeEnd', `stop-the-world (${string(0) ?? ''})`, ofGoroutine(current))
    case 28:
      return range('RangeActive', GC, none)
    case 29:
      return range('RangeBegin', GC, none)
    case 30:
      return range('RangeEnd', GC, none)
    case 31:
      return range('RangeActive', SWEEP, ofProc(id(0)))
    case 32:
      return range('RangeBegin', SWEEP, ofProc(context.proc))
    case 33:
      return range('RangeEnd', SWEEP, ofProc(context.proc), [
        { name: 'bytes swept', value: args[0] },
        { name: 'bytes reclaimed', value: args[1] },
      ])
    case 34:
      return range('RangeActive', ASSIST, ofGoroutine(id(0)))
    case 35:
      return range('RangeBegin', ASSIST, ofGoroutine(current))
    case 36:
      return range('RangeEnd', ASSIST, ofGoroutine(current))
    case 37:
      return metric('/memory/classes/heap/objects:bytes')
    case 38:
      return metric('/gc/heap/goal:bytes')
    case 39:
      return { ...common, kind: 'Label', label: string(0), resource: current }
    case 40:
    case 41: {
      const task = event.task as NonNullable<Ordered['task']>
      const kind = type === 40 ? 'TaskBegin' : 'TaskEnd'
      return { ...common, kind, id: args[0], parent: task.parent, type: task.name }
    }
    case 42:
    case 43:
      return { ...common, kind: type === 42 ? 'RegionBegin' : 'RegionEnd', task: args[0], type: string(1) }
    case 44:
      return { ...common, kind: 'Log', task: args[0], category: string(1), message: string(2) }
    default:
      return {
        ...common,
        kind: 'Experimental',
        name: nameFor(type, 26),
        args: spec.args.map((name, i) => [name, args[i]] as const),
      }
  }
}
