/** The 16 bytes that every Go execution trace starts with: `go 1.N trace` and three zero bytes. */
import { formats, type V2Version } from '../../core/formats.js'
import { CodedError, CUT } from '../../errors.js'
import type { Source } from '../../source/source.js'

export const HEADER_BYTES = 16

/** Header versions of the format without generations (v1). */
export type V1Version = 11 | 19 | 21
export type Version = V1Version | V2Version

const V1_VERSIONS: readonly number[] = [11, 19, 21]
const KNOWN: readonly number[] = [...V1_VERSIONS, ...formats.map(({ version }) => version)]

const WANTED = '"go 1.N trace"'
const FORM = /^go 1\.(\d{1,2}) trace\0{3,4}$/

/** First bytes of files that people take for traces, as Latin-1, and what to do with them. */
const magics: readonly (readonly [start: string, what: string, hint: string])[] = [
  ['\x1f\x8b', 'gzip data', '; unpack it first (a pprof profile is gzip data too)'],
  ['\x28\xb5\x2f\xfd', 'zstd data', '; unpack it first'],
  ['\xfd7zXZ\0', 'xz data', '; unpack it first'],
  ['BZh', 'bzip2 data', '; unpack it first'],
  ['PK\x03\x04', 'a zip archive', '; unpack it first'],
  ['\x7fELF', 'a program', ''],
]

export function isV1(version: Version): version is V1Version {
  return V1_VERSIONS.includes(version)
}

/**
 * The version that a file's header names. Throws CodedError NOT_A_TRACE or UNKNOWN_VERSION with a sentence for people.
 */
export function readHeader(source: Source): Version {
  const { name } = source
  const length = Math.min(HEADER_BYTES, source.sizeBytes)
  const start = Buffer.from(source.read(0, length)).toString('latin1')
  const place = { offset: 0, wanted: WANTED }
  if (length === 0) {
    throw new CodedError('NOT_A_TRACE', `${name} is empty, not a Go trace (wanted ${WANTED})`, {
      ...place,
      offset: 0,
      found: 'nothing',
    })
  }
  // One digit leaves room for a fourth zero byte: headers have 16 bytes.
  const form = FORM.exec(start)
  if (form !== null && length === HEADER_BYTES) return knownVersion(name, Number(form[1]))
  for (const [magic, what, hint] of magics) {
    if (start.startsWith(magic)) {
      const message = `${name} is ${what}, not a Go trace (wanted ${WANTED})${hint}`
      throw new CodedError('NOT_A_TRACE', message, { ...place, found: what })
    }
  }
  if (length < HEADER_BYTES && isHeaderPart(start)) {
    const found = `${length} ${length === 1 ? 'byte' : 'bytes'}`
    const message = `${name} ends inside its header (wanted ${HEADER_BYTES} bytes, found ${found}); it is ${CUT}`
    throw new CodedError('NOT_A_TRACE', message, { offset: 0, wanted: `${HEADER_BYTES} bytes`, found })
  }
  const found = describe(start)
  throw new CodedError('NOT_A_TRACE', `${name} is not a Go trace (wanted ${WANTED} at offset 0, found ${found})`, {
    ...place,
    found,
  })
}

function knownVersion(name: string, version: number): Version {
  if (KNOWN.includes(version)) return version as Version
  const known = `known are ${KNOWN.map(each => `1.${each}`).join(', ')}`
  const advice =
    version > KNOWN[KNOWN.length - 1]
      ? 'it is newer than this trace-serve'
      : version < KNOWN[0]
        ? 'it is too old, record it again with Go 1.11 or newer'
        : 'no Go release writes it'
  throw new CodedError(
    'UNKNOWN_VERSION',
    `${name} is a trace of the unknown format go 1.${version} (${known}): ${advice}`,
    { offset: 0, wanted: known, found: `go 1.${version}` },
  )
}

function isHeaderPart(start: string): boolean {
  return (
    /^go 1\.\d{1,2} trace\0*$/.test(start) ||
    'go 1.'.startsWith(start) ||
    /^go 1\.\d{0,2}$/.test(start) ||
    cutTail(start)
  )
}

function cutTail(start: string): boolean {
  const rest = /^go 1\.\d{1,2}( .*)$/s.exec(start)
  return rest !== null && ' trace\0\0\0'.startsWith(rest[1])
}

/** Bytes for people: text as it is, the rest in hexadecimal. */
function describe(start: string): string {
  if (/^\0+$/.test(start)) return `${start.length} zero bytes`
  if (/^[\t\r\n\x20-\x7e]+$/.test(start)) return JSON.stringify(start)
  return `bytes ${Buffer.from(start, 'latin1')
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')}`
}
