/**
 * Memory that TypeScript shares with a module of WebAssembly: registers, which say where columns are and what both must
 * know, and columns, one behind the other, from some place on.
 *
 * It is shared memory in the sense of WebAssembly, though one thread has it, because columns over such memory stay
 * valid when it grows.
 */
import { CodedError } from '../errors.js'
import { mostPages } from './address-space.js'
import { NUMBERS, REGISTERS_END, WORDS } from './numbers.js'

type Column = Float64Array | Int32Array | Uint32Array | Uint8Array
type ColumnType<C extends Column> = {
  new (buffer: ArrayBufferLike, offset: number, length: number): C
  readonly BYTES_PER_ELEMENT: number
}

const PAGE_BYTES = 1 << 16
/** Pages that are added at a time, at least; what is not touched takes no room. */
const GROWTH_PAGES = 128
const LEAST_BYTES = 64

export class LinearMemory {
  readonly memory = new WebAssembly.Memory({ initial: GROWTH_PAGES, maximum: mostPages, shared: true })
  readonly words = new Uint32Array(this.memory.buffer, WORDS, (NUMBERS - WORDS) / 4)
  readonly numbers = new Float64Array(this.memory.buffer, NUMBERS, (REGISTERS_END - NUMBERS) / 8)
  private used: number
  /** Bytes behind this one have never been written to. */
  private touched: number
  /** Places that were given back, by their size in bytes. */
  private readonly spare = new Map<number, number[]>()

  /** @param first where columns begin, in bytes */
  constructor(private readonly first: number) {
    this.used = first
    this.touched = first
  }

  /** A column of `length` zeros. Throws CodedError NO_MEMORY where there is no room for it. */
  column<C extends Column>(type: ColumnType<C>, length: number): C {
    const bytes = sizeOf(length * type.BYTES_PER_ELEMENT)
    const spare = this.spare.get(bytes)?.pop()
    if (spare !== undefined) return new type(this.memory.buffer, spare, length).fill(0) as C
    const at = this.used
    const missing = at + bytes - this.memory.buffer.byteLength
    if (missing > 0) this.grow(Math.ceil(missing / PAGE_BYTES))
    this.used += bytes
    const column = new type(this.memory.buffer, at, length)
    if (at < this.touched) column.fill(0)
    this.touched = Math.max(this.touched, this.used)
    return column
  }

  /** A column with `length` rows in place of one, of which the new ones hold `rest`. */
  grown<C extends Column>(column: C, length: number, rest = 0): C {
    const longer = this.column(column.constructor as unknown as ColumnType<C>, length)
    longer.set(column)
    if (rest !== 0) longer.fill(rest, column.length)
    this.free(column)
    return longer
  }

  private grow(pages: number): void {
    try {
      this.memory.grow(Math.max(GROWTH_PAGES, pages))
    } catch {
      const has = Math.round(this.memory.buffer.byteLength / 2 ** 20)
      throw new CodedError('NO_MEMORY', `the trace needs more memory than there is: a part of it has ${has} MB already`)
    }
  }

  /**
   * Gives all columns back. What the system gave it stays, for who comes next: nothing tells the collector of garbage
   * how much that is.
   */
  clear(): void {
    this.used = this.first
    this.spare.clear()
  }

  /** Gives a column back, which nobody may touch any more. */
  free(column: Column): void {
    const bytes = sizeOf(column.byteLength)
    const spare = this.spare.get(bytes)
    if (spare === undefined) this.spare.set(bytes, [column.byteOffset])
    else spare.push(column.byteOffset)
  }
}

/** Bytes of the place of a column: four sizes to a doubling, so that places fit again. */
function sizeOf(bytes: number): number {
  if (bytes <= LEAST_BYTES) return LEAST_BYTES
  const step = 2 ** (29 - Math.clz32(bytes - 1))
  return Math.ceil(bytes / step) * step
}
