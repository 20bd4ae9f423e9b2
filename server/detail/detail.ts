/**
 * The one door to the events of a trace that has been read: gives those of any generations again, from the checkpoint before them. What
 * was read last is kept under one byte budget.
 */
import type { Dictionary } from '../shared/dictionary.js'
import type { EventBlock } from '../shared/event-block.js'
import { EventKind } from '../shared/event-table.js'
import { NONE } from '../shared/wide.js'
import { firstGenerations, type OpenedTrace, openReader } from '../trace/open.js'
import type { Checkpoints } from '../trace/order/checkpoints.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { V2Reader } from '../trace/order/v2-reader.js'
import type { Source } from '../trace/source/source.js'

/** What the first pass over a trace leaves behind. */
export interface FirstPass {
  readonly dictionary: Dictionary
  readonly checkpoints: Checkpoints
  readonly startTime: bigint
  /** Generations that are served; 1 for a v1 trace. */
  readonly generations: number
}

export class Detail {
  /** Blocks of generations that were read whole, the one used last at the end. */
  private readonly cache = new Map<number, readonly EventBlock[]>()
  private cachedBytes = 0

  constructor(
    private readonly source: Source,
    private readonly trace: OpenedTrace,
    private readonly first: FirstPass,
    private readonly budgetBytes: number,
  ) {
    first.dictionary.finish()
  }

  /** The dictionary whose rows the blocks name. */
  get dictionary(): Dictionary {
    return this.first.dictionary
  }

  /** Absolute time of the first event, ns. */
  get startTime(): bigint {
    return this.first.startTime
  }

  /**
   * The events of generations `from` to `to` (rows, both included), in order: Sync of the first … and after the last generation of
   * the trace its closing Sync. Blocks are shared: nobody may write to them or give them away.
   */
  *blocks(from: number, to: number): Generator<EventBlock> {
    for (let generation = from; generation <= to; generation++)
      yield* this.cached(generation) ?? this.readAndKeep(generation)
  }

  /** The same for who goes through many generations once: keeps nothing, and a block only holds until the next is asked for. */
  *passingBlocks(from: number, to: number): Generator<EventBlock> {
    const reader = this.open(from, to)
    for (const block of this.read(reader, to)) {
      yield block
      reader.recycle(block)
    }
  }

  private cached(generation: number): readonly EventBlock[] | undefined {
    const blocks = this.cache.get(generation)
    if (blocks !== undefined) {
      this.cache.delete(generation)
      this.cache.set(generation, blocks)
    }
    return blocks
  }

  private *readAndKeep(generation: number): Generator<EventBlock> {
    let kept: EventBlock[] | null = []
    let bytes = 0
    for (const block of this.read(this.open(generation, generation), generation)) {
      yield block
      bytes += bytesOf(block)
      if (bytes > this.budgetBytes) kept = null
      kept?.push(block)
    }
    // A generation that alone passes the budget is read again each time.
    if (kept !== null) this.keep(generation, kept, bytes)
  }

  private *read(reader: OrderedReader, to: number): Generator<EventBlock> {
    const isLast = to === this.first.generations - 1
    for (let block = reader.next(); block !== null; block = reader.next()) {
      if (!isLast && isClosing(block)) return
      yield block
    }
  }

  /** A reader that begins with generation `from` and ends behind generation `to`. */
  private open(from: number, to: number): OrderedReader {
    const { dictionary, checkpoints, startTime } = this.first
    this.source.check()
    if (this.trace.index === null) return openReader(this.source, this.trace)
    const index = firstGenerations(this.trace.index, to + 1)
    const checkpoint = checkpoints.before(from)
    return new V2Reader(this.source, index, { generation: from, checkpoint, dictionary, startTime })
  }

  private keep(generation: number, blocks: readonly EventBlock[], bytes: number): void {
    // Two may have read it at the same time.
    if (this.cache.has(generation)) return
    this.cache.set(generation, blocks)
    this.cachedBytes += bytes
    for (const [oldest, old] of this.cache) {
      if (this.cachedBytes <= this.budgetBytes) break
      this.cache.delete(oldest)
      for (const block of old) this.cachedBytes -= bytesOf(block)
    }
  }
}

/** Whether a block is only the Sync that stands at the end of a stream. */
function isClosing(block: EventBlock): boolean {
  return block.length === 1 && block.kinds[0] === EventKind.Sync && block.slots[0] === NONE
}

function bytesOf(block: EventBlock): number {
  const { times, kinds, threads, procs, goroutines, slots } = block
  return (
    times.byteLength +
    kinds.byteLength +
    threads.byteLength +
    procs.byteLength +
    goroutines.byteLength +
    slots.byteLength
  )
}
