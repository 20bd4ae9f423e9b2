/**
 * Traces as text (format.md §12): parses the line-oriented form into bytes, and the two-part archives of Go's own
 * tests.
 *
 * Our fixtures use the same form with two comforts, so that nobody counts bytes by hand: `size=?` in an EventBatch
 * stands for the number of bytes up to the next batch or end of generation, and a `!` line gives bytes as they are (`!
 * 05 ff`), for what the text form cannot say.
 */
import { wireSpecs } from '../slow/slow-events.js'

export interface TextTrace {
  /** What a reader must do: reach the end, or fail with an error that the pattern finds something in. */
  readonly failure: RegExp | null
  readonly bytes: Uint8Array
}

/** Parts of a txtar archive by name; the text before the first part is under ''. */
export function parseArchive(text: string): Map<string, string> {
  const parts = new Map<string, string>([['', '']])
  let current = ''
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const match = /^-- (.*) --$/.exec(line)
    if (match !== null) current = match[1]
    parts.set(current, (parts.get(current) ?? '') + (match === null ? `${line}\n` : ''))
  }
  return parts
}

/** Parses an archive with the parts `expect` and `trace`. */
export function parseTestArchive(text: string): TextTrace {
  const parts = parseArchive(text)
  const expect = parts.get('expect')
  const trace = parts.get('trace')
  if (expect === undefined || trace === undefined) throw new Error('a test archive has the parts expect and trace')
  return { failure: parseExpectation(expect), bytes: textToBytes(trace) }
}

function parseExpectation(text: string): RegExp | null {
  const line = text.split('\n')[0]
  if (line === 'SUCCESS') return null
  const match = /^FAILURE (".*")$/.exec(line)
  if (match === null) throw new Error(`unknown expectation: ${line}`)
  return new RegExp(JSON.parse(match[1]))
}

/** Turns the text form into the bytes of a trace. */
export function textToBytes(text: string): Uint8Array {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  const header = /^Trace Go1\.(\d+)$/.exec(lines[0])
  if (header === null) throw new Error(`not a trace header: ${lines[0]}`)

  const out: number[] = [...Buffer.from(`go 1.${header[1]} trace\0\0\0`)]
  /** Bytes of the batch that is being measured, and its header. */
  let measured: { header: number[]; payload: number[] } | null = null
  const put = (bytes: readonly number[]) => {
    ;(measured?.payload ?? out).push(...bytes)
  }
  const closeBatch = () => {
    if (measured === null) return
    out.push(...measured.header, ...uvarint(BigInt(measured.payload.length)), ...measured.payload)
    measured = null
  }

  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]
    if (line.startsWith('!')) {
      put(
        line
          .slice(1)
          .trim()
          .split(/\s+/)
          .map(byte => Number.parseInt(byte, 16)),
      )
      continue
    }
    const [name, ...words] = line.split(/\s+/)
    const spec = [...wireSpecs.values()].find(candidate => candidate.name === name)
    if (spec === undefined) throw new Error(`unknown event: ${line}`)
    const names = spec.timed ? ['dt', ...spec.args] : spec.args
    const given = words.map(word => word.split('=') as [string, string])
    if (given.map(([key]) => key).join() !== names.join()) throw new Error(`wanted arguments ${names}: ${line}`)
    if (name === 'EventBatch' || name === 'ExperimentalBatch' || name === 'EndOfGeneration') closeBatch()

    if (name === 'EventBatch' && given[3][1] === '?') {
      measured = {
        header: [spec.type, ...given.slice(0, 3).flatMap(([, value]) => uvarint(BigInt(value)))],
        payload: [],
      }
      continue
    }
    if (name === 'ExperimentalBatch') {
      put([spec.type, Number(given[0][1]), ...given.slice(1).flatMap(([, value]) => uvarint(BigInt(value)))])
    } else put([spec.type, ...given.flatMap(([, value]) => uvarint(BigInt(value)))])

    if (name === 'String' || name === 'ExperimentalBatch') {
      const data = /^data=(".*")$/.exec(lines[++i] ?? '')
      if (data === null) throw new Error(`wanted data= after: ${line}`)
      const bytes = unquote(data[1])
      put([...uvarint(BigInt(bytes.length)), ...bytes])
    }
    if (name === 'Stack') {
      for (let frame = 0; frame < Number(given[1][1]); frame++) {
        const match = /^pc=(\d+)\s+func=(\d+)\s+file=(\d+)\s+line=(\d+)$/.exec(lines[++i] ?? '')
        if (match === null) throw new Error(`wanted a frame: ${lines[i]}`)
        put(match.slice(1).flatMap(value => uvarint(BigInt(value))))
      }
    }
  }
  closeBatch()
  return Uint8Array.from(out)
}

/** Minimal unsigned LEB128 form of a value below 2^64. */
export function uvarint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return bytes
}

/** Bytes of a Go-quoted string. */
function unquote(quoted: string): number[] {
  const text = quoted.slice(1, -1)
  const bytes: number[] = []
  const pattern = /\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\([0-7]{3})|\\(.)|([^\\]+)/giu
  const simple: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
  for (const [, byte, short, long, octal, letter, plain] of text.matchAll(pattern)) {
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16))
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else if (letter !== undefined) bytes.push(...Buffer.from(simple[letter] ?? letter))
    else if (plain !== undefined) bytes.push(...Buffer.from(plain))
    else bytes.push(...Buffer.from(String.fromCodePoint(Number.parseInt(short ?? long, 16))))
  }
  return bytes
}
