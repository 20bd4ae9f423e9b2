/** Reads the varints of a table batch (strings, stacks, CPU samples). Not for events: those have wire/cursor.ts. */
import type { WideTable } from '../../core/wide.js'

/** The table ended inside what was being read: after some bytes of it (`part`) or before the first. */
export class TableEnd extends Error {
  constructor(readonly part: boolean) {
    super(part ? 'unexpected EOF' : 'EOF')
  }
}

export class VarintOverflow extends Error {}

export class ByteCursor {
  pos = 0

  constructor(
    readonly bytes: Uint8Array,
    private readonly wide: WideTable,
  ) {}

  get done(): boolean {
    return this.pos >= this.bytes.length
  }

  byte(): number {
    if (this.done) throw new TableEnd(false)
    return this.bytes[this.pos++]
  }

  /** An unsigned varint as a code (wide.ts). Padded forms are common; at most 10 bytes, the tenth 0 or 1. */
  varint(): number {
    const start = this.pos
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.done) throw new TableEnd(this.pos > start)
      const byte = this.bytes[this.pos++]
      if (i === 9 && byte > 1) throw new VarintOverflow('a varint of more than 64 bits')
      value += (byte & 127) * scale
      scale *= 128
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : this.exact(start)
    }
    throw new VarintOverflow('a varint of more than 64 bits')
  }

  private exact(start: number): number {
    let value = 0n
    for (let at = start, shift = 0n; at < this.pos; at++, shift += 7n) {
      value |= BigInt(this.bytes[at] & 127) << shift
    }
    return this.wide.encode(value)
  }
}
