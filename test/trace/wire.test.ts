import t from 'tap'
import { BatchHeader, HeaderResult } from '../../server/trace/wire/batch-header.js'
import { Varint, VarintCursor, varintLength } from '../../server/trace/wire/varint.js'
import { batch, varint } from '../helpers/trace-bytes.js'

function read(bytes: readonly number[]): { code: number; wide: bigint; pos: number } {
  const cursor = new VarintCursor(Uint8Array.from(bytes))
  const code = cursor.next()
  return { code, wide: cursor.wide, pos: cursor.pos }
}

t.test('varints are exact up to 64 bits, padded or not', async t => {
  const edges = [0n, 1n, 127n, 128n, 16_383n, 16_384n, 2n ** 32n, 2n ** 53n - 2n, 2n ** 53n - 1n]
  for (const value of edges) {
    for (const length of [0, 10]) {
      t.strictSame(read(varint(value, length)).code, Number(value), `${value} in ${length || 'few'} bytes`)
    }
  }
  for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 56n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n]) {
    t.match(read(varint(value, 10)), { code: Varint.Wide, wide: value, pos: 10 })
  }
  // Every bit alone, and all bits below it.
  for (let bit = 0n; bit < 64n; bit++) {
    for (const value of [1n << bit, (1n << bit) - 1n]) {
      const cursor = new VarintCursor(Uint8Array.from(varint(value)))
      t.equal(cursor.value(cursor.next()), value)
      t.equal(varintLength(value), varint(value).length)
      if (value < 2n ** 53n) t.equal(varintLength(Number(value)), varint(value).length)
    }
  }
})

t.test('what is no varint', async t => {
  t.equal(read([]).code, Varint.End)
  t.equal(read([128]).code, Varint.Cut)
  t.equal(read([255, 255, 255]).code, Varint.Cut)
  t.equal(read(new Array(9).fill(255)).code, Varint.Cut)
  t.equal(read([...new Array(9).fill(255), 2]).code, Varint.Overflow)
  t.equal(read([...new Array(9).fill(128), 128, 0]).code, Varint.Overflow, 'an eleventh byte')
  t.equal(read([...new Array(9).fill(128), 1]).wide, 2n ** 63n)
  const cursor = new VarintCursor(Uint8Array.from([128, 1]), 1)
  t.equal(cursor.next(), Varint.Cut, 'bytes behind the end do not count')
})

t.test('batch headers', async t => {
  const bytes = batch([1, 2, 3], { gen: 2n ** 64n - 1n, thread: 2n ** 64n - 1n, time: 2n ** 60n + 1n, experiment: 3 })
  const cursor = new VarintCursor(Uint8Array.from(bytes))
  const header = new BatchHeader()
  t.equal(header.read(cursor), HeaderResult.Batch)
  t.match(header, { experiment: 3, generation: 2n ** 64n - 1n, thread: 2n ** 64n - 1n, time: 2n ** 60n + 1n, size: 3 })
  t.equal(cursor.pos, bytes.length - 3)

  const results: [string, number[], number, RegExp][] = [
    ['end', [], HeaderResult.EndOfInput, /^$/],
    ['end at the experiment', [49], HeaderResult.EndOfInput, /^$/],
    ['end of generation', [52], HeaderResult.EndOfGeneration, /^$/],
    ['another type', [2], HeaderResult.Fault, /type 2/],
    ['end at the generation', [1], HeaderResult.Fault, /the end of the file/],
    ['end inside the thread', [1, 1, 128], HeaderResult.Fault, /the end of the file/],
    ['overflow in the time', [1, 1, 1, ...new Array(10).fill(255)], HeaderResult.Fault, /64 bits/],
    ['size over the limit', [1, 1, 1, 1, ...varint(65_537)], HeaderResult.Fault, /65537/],
    ['enormous size', [1, 1, 1, 1, ...varint(2n ** 64n - 1n)], HeaderResult.Fault, /18446744073709551615/],
    ['largest size', [1, 1, 1, 1, ...varint(65_536)], HeaderResult.Batch, /^$/],
  ]
  for (const [name, bytes, result, found] of results) {
    const header = new BatchHeader()
    t.equal(header.read(new VarintCursor(Uint8Array.from(bytes))), result, name)
    t.match(header.found, found, name)
  }
})
