/** Traces with things that ordering does not need, and that Go's reader gives up on. */
import { textToBytes } from './text-trace.js'

/**
 * Regions of two goroutines that begin and end in any order, over three generations; some of those that end nobody
 * began.
 */
export function looseRegions(seed: number): Uint8Array {
  let state = seed
  const random = (below: number) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
  const lines = ['Trace Go1.22']
  for (let gen = 1; gen <= 3; gen++) {
    for (const thread of [1, 2]) {
      lines.push(`EventBatch gen=${gen} m=${thread} time=${1000 * gen} size=?`)
      lines.push(`ProcStatus dt=1 p=${thread} pstatus=1`, `GoStatus dt=1 g=${thread} m=${thread} gstatus=2`)
      for (let i = 0; i < 40; i++) {
        const kind = random(9) < 5 ? 'UserRegionBegin' : 'UserRegionEnd'
        lines.push(`${kind} dt=${1 + random(5)} task=${random(3)} name_string=${1 + random(3)} stack=0`)
      }
    }
    const table = `EventBatch gen=${gen} m=18446744073709551615 time=0 size=?`
    lines.push(table, 'Frequency freq=15625000', table, 'Stacks', table, 'Strings')
    // Ids are others in each generation.
    for (const [i, name] of ['a', 'b', 'c'].entries())
      lines.push(`String id=${1 + ((i + gen) % 3)}`, `\tdata="${name}"`)
  }
  return textToBytes(lines.join('\n'))
}

/** A goroutine that ends `count` regions first in, first out: the last begins before the first ends. */
export function deepRegions(count: number): Uint8Array {
  const regions = (kind: number) => {
    const bytes: number[] = []
    for (let i = 0; i < count; i++) bytes.push(kind, 1, (i & 127) | 128, ((i >> 7) & 127) | 128, i >> 14, 1, 0)
    return bytes
  }
  const [begins, ends] = [regions(42), regions(43)]
  const room = 60_000 - (60_000 % 7)
  const parts: number[][] = [[...Buffer.from('go 1.22 trace\0\0\0')]]
  const batch = (thread: number[], time: number, bytes: number[]) => {
    const size = [(bytes.length & 127) | 128, ((bytes.length >> 7) & 127) | 128, bytes.length >> 14]
    parts.push([1, 1, ...thread, (time & 127) | 128, ((time >> 7) & 127) | 128, time >> 14, ...size, ...bytes])
  }
  const none = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]
  batch([1], 1, [13, 1, 0, 1, 25, 1, 1, 1, 2])
  for (const bytes of [begins, ends]) {
    for (let at = 0; at < bytes.length; at += room) batch([1], 2 + at, bytes.slice(at, at + room))
  }
  batch(none, 0, [8, 128, 148, 235, 220, 3])
  batch(none, 0, [2])
  batch(none, 0, [4, 5, 1, 1, 97])
  return Buffer.concat(parts.map(part => Uint8Array.from(part)))
}
