/**
 * The tables of a v1 trace: strings and stacks by their ids in the file, goroutines by rows of our own. A string or
 * stack may be defined after the events that name it, so events keep table rows and ids; text and frames are asked for
 * at the end.
 */
import { type Dictionary, EMPTY_STACK, IdTable, NO_STACK, NO_STRING } from '../../core/dictionary.js'
import { Odd, type OddPlace } from '../../core/oddities.js'
import { NONE } from '../../core/wide.js'
import { refuse, uvarintText, type V1Bytes } from './bytes.js'
import { requireBytes } from './scan.js'

const MAX_STRING = 1_000_000
const MAX_FRAMES = 1000
const UNDEFINED = -1
/** Stack ids from here on are looked up by a search and a walk each time; the runtime numbers stacks from 1. */
const DIRECT_LIMIT = 1 << 22

/** Rows of the goroutine table that stand for goroutine 0 and for the goroutine id that means none. */
export const G_ZERO = 0
export const G_NONE = 1
/** Row under which the merge keeps the sequence of GC cycles. */
export const G_GC = 2

/** An id that no goroutine can have. */
const GC_ID = 0.5

/** Takes what ordering does not need, with the sentence of the error that it is to a strict reader. */
export type TakeV1Odd = (kind: Odd, message: string, place: Partial<OddPlace>) => void

export class V1Tables {
  /** Ids of goroutines (codes) by row. */
  readonly goroutines = new IdTable()

  private readonly stringIds = new IdTable()
  /** Row of dictionary.strings by row of stringIds. */
  private readonly stringRows: number[] = []

  private readonly stackIds = new IdTable()
  private readonly stackStarts: number[] = []
  private readonly stackLengths: number[] = []
  /** Row of dictionary's stacks by stack id, once asked for. */
  private stackRows = new Int32Array(1024).fill(UNDEFINED)
  /** Rows of pcs, leaf first, one stack after the other. */
  private frames = new Int32Array(1024)
  private framesLength = 0

  private readonly pcs = new IdTable()
  private readonly pcFunctions: number[] = []
  private readonly pcFiles: number[] = []
  private readonly pcLines: number[] = []
  /** Row of dictionary's frames by row of pcs, once asked for. */
  private readonly pcFrames: number[] = []

  /** @param odd takes a string whose id is taken; null: that is an error */
  constructor(
    private readonly dictionary: Dictionary,
    private readonly odd: TakeV1Odd | null,
  ) {
    this.goroutines.add(0)
    this.goroutines.add(NONE)
    this.goroutines.add(GC_ID)
  }

  /** Row of a string id (a code), defined or not. */
  stringRef(id: number): number {
    const row = this.stringIds.add(id)
    if (row === this.stringRows.length) this.stringRows.push(UNDEFINED)
    return row
  }

  /** Row of dictionary.strings; an id that is defined nowhere gives the empty string. */
  string(ref: number): number {
    const row = this.stringRows[ref]
    return row === UNDEFINED ? NO_STRING : row
  }

  /** Id of a string, as text. */
  stringIdText(ref: number): string {
    return this.dictionary.wide.text(this.stringIds.ids[ref])
  }

  /** Reads the string that stands at the position of `bytes`. */
  readString(bytes: V1Bytes): void {
    const offset = bytes.at
    const end = bytes.data.length
    const value = bytes.uvarint(end)
    if (value === 0) throw refuse('TABLES', 'string has invalid id 0', { offset, wanted: 'an id over 0', found: '0' })
    const idText = uvarintText(bytes, value)
    const ref = this.stringRef(this.code(bytes, value))
    const isTaken = this.stringRows[ref] !== UNDEFINED
    if (isTaken) {
      const message = `string has duplicate id ${idText}`
      if (this.odd === null) throw refuse('TABLES', message, { offset, wanted: 'a new id', found: idText })
      this.odd(Odd.StringTwice, message, { offset })
    }
    const length = bytes.uvarint(end)
    if (length === 0) {
      throw refuse('TABLES', 'string has invalid length 0', { offset, wanted: 'a length over 0', found: '0' })
    }
    if (!(length <= MAX_STRING)) {
      const found = uvarintText(bytes, length)
      const wanted = `at most ${MAX_STRING} bytes`
      throw refuse('TABLES', `string has too large length ${found}`, { offset, wanted, found })
    }
    const text = takeBytes(bytes, length)
    if (!isTaken) this.stringRows[ref] = this.dictionary.addString(text)
  }

  /** Reads a string that stands inline; the row of dictionary.strings. */
  readInlineString(bytes: V1Bytes): number {
    const offset = bytes.at
    const length = bytes.uvarint(bytes.data.length)
    if (length === 0) return NO_STRING
    if (!(length <= MAX_STRING)) {
      const found = uvarintText(bytes, length)
      const wanted = `at most ${MAX_STRING} bytes`
      throw refuse('TABLES', `string is too large (len=${found})`, { offset, wanted, found })
    }
    return this.dictionary.addString(takeBytes(bytes, length))
  }

  /**
   * Takes a stack from the codes of a record's arguments: id, number of frames, then pc, function, file, line of each.
   */
  addStack(values: ArrayLike<number>, count: number, offset: number): void {
    if (count < 2) throw wrongStack(`want at least 2, got ${count}`, 'at least 2', count, offset)
    const size = values[1]
    if (size < 0 || size > MAX_FRAMES) {
      const found = this.dictionary.wide.text(size)
      const wanted = `at most ${MAX_FRAMES}`
      throw refuse('TABLES', `EvStack has bad number of frames: ${found}`, { offset, wanted, found })
    }
    const wanted = 2 + 4 * size
    if (count !== wanted) throw wrongStack(`want ${wanted}, got ${count}`, String(wanted), count, offset)
    const id = low32(this.dictionary, values[0])
    if (id === 0 || size === 0) return
    const row = this.stackIds.add(id)
    this.stackStarts[row] = this.framesLength
    this.stackLengths[row] = size
    this.reserve(id, size)
    for (let at = 2; at < count; at += 4) {
      const pc = this.pcs.add(values[at])
      if (pc === this.pcFrames.length) {
        this.pcFunctions.push(this.stringRef(values[at + 1]))
        this.pcFiles.push(this.stringRef(values[at + 2]))
        this.pcLines.push(values[at + 3])
        this.pcFrames.push(UNDEFINED)
      }
      this.frames[this.framesLength++] = pc
    }
  }

  /** Row of dictionary's stacks for a stack id; one without frames is no stack. All stacks must be defined by now. */
  stack(id: number): number {
    if (id >= this.stackRows.length) return this.findStack(id)
    const known = this.stackRows[id]
    if (known !== UNDEFINED) return known
    const found = this.findStack(id)
    this.stackRows[id] = found
    return found
  }

  private findStack(id: number): number {
    const row = id === 0 ? -1 : this.stackIds.find(id)
    return row < 0 ? NO_STACK : this.resolve(row)
  }

  /** Like `stack`, for places where Go gives a handle also to a stack without frames. */
  stackHandle(id: number): number {
    const row = this.stack(id)
    return row === NO_STACK ? EMPTY_STACK : row
  }

  hasFrames(id: number): boolean {
    return this.stackIds.find(id) >= 0
  }

  /** The code of a varint that `bytes.uvarint` just gave. */
  code(bytes: V1Bytes, value: number): number {
    return Number.isNaN(value) ? this.dictionary.wide.encode(bytes.wide) : value
  }

  private resolve(row: number): number {
    const start = this.stackStarts[row]
    let stack = NO_STACK
    for (let at = start + this.stackLengths[row] - 1; at >= start; at--) {
      stack = this.dictionary.addStack(stack, this.frame(this.frames[at]))
    }
    return stack
  }

  private frame(pc: number): number {
    const { dictionary, pcFrames } = this
    if (pcFrames[pc] === UNDEFINED) {
      const { wide } = dictionary
      pcFrames[pc] = dictionary.addFrame(
        wide.decode(this.pcs.ids[pc]),
        this.string(this.pcFunctions[pc]),
        this.string(this.pcFiles[pc]),
        wide.decode(this.pcLines[pc]),
      )
    }
    return pcFrames[pc]
  }

  /** Makes room for a stack of that id and size. */
  private reserve(id: number, size: number): void {
    const { frames, stackRows } = this
    if (this.framesLength + size > frames.length) {
      this.frames = new Int32Array(frames.length * 2)
      this.frames.set(frames)
    }
    if (id >= stackRows.length && id < DIRECT_LIMIT) {
      this.stackRows = new Int32Array(Math.max(stackRows.length * 2, id + 1)).fill(UNDEFINED)
    }
  }
}

/** The low 32 bits of the value of a code. */
export function low32(dictionary: Dictionary, code: number): number {
  return code >= 0 ? code >>> 0 : Number(BigInt.asUintN(32, dictionary.wide.decode(code)))
}

function wrongStack(what: string, wanted: string, found: number, offset: number): Error {
  const message = `EvStack has wrong number of arguments: ${what}`
  return refuse('TABLES', message, { offset, wanted, found: String(found) })
}

function takeBytes(bytes: V1Bytes, length: number): string {
  requireBytes(bytes, length)
  const { data, at } = bytes
  bytes.at = at + length
  return Buffer.from(data.buffer, data.byteOffset + at, length).toString('latin1')
}
