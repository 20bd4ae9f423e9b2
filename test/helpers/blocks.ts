/**
 * Ordered blocks made by hand, so that a test of the analysis can tell its story event by event.
 *
 *   const story = new Story()
 *   story.at(0).sync()
 *   story.at(10, { m: 1, p: 0 }).event('GoStart', { g: 7 })
 *
 * Slots are given by the names of the event table; ids, texts and stacks as people know them: a stack is a list of
 * functions, leaf first, or of [function, pc]; `value` stands for the pair valueLow, valueHigh.
 */
import { Analyst } from '../../server/analysis/analyst.js'
import type { SegmentStore } from '../../server/analysis/facts/segment-store.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { Dictionary, EMPTY_STACK, NO_STACK } from '../../server/core/dictionary.js'
import type { EventBlock } from '../../server/core/event-block.js'
import { EventKind, eventSpecs } from '../../server/core/event-table.js'

export type Frame = string | readonly [name: string, pc: number]
type Value = number | string | readonly Frame[] | undefined

export interface Context {
  readonly m?: number
  readonly p?: number
  readonly g?: number
}

export class Story {
  readonly dictionary: Dictionary
  private readonly times: number[] = []
  private readonly kinds: number[] = []
  private readonly threads: number[] = []
  private readonly procs: number[] = []
  private readonly goroutines: number[] = []
  private readonly slots: number[] = []
  private readonly pcs = new Map<string, number>()
  private context: Context = {}
  private time = 0
  private generation: number

  /** @param before of which this one is the next generation */
  constructor(before?: Story) {
    this.dictionary = before?.dictionary ?? new Dictionary()
    this.generation = before?.generation ?? -1
  }

  /** Sets time and context of the events that follow. */
  at(time: number, context: Context = {}): this {
    this.time = time
    this.context = context
    return this
  }

  sync(): this {
    return this.event('Sync', { generation: ++this.generation })
  }

  event(kind: keyof typeof EventKind, values: Record<string, Value> = {}): this {
    const spec = eventSpecs[EventKind[kind]]
    if (spec?.slots === undefined) throw new Error(`${kind} does not occur in ordered columns`)
    const { m, p, g } = this.context
    this.times.push(this.time)
    this.kinds.push(EventKind[kind])
    this.threads.push(m === undefined ? -1 : this.dictionary.threads.add(m))
    this.procs.push(p === undefined ? -1 : this.dictionary.procs.add(p))
    this.goroutines.push(g === undefined ? -1 : this.dictionary.goroutines.add(g))
    for (const slot of spec.slots) this.slots.push(this.slotValue(slot, values))
    return this
  }

  block(): EventBlock {
    return {
      generation: Math.max(this.generation, 0),
      length: this.times.length,
      times: Float64Array.from(this.times),
      kinds: Uint8Array.from(this.kinds),
      threads: Int32Array.from(this.threads),
      procs: Int32Array.from(this.procs),
      goroutines: Int32Array.from(this.goroutines),
      slots: Int32Array.from(this.slots),
    }
  }

  /** The facts of the story, which ends with a Sync at `end`. */
  tell(end: number, store?: SegmentStore): TraceFacts {
    this.at(end).event('Sync', { generation: -1 })
    const analyst = new Analyst(this.dictionary, { file: 'story.trace', version: 26, sizeBytes: 100 }, store)
    analyst.feed(this.block(), { number: 1n, offset: 16, bytes: 84, snapshot: null })
    return analyst.at({ startTime: 1000n, partial: null, oddities: [] })
  }

  private slotValue(slot: string, values: Record<string, Value>): number {
    const { dictionary } = this
    if (slot === 'valueLow') return Number(values.value) | 0
    if (slot === 'valueHigh') return Math.floor(Number(values.value) / 4294967296)
    const value = values[slot]
    if (slot === 'stack' || slot === 'newStack') return this.stackRow(value as readonly Frame[] | undefined)
    if (typeof value === 'string') return dictionary.addString(value)
    if (slot === 'g') return dictionary.goroutines.add(value as number)
    if (slot === 'p') return dictionary.procs.add(value as number)
    if (slot === 'task') return dictionary.tasks.add(value as number)
    if (slot === 'parent') return value === undefined ? -1 : dictionary.tasks.add(value as number)
    return (value as number | undefined) ?? 0
  }

  private stackRow(frames: readonly Frame[] | undefined): number {
    const { dictionary } = this
    if (frames === undefined) return NO_STACK
    if (frames.length === 0) return EMPTY_STACK
    let row = NO_STACK
    for (const frame of [...frames].reverse()) {
      const [name, pc] = typeof frame === 'string' ? [frame, this.pcOf(frame)] : frame
      const file = dictionary.addString(`${name}.go`)
      row = dictionary.addStack(row, dictionary.addFrame(BigInt(pc), dictionary.addString(name), file, 1n))
    }
    return row
  }

  private pcOf(name: string): number {
    const pc = this.pcs.get(name) ?? 0x1000 + this.pcs.size
    this.pcs.set(name, pc)
    return pc
  }
}
