/** Builds v1 traces byte by byte, for tests of what no real trace has. */
import { V1Kind } from '../../server/trace/v1/event-table.js'
import { header, varint } from './trace-bytes.js'

/** A record: its arguments inline while they are few, else behind their length in bytes. */
export function record(kind: number, ...args: (number | bigint)[]): number[] {
  if (args.length >= 1 && args.length <= 3)
    return [kind | ((args.length - 1) << 6), ...args.flatMap(arg => varint(arg))]
  return longRecord(kind, ...args)
}

/** A record whose arguments stand behind their length, however few they are. */
export function longRecord(kind: number, ...args: (number | bigint)[]): number[] {
  const bytes = args.flatMap(arg => varint(arg))
  return [kind | 0xc0, ...varint(bytes.length), ...bytes]
}

export function v1Batch(proc: number | bigint, ticks: number | bigint, ...records: number[][]): number[] {
  return [...record(V1Kind.Batch, proc, ticks), ...records.flat()]
}

export function text(id: number | bigint, content: string): number[] {
  const bytes = [...Buffer.from(content)]
  return [V1Kind.String, ...varint(id), ...varint(bytes.length), ...bytes]
}

/** A stack of frames, each pc, function string, file string, line. */
export function stackRecord(id: number, ...frames: (readonly [number, number, number, number])[]): number[] {
  return longRecord(V1Kind.Stack, id, frames.length, ...frames.flat())
}

export function log(delta: number, task: number, key: number, stack: number, message: string): number[] {
  const bytes = [...Buffer.from(message)]
  return [...longRecord(V1Kind.UserLog, delta, task, key, stack), ...varint(bytes.length), ...bytes]
}

export function frequency(ticksPerSecond: number | bigint): number[] {
  return record(V1Kind.Frequency, ticksPerSecond)
}

export function v1Trace(version: number, ...parts: number[][]): Uint8Array {
  return Uint8Array.from([...header(version), ...parts.flat()])
}
