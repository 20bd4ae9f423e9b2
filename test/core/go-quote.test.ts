import { createHash } from 'node:crypto'
import t from 'tap'
import { beginsCharacter, goEscape, goQuote } from '../../server/core/go-quote.js'

const bytesOf = (text: string) => Buffer.from(text).toString('latin1')

t.test('as strconv.Quote', async t => {
  const cases: [string, string][] = [
    ['', '""'],
    ['plain text, 100 %', '"plain text, 100 %"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\0\x1b\x7f', '"\\x00\\x1b\\x7f"'],
    [bytesOf('grüße 世界 😀'), `"${bytesOf('grüße 世界 😀')}"`],
    [bytesOf('\u00a0\u200b\ufeff\u2028'), '"\\u00a0\\u200b\\ufeff\\u2028"'],
    [bytesOf('\u{e0001}\u{10ffff}'), '"\\U000e0001\\U0010ffff"'],
    [bytesOf('\ufffd'), `"${bytesOf('\ufffd')}"`],
    ['\xff\x80a', '"\\xff\\x80a"'],
    ['\xe4\xb8', '"\\xe4\\xb8"'],
    ['\xc0\x80', '"\\xc0\\x80"'],
    ['\xed\xa0\x80', '"\\xed\\xa0\\x80"'],
    [bytesOf('\u{1e5d0}'), '"\\U0001e5d0"'],
  ]
  for (const [bytes, quoted] of cases) t.equal(goQuote(bytes), quoted)
})

// Recorded with Go 1.26: sha256 over strconv.Quote of each text and a newline.
t.test('every code point, surrogates as three bytes', async t => {
  const hash = createHash('sha256')
  for (let rune = 0; rune <= 0x10ffff; rune++) {
    const bytes =
      rune >= 0xd800 && rune < 0xe000
        ? String.fromCharCode(0xe0 | (rune >> 12), 0x80 | ((rune >> 6) & 63), 0x80 | (rune & 63))
        : bytesOf(String.fromCodePoint(rune))
    hash.update(`${goQuote(bytes)}\n`, 'latin1')
  }
  t.equal(hash.digest('hex'), 'f61b8bd4d05df51c0ab9de5a1f4d8cb52f3bbe307dbcabfc7cfe638e227a61e0')
})

t.test('every four bytes of those where UTF-8 has borders', async t => {
  const edges = [0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef]
  edges.push(0xf0, 0xf1, 0xf4, 0xf5, 0xff)
  const hash = createHash('sha256')
  let wrongBorders = 0
  for (const a of edges) {
    for (const b of edges) {
      for (const c of edges) {
        for (const d of edges) {
          const bytes = String.fromCharCode(a, b, c, d)
          const quoted = goQuote(bytes)
          hash.update(`${quoted}\n`, 'latin1')
          for (let at = 1; at < 4; at++) {
            if (!beginsCharacter(bytes, at)) continue
            if (`"${goEscape(bytes.slice(0, at))}${goEscape(bytes.slice(at))}"` !== quoted) wrongBorders++
          }
        }
      }
    }
  }
  t.equal(hash.digest('hex'), 'f49e1694e2fda8bf20899603d95bbe9ccfc535d613f6873cf9694ac1e4c6686d')
  t.equal(wrongBorders, 0, 'text may be cut where a character begins')
})
