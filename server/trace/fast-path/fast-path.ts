/** The fast path of the ordering (assembly/index.ts) on the memory of one, and what ids it knows. */
import { readFileSync } from 'node:fs'
import type { Dictionary, IdTable } from '../../core/dictionary.js'
import {
  ENTRY_BYTES,
  GOROUTINE_IDS,
  MASK,
  MESSAGES,
  NEW_COUNT,
  NEW_IDS,
  NEW_ROOM,
  NEXT_ROW,
  PROC_IDS,
  SEEN,
  SEEN_LIMIT,
  TABLE,
  TASK_IDS,
} from './layout.js'
import type { OrderingMemory } from './memory.js'

interface Exports {
  run(): number
  remember(ids: number, id: number, row: number): void
  rememberAll(ids: number, table: number, entries: number): void
}

const module = new WebAssembly.Module(readFileSync(new URL('./fast-path.wasm', import.meta.url)))

const FIRST_ENTRIES = 1 << 12
const MAX_ENTRIES = 1 << 19
const FIRST_SEEN = 1 << 16
/** Ids from here on are added by the handlers. */
const MAX_SEEN = 1 << 27
/** New ids, and new messages, that the fast path may add before it returns. */
const NEW = 1 << 12

/**
 * When a row is looked up of an id that the dictionary had before, those behind it are remembered too: they came up in
 * this order.
 */
const AHEAD = 128

/** What the fast path knows of the ids of goroutines, tasks or procs: the rows of some, and which have one. */
export class KnownIds {
  private entries: Float64Array | null = null
  private seen: Uint8Array
  private readonly added: Float64Array
  /** Rows of the dictionary whose ids it has seen: those below. */
  private known = 0
  /** Rows that were remembered ahead last. */
  private aheadFrom = 0
  private aheadTo = 0

  /**
   * @param words where the words about them are (layout.ts)
   * @param mayAdd whether the fast path may add ids; else all that come are in the dictionary, or rare
   */
  constructor(
    private readonly memory: OrderingMemory,
    private readonly words: number,
    private readonly table: IdTable,
    private readonly mayAdd: boolean,
    private readonly exports: Exports,
  ) {
    this.seen = memory.column(Uint8Array, mayAdd ? FIRST_SEEN / 8 : 0)
    this.added = memory.column(Float64Array, mayAdd ? NEW : 0)
    memory.words[words + NEW_IDS] = this.added.byteOffset
    memory.words[words + NEW_ROOM] = this.added.length
    memory.words[words + NEW_COUNT] = 0
    this.tellSeen()
    this.begin(FIRST_ENTRIES)
  }

  private begin(entries: number): void {
    const { memory, words } = this
    this.entries = memory.column(Float64Array, (entries * ENTRY_BYTES) / 8)
    memory.words[words + TABLE] = this.entries.byteOffset
    memory.words[words + MASK] = entries - 1
  }

  private tellSeen(): void {
    this.memory.words[this.words + SEEN] = this.seen.byteOffset
    this.memory.words[this.words + SEEN_LIMIT] = this.seen.length * 8
  }

  /**
   * Remembers the row of an id.
   *
   * @param rows rows that there is room for in the columns
   */
  remember(row: number, rows: number): void {
    this.reach(row)
    this.enterRow(row)
    if (this.mayAdd || (row >= this.aheadFrom && row < this.aheadTo)) return
    this.aheadFrom = row
    this.aheadTo = Math.min(row + AHEAD, rows, this.table.length)
    for (let ahead = row + 1; ahead < this.aheadTo; ahead++) this.enterRow(ahead)
  }

  private enterRow(row: number): void {
    const id = this.table.ids[row]
    if (id >= 0) this.exports.remember(this.words, id, row)
  }

  /** Has about twice as many entries as there are rows. An id that has lost its place is found by the handlers. */
  private reach(row: number): void {
    const entries = this.memory.words[this.words + MASK] + 1
    if (row * 2 < entries || entries >= MAX_ENTRIES || this.entries === null) return
    const old = this.entries
    this.begin(entries * 2)
    this.exports.rememberAll(this.words, old.byteOffset, entries)
    this.memory.free(old)
  }

  /** Gives the dictionary the ids that the fast path added. */
  takeNew(): void {
    const { memory, words, table, added } = this
    const count = memory.words[words + NEW_COUNT]
    if (count === 0) return
    table.appendAll(added.subarray(0, count))
    memory.words[words + NEW_COUNT] = 0
    this.known = table.length
    this.reach(this.known)
  }

  /** Learns which ids the dictionary got from others. */
  learn(): void {
    const { table } = this
    if (this.mayAdd) for (let row = this.known; row < table.length; row++) this.see(table.ids[row])
    this.known = table.length
    this.memory.words[this.words + NEXT_ROW] = table.length
  }

  private see(id: number): void {
    if (id < 0 || id >= MAX_SEEN) return
    if (id >= this.seen.length * 8) {
      this.seen = this.memory.grown(this.seen, 2 ** (32 - Math.clz32(id)) / 8)
      this.tellSeen()
    }
    this.seen[id >> 3] |= 1 << (id & 7)
  }
}

/** The tables of the generation. */
interface Messages {
  /** Gives the dictionary a message that the fast path found, which has its next row. */
  appendMessage(id: number): void
}

export class FastPath {
  readonly goroutines: KnownIds
  readonly tasks: KnownIds
  readonly procs: KnownIds
  private readonly messages: Float64Array
  private readonly deliver: () => number

  constructor(
    private readonly memory: OrderingMemory,
    private readonly dictionary: Dictionary,
  ) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory } })
    const functions = exports as unknown as Exports
    const mayAdd = !dictionary.isComplete
    this.deliver = functions.run
    this.messages = memory.column(Float64Array, mayAdd ? NEW : 0)
    memory.words[MESSAGES + NEW_IDS] = this.messages.byteOffset
    memory.words[MESSAGES + NEW_ROOM] = this.messages.length
    this.goroutines = new KnownIds(memory, GOROUTINE_IDS, dictionary.goroutines, mayAdd, functions)
    this.tasks = new KnownIds(memory, TASK_IDS, dictionary.tasks, mayAdd, functions)
    this.procs = new KnownIds(memory, PROC_IDS, dictionary.procs, false, functions)
  }

  /** Delivers events until something is not its own; returns FULL, STEP or FOLLOW (layout.ts). */
  run(tables: Messages): number {
    const { memory, goroutines, tasks, messages } = this
    goroutines.learn()
    tasks.learn()
    memory.words[MESSAGES + NEXT_ROW] = this.dictionary.strings.length
    memory.words[MESSAGES + NEW_COUNT] = 0
    const reason = this.deliver()
    goroutines.takeNew()
    tasks.takeNew()
    const count = memory.words[MESSAGES + NEW_COUNT]
    for (let i = 0; i < count; i++) tables.appendMessage(messages[i])
    return reason
  }
}
