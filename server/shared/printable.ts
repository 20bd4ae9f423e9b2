/** Controls of a terminal, breaks of a line, and marks that turn the direction of what follows. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text from outside, a file's name for one, as it may stand in one line of a terminal: `\x1b` for what would be an
 * order to it.
 */
export function printable(text: string): string {
  return text.replace(unprintable, character => {
    const code = character.charCodeAt(0)
    if (character === '\n') return '\\n'
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
