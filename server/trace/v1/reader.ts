/**
 * Traces of Go 1.11 to 1.21: read whole, merged, checked, then handed out as ordered blocks (format.md §9).
 *
 * What contradicts the format refuses the file, as in Go's reader, but for what ordering does not need
 * (core/oddities.ts). Memory peaks at the end of the merge: the file, 25 bytes an event, and 4 for each slot kept.
 */
import { Dictionary } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import { EventKind } from '../../core/event-table.js'
import { Oddities, type Oddity } from '../../core/oddities.js'
import type { CodedError } from '../../errors.js'
import type { Source } from '../../source/source.js'
import { OrderingMemory } from '../fast-path/memory.js'
import { BlockWriter } from '../order/block-writer.js'
import type { GenerationFacts, OrderedReader } from '../order/reader.js'
import { V1Bytes } from './bytes.js'
import { checkEvents, SYNC_TIME, V1Clock } from './check.js'
import { markBlockingSyscalls, V1Converter } from './convert.js'
import { mergeEvents } from './merge.js'
import { V1Parser } from './parse.js'
import type { TakeV1Odd } from './tables.js'

/** Header versions of the v1 family that are read. */
export type V1Version = 11 | 19 | 21

/** The whole file counts as one generation. */
const GENERATION = 0
const NO_GENERATION = -1
const NO_ROW = -1

/**
 * Opens a v1 trace. Throws CodedError when it refuses the file.
 *
 * @param strict whether it refuses all that Go's reader does
 */
export function openV1Reader(source: Source, version: V1Version, strict = false): OrderedReader {
  const dictionary = new Dictionary()
  const oddities = new Oddities()
  const nowhere = { generation: GENERATION, offset: null, timeNs: null, goroutine: null }
  const odd: TakeV1Odd | null = strict
    ? null
    : (kind, message, place) => oddities.count(kind, message, () => ({ ...nowhere, ...place }))
  const bytes = new V1Bytes(source.read(0, source.sizeBytes))
  const parser = new V1Parser(bytes, dictionary, version, odd)
  const merged = mergeEvents(parser)
  const clock = new V1Clock(parser, merged)
  const { order, error } = clock.servedRows(merged)
  if (strict && error !== null) throw error
  checkEvents(parser, dictionary, clock, order, odd)
  oddities.settle()
  markBlockingSyscalls(parser.events, order, parser.tables.goroutines.length)
  return new V1Reader(source.sizeBytes, dictionary, parser, clock, order, version, error, oddities.found)
}

class V1Reader implements OrderedReader {
  readonly startTime: bigint
  readonly generations: readonly GenerationFacts[]
  error: CodedError | null = null
  usableGenerations = 0
  readonly lostBytes = 0
  private readonly writer: BlockWriter
  private readonly converter: V1Converter
  private position = 0
  private ended = false

  constructor(
    private readonly sizeBytes: number,
    readonly dictionary: Dictionary,
    parser: V1Parser,
    clock: V1Clock,
    private readonly order: Uint32Array,
    version: V1Version,
    /** What stands behind the last event that is served. */
    private readonly cut: CodedError | null,
    readonly oddities: readonly Oddity[],
  ) {
    this.generations = [{ row: GENERATION, number: 1n, offset: 0, bytes: sizeBytes, snapshot: null }]
    this.writer = new BlockWriter(dictionary.wide, new OrderingMemory())
    this.writer.lastTime = Number.NEGATIVE_INFINITY
    this.converter = new V1Converter(parser, dictionary, clock, this.writer, version)
    // The first event has time 0 and the opening Sync stands one before it; without events there is only the closing
    // one, at 0.
    this.startTime = order.length > 0 ? BigInt(-SYNC_TIME) : 0n
    if (order.length > 0) this.sync(0, GENERATION)
  }

  get bytesRead(): number {
    if (this.ended) return this.sizeBytes
    return Math.floor((this.sizeBytes * this.position) / this.order.length)
  }

  next(): EventBlock | null {
    const { writer, converter, order } = this
    while (!this.ended && !writer.full) {
      if (converter.hasMore) converter.writeMore()
      else if (this.position < order.length) this.convert(order[this.position++])
      else {
        this.sync(order.length > 0 ? writer.lastTime + 1 : 0, NO_GENERATION)
        this.error = this.cut
        this.usableGenerations = 1
        this.ended = true
      }
    }
    return writer.length > 0 ? writer.take(GENERATION) : null
  }

  recycle(block: EventBlock): void {
    this.writer.recycle(block)
  }

  /** An event that cannot be converted ends the stream, as it does in Go: what stands before it has been delivered. */
  private convert(row: number): void {
    this.error = this.converter.convert(row)
    if (this.error !== null) this.ended = true
  }

  private sync(time: number, generation: number): void {
    this.writer.event(EventKind.Sync, time, NO_ROW, NO_ROW, NO_ROW)
    this.writer.slot(generation)
  }
}
