/**
 * The slow twin's view of the bytes (format.md §1–§3): header, batches, and the tables of one generation, all of it in
 * memory and in BigInt.
 */
import type { ClockSnapshot, Frame } from './parsed-event.js'
import { slowSort } from './slow-sort.js'

/** What Go's reader returns as its error. */
export class SlowTraceError extends Error {
  override readonly name = 'SlowTraceError'
}

/** Go's io.EOF by itself, which everybody takes as a clean end, wherever it comes from. */
export class BareEnd extends Error {}

export const VERSIONS = [22, 23, 25, 26]

/** The version of a v2 trace; throws as opening it in Go does. v1 is not the slow twin's business. */
export function readVersion(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  const match = /^go 1\.(\d+) trace\0\0\0/.exec(text)
  if (match === null) throw new SlowTraceError('bad file format: not a Go execution trace?')
  const version = Number(match[1])
  if (!VERSIONS.includes(version)) throw new SlowTraceError(`unknown or unsupported trace version go 1.${version}`)
  return version
}

export class Bytes {
  at = 0

  constructor(readonly data: Uint8Array) {}

  get left(): number {
    return this.data.length - this.at
  }

  byte(): number {
    if (this.left === 0) throw new BareEnd()
    return this.data[this.at++]
  }

  /** An unsigned varint of the framing or of a table. */
  uvarint(): bigint {
    let value = 0n
    for (let i = 0; i < 10; i++) {
      if (this.left === 0) {
        if (i === 0) throw new BareEnd()
        throw new SlowTraceError('unexpected EOF')
      }
      const byte = this.byte()
      if (i === 9 && byte > 1) break
      value |= BigInt(byte & 127) << BigInt(7 * i)
      if (byte < 128) return value
    }
    throw new SlowTraceError('binary: varint overflows a 64-bit integer')
  }

  /** A varint whose failure is reported behind a prefix. */
  prefixed(prefix: string): bigint {
    try {
      return this.uvarint()
    } catch (error) {
      throw new SlowTraceError(`${prefix}: ${error instanceof BareEnd ? 'EOF' : (error as Error).message}`)
    }
  }

  take(length: number): Uint8Array {
    const part = this.data.subarray(this.at, this.at + length)
    this.at += part.length
    return part
  }
}

export interface Batch {
  readonly generation: bigint
  readonly thread: bigint
  readonly time: bigint
  readonly experiment: number
  readonly data: Uint8Array
}

/** Reads the next batch; a lone end byte comes as a batch of generation 0 that starts with it. */
export function readBatch(file: Bytes): Batch {
  const type = file.byte()
  if (type === 52) {
    return { generation: 0n, thread: -1n, time: 0n, experiment: 0, data: Uint8Array.of(52) }
  }
  if (type !== 1 && type !== 49) throw new SlowTraceError(`expected batch event, got event ${type}`)
  const experiment = type === 49 ? file.byte() : 0
  const generation = file.prefixed('error reading batch gen')
  const thread = BigInt.asIntN(64, file.prefixed('error reading batch M ID'))
  const time = file.prefixed('error reading batch timestamp')
  const size = file.prefixed('error reading batch size')
  if (size > 65536n) throw new SlowTraceError(`invalid batch size ${size}, maximum is 65536`)
  const data = file.take(Number(size))
  if (data.length < Number(size)) {
    throw new SlowTraceError(`failed to read full batch: read ${data.length} but wanted ${size}`)
  }
  return { generation, thread, time, experiment, data }
}

export interface Sample {
  readonly time: bigint
  readonly thread: bigint
  readonly proc: bigint
  readonly goroutine: bigint
  readonly stack: bigint
}

interface RawFrame {
  readonly func: bigint
  readonly file: bigint
  readonly line: bigint
}

const MIN_INT64 = -(1n << 63n)

/** All of a generation that is not ordered: its tables and the undecoded batches of each thread. */
export class Generation {
  number = 0n
  minTime = 0n
  /** Nanoseconds per clock unit; null while no frequency was seen. */
  factor: number | null = null
  snapshot: ClockSnapshot | null = null
  readonly strings = new Map<bigint, string>()
  readonly stacks = new Map<bigint, bigint[]>()
  private readonly frames = new Map<bigint, RawFrame>()
  readonly experiments = new Map<number, { thread: bigint; data: Uint8Array }[]>()
  /** In the order in which the threads first appear. */
  readonly threads = new Map<bigint, Batch[]>()
  readonly samples: Sample[] = []
  private pendingSnapshot: { raw: bigint; mono: bigint; sec: bigint; nsec: bigint } | null = null
  private readonly resolved = new Map<bigint, Frame[]>()

  /** @param lenient whether entries that come twice and strings that are missing are no errors */
  constructor(
    readonly version: number,
    private readonly lenient: boolean,
  ) {}

  /** Nanoseconds of a raw time: a double product cut toward zero. */
  nanoseconds(raw: bigint): bigint {
    const product = Number(raw) * (this.factor as number)
    if (!(Math.abs(product) < 2 ** 63)) return MIN_INT64
    return BigInt(Math.trunc(product))
  }

  add(batch: Batch): void {
    if (this.minTime === 0n || batch.time < this.minTime) this.minTime = batch.time
    this.process(batch)
  }

  /** Takes a batch in, by kind. */
  private process(batch: Batch): void {
    const { data, experiment } = batch
    if (experiment !== 0) {
      const list = this.experiments.get(experiment) ?? []
      list.push({ thread: batch.thread, data })
      this.experiments.set(experiment, list)
      return
    }
    const body = new Bytes(data)
    const first = data.length === 0 ? -1 : data[0]
    if (first === 4) this.readStrings(body)
    else if (first === 2) this.readStacks(body)
    else if (first === 6) this.readSamples(body)
    else if (first === (this.version < 25 ? 8 : 50)) this.readSync(body, batch.time)
    else if (first === 52) {
      throw new SlowTraceError('internal error: unexpectedly processing EndOfGeneration; broken trace?')
    } else {
      const list = this.threads.get(batch.thread) ?? []
      list.push(batch)
      this.threads.set(batch.thread, list)
    }
  }

  private readStrings(body: Bytes): void {
    body.byte()
    while (body.left > 0) {
      const type = body.byte()
      if (type !== 5) throw new SlowTraceError(`expected string event, got ${type}`)
      const id = body.uvarint()
      const length = body.uvarint()
      if (length > 1024n) throw new SlowTraceError(`invalid string size ${length}, maximum is 1024`)
      const part = body.take(Number(length))
      if (part.length < Number(length)) {
        throw new SlowTraceError(`failed to read full string: read ${part.length} but wanted ${length}`)
      }
      const text = Buffer.from(part).toString('latin1')
      const existing = id === 0n ? '' : this.strings.get(id)
      if (existing !== undefined) {
        if (this.lenient) continue
        throw new SlowTraceError(
          `multiple strings with the same ID: id=${id}, new=${utf8(text)}, existing=${utf8(existing)}`,
        )
      }
      this.strings.set(id, text)
    }
  }

  private readStacks(body: Bytes): void {
    body.byte()
    while (body.left > 0) {
      const type = body.byte()
      if (type !== 3) throw new SlowTraceError(`expected stack event, got ${type}`)
      const id = body.uvarint()
      const count = body.uvarint()
      if (count > 128n) throw new SlowTraceError(`invalid stack size ${count}, maximum is 128`)
      const pcs: bigint[] = []
      for (let i = 1; i <= Number(count); i++) {
        const pc = body.prefixed(`reading frame ${i}'s PC for stack ${id}`)
        const func = body.prefixed(`reading frame ${i}'s funcID for stack ${id}`)
        const file = body.prefixed(`reading frame ${i}'s fileID for stack ${id}`)
        const line = body.prefixed(`reading frame ${i}'s line for stack ${id}`)
        pcs.push(pc)
        if (!this.frames.has(pc)) this.frames.set(pc, { func, file, line })
      }
      const existing = id === 0n ? [] : this.stacks.get(id)
      if (existing !== undefined) {
        if (this.lenient) continue
        const shown = (list: bigint[]) => list.map(pc => `\t0x${pc.toString(16)}\n`).join('')
        throw new SlowTraceError(
          `multiple trace.stacks with the same ID: id=${id}, new=${shown(pcs)}, existing=${shown(existing)}`,
        )
      }
      this.stacks.set(id, pcs)
    }
  }

  private readSamples(body: Bytes): void {
    body.byte()
    while (body.left > 0) {
      const type = body.byte()
      if (type !== 7) throw new SlowTraceError(`expected CPU sample event, got ${type}`)
      const time = body.uvarint()
      const thread = BigInt.asIntN(64, body.uvarint())
      const proc = BigInt.asIntN(64, body.uvarint())
      const goroutine = BigInt.asIntN(64, body.uvarint())
      const stack = body.uvarint()
      this.samples.push({ time, thread, proc, goroutine: goroutine === 0n ? -1n : goroutine, stack })
    }
  }

  /** A frequency batch (before 25) is a sync batch without its mark and without snapshots. */
  private readSync(body: Bytes, base: bigint): void {
    if (this.version >= 25) body.byte()
    while (body.left > 0) {
      const type = body.byte()
      if (type === 8) {
        if (this.factor !== null) throw new SlowTraceError('found multiple frequency events')
        this.factor = 1 / (Number(body.uvarint()) / 1e9)
      } else if (type === 51 && this.version >= 25) {
        if (this.pendingSnapshot !== null) throw new SlowTraceError('found multiple clock snapshot events')
        const raw = BigInt.asUintN(64, base + body.uvarint())
        this.pendingSnapshot = { raw, mono: body.uvarint(), sec: body.uvarint(), nsec: body.uvarint() }
      } else throw new SlowTraceError(`expected frequency or clock snapshot event, got ${type}`)
    }
  }

  /** The checks after the last batch, and what could only be computed now. */
  finish(): void {
    if (this.factor === null) throw new SlowTraceError('no frequency event found')
    if (this.version >= 25 && this.pendingSnapshot === null) {
      throw new SlowTraceError('no clock snapshot event found')
    }
    if (this.pendingSnapshot !== null) {
      const { raw, mono, sec, nsec } = this.pendingSnapshot
      this.snapshot = { trace: this.nanoseconds(raw), mono, wallSeconds: sec, wallNanoseconds: nsec }
    }
    const ids = [...this.stacks.keys()].sort((x, y) => (x < y ? -1 : 1))
    for (const id of ids) {
      for (const pc of this.stacks.get(id) as bigint[]) {
        const frame = this.frames.get(pc) as RawFrame
        if (!this.hasString(frame.func)) {
          throw new SlowTraceError(`found invalid func string ID ${frame.func} for stack ${id}`)
        }
        if (!this.hasString(frame.file)) {
          throw new SlowTraceError(`found invalid file string ID ${frame.file} for stack ${id}`)
        }
      }
    }
    for (const [i, sample] of this.samples.entries()) {
      this.samples[i] = { ...sample, time: this.nanoseconds(sample.time) }
    }
    slowSort(this.samples, (x, y) => x.time < y.time)
  }

  hasString(id: bigint): boolean {
    return id === 0n || this.lenient || this.strings.has(id)
  }

  hasStack(id: bigint): boolean {
    return id === 0n || this.stacks.has(id)
  }

  string(id: bigint): string {
    return id === 0n ? '' : (this.strings.get(id) ?? 'unknown')
  }

  /**
   * Frames of a stack; a stack that does not exist (only CPU samples get here with one, and Go panics) has none.
   */
  frameList(id: bigint): Frame[] {
    let list = this.resolved.get(id)
    if (list === undefined) {
      list = (this.stacks.get(id) ?? []).map(pc => {
        const frame = this.frames.get(pc) as RawFrame
        return { pc, func: this.string(frame.func), file: this.string(frame.file), line: frame.line }
      })
      this.resolved.set(id, list)
    }
    return list
  }
}

/** Text of a string for people. */
export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}

export type Outcome =
  /** A generation, with the error that stands after it if there is one. */
  | { readonly generation: Generation; readonly errorAfter: Error | null; readonly last: boolean }
  /** No generation: the end (null) or an error. */
  | { readonly generation: null; readonly error: Error | null }

/** Collects generation after generation from the file; the rules of where one ends differ by version. */
export class GenerationReader {
  private readonly file: Bytes
  private spilled: Batch | null = null
  private readonly version: number

  constructor(
    bytes: Uint8Array,
    private readonly lenient: boolean,
  ) {
    this.version = readVersion(bytes)
    this.file = new Bytes(bytes)
    this.file.at = 16
  }

  next(): Outcome {
    try {
      return this.version < 26 ? this.nextByNumber() : this.nextByEndByte()
    } catch (error) {
      return { generation: null, error: asFinal(error as Error) }
    }
  }

  /** Before version 26 a generation ends where the next begins. */
  private nextByNumber(): Outcome {
    const generation = new Generation(this.version, this.lenient)
    let errorAfter: Error | null = null
    if (this.spilled !== null) {
      generation.number = this.spilled.generation
      generation.add(this.spilled)
      this.spilled = null
    }
    for (;;) {
      let batch: Batch
      try {
        batch = readBatch(this.file)
      } catch (error) {
        if (error instanceof BareEnd) break
        if (generation.number === 0n) throw error
        errorAfter = error as Error
        break
      }
      if (batch.generation === 0n) throw new SlowTraceError('invalid generation number 0')
      if (generation.number === 0n) generation.number = batch.generation
      if (batch.generation === BigInt.asUintN(64, generation.number + 1n)) {
        this.spilled = batch
        break
      }
      if (batch.generation !== generation.number) throw new SlowTraceError('generations out of order')
      generation.add(batch)
    }
    generation.finish()
    return { generation, errorAfter, last: this.spilled === null && errorAfter === null }
  }

  /** From version 26 on each generation ends with an end byte. */
  private nextByEndByte(): Outcome {
    const generation = new Generation(this.version, this.lenient)
    for (;;) {
      let batch: Batch
      try {
        batch = readBatch(this.file)
      } catch (error) {
        if (!(error instanceof BareEnd)) throw error
        if (generation.threads.size === 0) return { generation: null, error: null }
        throw new SlowTraceError('incomplete generation found; trace likely truncated')
      }
      if (generation.number === 0n) generation.number = batch.generation
      if (batch.experiment === 0 && batch.data.length > 0 && batch.data[0] === 52) break
      if (batch.generation === 0n) throw new SlowTraceError('invalid generation number 0')
      if (batch.generation !== generation.number) {
        throw new SlowTraceError('broken trace: missing end-of-generation event, or generations are interleaved')
      }
      generation.add(batch)
    }
    generation.finish()
    return { generation, errorAfter: null, last: false }
  }
}

function asFinal(error: Error): Error | null {
  return error instanceof BareEnd ? null : error
}
