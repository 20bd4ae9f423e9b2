/**
 * The tables of one generation: strings, stacks with their frames, CPU samples (format.md §3). Wire ids hold for this
 * generation only; text and frames are looked up in the trace's dictionary when an event first names them.
 */

import { type Dictionary, EMPTY_STACK, IdTable, NO_STACK } from '../../core/dictionary.js'
import { EventKind } from '../../core/event-table.js'
import { goSort } from '../../core/go-sort.js'
import { Odd, UNKNOWN_STRING } from '../../core/oddities.js'
import { NONE } from '../../core/wide.js'
import { CodedError } from '../../errors.js'
import type { Source } from '../../source/source.js'
import {
  MESSAGE_IDS,
  MESSAGE_ROWS,
  STACK_IDS,
  STACK_ROWS,
  STRING_IDS,
  STRING_ROWS,
  UNREAD,
} from '../fast-path/layout.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import { type BatchColumns, BatchKind, type GenerationEntry } from '../index/trace-index.js'
import { ByteCursor, TableEnd, VarintOverflow } from './byte-cursor.js'
import type { Clock } from './clock.js'
import { GrowingInts } from './growing-ints.js'

const MAX_STRING = 1024
const MAX_FRAMES = 128

const UNRESOLVED = -1

/** Takes what ordering does not need, with the sentence and the place of the error that it is to a strict reader. */
export type TakeOdd = (kind: Odd, message: string, offset: number) => void

/**
 * A table that ends between two fields: Go's reader takes that for the end of the trace and stops without an error
 * (format.md §3.9).
 */
export class QuietEnd extends CodedError {
  constructor(message: string, place: CodedError['place']) {
    super('TABLES', message, place)
  }
}

/** CPU samples in the order of delivery; ids are codes, times ns since the trace start. */
export interface CpuSamples {
  readonly length: number
  readonly times: Float64Array
  readonly threads: Float64Array
  readonly procs: Float64Array
  readonly goroutines: Float64Array
  readonly stacks: Float64Array
}

/**
 * Ids from here on are kept in a Map, and so are those that are larger than their generation has bytes: Go counts them
 * up from 1.
 */
const ID_LIMIT = 1 << 18
const FIRST_IDS = 256

/**
 * Rows of the dictionary by wire id, as far as they were looked up before; id 0 is row 0. Go counts ids up from 1, so
 * that a column finds nearly all of them, for the fast path too.
 */
class RowsById {
  private rows: Int32Array
  private readonly far = new Map<number, number>()

  /**
   * @param place register that says where the rows begin
   * @param length register that says how many there are
   * @param limit ids from here on are far
   */
  constructor(
    private readonly memory: OrderingMemory,
    private readonly place: number,
    private readonly length: number,
    private readonly limit: number,
  ) {
    this.rows = memory.column(Int32Array, FIRST_IDS).fill(UNRESOLVED)
    this.rows[0] = 0
    this.tellPlace()
  }

  get(id: number): number {
    return (id >= 0 && id < this.rows.length ? this.rows[id] : this.far.get(id)) ?? UNRESOLVED
  }

  set(id: number, row: number): void {
    if (id < 0 || id >= this.limit) {
      this.far.set(id, row)
      return
    }
    if (id >= this.rows.length) {
      this.rows = this.memory.grown(this.rows, 2 ** (32 - Math.clz32(id)), UNRESOLVED)
      this.tellPlace()
    }
    this.rows[id] = row
  }

  private tellPlace(): void {
    this.memory.words[this.place] = this.rows.byteOffset
    this.memory.words[this.length] = this.rows.length
  }

  free(): void {
    this.memory.free(this.rows)
  }
}

/** Maps a wire id to the position of its entry. */
class EntryIds {
  private readonly table = new IdTable()

  find(id: number): number {
    return this.table.find(id)
  }

  /** Adds the next entry; false when the id is taken. */
  add(id: number): boolean {
    const before = this.table.length
    return this.table.add(id) === before
  }
}

export class GenerationTables {
  samples: CpuSamples = emptySamples()

  private readonly stringIds = new EntryIds()
  /** Where the bytes of each string are; text is made of those that are used. */
  private readonly stringBatches: Buffer[] = []
  private readonly stringBatch = new GrowingInts()
  private readonly stringStarts = new GrowingInts()
  private readonly stringEnds = new GrowingInts()
  private readonly stringRows: RowsById
  private readonly messageRows: RowsById

  private readonly stackIds = new EntryIds()
  private readonly stackStarts = new GrowingInts()
  private readonly stackLengths = new GrowingInts()
  private readonly stackRows: RowsById
  /** Frames of all stacks one after the other, as rows of the pc table. */
  private readonly framePcs = new GrowingInts()

  private readonly pcs = new IdTable()
  private readonly pcFunctions: number[] = []
  private readonly pcFiles: number[] = []
  private readonly pcLines: number[] = []
  private readonly pcFrameRows = new GrowingInts()

  private readonly nearIds: number

  /**
   * @param memory where rows by wire id lie; it may hold the tables of one generation
   * @param bytes of the generation
   */
  constructor(
    private readonly dictionary: Dictionary,
    memory: OrderingMemory,
    bytes: number,
  ) {
    this.nearIds = Math.min(ID_LIMIT, bytes)
    this.stringRows = new RowsById(memory, STRING_ROWS, STRING_IDS, this.nearIds)
    this.messageRows = new RowsById(memory, MESSAGE_ROWS, MESSAGE_IDS, this.nearIds)
    this.stackRows = new RowsById(memory, STACK_ROWS, STACK_IDS, this.nearIds)
  }

  /** Gives back what it has in the memory. */
  free(): void {
    for (const rows of [this.stringRows, this.messageRows, this.stackRows]) rows.free()
  }

  /** Row of a string id; −1 when the generation has none of that id. */
  string(id: number): number {
    const row = this.stringRows.get(id)
    return row === UNRESOLVED ? this.findString(id) : row
  }

  private findString(id: number): number {
    const at = this.stringIds.find(id)
    if (at < 0) return -1
    const row = this.dictionary.addString(this.stringText(at))
    this.stringRows.set(id, row)
    return row
  }

  /**
   * Row of a string id whose text is mostly found once, such as a log message; −1 when the generation has none of that
   * id.
   */
  message(id: number): number {
    const row = this.messageRows.get(id)
    return row < 0 ? this.findMessage(id) : row
  }

  private findMessage(id: number): number {
    const at = this.stringIds.find(id)
    if (at < 0) return -1
    const row = this.dictionary.appendString(this.stringText(at))
    this.messageRows.set(id, row)
    return row
  }

  /** Gives the dictionary a message that the fast path found, which has its next row. */
  appendMessage(id: number): void {
    this.dictionary.appendString(this.stringText(this.stringIds.find(id)))
  }

  private stringText(at: number): string {
    const batch = this.stringBatches[this.stringBatch.values[at]]
    return batch.toString('latin1', this.stringStarts.values[at], this.stringEnds.values[at])
  }

  /** Row of a stack id, NO_STACK for 0; −1 when the generation has none of that id. */
  stack(id: number): number {
    const row = this.stackRows.get(id)
    return row === UNRESOLVED ? this.findStack(id) : row
  }

  private findStack(id: number): number {
    const at = this.stackIds.find(id)
    if (at < 0) return -1
    const row = this.resolveStack(this.stackStarts.values[at], this.stackLengths.values[at])
    this.stackRows.set(id, row)
    return row
  }

  private resolveStack(start: number, length: number): number {
    if (length === 0) return EMPTY_STACK
    let row = NO_STACK
    for (let i = start + length - 1; i >= start; i--) {
      row = this.dictionary.addStack(row, this.frame(this.framePcs.values[i]))
    }
    return row
  }

  private frame(pcRow: number): number {
    let row = this.pcFrameRows.values[pcRow]
    if (row === UNRESOLVED) {
      const { wide } = this.dictionary
      row = this.dictionary.addFrame(
        wide.decode(this.pcs.ids[pcRow]),
        this.stringOfFrame(this.pcFunctions[pcRow]),
        this.stringOfFrame(this.pcFiles[pcRow]),
        wide.decode(this.pcLines[pcRow]),
      )
      this.pcFrameRows.values[pcRow] = row
    }
    return row
  }

  private stringOfFrame(id: number): number {
    const row = this.string(id)
    return row < 0 ? this.dictionary.addString(UNKNOWN_STRING) : row
  }

  /** @param odd takes an id that comes twice; without it that is an error */
  addStrings(cursor: ByteCursor, odd: ((fault: TableFault) => void) | null): void {
    const { bytes } = cursor
    const batch = this.stringBatches.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) - 1
    cursor.byte()
    while (!cursor.done) {
      expectType(cursor, EventKind.String, 'a string')
      const id = cursor.varint()
      const length = cursor.varint()
      if (length < 0 || length > MAX_STRING) {
        throw new TableFault(`a string of at most ${MAX_STRING} bytes`, `${this.dictionary.wide.text(length)} bytes`)
      }
      const end = cursor.pos + length
      if (end > bytes.length) throw new TableFault(`a string of ${length} bytes`, `${bytes.length - cursor.pos} bytes`)
      if (id === 0 || !this.stringIds.add(id)) {
        const fault = new TableFault(
          'one string an id',
          `a second string with id ${this.dictionary.wide.text(id)}`,
          Odd.StringTwice,
        )
        if (odd === null) throw fault
        odd(fault)
        cursor.pos = end
        continue
      }
      if (id < this.nearIds) this.messageRows.set(id, UNREAD)
      this.stringBatch.push(batch)
      this.stringStarts.push(cursor.pos)
      this.stringEnds.push(end)
      cursor.pos = end
    }
  }

  /** @param odd as for strings */
  addStacks(cursor: ByteCursor, odd: ((fault: TableFault) => void) | null): void {
    const { wide } = this.dictionary
    cursor.byte()
    while (!cursor.done) {
      expectType(cursor, EventKind.Stack, 'a stack')
      const id = cursor.varint()
      const length = cursor.varint()
      if (length < 0 || length > MAX_FRAMES) {
        throw new TableFault(`a stack of at most ${MAX_FRAMES} frames`, `${wide.text(length)} frames`)
      }
      const start = this.framePcs.length
      for (let i = 0; i < length; i++) this.addFrame(cursor, i + 1)
      if (id === 0 || !this.stackIds.add(id)) {
        const fault = new TableFault('one stack an id', `a second stack with id ${wide.text(id)}`, Odd.StackTwice)
        if (odd === null) throw fault
        odd(fault)
        continue
      }
      this.stackStarts.push(start)
      this.stackLengths.push(length)
    }
  }

  private addFrame(cursor: ByteCursor, position: number): void {
    try {
      const pc = cursor.varint()
      const func = cursor.varint()
      const file = cursor.varint()
      const line = cursor.varint()
      const before = this.pcs.length
      const row = this.pcs.add(pc)
      if (row === before) {
        this.pcFunctions.push(func)
        this.pcFiles.push(file)
        this.pcLines.push(line)
        this.pcFrameRows.push(UNRESOLVED)
      }
      this.framePcs.push(row)
    } catch (error) {
      // Unlike the end between two fields of other tables, this one is an error in Go's reader too.
      if (error instanceof TableEnd) throw new TableFault(`frame ${position} of a stack`, 'the end of its batch')
      throw error
    }
  }

  /**
   * Checks that every frame's function and file exist.
   *
   * @param odd takes one that does not; without it that is an error
   */
  checkFrames(odd: ((fault: TableFault) => void) | null): void {
    for (let row = 0; row < this.pcFunctions.length; row++) {
      for (const [what, id] of [
        ['function', this.pcFunctions[row]],
        ['file', this.pcFiles[row]],
      ] as const) {
        if (id !== 0 && this.stringIds.find(id) < 0) {
          const fault = new TableFault(
            `the ${what} of pc 0x${this.dictionary.wide.decode(this.pcs.ids[row]).toString(16)}`,
            `no string with id ${this.dictionary.wide.text(id)}`,
            Odd.UnknownString,
          )
          if (odd === null) throw fault
          odd(fault)
        }
      }
    }
  }
}

/** What is wrong with a table; its place is added by `loadTables`. */
class TableFault extends Error {
  constructor(
    readonly wanted: string,
    readonly found: string,
    /** Set where ordering does not need what is wrong. */
    readonly odd: Odd | null = null,
  ) {
    super(`wanted ${wanted}, found ${found}`)
  }
}

function expectType(cursor: ByteCursor, type: number, what: string): void {
  const found = cursor.byte()
  if (found !== type) throw new TableFault(`${what} (type ${type})`, `type ${found}`)
}

/** Raw CPU samples while they are collected: five codes each. */
class SampleList {
  readonly fields: number[] = []

  add(cursor: ByteCursor): void {
    cursor.byte()
    while (!cursor.done) {
      expectType(cursor, EventKind.CpuSample, 'a CPU sample')
      for (let i = 0; i < 5; i++) this.fields.push(cursor.varint())
    }
  }

  /** Sorted by time, ties in the order of Go's unstable sort. */
  finish(clock: Clock, dictionary: Dictionary): CpuSamples {
    const { fields } = this
    const length = fields.length / 5
    const times = new Float64Array(length)
    const order = new Uint32Array(length)
    for (let i = 0; i < length; i++) {
      times[i] = clock.relative(dictionary.wide.decode(fields[i * 5]))
      order[i] = i
    }
    goSort(order, times)
    const column = (field: number) => Float64Array.from(order, row => fields[row * 5 + field])
    return {
      length,
      times: Float64Array.from(order, row => times[row]),
      threads: column(1),
      procs: column(2),
      goroutines: column(3).map(g => (g === 0 ? NONE : g)),
      stacks: column(4),
    }
  }
}

function emptySamples(): CpuSamples {
  const none = new Float64Array(0)
  return { length: 0, times: none, threads: none, procs: none, goroutines: none, stacks: none }
}

/**
 * Reads the tables of a generation. Throws CodedError TABLES when one is broken (then Go drops the generation),
 * QuietEnd when Go would take the fault for the end of the trace.
 *
 * @param takeOdd takes entries that are wrong and not needed; null: they are errors
 */
export function loadTables(
  source: Source,
  batches: BatchColumns,
  entry: GenerationEntry,
  clock: Clock,
  dictionary: Dictionary,
  memory: OrderingMemory,
  takeOdd: TakeOdd | null,
): GenerationTables {
  const tables = new GenerationTables(dictionary, memory, entry.bytes)
  const samples = new SampleList()
  for (let row = entry.firstBatch; row < entry.endBatch; row++) {
    const kind = batches.kinds[row]
    if (kind !== BatchKind.Strings && kind !== BatchKind.Stacks && kind !== BatchKind.CpuSamples) continue
    const offset = batches.offsets[row]
    const cursor = new ByteCursor(source.read(offset, batches.sizes[row]), dictionary.wide)
    const odd = takeOdd && ((fault: TableFault) => takeFault(takeOdd, fault, offset + cursor.pos))
    try {
      if (kind === BatchKind.Strings) tables.addStrings(cursor, odd)
      else if (kind === BatchKind.Stacks) tables.addStacks(cursor, odd)
      else samples.add(cursor)
    } catch (error) {
      throw placed(error, offset + cursor.pos, entry)
    }
  }
  try {
    tables.checkFrames(takeOdd && (fault => takeFault(takeOdd, fault, entry.offset)))
  } catch (error) {
    throw placed(error, entry.offset, entry)
  }
  tables.samples = samples.finish(clock, dictionary)
  return tables
}

function takeFault(takeOdd: TakeOdd, { odd, message }: TableFault, offset: number): void {
  if (odd !== null) takeOdd(odd, message, offset)
}

function placed(error: unknown, offset: number, entry: GenerationEntry): unknown {
  const generation = String(entry.number)
  const at = `at offset ${offset} (generation ${generation})`
  if (error instanceof TableFault) {
    const { wanted, found } = error
    return new CodedError('TABLES', `wanted ${wanted} ${at}, found ${found}`, { offset, generation, wanted, found })
  }
  const place = { offset, generation, wanted: 'a whole table entry', found: 'the end of its batch' }
  if (error instanceof TableEnd && !error.part)
    return new QuietEnd(`wanted ${place.wanted} ${at}, found ${place.found}`, place)
  if (error instanceof TableEnd)
    return new CodedError('TABLES', `wanted ${place.wanted} ${at}, found ${place.found}`, place)
  if (error instanceof VarintOverflow) {
    return new CodedError('TABLES', `wanted a varint of at most 64 bits ${at}, found more`, {
      offset,
      generation,
      wanted: 'a varint of at most 64 bits',
      found: 'more',
    })
  }
  return error
}
