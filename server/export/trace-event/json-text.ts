/**
 * Texts and numbers of the trace-event JSON, written as Go's encoder writes them.
 */

const plain = /^[ !#-%'-;=?-[\]-\x7f]*$/
const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/**
 * What stands between the quotes for a text that is given as bytes (Latin-1); a byte that is not UTF-8 becomes
 * `\ufffd`.
 */
export function escapeBytes(bytes: string): string {
  if (plain.test(bytes)) return bytes
  let escaped = ''
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.charCodeAt(at)
    if (first < 0x80) {
      escaped += escapeAscii(bytes[at])
      at++
      continue
    }
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      escaped += '\\ufffd'
      at++
      continue
    }
    let code = first & (0x7f >> length)
    for (let i = 1; i < length; i++) code = (code << 6) | (bytes.charCodeAt(at + i) & 0x3f)
    // These two end a line in JavaScript, so Go escapes them.
    escaped += code === 0x2028 || code === 0x2029 ? `\\u${code.toString(16)}` : String.fromCodePoint(code)
    at += length
  }
  return escaped
}

function escapeAscii(character: string): string {
  const short = shortEscapes[character]
  if (short !== undefined) return short
  const code = character.charCodeAt(0)
  if (code >= 0x20 && character !== '<' && character !== '>' && character !== '&') return character
  return `\\u${code.toString(16).padStart(4, '0')}`
}

/** Length of the valid UTF-8 sequence that begins at a byte ≥ 128; 0: there is none. */
function sequenceLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at)
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0
  for (let i = 1; i < length; i++) if ((bytes.charCodeAt(at + i) & 0xc0) !== 0x80) return 0
  const second = bytes.charCodeAt(at + 1)
  // Overlong forms, surrogates, beyond Unicode.
  if (first === 0xe0 && second < 0xa0) return 0
  if (first === 0xed && second >= 0xa0) return 0
  if (first === 0xf0 && second < 0x90) return 0
  if (first === 0xf4 && second >= 0x90) return 0
  return length
}

/** `.001` to `.999`, without trailing zeros. */
const fractions = Array.from({ length: 1000 }, (_, thousandths) => String(thousandths / 1000).slice(1))

/** Nanoseconds below this have at most 15 digits, so that their decimal text is the shortest of the double. */
const EXACT = 1e15

/** `0` to `999`, and the same with three digits. */
const small = Array.from({ length: 1000 }, (_, number) => String(number))
const padded = small.map(text => text.padStart(3, '0'))

/**
 * A whole number from 0 to 2^53 − 1, put together from texts that are there: the engine keeps each number that it makes
 * text of for a while, by which all of them outlive the young generation of the heap.
 */
export function digits(number: number): string {
  if (number < 1000) return small[number]
  const thousands = Math.floor(number / 1000)
  return digits(thousands) + padded[number - thousands * 1000]
}

/** ns / 1000 as Go writes that double. */
export function microseconds(ns: number): string {
  if (ns < 0 || ns >= EXACT) return String(ns / 1000)
  const whole = Math.floor(ns / 1000)
  return digits(whole) + fractions[ns - whole * 1000]
}
