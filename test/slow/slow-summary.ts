/**
 * The slow twin of the analyses: goroutine summaries, regions, tasks and profiles over parsed events, as endpoints.md
 * §6 and §10–§13 define them (and differences.md changes them), with Maps and objects and no thought of speed.
 *
 * Over 500 lines: everything here follows one walk over the events, to be read beside the definitions.
 *
 * Answers have the names and units of json-api.md, but no paging, no filters and no order: whoever compares sorts both
 * sides. Times are ns since the first event. Ids are decimal strings throughout, because that is one form for all of
 * them.
 */
import { type Frame, NO_TASK, type ParsedEvent, type Stack, type Transition } from './parsed-event.js'
import { utf8 } from './slow-wire.js'

export interface Times {
  exec: bigint
  schedWait: bigint
  syscall: bigint
  syscallBlock: bigint
  total: bigint
  readonly block: Map<string, bigint>
  readonly ranges: Map<string, bigint>
}

export interface SlowRegion {
  readonly name: string
  readonly task: bigint
  readonly goroutine: bigint
  start: ParsedEvent | null
  end: ParsedEvent | null
  /** While it is open: what the goroutine had spent when it began; afterwards what was spent in it. */
  times: Times
}

export interface SlowTask {
  readonly id: bigint
  name: string
  start: ParsedEvent | null
  end: ParsedEvent | null
  parent: SlowTask | null
  readonly children: SlowTask[]
  readonly goroutines: Set<bigint>
  readonly logs: ParsedEvent[]
  readonly regions: SlowRegion[]
}

export interface SlowGoroutine {
  readonly id: bigint
  name: string
  readonly creation: bigint
  start: bigint | null
  end: bigint | null
  times: Times
  readonly regions: SlowRegion[]
  open: OpenSpans
}

/** What has begun and not ended yet on a goroutine; null: not open. */
interface OpenSpans {
  running: bigint | null
  runnable: bigint | null
  waiting: { since: bigint; reason: string } | null
  syscall: bigint | null
  /** Since when the syscall has had no proc. */
  syscallBlocked: bigint | null
  readonly ranges: Map<string, bigint>
  regions: SlowRegion[]
}

function noTimes(): Times {
  return { exec: 0n, schedWait: 0n, syscall: 0n, syscallBlock: 0n, total: 0n, block: new Map(), ranges: new Map() }
}

function nothingOpen(): OpenSpans {
  return {
    running: null,
    runnable: null,
    waiting: null,
    syscall: null,
    syscallBlocked: null,
    ranges: new Map(),
    regions: [],
  }
}

function addTo(map: Map<string, bigint>, key: string, time: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + time)
}

/** later − earlier, key by key of the later: what was seen before shows up with 0. */
function difference(later: Times, earlier: Times): Times {
  const subtract = (x: Map<string, bigint>, y: Map<string, bigint>) =>
    new Map([...x].map(([key, time]) => [key, time - (y.get(key) ?? 0n)]))
  return {
    exec: later.exec - earlier.exec,
    schedWait: later.schedWait - earlier.schedWait,
    syscall: later.syscall - earlier.syscall,
    syscallBlock: later.syscallBlock - earlier.syscallBlock,
    total: later.total - earlier.total,
    block: subtract(later.block, earlier.block),
    ranges: subtract(later.ranges, earlier.ranges),
  }
}

/** What a goroutine has spent until `now`, open spans included. */
function snapshot({ times, open, creation }: SlowGoroutine, now: bigint): Times {
  const result: Times = { ...times, block: new Map(times.block), ranges: new Map(times.ranges) }
  if (times.total === 0n) result.total = now - creation
  if (open.running !== null) result.exec += now - open.running
  if (open.runnable !== null) result.schedWait += now - open.runnable
  if (open.waiting !== null) addTo(result.block, open.waiting.reason, now - open.waiting.since)
  if (open.syscall !== null) result.syscall += now - open.syscall
  // The original counts the part without a proc a second time, as scheduler wait.
  if (open.syscallBlocked !== null) result.schedWait += now - open.syscallBlocked
  for (const [name, since] of open.ranges) addTo(result.ranges, name, now - since)
  return result
}

function isSystem(name: string): boolean {
  return name === '' || (name !== 'runtime.main' && name.startsWith('runtime.'))
}

/**
 * The events that a page may use: those up to the last Sync, as if the file ended there in good order. Empty when no
 * generation was delivered whole.
 */
export function usableEvents(events: readonly ParsedEvent[]): ParsedEvent[] {
  const last = events.findLastIndex(event => event.kind === 'Sync')
  if (last <= 0) return []
  const before = events[last - 1]
  const closing: ParsedEvent = { ...events[last], time: before.time + 1n }
  return [...events.slice(0, last), closing]
}

export class SlowSummary {
  readonly goroutines = new Map<bigint, SlowGoroutine>()
  readonly tasks = new Map<bigint, SlowTask>()
  readonly first: bigint
  readonly last: bigint
  private sync: bigint
  /** Goroutine in a syscall by proc, and proc by goroutine. */
  private readonly syscallOn = new Map<bigint, bigint>()
  private readonly procOf = new Map<bigint, bigint>()
  /** Goroutine that opened a range of a proc. */
  private readonly procRanges = new Map<string, bigint>()

  constructor(private readonly events: readonly ParsedEvent[]) {
    this.first = events[0].time
    this.sync = this.first
    this.last = events[events.length - 1].time
    for (const event of events) this.take(event)
    for (const goroutine of this.goroutines.values()) this.finish(goroutine, this.last, null)
  }

  private take(event: ParsedEvent): void {
    switch (event.kind) {
      case 'Sync':
        this.sync = event.time
        break
      case 'StateTransition':
        if (event.from === event.to) break
        if (event.resource === 'Goroutine') this.takeGoroutine(event)
        else if (event.to === 'Idle') {
          const id = this.syscallOn.get(event.id)
          const goroutine = id === undefined ? undefined : this.goroutines.get(id)
          if (goroutine !== undefined) goroutine.open.syscallBlocked = event.time
          this.syscallOn.delete(event.id)
        }
        break
      case 'RangeBegin':
      case 'RangeActive':
      case 'RangeEnd':
        this.takeRange(event)
        break
      case 'RegionBegin':
      case 'RegionEnd':
        this.takeRegion(event)
        break
      case 'TaskBegin':
      case 'TaskEnd': {
        const task = this.task(event.id)
        task.name = event.type
        task.goroutines.add(event.goroutine)
        if (event.kind === 'TaskBegin') task.start = event
        else task.end = event
        if (event.parent !== NO_TASK && task.parent === null) {
          task.parent = this.task(event.parent)
          task.parent.children.push(task)
        }
        break
      }
      case 'Log': {
        const task = this.task(event.task)
        task.goroutines.add(event.goroutine)
        task.logs.push(event)
        break
      }
      default:
    }
  }

  private takeGoroutine(event: Transition): void {
    const { id, from, to, reason, time } = event
    let goroutine = this.goroutines.get(id)
    if (from === 'Undetermined' || from === 'NotExist') {
      const creation = from === 'NotExist' ? time : this.sync
      goroutine = {
        id,
        name: '',
        creation,
        start: null,
        end: null,
        times: noTimes(),
        regions: [],
        open: nothingOpen(),
      }
      if (from === 'Undetermined') {
        const before = time - this.sync
        const { times } = goroutine
        if (to === 'Running') times.exec += before
        if (to === 'Waiting') addTo(times.block, reason, before)
        if (to === 'Runnable') times.schedWait += before
        if (to === 'Syscall' && event.proc === -1n) times.syscallBlock += before
        if (to === 'Syscall' && event.proc !== -1n) times.syscall += before
      } else {
        const inherited = this.goroutines.get(event.goroutine)?.open.regions.at(-1)
        if (inherited !== undefined) {
          goroutine.open.regions.push({
            name: '',
            task: inherited.task,
            goroutine: id,
            start: event,
            end: null,
            times: noTimes(),
          })
        }
      }
      this.goroutines.set(id, goroutine)
    }
    if (goroutine === undefined) throw new Error(`goroutine ${id} comes from ${from}, but nobody knows it`)
    this.leave(goroutine, from, time)
    if (goroutine.name === '') goroutine.name = event.transitionStack?.at(-1)?.func ?? ''

    const { open } = goroutine
    if (to === 'Running') {
      open.running = time
      goroutine.start ??= time
    }
    if (to === 'Runnable') open.runnable = time
    if (to === 'Waiting' && reason !== 'forever') open.waiting = { since: time, reason }
    if (to === 'Syscall') {
      open.syscall = time
      this.syscallOn.set(event.proc, id)
      this.procOf.set(id, event.proc)
    }
    if (to === 'NotExist' || (to === 'Waiting' && reason === 'forever')) this.finish(goroutine, time, event)
  }

  private leave({ id, times, open }: SlowGoroutine, from: string, time: bigint): void {
    if (from === 'Running' && open.running !== null) {
      times.exec += time - open.running
      open.running = null
    }
    if (from === 'Waiting' && open.waiting !== null) {
      addTo(times.block, open.waiting.reason, time - open.waiting.since)
      open.waiting = null
    }
    if (from === 'Runnable' && open.runnable !== null) {
      times.schedWait += time - open.runnable
      open.runnable = null
    }
    if (from === 'Syscall' && open.syscall !== null) {
      const lost = open.syscallBlocked
      times.syscall += (lost ?? time) - open.syscall
      if (lost !== null) times.syscallBlock += time - lost
      open.syscall = null
      open.syscallBlocked = null
      // The proc's record goes, even if it is another goroutine's by now.
      this.syscallOn.delete(this.procOf.get(id) ?? 0n)
      this.procOf.delete(id)
    }
  }

  private finish(goroutine: SlowGoroutine, time: bigint, trigger: ParsedEvent | null): void {
    if (trigger !== null) goroutine.end = time
    const times = snapshot(goroutine, time)
    goroutine.times = times
    if (!isSystem(goroutine.name)) {
      for (const region of goroutine.open.regions) {
        region.end = trigger
        region.times = difference(times, region.times)
        goroutine.regions.push(region)
      }
    }
    goroutine.open = nothingOpen()
  }

  private takeRange(event: Extract<ParsedEvent, { kind: 'RangeBegin' | 'RangeActive' | 'RangeEnd' }>): void {
    const { kind, name, scope, time } = event
    if (scope.resource === 'None') return
    let goroutine = this.goroutines.get(scope.resource === 'Goroutine' ? scope.id : event.goroutine)
    if (scope.resource === 'Proc') {
      const key = `${scope.id} ${name}`
      if (kind === 'RangeEnd') {
        if (this.procRanges.get(key) !== event.goroutine) goroutine = undefined
        this.procRanges.delete(key)
      } else if (goroutine !== undefined) this.procRanges.set(key, event.goroutine)
    }
    if (goroutine === undefined) return
    const since = goroutine.open.ranges.get(name)
    if (kind === 'RangeBegin') goroutine.open.ranges.set(name, time)
    else if (kind === 'RangeActive') {
      if (since !== undefined) addTo(goroutine.times.ranges, name, this.sync - since)
      goroutine.open.ranges.set(name, this.sync)
    } else if (since !== undefined) {
      addTo(goroutine.times.ranges, name, time - since)
      goroutine.open.ranges.delete(name)
    }
  }

  private takeRegion(event: Extract<ParsedEvent, { kind: 'RegionBegin' | 'RegionEnd' }>): void {
    const goroutine = this.goroutines.get(event.goroutine)
    if (goroutine === undefined) throw new Error(`a region of goroutine ${event.goroutine}, which nobody knows`)
    const { type: name, task } = event
    const now = snapshot(goroutine, event.time)
    const add = (start: ParsedEvent | null, times: Times): SlowRegion => {
      const region: SlowRegion = { name, task, goroutine: goroutine.id, start, end: null, times }
      this.task(task).goroutines.add(goroutine.id)
      this.task(task).regions.push(region)
      return region
    }
    if (event.kind === 'RegionBegin') {
      goroutine.open.regions.push(add(event, now))
      return
    }
    const open = goroutine.open.regions
    const matching = open.findLastIndex(
      region => region.start?.kind === 'RegionBegin' && region.task === task && region.name === name,
    )
    const [region = add(null, noTimes())] = open.splice(matching >= 0 ? matching : open.length - 1, 1)
    region.times = difference(now, region.times)
    region.end = event
    goroutine.regions.push(region)
  }

  private task(id: bigint): SlowTask {
    let task = this.tasks.get(id)
    if (task === undefined) {
      task = {
        id,
        name: '',
        start: null,
        end: null,
        parent: null,
        children: [],
        goroutines: new Set(),
        logs: [],
        regions: [],
      }
      this.tasks.set(id, task)
    }
    return task
  }

  /** ns since the first event. */
  private relative(time: bigint): number {
    return Number(time - this.first)
  }

  /** Start and end, cut to the trace. */
  private interval(start: ParsedEvent | null, end: ParsedEvent | null): { startNs: number; endNs: number } {
    return { startNs: this.relative(start?.time ?? this.first), endNs: this.relative(end?.time ?? this.last) }
  }

  goroutineRows() {
    return [...this.goroutines.values()].map(({ id, name, creation, start, end, times }) => ({
      id: String(id),
      name: utf8(name),
      creationNs: this.relative(creation),
      startNs: start === null ? null : this.relative(start),
      endNs: end === null ? null : this.relative(end),
      totalTimeNs: Number(times.total),
      stats: statsOf(times),
      ranges: rangesOf(times),
    }))
  }

  regionRows() {
    const goroutines = [...this.goroutines.values()]
    return goroutines
      .flatMap(({ regions }) => regions)
      .map(({ name, task, goroutine, start, end, times }) => {
        const leaf = start?.stack?.[0]
        return {
          type: utf8(name),
          func: utf8(leaf?.func ?? ''),
          pc: (leaf?.pc ?? 0n).toString(16),
          goroutine: String(goroutine),
          task: String(task),
          begun: start !== null,
          ended: end !== null,
          ...this.interval(start, end),
          totalTimeNs: Number(times.total),
          stats: statsOf(times),
          ranges: rangesOf(times),
        }
      })
  }

  taskRows() {
    return [...this.tasks.values()].map(task => {
      const { startNs, endNs } = this.interval(task.start, task.end)
      return {
        id: String(task.id),
        type: utf8(task.name),
        parent: String(task.parent?.id ?? 0n),
        complete: task.start !== null && task.end !== null,
        begun: task.start !== null,
        ended: task.end !== null,
        children: task.children.map(({ id }) => String(id)),
        goroutines: [...task.goroutines].map(String),
        startNs,
        endNs,
        durationNs: endNs - startNs,
        events: this.taskEvents(task),
      }
    })
  }

  /** Begin, end, logs, then the begin and end of each region; in order of time. */
  private taskEvents({ start, end, logs, regions }: SlowTask) {
    const events = [start, end, ...logs, ...regions.flatMap(region => [region.start, region.end])]
      .filter(event => event !== null)
      .sort((x, y) => (x.time < y.time ? -1 : x.time > y.time ? 1 : 0))
    return events.map((event, i) => ({
      timeNs: this.relative(event.time),
      elapsedNs: Number(event.time - (events[i - 1]?.time ?? this.first)),
      goroutine: String(event.kind === 'StateTransition' ? event.id : event.goroutine),
      ...taskEventDetails(event),
    }))
  }

  /** Samples of a profile, over all goroutines or those of a name (Latin-1). */
  profile(kind: 'io' | 'block' | 'syscall' | 'sched', name?: string) {
    const state = { io: 'Waiting', block: 'Waiting', syscall: 'Syscall', sched: 'Runnable' }[kind]
    const qualifies = (reason: string) =>
      kind === 'io' ? reason === 'network' : kind !== 'block' || /chan|sync|select/.test(reason)
    const tracked = new Map<bigint, Transition>()
    const samples = new Map<string, { stack: ReturnType<typeof frameOf>[]; count: number; delayNs: number }>()
    for (const event of this.events) {
      if (event.kind !== 'StateTransition' || event.resource !== 'Goroutine') continue
      const entry = tracked.get(event.id)
      if (entry === undefined) {
        if (event.to === state && qualifies(event.reason)) tracked.set(event.id, event)
        continue
      }
      if (event.to === state) continue
      tracked.delete(event.id)
      const goroutine = this.goroutines.get(event.id)
      if (goroutine === undefined || (name !== undefined && goroutine.name !== name)) continue
      const from = max(entry.time, goroutine.start ?? 0n)
      const to = min(event.time, goroutine.end ?? this.last)
      if (to <= from) continue
      const key = stackKey(entry.stack)
      const sample = samples.get(key) ?? { stack: [], count: 0, delayNs: 0 }
      sample.stack = (entry.stack ?? []).map(frameOf)
      sample.count++
      sample.delayNs += Number(to - from)
      samples.set(key, sample)
    }
    return [...samples.values()]
  }
}

function statsOf({ exec, schedWait, syscall, syscallBlock, total, block }: Times): Record<string, number> {
  const stats = new Map<string, bigint>([
    ['Execution time', exec],
    ['Sched wait time', schedWait],
    ['Syscall execution time', syscall],
    ['Block time (syscall)', syscallBlock],
  ])
  for (const [reason, time] of block) addTo(stats, `Block time (${utf8(reason)})`, time)
  const known = [...stats.values()].reduce((x, y) => x + y, 0n)
  stats.set('Unknown time', known < total ? total - known : 0n)
  return toRecord(stats)
}

function rangesOf({ ranges }: Times): Record<string, number> {
  return toRecord(new Map([...ranges].map(([name, time]) => [utf8(name), time])))
}

function toRecord(map: ReadonlyMap<string, bigint>): Record<string, number> {
  return Object.fromEntries([...map].map(([key, time]) => [key, Number(time)]))
}

function taskEventDetails(event: ParsedEvent) {
  switch (event.kind) {
    case 'TaskBegin': {
      const parent = event.parent === NO_TASK ? '0' : String(event.parent)
      return { kind: 'taskBegin', type: utf8(event.type), task: String(event.id), parent }
    }
    case 'TaskEnd':
      return { kind: 'taskEnd' }
    case 'RegionBegin':
    case 'RegionEnd':
      return { kind: event.kind === 'RegionBegin' ? 'regionBegin' : 'regionEnd', region: utf8(event.type) }
    case 'Log':
      return { kind: 'log', category: utf8(event.category), message: utf8(event.message) }
    case 'StateTransition':
      return { kind: 'transition', from: event.from, to: event.to }
    default:
      throw new Error(`a task has no ${event.kind}`)
  }
}

/** Stacks are the same by their first 128 program counters, zeros at the root not counted. */
function stackKey(stack: Stack): string {
  const pcs = (stack ?? []).slice(0, 128).map(({ pc }) => pc)
  while (pcs.at(-1) === 0n) pcs.pop()
  return pcs.join()
}

function frameOf({ func, file, line, pc }: Frame) {
  return { func: utf8(func), file: utf8(file), line: String(line), pc: pc.toString(16) }
}

/** Titles that rows have between them: the execution time first, the others in byte order. */
export function columnsOf(rows: readonly Record<string, number>[]): string[] {
  const first = 'Execution time'
  const titles = new Set(rows.flatMap(row => Object.keys(row)))
  const others = [...titles]
    .filter(title => title !== first)
    .sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
  return titles.has(first) ? [first, ...others] : others
}

function max(x: bigint, y: bigint): bigint {
  return x > y ? x : y
}

function min(x: bigint, y: bigint): bigint {
  return x < y ? x : y
}
