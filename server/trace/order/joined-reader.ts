/**
 * The ordered stream of a trace whose runs are put in order ahead, by whoever `RunSupply` stands for: equal to that of one sequential
 * pass. A generation that nobody has begun, or that does not fit to those before it, is put in order here.
 */
import type { CodedError } from '../../errors.js'
import type { Dictionary } from '../../shared/dictionary.js'
import type { Oddity } from '../../shared/oddities.js'
import type { EventBlock } from '../../shared/event-block.js'
import type { TraceIndex } from '../index/trace-index.js'
import type { Source } from '../source/source.js'
import { Checkpoints } from './checkpoints.js'
import type { GenerationFacts, OrderedReader } from './reader.js'
import type { OrderedGeneration, Run } from './runs.js'
import { RunJoin, type SeamCounts } from './seams.js'
import { V2Reader } from './v2-reader.js'

/** Where generations come from that are put in order ahead. */
export interface RunSupply {
  /**
   * The generation of that row; 'waiting' while somebody works on it; null when it is put in order here. The first run is
   * never supplied. Rows are asked for in ascending order; those that were not asked for are not needed any more.
   */
  take(row: number): SuppliedGeneration | 'waiting' | null
  /** Takes back a block of a supplied generation that nobody reads any more. */
  recycle(block: EventBlock): void
}

export interface SuppliedGeneration {
  readonly generation: OrderedGeneration
  /** The run that it is of. */
  readonly run: Run
}

export class JoinedReader implements OrderedReader {
  readonly counts: SeamCounts = { taken: 0, refused: 0, laterTimes: 0, steals: 0, newProcs: 0 }
  private readonly reader: V2Reader
  private readonly joined: EventBlock[] = []
  private join: RunJoin | null = null
  /** Up to this generation all are put in order here. */
  private alone = 0
  /** Blocks that were put in order here and have not come back. */
  private lent = 0

  constructor(
    source: Source,
    index: TraceIndex,
    private readonly supply: RunSupply,
    private readonly checkpoints = new Checkpoints(),
  ) {
    this.reader = new V2Reader(source, index, undefined, checkpoints)
  }

  get dictionary(): Dictionary {
    return this.reader.dictionary
  }

  get startTime(): bigint {
    return this.reader.startTime
  }

  get generations(): readonly GenerationFacts[] {
    return this.reader.generations
  }

  get error(): CodedError | null {
    return this.reader.error
  }

  get usableGenerations(): number {
    return this.reader.usableGenerations
  }

  get lostBytes(): number {
    return this.reader.lostBytes
  }

  get oddities(): readonly Oddity[] {
    return this.reader.oddities
  }

  get bytesRead(): number {
    return this.reader.bytesRead
  }

  /** Whether the next block depends on a generation that somebody is at work on; `next` must not be called then. */
  get waits(): boolean {
    return this.supplied === 'waiting'
  }

  private get supplied(): SuppliedGeneration | 'waiting' | null {
    const row = this.joined.length > 0 ? -1 : this.reader.border
    return row < this.alone ? null : this.supply.take(row)
  }

  next(): EventBlock | null {
    const { supplied } = this
    if (supplied === 'waiting') throw new Error('the next generation is being put in order')
    if (supplied !== null) this.takeOver(supplied)
    const joined = this.joined.shift()
    if (joined !== undefined) return joined
    this.lent++
    return this.reader.next()
  }

  /** Takes back a block, whose columns are written again by whoever wrote as many before: else all would be kept here and made anew there. */
  recycle(block: EventBlock): void {
    if (this.lent > 0) {
      this.lent--
      this.reader.recycle(block)
    } else this.supply.recycle(block)
  }

  private takeOver({ generation, run }: SuppliedGeneration): void {
    const { reader, checkpoints, counts } = this
    const { facts, blocks } = generation
    if (facts.row === run.from) this.join = new RunJoin(reader.order, counts)
    if (this.join === null) return
    const lastTime = this.join.take(generation, reader.lastTime)
    if (lastTime !== null) {
      reader.skip(facts, lastTime)
      this.joined.push(...blocks)
      return
    }
    counts.refused++
    // What follows of the run rests on this generation.
    this.join = null
    this.alone = run.to
    const before = checkpoints.before(facts.row, reader.memory)
    if (before !== undefined) reader.restart(before.state)
  }
}
