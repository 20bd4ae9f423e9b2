/**
 * Writes the events of the trace-event JSON: slices, instants, arrows, counters, tasks, regions, metadata.
 *
 * Rules: endpoints.md §9.3, but that stacks get their ids when an event that is given out names them, so that a window
 * is the same text however much was read before it. Counters keep their values whether or not they are seen. Text
 * gathers in `text`, which the owner takes away.
 *
 * A lane is a row of the dictionary's table of procs, threads or goroutines, by view, or one of `Lane`.
 */
import type { Dictionary, IdTable } from '../../core/dictionary.js'
import { GoCount } from '../../core/states.js'
import type { ViewerBorder } from '../../replay/viewer-facts.js'
import { FrameTree } from './frame-tree.js'
import { digits, escapeBytes, microseconds, NONE_ID } from './json-text.js'
import type { TraceEventPlan, View } from './plan.js'

/** Lanes that stand for no resource. */
export const Lane = { None: -1, Gc: -2, Network: -3, Timers: -4, Syscalls: -5 } as const

/** Id, name and place of the lanes below None. */
const fakeLanes: Readonly<Record<number, readonly [id: string, name: string, index: number]>> = {
  [Lane.Gc]: ['1000004', 'GC', -6],
  [Lane.Network]: ['1000002', 'Network', -5],
  [Lane.Timers]: ['1000001', 'Timers', -4],
  [Lane.Syscalls]: ['1000003', 'Syscalls', -3],
}

/** Number of the JSON's process for lanes, counters and tasks. */
const LANES = 0
const STATS = 1
const TASKS = 2

const laneTitles: Readonly<Record<View, string>> = { proc: 'PROCS', thread: 'OS THREADS', goroutine: 'G' }

const taskColours = [
  'thread_state_uninterruptible',
  'thread_state_iowait',
  'thread_state_running',
  'thread_state_runnable',
  'thread_state_unknown',
  'light_memory_dump',
  'background_memory_dump',
  'detailed_memory_dump',
  'good',
  'bad',
  'terrible',
  'olive',
  'rail_response',
  'rail_animation',
  'rail_idle',
  'rail_load',
  'heap_dump_child_node_arrow',
  'cq_build_running',
  'cq_build_passed',
  'cq_build_failed',
  'cq_build_abandoned',
  'cq_build_attempt_runnig',
  'cq_build_attempt_passed',
]

function taskColour(id: string): string {
  return taskColours[Number(BigInt(id) % BigInt(taskColours.length))]
}

/** Go tells a goal beyond all memory when the collector is off. */
function shownGoal(bytes: number): number {
  return bytes > 2 ** 50 ? 0 : bytes
}

/** The start of an event's text: its name, given as bytes, if it has one, up to the value of `ph`. */
export function opening(name: string): string {
  return name === '' ? '{"ph":"' : `{"name":"${escapeBytes(name)}","ph":"`
}

const newTask = opening('newTask')

export class Emitter {
  private readonly frames: FrameTree
  text = '{"displayTimeUnit":"ns"\n,"traceEvents": ['
  private readonly fromNs: number
  private readonly toNs: number
  private readonly firstIndex: number
  private readonly lastIndex: number
  private readonly lanes: IdTable
  private readonly laneIds: string[] = []
  private readonly filter: ReadonlySet<string> | null
  /** 1 + whether a lane passes the filter, by row; 0: not looked up yet. */
  private readonly passing: number[] = []
  private index = 0
  private separator = ''
  private arrows = 0
  private regions = 0
  private readonly counts = [0, 0, 0, 0, 0]
  private runningThreads = 0
  private allocatedLow = 0
  private allocatedHigh = 0
  private goal = 0

  constructor(
    private readonly dictionary: Dictionary,
    private readonly plan: TraceEventPlan,
  ) {
    this.frames = new FrameTree(dictionary)
    this.lanes = { proc: dictionary.procs, thread: dictionary.threads, goroutine: dictionary.goroutines }[plan.view]
    this.filter = plan.goroutines === null ? null : new Set(plan.goroutines)
    this.fromNs = plan.fromNs
    this.toNs = plan.toNs
    this.firstIndex = plan.firstIndex
    this.lastIndex = plan.lastIndex
  }

  /** Takes up the counters as they stood at a border. */
  resume({ counts, runningThreads, allocatedLow, allocatedHigh, goal }: ViewerBorder): void {
    this.counts.splice(0, counts.length, ...counts)
    this.runningThreads = runningThreads
    this.allocatedLow = allocatedLow
    this.allocatedHigh = allocatedHigh
    this.goal = shownGoal(goal)
  }

  /** Whether no event can be asked for any more. */
  get isFull(): boolean {
    return this.index > this.lastIndex
  }

  /** Unsigned decimal id of a lane. */
  laneId(lane: number): string {
    if (lane < 0) return lane === Lane.None ? NONE_ID : fakeLanes[lane][0]
    let id = this.laneIds[lane]
    if (id === undefined) {
      id = this.dictionary.wide.text(this.lanes.ids[lane])
      this.laneIds[lane] = id
    }
    return id
  }

  passes(lane: number): boolean {
    if (this.filter === null) return true
    if (lane < 0) return this.filter.has(this.laneId(lane))
    this.passing[lane] ??= this.filter.has(this.laneId(lane)) ? 2 : 1
    return this.passing[lane] === 2
  }

  /** `open` is an `opening`; `stack` and `endStack` are rows of stacks; `args` is an object's text or empty. */
  slice(open: string, start: number, end: number, lane: number, stack: number, endStack: number, args: string): void {
    if (!this.passes(lane) || !this.overlaps(start, end) || !this.takeIndex()) return
    const ends = end === start ? '' : `,"dur":${microseconds(end - start)}`
    this.text += `${this.separator}${open}X","ts":${microseconds(start)}${ends},"pid":0,"tid":${this.laneId(lane)}${this.stack(stack)}${this.endStack(endStack)}${args === '' ? '' : `,"args":${args}`}}\n`
    this.separator = ','
  }

  /** `category` is a JSON text or empty. */
  instant(open: string, time: number, lane: number, stack: number, args: string, category: string): void {
    if (!this.within(time) || !this.passes(lane) || !this.takeIndex()) return
    this.text += `${this.separator}${open}I","s":"t","ts":${microseconds(time)},"pid":0,"tid":${this.laneId(lane)}${this.stack(stack)}${args === '' ? '' : `,"args":${args}`}${category === '' ? '' : `,"cat":${category}`}}\n`
    this.separator = ','
  }

  arrow(open: string, start: number, from: number, stack: number, end: number, to: number): void {
    if (!this.passes(from) || !this.passes(to)) return
    this.drawArrow(open, LANES, start, this.laneId(from), stack, end, this.laneId(to))
  }

  taskSlice(id: string, name: string, start: number, end: number, stack: number, endStack: number, args: string): void {
    if (!this.overlaps(start, end) || !this.takeIndex()) return
    const ends = end === start ? '' : `,"dur":${microseconds(end - start)}`
    this.text += `${this.separator}${opening(name)}X","ts":${microseconds(start)}${ends},"pid":${TASKS},"tid":${id}${this.stack(stack)}${this.endStack(endStack)},"args":${args},"cname":"${taskColour(id)}"}\n`
    this.separator = ','
  }

  /** From a task to one that it began. */
  taskArrow(time: number, parent: string, stack: number, child: string): void {
    this.drawArrow(newTask, TASKS, time, parent, stack, time, child)
  }

  region(
    name: string,
    start: number,
    end: number,
    goroutine: string,
    task: string,
    stack: number,
    endStack: number,
  ): void {
    if (!this.overlaps(start, end)) return
    if (this.filter !== null && !this.filter.has(goroutine)) return
    const open = opening(name)
    const scope = `","s":"${BigInt(task).toString(16)}","ts":`
    const id = `,"pid":${LANES},"tid":${goroutine},"id":${digits(++this.regions)}`
    const rest = `${task === '0' ? '' : `,"cname":"${taskColour(task)}"`},"cat":"Region"}\n`
    if (this.takeIndex()) {
      this.text += `${this.separator}${open}b${scope}${microseconds(start)}${id}${this.stack(stack)}${rest}`
      this.separator = ','
    }
    if (this.takeIndex()) {
      this.text += `${this.separator}${open}e${scope}${microseconds(end)}${id}${this.stack(endStack)},"args":{"taskid":${task}}${rest}`
      this.separator = ','
    }
  }

  /** A goroutine goes from one way of being counted to another. */
  countGoroutine(time: number, from: number, to: number): void {
    if (from === to) return
    const { counts } = this
    counts[from]--
    counts[to]++
    if (!this.within(time) || !this.takeIndex()) return
    const shown = (state: number): number => Math.max(0, counts[state])
    this.counter(
      'Goroutines',
      time,
      `{"Running":${shown(GoCount.Running)},"Runnable":${shown(GoCount.Runnable)},"GCWaiting":${shown(GoCount.WaitingGc)}}`,
    )
  }

  countThread(time: number, change: 1 | -1): void {
    this.runningThreads += change
    if (!this.within(time) || !this.takeIndex()) return
    this.counter('Threads', time, `{"Running":${Math.max(0, this.runningThreads)},"InSyscall":0}`)
  }

  /** Halves of the bytes of heap objects. */
  allocated(time: number, low: number, high: number): void {
    if (low === this.allocatedLow && high === this.allocatedHigh) return
    this.allocatedLow = low
    this.allocatedHigh = high
    this.countHeap(time)
  }

  heapGoal(time: number, bytes: number): void {
    const goal = shownGoal(bytes)
    if (goal === this.goal) return
    this.goal = goal
    this.countHeap(time)
  }

  /** What is always there: names and places of processes and of the lanes without a resource; then those of tasks. */
  processes(): void {
    this.processName(STATS, 'STATS', 0)
    const { tasks } = this.plan
    if (tasks !== null && tasks.length > 0) {
      this.processName(TASKS, 'TASKS', 1)
      for (const [place, { id, name }] of tasks.entries()) this.laneName(TASKS, id, `T${id} ${name}`, place)
    }
    this.processName(LANES, laneTitles[this.plan.view], 2)
    for (const lane of [Lane.Gc, Lane.Network, Lane.Timers, Lane.Syscalls]) {
      const [id, name, place] = fakeLanes[lane]
      this.laneName(LANES, id, name, place)
    }
  }

  /** Name and place of a resource's lane, unless the filter leaves it out; `name` is bytes. */
  resource(id: string, name: string): void {
    if (this.filter !== null && !this.filter.has(id)) return
    const focused = id === this.plan.focus && id !== '0'
    this.laneName(LANES, id, name, focused ? -2 : BigInt.asIntN(64, BigInt(id)))
  }

  /** The rest of the JSON after the last event, in pieces. */
  *end(): Generator<string> {
    yield '], "stackFrames":{'
    let separator = ''
    for (const entry of this.frames.entries()) {
      yield separator + entry
      separator = ','
    }
    yield '}\n}'
  }

  private within(time: number): boolean {
    return time >= this.fromNs && time <= this.toNs
  }

  /** A slice of no length outside the window does not; one that is longer than the window does. */
  overlaps(start: number, end: number): boolean {
    return this.within(start) || this.within(end) || (start < this.fromNs && end > this.toNs)
  }

  /** Counts an event; whether its position is asked for. */
  private takeIndex(): boolean {
    const index = this.index++
    return index >= this.firstIndex && index <= this.lastIndex
  }

  private stack(row: number): string {
    const node = this.frames.node(row)
    return node === 0 ? '' : `,"sf":${node}`
  }

  private endStack(row: number): string {
    const node = this.frames.node(row)
    return node === 0 ? '' : `,"esf":${node}`
  }

  private drawArrow(
    open: string,
    process: number,
    start: number,
    from: string,
    stack: number,
    end: number,
    to: string,
  ): void {
    if (!this.within(start) || !this.within(end)) return
    const id = digits(++this.arrows)
    if (this.takeIndex()) {
      this.text += `${this.separator}${open}s","ts":${microseconds(start)},"pid":${process},"tid":${from},"id":${id}${this.stack(stack)}}\n`
      this.separator = ','
    }
    if (this.takeIndex()) {
      this.text += `${this.separator}${open}t","ts":${microseconds(end)},"pid":${process},"tid":${to},"id":${id}}\n`
      this.separator = ','
    }
  }

  private countHeap(time: number): void {
    if (!this.within(time) || !this.takeIndex()) return
    const allocated = (BigInt(this.allocatedHigh >>> 0) << 32n) | BigInt(this.allocatedLow >>> 0)
    const rest = BigInt(this.goal) - allocated
    this.counter('Heap', time, `{"Allocated":${allocated},"NextGC":${rest > 0n ? rest : 0}}`)
  }

  private counter(name: string, time: number, args: string): void {
    this.text += `${this.separator}{"name":"${name}","ph":"C","ts":${microseconds(time)},"pid":${STATS},"tid":0,"args":${args}}\n`
    this.separator = ','
  }

  private processName(process: number, name: string, place: number): void {
    this.metadata('process_name', process, '0', `{"name":"${name}"}`)
    this.metadata('process_sort_index', process, '0', `{"sort_index":${place}}`)
  }

  private laneName(process: number, id: string, name: string, place: number | bigint): void {
    this.metadata('thread_name', process, id, `{"name":"${escapeBytes(name)}"}`)
    this.metadata('thread_sort_index', process, id, `{"sort_index":${place}}`)
  }

  private metadata(name: string, process: number, id: string, args: string): void {
    this.text += `${this.separator}{"name":"${name}","ph":"M","ts":0,"pid":${process},"tid":${id},"args":${args}}\n`
    this.separator = ','
  }
}
