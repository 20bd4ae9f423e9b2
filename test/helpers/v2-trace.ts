/** Builds traces of one generation from events, for tests of shapes that no real trace has. */
import { batch, clockBatch, END_OF_GENERATION, header, varint } from './trace-bytes.js'

export const NO_THREAD = (1n << 64n) - 1n
const BATCH_BYTES = 60_000

export function event(kind: number, ...args: (number | bigint)[]): number[] {
  return [kind, ...args.flatMap(arg => varint(arg))]
}

/** Proc 0 and goroutine 1 run on thread 7. */
export const running: readonly number[][] = [event(13, 1, 0, 1), event(25, 1, 1, 7, 2)]

/** A table of strings: those given have ids from 2 on, and 1 is `x`. */
export function stringTable(...texts: readonly string[]): number[][] {
  const entries = texts.map((text, i) => [...event(5, i + 2), ...varint(Buffer.byteLength(text)), ...Buffer.from(text)])
  return inBatches(entries, 4).map(payload => batch(payload, { thread: NO_THREAD }))
}

/** Events of thread 7; string 1 is `x`, stack 1 has one frame. */
export function traceOf(events: readonly number[][], more: readonly number[][] = []): Uint8Array {
  return bytesOf([
    header(26),
    clockBatch(26),
    batch([4, ...event(5, 1), 1, 120], { thread: NO_THREAD }),
    batch([2, ...event(3, 1, 1, 0x1000, 1, 1, 7)], { thread: NO_THREAD }),
    ...more,
    ...inBatches(events).map(payload => batch(payload)),
    [END_OF_GENERATION],
  ])
}

export function bytesOf(parts: readonly (readonly number[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(part => Uint8Array.from(part))))
}

/** Payloads of batches that begin with `head`. */
function inBatches(records: readonly number[][], ...head: number[]): number[][] {
  const payloads: number[][] = []
  let payload = [...head]
  for (const record of records) {
    if (payload.length + record.length > BATCH_BYTES) {
      payloads.push(payload)
      payload = [...head]
    }
    for (const byte of record) payload.push(byte)
  }
  return [...payloads, payload]
}
