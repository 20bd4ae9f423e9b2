/**
 * The ordered events of whole generations: of a trace that breaks off inside one it gives those of the file that ends
 * before it. Who reads these blocks never sees a part of a generation, so that nothing is taken back or read twice.
 *
 * Blocks wait until their generation is whole. Those of the first do not: without it nothing of the trace is usable.
 * What waits beyond a budget is spilled to a file.
 */
import { Dictionary, type DictionaryDelta } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { EventKind } from '../../core/event-table.js'
import { NONE } from '../../core/wide.js'
import { isReusable, newBlock } from './block-writer.js'
import type { GenerationFacts, OrderedReader } from './reader.js'
import { SpilledBlocks } from './spilled-blocks.js'

/** A block, and what belongs to it. */
export interface WholeBlock {
  readonly block: EventBlock
  /** What the dictionary got since the block before. */
  readonly delta: DictionaryDelta
  /** Facts of its generation; null for a closing Sync without any generation. */
  readonly generation: GenerationFacts | null
  /** File offset up to which generations have been given, for progress. */
  readonly bytesRead: number
}

/** One that waits, and where in the file its columns are; null: they are in its block. */
interface Waiting {
  readonly whole: WholeBlock
  readonly place: number | null
}

/** Blocks that wait in memory: 8 MB. */
const MOST_IN_MEMORY = 4

export class WholeGenerations {
  /** Whether all has been ordered: nothing comes after what waits. */
  ended = false
  /** Generations that are whole. */
  private usable = 0
  private readonly ready: Waiting[] = []
  /** Of the generation that is not whole yet. */
  private readonly pending: Waiting[] = []
  private inMemory = 0
  private readonly spilled = new SpilledBlocks()
  /** What is read from the file goes into it. */
  private spare: EventBlock | null = null
  /** Time of the last event that is ready, and whether it is the Sync that ends a trace. */
  private lastTime = 0
  private isClosed = false

  /** @param mostInMemory blocks that wait in memory */
  constructor(
    private readonly reader: OrderedReader,
    private readonly mostInMemory = MOST_IN_MEMORY,
  ) {}

  /**
   * Whether to order the next block, for a caller that cannot take any at present: until the generation after the one
   * that it takes is whole.
   */
  get isBehind(): boolean {
    const { ready, usable, ended } = this
    return !ended && (ready.length === 0 || usable === ready[0].whole.block.generation + 1)
  }

  /** Orders the next block. */
  order(): void {
    const { reader } = this
    const block = reader.next()
    this.usable = reader.usableGenerations
    if (block === null) {
      this.end()
      return
    }
    this.pending.push(this.keep(block))
    if (block.generation >= Math.max(this.usable, 1)) return
    this.ready.push(...this.pending.splice(0))
    this.lastTime = block.times[block.length - 1]
    this.isClosed = isClosing(block)
  }

  /** The next block; null: none is ready. */
  take(): WholeBlock | null {
    const waiting = this.ready.shift()
    if (waiting === undefined) {
      if (this.ended) this.spilled.close()
      return null
    }
    const { whole, place } = waiting
    const { generation, length } = whole.block
    if (place === null) {
      if (isReusable(whole.block)) this.inMemory--
      return whole
    }
    const columns = this.spare ?? newBlock()
    this.spare = null
    this.spilled.take(place, columns)
    return { ...whole, block: { ...columns, generation, length } }
  }

  /** Takes back a block that nobody reads any more. */
  recycle(block: EventBlock): void {
    if (this.spilled.count > 0 && this.spare === null && isReusable(block)) this.spare = block
    else this.reader.recycle(block)
  }

  private keep(block: EventBlock): Waiting {
    const { reader } = this
    const delta = reader.dictionary.takeDelta()
    const generation = reader.generations[block.generation] ?? null
    const whole = { block, delta, generation, bytesRead: reader.bytesRead }
    // Others are the last of their generation, and small.
    if (!isReusable(block)) return { whole, place: null }
    const place = this.inMemory < this.mostInMemory ? null : this.spilled.put(block)
    if (place === null) this.inMemory++
    else this.recycle(block)
    return { whole, place }
  }

  private end(): void {
    const { reader, usable } = this
    this.ended = true
    for (const { place } of this.pending.splice(0)) if (place !== null) this.spilled.drop(place)
    if (usable === 0 || this.isClosed) return
    const generation = reader.generations[usable - 1]
    const whole = {
      block: closingSync(usable - 1, this.lastTime + 1),
      delta: new Dictionary().takeDelta(),
      generation,
      bytesRead: generation.offset + generation.bytes,
    }
    this.ready.push({ whole, place: null })
  }
}

/** Whether a block ends with the Sync that ends a trace: any other is the first event of its block. */
function isClosing({ kinds, length, slots }: EventBlock): boolean {
  return kinds[length - 1] === EventKind.Sync && (length > 1 || slots[0] === NONE)
}

function closingSync(generation: number, time: number): EventBlock {
  return {
    generation,
    length: 1,
    times: Float64Array.of(time),
    kinds: Uint8Array.of(EventKind.Sync),
    threads: Int32Array.of(NONE),
    procs: Int32Array.of(NONE),
    goroutines: Int32Array.of(NONE),
    slots: Int32Array.of(NONE),
  }
}
