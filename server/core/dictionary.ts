/**
 * The dictionary of a trace: ids, strings, frames and stacks, each once, known by their row.
 *
 * Wire ids of strings and stacks hold for one generation only and ids of goroutines are sparse; rows are dense and hold
 * for the whole trace, so that columns are small and analyses index arrays. The order worker owns a dictionary and
 * appends to it; the analyst keeps a copy and takes the additions (`takeDelta`, `apply`) that come with each message.
 *
 * Stacks form one prefix tree: a stack is a node, its parent is the stack of its caller, its frame is the leaf. Walking
 * parents gives the frames leaf first. Two nodes are no calls: NO_STACK (the event has none) and EMPTY_STACK (it has
 * one without frames).
 */
import { grown, reaching } from '../shared/columns.js'
import { EMPTY_STACK, NO_STACK, NO_STRING } from '../wasm/numbers.js'
import { WideTable } from './wide.js'

export { EMPTY_STACK, NO_STACK, NO_STRING }

/** Rows of dictionary tables that were added since the last delta; plain data for a message. */
export interface DictionaryDelta {
  readonly wide: bigint[]
  readonly goroutines: Float64Array
  readonly procs: Float64Array
  readonly threads: Float64Array
  readonly tasks: Float64Array
  readonly strings: string[]
  readonly framePcs: bigint[]
  readonly frameFunctions: number[]
  readonly frameFiles: number[]
  readonly frameLines: bigint[]
  readonly stackParents: number[]
  readonly stackFrames: number[]
}

/**
 * Places of a table at first: few, because each generation makes some. Arrays of up to 64 bytes lie on the heap, where
 * they cost a tenth.
 */
const FIRST_SIZE = 16

/** A column that is longer than it has rows, so that it says nothing of their number. */
export interface CodesByRow {
  readonly [row: number]: number
}

/**
 * A table id → row. Ids are codes (wide.ts). Open addressing, because a Map costs five times as much on the hot path;
 * the places hold rows alone, because the ids are there by row.
 */
export class IdTable {
  length = 0
  /** Id code by row, with room for more; its length is a power of two. */
  private codes = new Float64Array(0)
  /** Row + 1; 0: free. */
  private places = new Int32Array(0)
  private mask = 0
  /** Rows that have a place. */
  private placed = 0

  constructor() {
    // The compiler takes a field that was set once for a constant, and throws code away when that ends.
    this.codes = new Float64Array(FIRST_SIZE / 2)
    this.places = new Int32Array(FIRST_SIZE)
    this.mask = FIRST_SIZE - 1
  }

  /** Id code by row. */
  get ids(): CodesByRow {
    return this.codes
  }

  /** Copies the ids of the rows from `row` on. */
  from(row: number): Float64Array {
    return this.codes.slice(row, this.length)
  }

  /** Appends an id that is new. Ids that are only appended get their places when one is looked for. */
  append(id: number): void {
    this.codes[this.length++] = id
    if (this.length === this.codes.length) this.codes = reaching(this.codes, this.length)
  }

  /** Appends ids that are new, as `append` does. */
  appendAll(ids: Float64Array): void {
    const length = this.length + ids.length
    if (length >= this.codes.length) this.codes = grown(this.codes, 2 ** (32 - Math.clz32(length)))
    this.codes.set(ids, this.length)
    this.length = length
  }

  /** The row of an id, or −1. */
  find(id: number): number {
    if (this.placed < this.length) this.placeRows()
    const { codes, places, mask } = this
    let at = hashOf(id) & mask
    for (;;) {
      const row = places[at] - 1
      if (row < 0 || codes[row] === id) return row
      at = (at + 1) & mask
    }
  }

  /** The row of an id, which is added when it is new. */
  add(id: number): number {
    if (this.placed < this.length) this.placeRows()
    const { codes, places, mask } = this
    let at = hashOf(id) & mask
    for (;;) {
      const row = places[at] - 1
      if (row < 0) break
      if (codes[row] === id) return row
      at = (at + 1) & mask
    }
    const row = this.length++
    codes[row] = id
    places[at] = row + 1
    this.placed = this.length
    if (this.length === codes.length) {
      this.codes = reaching(codes, this.length)
      this.placeRows()
    }
    return row
  }

  /**
   * Gives those rows a place that have none, and all where there is not twice the room that rows have; half of the
   * places are taken at most.
   */
  private placeRows(): void {
    const { codes } = this
    if (this.places.length < codes.length * 2) {
      this.places = new Int32Array(codes.length * 2)
      this.mask = this.places.length - 1
      this.placed = 0
    }
    const { places, mask } = this
    for (let row = this.placed; row < this.length; row++) {
      let at = hashOf(codes[row]) & mask
      while (places[at] !== 0) at = (at + 1) & mask
      places[at] = row + 1
    }
    this.placed = this.length
  }
}

const HIGH_HALF = 1 / 4294967296

/**
 * Keeps 16 consecutive ids side by side, because ids are counted up and a new one then lies in a cache line that is at
 * hand; which place 16 have is scattered, so that two stretches of ids rarely lie on each other. No branches: one that
 * is first taken late throws compiled code away.
 */
function hashOf(id: number): number {
  const high = Math.imul((id * HIGH_HALF) | 0, 0x85ebca6b)
  const block = (id >> 4) ^ high
  const mixed = Math.imul(block ^ (block >>> 16), 0x45d9f3b)
  return ((mixed ^ (mixed >>> 13)) << 4) | (id & 15)
}

export class Dictionary {
  readonly wide = new WideTable()
  readonly goroutines = new IdTable()
  readonly procs = new IdTable()
  readonly threads = new IdTable()
  readonly tasks = new IdTable()
  /**
   * Text of each string, one JavaScript character a byte (Latin-1), because Go's strings are bytes and need not be
   * UTF-8. `text()` gives the text for people.
   */
  readonly strings: string[] = ['']
  private readonly stringRows = new Map<string, number>([['', NO_STRING]])
  private readonly texts: (string | undefined)[] = []

  readonly framePcs: bigint[] = []
  readonly frameFunctions: number[] = []
  readonly frameFiles: number[] = []
  readonly frameLines: bigint[] = []
  private readonly frameRows = new Map<string, number>()

  /** Row of the caller's stack; NO_STACK for a root frame. */
  readonly stackParents: number[] = [NO_STACK, NO_STACK]
  /** Row of the leaf frame; −1 for NO_STACK and EMPTY_STACK. */
  readonly stackFrames: number[] = [-1, -1]
  private readonly stackRows = new IdTable()
  private complete = false
  /** Strings from the beginning that a search finds. */
  private searchable = 0
  private sent = { wide: 0, goroutines: 0, procs: 0, threads: 0, tasks: 0, strings: 1, frames: 0, stacks: 2 }

  /** Row of a string given as bytes in Latin-1. */
  addString(bytes: string): number {
    let row = this.stringRows.get(bytes)
    if (row === undefined) {
      row = this.strings.length
      this.strings.push(bytes)
      this.stringRows.set(bytes, row)
    }
    return row
  }

  /**
   * Row of a string that is not looked for among those that are there: for texts that are mostly different, such as log
   * messages, where the search would cost more than the repeated text.
   */
  appendString(bytes: string): number {
    if (this.complete) {
      this.makeSearchable()
      return this.addString(bytes)
    }
    return this.strings.push(bytes) - 1
  }

  private makeSearchable(): void {
    for (; this.searchable < this.strings.length; this.searchable++) {
      const bytes = this.strings[this.searchable]
      if (!this.stringRows.has(bytes)) this.stringRows.set(bytes, this.searchable)
    }
  }

  /**
   * Says that the whole trace has been read: what is read of it again from now on finds all its strings here, those
   * that were appended too.
   */
  finish(): void {
    this.complete = true
  }

  get isComplete(): boolean {
    return this.complete
  }

  addFrame(pc: bigint, functionRow: number, fileRow: number, line: bigint): number {
    const key = `${pc},${functionRow},${fileRow},${line}`
    let row = this.frameRows.get(key)
    if (row === undefined) {
      row = this.framePcs.length
      this.framePcs.push(pc)
      this.frameFunctions.push(functionRow)
      this.frameFiles.push(fileRow)
      this.frameLines.push(line)
      this.frameRows.set(key, row)
    }
    return row
  }

  /** Row of the stack whose leaf is `frame`, called from stack `parent` (NO_STACK for a root frame). */
  addStack(parent: number, frame: number): number {
    const before = this.stackRows.length
    const row = this.stackRows.add(parent * 0x4000000 + frame)
    if (row === before) {
      this.stackParents.push(parent)
      this.stackFrames.push(frame)
    }
    return row + 2
  }

  /** Text of a string for people: UTF-8, with replacement characters where the bytes are not. */
  text(row: number): string {
    let text = this.texts[row]
    if (text === undefined) {
      text = decodeUtf8(this.strings[row])
      this.texts[row] = text
    }
    return text
  }

  /** Frame rows of a stack, leaf first. */
  frames(stack: number): number[] {
    const frames: number[] = []
    for (let at = stack; this.stackFrames[at] >= 0; at = this.stackParents[at]) frames.push(this.stackFrames[at])
    return frames
  }

  /** Row of the name of a stack's root function; NO_STRING: it has no frames. */
  rootFunction(stack: number): number {
    const { stackFrames, stackParents, frameFunctions } = this
    let name = NO_STRING
    for (let at = stack; stackFrames[at] >= 0; at = stackParents[at]) name = frameFunctions[stackFrames[at]]
    return name
  }

  /** What was added since the last call. */
  takeDelta(): DictionaryDelta {
    const { sent } = this
    const delta: DictionaryDelta = {
      wide: this.wide.values.slice(sent.wide),
      goroutines: this.goroutines.from(sent.goroutines),
      procs: this.procs.from(sent.procs),
      threads: this.threads.from(sent.threads),
      tasks: this.tasks.from(sent.tasks),
      strings: this.strings.slice(sent.strings),
      framePcs: this.framePcs.slice(sent.frames),
      frameFunctions: this.frameFunctions.slice(sent.frames),
      frameFiles: this.frameFiles.slice(sent.frames),
      frameLines: this.frameLines.slice(sent.frames),
      stackParents: this.stackParents.slice(sent.stacks),
      stackFrames: this.stackFrames.slice(sent.stacks),
    }
    this.sent = {
      wide: this.wide.values.length,
      goroutines: this.goroutines.length,
      procs: this.procs.length,
      threads: this.threads.length,
      tasks: this.tasks.length,
      strings: this.strings.length,
      frames: this.framePcs.length,
      stacks: this.stackParents.length,
    }
    return delta
  }

  /**
   * Appends the additions of another dictionary that this one is a copy of. A copy only gives text and ids by row: it
   * does not look for strings, frames and stacks, and adds none of its own.
   */
  apply(delta: DictionaryDelta): void {
    for (const value of delta.wide) this.wide.encode(value)
    for (const id of delta.goroutines) this.goroutines.append(id)
    for (const id of delta.procs) this.procs.append(id)
    for (const id of delta.threads) this.threads.append(id)
    for (const id of delta.tasks) this.tasks.append(id)
    for (const bytes of delta.strings) this.strings.push(bytes)
    for (let i = 0; i < delta.framePcs.length; i++) {
      this.framePcs.push(delta.framePcs[i])
      this.frameFunctions.push(delta.frameFunctions[i])
      this.frameFiles.push(delta.frameFiles[i])
      this.frameLines.push(delta.frameLines[i])
    }
    for (let i = 0; i < delta.stackParents.length; i++) {
      this.stackParents.push(delta.stackParents[i])
      this.stackFrames.push(delta.stackFrames[i])
    }
  }
}

function decodeUtf8(latin1: string): string {
  let ascii = true
  for (let i = 0; i < latin1.length && ascii; i++) ascii = latin1.charCodeAt(i) < 128
  if (ascii) return latin1
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(latin1, c => c.charCodeAt(0)))
}
