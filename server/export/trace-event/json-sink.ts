/**
 * The trace-event JSON (the format of chrome://tracing and ui.perfetto.dev), as `/jsontrace` of cmd/trace writes it
 * (endpoints.md §9.3), but that stacks get their ids when an event that is given out names them, so that a window is
 * the same text however much was read before it.
 *
 * Text comes out in pieces, so that the JSON is never whole in memory. It ends with names of tracks and stack frames.
 */
import type { Dictionary } from '../../core/dictionary.js'
import type { Args, Counter, CounterTrack, EventSink, Flow, Instant, Name, Slice, Track, TrackGroup } from '../sinks.js'
import { FrameTree } from './frame-tree.js'
import { digits, escapeBytes, microseconds } from './json-text.js'

/** Bytes of a piece. */
const PIECE = 1 << 16
/**
 * Characters that gather before they become bytes. Few, so that the strings are garbage while they are young: with
 * pieces gathered as text the thread that writes needed 60 MB more.
 */
const GATHERED = 1 << 11
/** Most bytes of a character. */
const WIDEST = 3

/** Numbers of the JSON's processes. */
const processes: Readonly<Record<TrackGroup['kind'], number>> = { lanes: 0, counters: 1, tasks: 2 }
/** What goes before the id of a track. */
const lanePlace = `,"pid":${processes.lanes},"tid":`
const taskPlace = `,"pid":${processes.tasks},"tid":`

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

export class JsonSink implements EventSink {
  private readonly frames: FrameTree
  /** The start of an event's text, and what follows the id of a goroutine in it, by number of names. */
  private readonly openings: (string | undefined)[] = []
  private readonly nameEnds: (string | undefined)[] = []
  private readonly counterParts = new Map<CounterTrack, readonly string[]>()
  private text = '{"displayTimeUnit":"ns"\n,"traceEvents": ['
  private separator = ''
  private bytes = Buffer.alloc(0)
  private length = 0
  private pieces: Uint8Array[] = []
  private position = 0
  private arrows = 0
  private regions = 0

  /** Only events with these positions in the sequence of the JSON's events are written, both ends included. */
  constructor(
    private readonly dictionary: Dictionary,
    private readonly firstPosition: number,
    private readonly lastPosition: number,
  ) {
    this.frames = new FrameTree(dictionary)
  }

  get isFull(): boolean {
    return this.position > this.lastPosition
  }

  slice(slice: Slice): void {
    const { name, goroutine, track, start, end, stack, endStack, args, task } = slice
    if (track.kind === 'region') {
      this.region(slice)
      return
    }
    if (!this.takePosition()) return
    const length = end === start ? '' : `,"dur":${microseconds(end - start)}`
    this.write(
      `${this.opening(name, goroutine)}X","ts":${microseconds(start)}${length}${place(track)}${this.stack(stack)}${this.endStack(endStack)}${argsMember(args)}${colour(task)}}\n`,
    )
  }

  instant({ name, track, time, stack, args, category }: Instant): void {
    if (!this.takePosition()) return
    const last = category === null ? '' : `,"cat":"${category}"`
    this.write(
      `${this.opening(name)}I","s":"t","ts":${microseconds(time)}${place(track)}${this.stack(stack)}${argsMember(args)}${last}}\n`,
    )
  }

  flow({ name, from, start, stack, to, end }: Flow): void {
    const id = digits(++this.arrows)
    const opening = this.opening(name)
    if (this.takePosition()) {
      this.write(`${opening}s","ts":${microseconds(start)}${place(from)},"id":${id}${this.stack(stack)}}\n`)
    }
    if (this.takePosition()) this.write(`${opening}t","ts":${microseconds(end)}${place(to)},"id":${id}}\n`)
  }

  counter({ track, time, values }: Counter): void {
    if (!this.takePosition()) return
    let parts = this.counterParts.get(track)
    if (parts === undefined) {
      parts = counterParts(track)
      this.counterParts.set(track, parts)
    }
    let text = parts[0] + microseconds(time)
    for (let i = 0; i < values.length; i++) text += parts[i + 1] + numeral(values[i])
    this.write(`${text}}}\n`)
  }

  /** The pieces (UTF-8) that are full, which are the caller's. */
  takePieces(): Uint8Array[] {
    const { pieces } = this
    if (pieces.length > 0) this.pieces = []
    return pieces
  }

  /** The rest, in pieces; nothing may come any more. */
  *finish(groups: Iterable<TrackGroup>): Generator<Uint8Array> {
    for (const { kind, name, rank, tracks } of groups) {
      const process = processes[kind]
      this.metadata('process', process, '0', name, rank)
      for (const { track, name, rank } of tracks()) {
        this.metadata('thread', process, track.id, name, rank)
        yield* this.takePieces()
      }
    }
    this.append('], "stackFrames":{')
    let separator = ''
    for (const { id, parent, name, line } of this.frames.entries()) {
      const parentMember = parent === 0 ? '' : `,"parent":${parent}`
      this.append(`${separator}"${id}":{"name":"${escapeBytes(name)}:${line}"${parentMember}}`)
      separator = ','
      yield* this.takePieces()
    }
    this.append('}\n}')
    this.gather()
    yield* this.takePieces()
    yield this.bytes.subarray(0, this.length)
  }

  /** A pair of events, because regions of a goroutine may overlap. */
  private region({ name, track, start, end, stack, endStack, args, task }: Slice): void {
    const opening = this.opening(name)
    const scope = `","s":"${BigInt(task ?? 0).toString(16)}","ts":`
    const id = `${place(track)},"id":${digits(++this.regions)}`
    const rest = `${colour(task)},"cat":"Region"}\n`
    if (this.takePosition()) {
      this.write(`${opening}b${scope}${microseconds(start)}${id}${this.stack(stack)}${rest}`)
    }
    if (this.takePosition()) {
      this.write(`${opening}e${scope}${microseconds(end)}${id}${this.stack(endStack)}${argsMember(args)}${rest}`)
    }
  }

  /** Name and place of a process or of one of its threads. */
  private metadata(what: string, process: number, id: string, name: string, rank: number | bigint): void {
    const rest = `","ph":"M","ts":0,"pid":${process},"tid":${id},"args":`
    this.write(`{"name":"${what}_name${rest}{"name":"${escapeBytes(name)}"}}\n`)
    this.write(`{"name":"${what}_sort_index${rest}{"sort_index":${rank}}}\n`)
  }

  /** Counts an event; whether its position is asked for. */
  private takePosition(): boolean {
    const position = this.position++
    return position >= this.firstPosition && position <= this.lastPosition
  }

  /** The start of an event's text: its name, if it has one, up to the value of `ph`. */
  private opening(name: Name, goroutine = -1): string {
    if (goroutine >= 0) {
      const { goroutines, wide } = this.dictionary
      const id = goroutines.ids[goroutine]
      return `{"name":"G${id < 0 ? wide.signedText(id) : digits(id)}${this.nameEnd(name)}`
    }
    if (name.number < 0) return opening(name.text)
    const known = this.openings[name.number]
    if (known !== undefined) return known
    const made = opening(name.text)
    this.openings[name.number] = made
    return made
  }

  private nameEnd({ text, number }: Name): string {
    if (number < 0) return nameEnd(text)
    const known = this.nameEnds[number]
    if (known !== undefined) return known
    const made = nameEnd(text)
    this.nameEnds[number] = made
    return made
  }

  private stack(row: number): string {
    const node = this.frames.node(row)
    return node === 0 ? '' : `,"sf":${node}`
  }

  private endStack(row: number): string {
    const node = this.frames.node(row)
    return node === 0 ? '' : `,"esf":${node}`
  }

  private write(event: string): void {
    this.append(this.separator + event)
    this.separator = ','
  }

  private append(text: string): void {
    this.text += text
    if (this.text.length >= GATHERED) this.gather()
  }

  /** Turns the text into bytes. */
  private gather(): void {
    const { text } = this
    this.text = ''
    const most = text.length * WIDEST
    if (this.length + most > this.bytes.length) {
      if (this.length > 0) this.pieces.push(this.bytes.subarray(0, this.length))
      // The piece before goes away, so that each needs memory of its own.
      this.bytes = Buffer.allocUnsafeSlow(Math.max(PIECE, most))
      this.length = 0
    }
    this.length += this.bytes.write(text, this.length)
  }
}

function opening(text: string): string {
  return text === '' ? '{"ph":"' : `{"name":"${nameEnd(text)}`
}

function nameEnd(text: string): string {
  return `${escapeBytes(text)}","ph":"`
}

function place({ kind, id }: Track): string {
  return (kind === 'task' ? taskPlace : lanePlace) + id
}

/** What goes before the time and before each value. */
function counterParts({ name, series }: CounterTrack): string[] {
  const members = series.map((name, i) => (i === 0 ? `"${name}":` : `,"${name}":`))
  members[0] = `,"pid":${processes.counters},"tid":0,"args":{${members[0]}`
  return [`{"name":"${name}","ph":"C","ts":`, ...members]
}

function argsMember(args: Args | null): string {
  if (args === null) return ''
  let members = ''
  for (const [name, value] of args) {
    const text = typeof value === 'string' ? `"${escapeBytes(value)}"` : numeral(value)
    members += members === '' ? `"${name}":${text}` : `,"${name}":${text}`
  }
  return `,"args":{${members}}`
}

function numeral(value: number | bigint): string {
  return typeof value === 'number' ? digits(value) : String(value)
}

function colour(task: string | null): string {
  if (task === null) return ''
  return `,"cname":"${taskColours[Number(BigInt(task) % BigInt(taskColours.length))]}"`
}
