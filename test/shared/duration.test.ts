/** Durations as Go writes and reads them. */
import fc from 'fast-check'
import t from 'tap'
import { formatDuration, parseDuration } from '../../server/shared/duration.js'

t.test('texts as Go writes them', async t => {
  const texts: [number, string][] = [
    [0, '0s'],
    [1, '1ns'],
    [999, '999ns'],
    [1000, '1µs'],
    [1100, '1.1µs'],
    [999_999, '999.999µs'],
    [2_200_000, '2.2ms'],
    [999_999_999, '999.999999ms'],
    [1_000_000_000, '1s'],
    [3_300_000_000, '3.3s'],
    [60_000_000_000, '1m0s'],
    [245_000_000_000, '4m5s'],
    [245_001_000_000, '4m5.001s'],
    [18_367_001_000_000, '5h6m7.001s'],
    [3_600_000_000_005, '1h0m0.000000005s'],
    [480_000_000_001, '8m0.000000001s'],
    [-1500, '-1.5µs'],
    [Number.MAX_SAFE_INTEGER, '2501h59m59.254740991s'],
    [2501 * 3600e9 - 1, '2500h59m59.999999999s'],
  ]
  for (const [ns, text] of texts) {
    t.equal(formatDuration(ns), text)
    t.equal(parseDuration(text), ns, text)
  }
  t.equal(formatDuration(-(2 ** 63)), '-2562047h47m16.854775808s')
})

t.test('what is read besides', async t => {
  const read: [string, number][] = [
    ['-0', 0],
    ['+5s', 5e9],
    ['.5s', 5e8],
    ['1.h', 3.6e12],
    ['1.5h30m', 7.2e12],
    ['10.5s4m', 250.5e9],
    ['5us', 5000],
    ['5μs', 5000],
    ['0.9ns', 0],
    ['0.3333333333333333333h', 1.2e12],
    ['0.100000000000000000000h', 3.6e11],
    ['-9223372036854775808ns', -(2 ** 63)],
    ['9007199254740993ns', 9007199254740992],
  ]
  for (const [text, ns] of read) t.equal(parseDuration(text), ns, text)
})

t.test('what is refused', async t => {
  const refused = [
    '',
    '-',
    '+',
    '3',
    '.',
    '.s',
    '+.s',
    ' 1s',
    '1s ',
    '1 s',
    '1e3s',
    '--1s',
    '1d',
    '1constructor',
    '1S',
    '1s1',
  ]
  const tooLong = ['9223372036854775808ns', '9223372036854775.808us', '3000000h', '2562047h47m16.854775808s']
  for (const text of [...refused, ...tooLong]) t.equal(parseDuration(text), null, text)
})

t.test('reading undoes writing', async () => {
  fc.assert(fc.property(fc.maxSafeInteger(), ns => parseDuration(formatDuration(ns)) === (ns === 0 ? 0 : ns)))
})
