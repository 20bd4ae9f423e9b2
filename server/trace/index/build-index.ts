/**
 * Builds the index of a v2 trace in one pass over its batch headers. No event is decoded; of the payloads only the
 * first byte is looked at, and the sync batches.
 *
 * Where a generation ends, and what becomes of the one that is open when something is wrong, depends on the version
 * (format.md §2, §7):
 *
 *                               up to 25                                      26
 *   a generation ends           before the first batch of the next number     after its end byte
 *   the file ends inside one    it counts as complete                         it is dropped; an error if it has events
 *   a batch is broken           it counts as complete, the error follows it   it is dropped
 *   anything else is wrong      it is dropped                                 it is dropped
 */
import { EventKind } from '../../core/event-table.js'
import { type Format, formatOf, type V2Version } from '../../core/formats.js'
import { CodedError, type ErrorCode } from '../../errors.js'
import type { Source } from '../../source/source.js'
import { BatchHeader, HeaderResult, MAX_HEADER_BYTES } from '../wire/batch-header.js'
import { VarintCursor } from '../wire/varint.js'
import { BatchBuilder } from './batch-builder.js'
import { FileWindow } from './file-window.js'
import { HEADER_BYTES } from './header.js'
import { ClockFacts, SyncFault } from './sync-batch.js'
import { BatchKind, type GenerationEntry, type TraceIndex } from './trace-index.js'

/** The index of a trace whose header named `version`. */
export function buildIndex(source: Source, version: V2Version): TraceIndex {
  return new IndexPass(source, version).run()
}

/** A generation whose batches are being collected. */
class OpenGeneration {
  readonly clock = new ClockFacts()
  /** 0 counts as unset: after a batch of time 0 the next one's time replaces it. */
  minTime = 0n
  hasEvents = false

  constructor(
    /** 0 until a batch has given it. */
    public number: bigint,
    readonly offset: number,
    readonly firstBatch: number,
  ) {}
}

class IndexPass {
  private readonly window: FileWindow
  private readonly header = new BatchHeader()
  private readonly batches = new BatchBuilder()
  private readonly generations: GenerationEntry[] = []
  private readonly format: Format
  private open = new OpenGeneration(0n, HEADER_BYTES, 0)
  /** Offset of the header that is being read, and of the payload behind it. */
  private headerOffset = HEADER_BYTES
  private payloadOffset = HEADER_BYTES
  /** Whether the file ended where more was wanted. */
  private cut = false

  constructor(
    private readonly source: Source,
    private readonly version: V2Version,
  ) {
    this.format = formatOf(version)
    this.window = new FileWindow(source)
  }

  run(): TraceIndex {
    let error: CodedError | null = null
    try {
      if (this.format.endBytes) this.readWithEndBytes()
      else this.readWithoutEndBytes()
    } catch (thrown) {
      if (!(thrown instanceof CodedError) || thrown.code === 'FILE_CHANGED' || thrown.code === 'NOT_READABLE')
        throw thrown
      if (!(thrown instanceof QuietEnd)) error = thrown
    }
    const last = this.generations[this.generations.length - 1]
    return {
      version: this.version,
      sizeBytes: this.source.sizeBytes,
      generations: this.generations,
      batches: this.batches.finish(last?.endBatch ?? 0),
      error,
    }
  }

  private readWithEndBytes(): void {
    for (;;) {
      const result = this.nextHeader()
      if (result === HeaderResult.EndOfInput) {
        if (this.open.hasEvents) {
          throw this.error('FRAMING', `the end of generation ${this.open.number}`, 'the end of the file')
        }
        return
      }
      if (result === HeaderResult.Fault) throw this.brokenBatch()
      const kind = result === HeaderResult.EndOfGeneration ? END : this.kind()
      if (result === HeaderResult.Batch && this.open.number === 0n) this.open.number = this.header.generation
      if (kind === END) {
        const end = result === HeaderResult.Batch ? this.payloadOffset + this.header.size : this.payloadOffset
        this.closeGeneration(end)
        this.open = new OpenGeneration(0n, end, this.batches.length)
        this.headerOffset = end
        continue
      }
      if (this.header.generation === 0n) throw this.generationZero()
      if (this.header.generation !== this.open.number) {
        throw this.error('FRAMING', `a batch of generation ${this.open.number} or its end`, this.foundGeneration())
      }
      this.addBatch(kind)
    }
  }

  private readWithoutEndBytes(): void {
    for (;;) {
      const result = this.nextHeader()
      if (result === HeaderResult.EndOfInput) {
        this.closeGeneration(this.headerOffset)
        return
      }
      if (result === HeaderResult.Fault) {
        const broken = this.brokenBatch()
        if (this.open.number !== 0n) this.closeGeneration(this.headerOffset)
        throw broken
      }
      const generation = result === HeaderResult.Batch ? this.header.generation : 0n
      if (generation === 0n) throw this.generationZero()
      if (this.open.number === 0n) this.open.number = generation
      if (generation === this.open.number + 1n) {
        this.closeGeneration(this.headerOffset)
        this.open = new OpenGeneration(generation, this.headerOffset, this.batches.length)
      } else if (generation !== this.open.number) {
        const wanted = `a batch of generation ${this.open.number} or ${this.open.number + 1n}`
        throw this.error('FRAMING', wanted, this.foundGeneration())
      }
      const kind = this.kind()
      if (kind === END) throw this.error('FRAMING', 'a batch of events or tables', 'an end of generation (type 52)')
      this.addBatch(kind)
    }
  }

  /**
   * Reads the header at `headerOffset` and checks that the file has its payload, whose first byte is then in the
   * window, at the cursor.
   */
  private nextHeader(): HeaderResult {
    const { window, header, source } = this
    window.moveTo(this.headerOffset, MAX_HEADER_BYTES + 1)
    const result = header.read(window.cursor)
    this.payloadOffset = window.offset
    this.cut = result === HeaderResult.EndOfInput || header.cut
    if (result !== HeaderResult.Batch) return result
    const left = source.sizeBytes - this.payloadOffset
    if (left < header.size) {
      header.wanted = `a batch of ${header.size} bytes`
      header.found = String(left)
      this.cut = true
      return HeaderResult.Fault
    }
    return result
  }

  private kind(): number {
    const { header, window, format } = this
    if (header.experiment !== 0) return BatchKind.Experimental
    if (header.size === 0) return BatchKind.Events
    switch (window.cursor.bytes[window.cursor.pos]) {
      case EventKind.Strings:
        return BatchKind.Strings
      case EventKind.Stacks:
        return BatchKind.Stacks
      case EventKind.CpuSamples:
        return BatchKind.CpuSamples
      case EventKind.Frequency:
        return format.sync ? BatchKind.Events : BatchKind.Sync
      case EventKind.Sync:
        return format.sync ? BatchKind.Sync : BatchKind.Events
      case EventKind.EndOfGeneration:
        return END
      default:
        return BatchKind.Events
    }
  }

  private addBatch(kind: number): void {
    const { open, header } = this
    if (open.minTime === 0n || header.time < open.minTime) open.minTime = header.time
    this.batches.append(header, this.payloadOffset, kind)
    if (kind === BatchKind.Events) open.hasEvents = true
    if (kind === BatchKind.Sync) this.readSync()
    this.headerOffset = this.payloadOffset + header.size
  }

  private readSync(): void {
    const { window, header, open } = this
    window.cover(this.payloadOffset, header.size)
    const { bytes, pos } = window.cursor
    const payload = new VarintCursor(bytes.subarray(pos, pos + header.size))
    try {
      open.clock.read(payload, header.time, this.format)
    } catch (fault) {
      if (!(fault instanceof SyncFault)) throw fault
      const error = this.error('TABLES', fault.wanted, fault.found, this.payloadOffset + payload.pos)
      throw fault.quiet ? new QuietEnd(error) : error
    }
  }

  /** Takes the open generation into the index. Throws, which drops it, when its clock facts are missing. */
  private closeGeneration(end: number): void {
    const { open, format } = this
    const { frequency, snapshot } = open.clock
    const missing = frequency === null ? 'a frequency' : format.sync && snapshot === null ? 'a clock snapshot' : null
    if (missing !== null || frequency === null) {
      const which = open.number === 0n ? 'the first generation' : `generation ${open.number}`
      this.header.whole = false
      throw this.error('TABLES', `${missing} in ${which}`, 'none', open.offset)
    }
    this.generations.push({
      number: open.number,
      offset: open.offset,
      bytes: end - open.offset,
      firstBatch: open.firstBatch,
      endBatch: this.batches.length,
      minTime: open.minTime,
      frequency,
      snapshot,
    })
  }

  /** What is missing or wrong stands where the header ended or broke. */
  private brokenBatch(): CodedError {
    return this.error('FRAMING', this.header.wanted, this.header.found, this.payloadOffset)
  }

  private generationZero(): CodedError {
    return this.error('FRAMING', 'a generation number from 1 on', '0')
  }

  private foundGeneration(): string {
    return `one of generation ${this.header.generation}`
  }

  /**
   * An error at `offset`, in the batch whose header was read last if that header is whole, else in the open generation.
   */
  private error(code: ErrorCode, wanted: string, found: string, offset = this.headerOffset): CodedError {
    const { header, open, cut } = this
    const message = `wanted ${wanted} at offset ${offset}, found ${found}`
    const place = { offset, wanted, found, ...(cut ? { cut } : {}) }
    const number = header.whole ? header.generation : open.number
    if (number === 0n) return new CodedError(code, message, place)
    const generation = String(number)
    if (!header.whole) {
      return new CodedError(code, `${message} (generation ${generation})`, { ...place, generation })
    }
    const thread = signed(header.thread)
    const where = `(generation ${generation}, thread ${thread})`
    return new CodedError(code, `${message} ${where}`, { ...place, generation, thread })
  }
}

/** A batch that ends its generation; not a kind of the index. */
const END = -1

/** Ends the index where Go's reader stops without an error. */
class QuietEnd extends CodedError {
  constructor({ code, message, place }: CodedError) {
    super(code, message, place)
  }
}

function signed(thread: bigint): string {
  return String(BigInt.asIntN(64, thread))
}
