/**
 * `-d=wire`: the bytes of a v2 trace as text, one event after the other, byte for byte as `go tool trace -d=wire`
 * prints them.
 */
import { eventSpecs } from '../core/event-table.js'
import { beginsCharacter, goEscape } from '../core/go-quote.js'
import { reaching } from '../shared/columns.js'
import type { Source } from '../source/source.js'
import { WireReader, wireArgs } from '../trace/wire/wire-reader.js'
import type { Output } from './output.js'

const CHUNK_BYTES = 1 << 18
const NEWLINE = 10
const ZERO = 48
const ALL_ONES = (1n << 64n) - 1n

const noneText = latin1(String(ALL_ONES))
const names = Array.from(eventSpecs, spec => latin1(spec?.name ?? ''))
const argTexts = wireArgs.map(args => args.map(arg => latin1(` ${arg}=`)))
const frameTexts = ['\n\tpc=', ' func=', ' file=', ' line='].map(latin1)
const dataText = latin1('\n\tdata="')

/**
 * Prints all events from `offset` on. Throws CodedError FRAMING where they end early; what stands before it is printed.
 */
export function printWire(source: Source, version: number, offset: number, output: Output): void {
  const reader = new WireReader(source, version, offset)
  const text = new Text()
  try {
    while (reader.next()) {
      printEvent(reader, text, output)
      if (text.length >= CHUNK_BYTES) text.flush(output)
    }
  } finally {
    text.flush(output)
  }
}

function printEvent(reader: WireReader, text: Text, output: Output): void {
  const { kind, args, argCount } = reader
  text.bytes(names[kind])
  const argNames = argTexts[kind]
  const named = Math.min(argCount, argNames.length)
  for (let i = 0; i < named; i++) {
    text.bytes(argNames[i])
    text.value(args[i], reader.wide)
  }
  for (let i = named; i < argCount; i++) {
    text.bytes(frameTexts[(i - named) & 3])
    text.value(args[i], reader.wide)
  }
  if (reader.dataLength > 0) printData(reader, text, output)
  text.byte(NEWLINE)
}

function printData(reader: WireReader, text: Text, output: Output): void {
  text.bytes(dataText)
  let rest = ''
  for (let left = reader.dataLength; left > 0; ) {
    const piece = reader.takeData()
    left -= piece.length
    const bytes = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')
    // Bytes of a character that the next piece may continue wait for it.
    let end = bytes.length
    if (left > 0) {
      do end--
      while (end > 0 && !beginsCharacter(bytes, end))
    }
    text.bytes(latin1(goEscape(bytes.slice(0, end))))
    rest = bytes.slice(end)
    if (text.length >= CHUNK_BYTES) text.flush(output)
  }
  text.byte(34)
}

/** Text that is being collected, as bytes. */
class Text {
  length = 0
  private buffer = new Uint8Array(CHUNK_BYTES * 2)

  byte(byte: number): void {
    if (this.length === this.buffer.length) this.grow(1)
    this.buffer[this.length++] = byte
  }

  bytes(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length) this.grow(bytes.length)
    const { buffer } = this
    let at = this.length
    // Faster than `set` for the few bytes of a name.
    if (bytes.length < 32) for (let i = 0; i < bytes.length; i++) buffer[at++] = bytes[i]
    else buffer.set(bytes, at)
    this.length += bytes.length
  }

  /** A value of WireReader.args in decimal. */
  value(value: number, wide: readonly bigint[]): void {
    if (value < 0) {
      const exact = wide[-1 - value]
      this.bytes(exact === ALL_ONES ? noneText : latin1(String(exact)))
      return
    }
    if (value > 0xffffffff) {
      this.bytes(latin1(String(value)))
      return
    }
    if (this.length + 10 > this.buffer.length) this.grow(10)
    const { buffer } = this
    let digits = 1
    for (let limit = 10; value >= limit; limit *= 10) digits++
    let rest = value >>> 0
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const tenth = (rest / 10) >>> 0
      buffer[at] = ZERO + rest - tenth * 10
      rest = tenth
    }
    this.length += digits
  }

  flush(output: Output): void {
    output.write(this.buffer.subarray(0, this.length))
    this.length = 0
  }

  private grow(more: number): void {
    this.buffer = reaching(this.buffer, this.length + more - 1)
  }
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
