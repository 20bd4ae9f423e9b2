/**
 * The one door to the events of a trace that has been read: gives those of any generations again, from the checkpoint
 * before them. What was read last is kept under one byte budget.
 */
import type { Dictionary } from '../core/dictionary.js'
import type { EventBlock } from '../core/event-block.js'
import { Lru } from '../core/lru.js'
import type { Source } from '../source/source.js'
import { OrderingMemory } from '../trace/fast-path/memory.js'
import type { TraceIndex } from '../trace/index/trace-index.js'
import { firstGenerations, type OpenedTrace, openReader } from '../trace/open.js'
import { isReusable } from '../trace/order/block-writer.js'
import type { Checkpoints } from '../trace/order/checkpoints.js'
import type { OrderedReader } from '../trace/order/reader.js'
import { V2Reader } from '../trace/order/v2-reader.js'

/** What the first pass over a trace leaves behind. */
export interface FirstPass {
  readonly dictionary: Dictionary
  readonly checkpoints: Checkpoints
  readonly startTime: bigint
  /** Generations that are served; 1 for a v1 trace. */
  readonly generations: number
}

/** A generation that was read whole. */
interface Kept {
  readonly blocks: readonly EventBlock[]
  readonly bytes: number
  /** How many go through them. */
  users: number
}

export class Detail {
  /** By generation. */
  private readonly cache: Lru<number, Kept>
  /**
   * The reader that was done last: the next goes on with it where it begins behind that one's last generation, else in
   * its memory.
   */
  private idle: { readonly reader: V2Reader; readonly generation: number } | null = null
  /** The generations that are served. */
  private readonly index: TraceIndex | null
  /**
   * Blocks that nobody needs any more, for who reads now to write into: new memory took a third of the time of a
   * reading.
   */
  private spare: EventBlock[] = []

  constructor(
    private readonly source: Source,
    private readonly trace: OpenedTrace,
    private readonly first: FirstPass,
    private readonly budgetBytes: number,
  ) {
    first.dictionary.finish()
    this.cache = new Lru({
      budget: budgetBytes,
      sizeOf: ({ bytes }) => bytes,
      evicted: ({ blocks, users }) => {
        if (users === 0) this.setFree(blocks)
      },
    })
    this.index = trace.index && firstGenerations(trace.index, first.generations)
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
   * The events of generations `from` to `to` (rows, both included), in order: Sync of the first … and after the last
   * generation of the trace its closing Sync. Blocks are shared: nobody may write to them or give them away, and each
   * only holds until the next is asked for.
   */
  *blocks(from: number, to: number): Generator<EventBlock> {
    for (let generation = from; generation <= to; generation++) {
      const kept = this.cache.get(generation)
      yield* kept === undefined ? this.readAndKeep(generation) : throughKept(kept)
    }
  }

  /** The same for who goes through many generations once: keeps nothing. */
  *passingBlocks(from: number, to: number): Generator<EventBlock> {
    const reader = this.open(from, to)
    for (const block of this.read(reader, to)) {
      yield block
      reader.recycle(block)
    }
  }

  private *readAndKeep(generation: number): Generator<EventBlock> {
    const blocks: EventBlock[] = []
    let bytes = 0
    const reader = this.open(generation, generation)
    this.lendSpare(reader)
    for (const block of this.read(reader, generation)) {
      yield block
      bytes += bytesOf(block)
      // A generation that alone passes the budget is read again each time.
      if (bytes > this.budgetBytes) this.setFree([...blocks.splice(0), block])
      else {
        this.cache.makeRoom(bytes)
        blocks.push(block)
      }
      this.lendSpare(reader)
    }
    this.spare = []
    // Two may have read it at the same time.
    if (bytes > this.budgetBytes || this.cache.has(generation)) return
    this.cache.add(generation, { blocks, bytes, users: 0 })
  }

  private lendSpare(reader: OrderedReader): void {
    const block = this.spare.pop()
    if (block !== undefined) reader.recycle(block)
  }

  private *read(reader: OrderedReader, to: number): Generator<EventBlock> {
    let generation = -1
    try {
      for (let block = reader.next(); block !== null; block = reader.next()) yield block
      if (reader.error === null) generation = to + 1
    } finally {
      if (reader instanceof V2Reader) this.idle = { reader, generation }
    }
  }

  /** A reader that begins with generation `from` and ends behind generation `to`. */
  private open(from: number, to: number): OrderedReader {
    const { dictionary, checkpoints, startTime } = this.first
    this.source.check()
    if (this.index === null) return openReader(this.source, this.trace)
    const { idle } = this
    this.idle = null
    let reader = idle?.reader
    if (reader === undefined || idle?.generation !== from) {
      const memory = reader?.memory ?? new OrderingMemory()
      memory.clear()
      const checkpoint = checkpoints.before(from, memory)
      reader = new V2Reader(this.source, this.index, { generation: from, checkpoint, dictionary, startTime, memory })
    }
    reader.until = to + 1
    return reader
  }

  private setFree(blocks: readonly EventBlock[]): void {
    for (const block of blocks) if (isReusable(block)) this.spare.push(block)
  }
}

function* throughKept(kept: Kept): Generator<EventBlock> {
  kept.users++
  try {
    yield* kept.blocks
  } finally {
    kept.users--
  }
}

/** Of a block beside its events: six arrays and their buffers. A trace may have a generation for each. */
const BLOCK_BYTES = 2048

function bytesOf(block: EventBlock): number {
  const { times, kinds, threads, procs, goroutines, slots } = block
  return (
    BLOCK_BYTES +
    times.byteLength +
    kinds.byteLength +
    threads.byteLength +
    procs.byteLength +
    goroutines.byteLength +
    slots.byteLength
  )
}
