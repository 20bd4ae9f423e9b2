/**
 * Go's `%q`: a string in double quotes with what cannot be printed escaped.
 *
 * Text is bytes, one JavaScript character each (Latin-1), as the dictionary keeps it, on both sides: valid UTF-8 of
 * printable characters passes through byte by byte.
 */

/** Characters that were assigned after Unicode 15.0, the version that Go 1.26 knows; to it they are unprintable. */
const NEWER = `
  88f 897 c5c cdc 1acf-1add 1ae0-1aeb 1b4e-1b4f 1b7f 1c89-1c8a 20c1 2427-2429 2b96 2ffc-2fff 31e4-31e5 31ef
  a7cb-a7cf a7d2 a7d4 a7da-a7dc a7f1 fbc3-fbd2 fd90-fd91 fdc8-fdce 105c0-105f3 10940-10959 10d40-10d65 10d69-10d85
  10d8e-10d8f 10ec2-10ec7 10ed0-10ed8 10efa-10efc 11380-11389 1138b 1138e 11390-113b5 113b7-113c0 113c2 113c5
  113c7-113ca 113cc-113d5 113d7-113d8 113e1-113e2 116d0-116e3 11b60-11b67 11bc0-11be1 11bf0-11bf9 11db0-11ddb
  11de0-11de9 11f5a 13460-143fa 16100-16139 16d40-16d79 16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18cff
  18d09-18d1e 18d80-18df2 1cc00-1ccfc 1cd00-1ceb3 1ceba-1ced0 1cee0-1cef0 1e5d0-1e5fa 1e5ff 1e6c0-1e6de
  1e6e0-1e6f5 1e6fe-1e6ff 1f6d8 1f777-1f77a 1f8b2-1f8bb 1f8c0-1f8c1 1f8d0-1f8d8 1fa54-1fa57 1fa89-1fa8a
  1fa8e-1fa8f 1fabe 1fac6 1fac8 1facd 1fadc 1fadf 1fae9-1faea 1faef 1fbcb-1fbef 1fbfa 2b73a-2b73f 2cea2-2cead
  2ebf0-2ee5d 323b0-33479
`

const newer = new RegExp(
  `[${NEWER.trim()
    .split(/\s+/)
    .map(range => range.replace(/[0-9a-f]+/g, '\\u{$&}'))
    .join('')}]`,
  'u',
)
const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u
const plain = /^[ !#-[\]-~]*$/

const shortEscapes: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

export function goQuote(bytes: string): string {
  return `"${goEscape(bytes)}"`
}

/** What stands between the quotes. A long text may be escaped in pieces that begin where `beginsCharacter` says so. */
export function goEscape(bytes: string): string {
  if (plain.test(bytes)) return bytes
  let quoted = ''
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.charCodeAt(at)
    const length = first < 128 ? 1 : sequenceLength(bytes, at)
    if (length === 0) {
      quoted += `\\x${hex(first, 2)}`
      at++
      continue
    }
    quoted += escapeRune(bytes.slice(at, at + length))
    at += length
  }
  return quoted
}

/** Whether no UTF-8 sequence of the bytes reaches across the border before byte `at`. */
export function beginsCharacter(bytes: string, at: number): boolean {
  if (!isContinuation(bytes.charCodeAt(at))) return true
  // No sequence has more than three continuation bytes.
  for (let before = at - 1; before >= at - 3; before--) {
    if (before < 0 || !isContinuation(bytes.charCodeAt(before))) return false
  }
  return true
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** Bytes of the UTF-8 sequence at `at`, 0 when there is no valid one. */
function sequenceLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at)
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  // The second byte also rules out overlong forms, surrogates and what is over U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  for (let i = 1; i < length; i++) {
    const byte = bytes.charCodeAt(at + i)
    if (!(byte >= (i === 1 ? low : 0x80) && byte <= (i === 1 ? high : 0xbf))) return 0
  }
  return length
}

/** One valid UTF-8 sequence, as it is or escaped. */
function escapeRune(sequence: string): string {
  const rune = runeOf(sequence)
  const short = shortEscapes[rune]
  if (short !== undefined) return short
  if (isPrint(rune)) return sequence
  if (rune < 32 || rune === 127) return `\\x${hex(rune, 2)}`
  return rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`
}

function runeOf(sequence: string): number {
  if (sequence.length === 1) return sequence.charCodeAt(0)
  let rune = sequence.charCodeAt(0) & (0x7f >> sequence.length)
  for (let i = 1; i < sequence.length; i++) rune = rune * 64 + (sequence.charCodeAt(i) & 63)
  return rune
}

function isPrint(rune: number): boolean {
  const text = String.fromCodePoint(rune)
  return printable.test(text) && !newer.test(text)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
