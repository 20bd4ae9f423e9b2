/** The page of a failure: what was asked, what was found, where to go instead. */
import type { ErrorCode, Place } from '../../errors.js'
import { editDistance } from '../../shared/edit-distance.js'
import type { PageName } from '../links.js'
import { countText } from './format.js'
import { type NavLink, pages } from './layout.js'

export interface Failure {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
  readonly place?: Place
  /** The id that a mistake of our own has in the log. */
  readonly fault?: string | null
  /** Of an unknown page, within the base of the trace. */
  readonly path?: string
}

export interface FailureModel {
  readonly status: number
  readonly title: string
  readonly text: string
  /** The trace itself is at fault, or we are. */
  readonly bad: boolean
  readonly meant: PageName | null
  readonly details: { readonly label: string; readonly value: string }[]
  readonly advice: string
  readonly command: string
  readonly pages: readonly NavLink[]
}

const titles: Readonly<Record<string, string>> = {
  NOTHING_USABLE: 'Nothing of this trace can be read',
  FILE_CHANGED: 'The trace file changed while it was open',
  BAD_PARAMETER: 'This request has a malformed parameter',
  BAD_METHOD: 'Pages are only read',
  UNKNOWN_GOROUTINE: 'This trace has no such goroutine',
  UNKNOWN_GROUP: 'No goroutine of this trace started there',
  UNKNOWN_TASK: 'This trace has no such task',
  UNKNOWN_REGION: 'This trace has no such region',
  WRONG_HOST: 'This server answers only to its own address',
  CROSS_SITE: 'Other web sites may not read this server',
  NO_TOKEN: 'This server asks for its token',
  TOO_LONG: 'This address is too long',
  BUSY: 'This server is busy',
  TOO_LARGE: 'This answer would be too large',
  TIMED_OUT: 'This answer took too long',
  NO_MEMORY: 'There is not enough memory for this trace',
  INTERNAL: 'trace-serve failed',
}

const copyAgain =
  'Copy the file again and compare its size with the original. If the program was killed while tracing, record with a flight recorder or trace a shorter time: a generation is written about once a second.'
const contradiction =
  'The bytes are whole, but what they say contradicts itself, so that another copy will not help. See how far go tool trace reads it; if it shows what is not shown here, please report that with the trace, if it can be shared.'

/** For a trace of which nothing can be read, by the code of what was found. */
const causeAdvice: Readonly<Partial<Record<ErrorCode, string>>> = { TABLES: contradiction, ORDER: contradiction }

const advice: Readonly<Record<string, string>> = {
  FILE_CHANGED: 'Start trace-serve again to read the new file.',
  CROSS_SITE:
    'Open the address itself: a link to this server works, what a page of another site loads by itself is refused.',
  NO_TOKEN: 'Open the whole address that trace-serve printed in its terminal, the part behind the question mark too.',
}

/** Where a mistake of ours is told, by its id. */
export function faultAdvice(fault: string): string {
  return `The terminal where trace-serve runs shows what happened, as fault ${fault}. Please report it with the trace, if it can be shared.`
}

/** `ownUrl`: the address of this server, for those who came by another name. */
export function failureModel(failure: Failure, file: string, ownUrl: string | null): FailureModel {
  const { code, status, message, path, place, fault } = failure
  const aboutTrace = code === 'NOTHING_USABLE' || code === 'FILE_CHANGED' || code === 'WORKER_DIED' || status === 422
  const title = path === undefined ? (titles[code] ?? 'This cannot be shown') : message
  return {
    status,
    title,
    text: path === undefined ? sentence(message) : '',
    bad: aboutTrace || fault != null,
    meant: path === undefined ? null : nearestPage(path),
    details: details(failure, file, aboutTrace),
    advice:
      code === 'WRONG_HOST'
        ? `Other names are refused, so that no web site can read your trace through your browser.${ownUrl === null ? '' : ` Open ${ownUrl} instead.`}`
        : code === 'NOTHING_USABLE'
          ? (causeAdvice[place?.cause ?? 'FRAMING'] ?? copyAgain)
          : fault == null
            ? (advice[code] ?? '')
            : faultAdvice(fault),
    command: code === 'NOTHING_USABLE' ? commandFor(file, place?.cause) : '',
    pages: status === 404 || status === 400 ? pages : [],
  }
}

/** What shows more of it. */
function commandFor(file: string, cause: ErrorCode | undefined): string {
  const isRead = cause === 'ORDER'
  return isRead
    ? `trace-serve -d=parsed ${file}   # all events up to there`
    : `trace-serve -d=footprint ${file}   # what the bytes hold`
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}

function details({ place }: Failure, file: string, aboutTrace: boolean): FailureModel['details'] {
  if (!aboutTrace) return []
  const rows = [{ label: 'File', value: file }]
  if (place?.offset !== undefined) rows.push({ label: 'At offset', value: countText(place.offset) })
  if (place?.generation !== undefined) rows.push({ label: 'Generation', value: place.generation })
  if (place?.thread !== undefined) rows.push({ label: 'Thread', value: place.thread })
  if (place?.wanted !== undefined) rows.push({ label: 'Wanted', value: place.wanted })
  if (place?.found !== undefined) rows.push({ label: 'Found', value: place.found })
  return rows
}

/** The page whose path is at most two edits away, or that the path begins with. */
function nearestPage(path: string): PageName | null {
  const asked = path.toLowerCase().replace(/\/+$/, '')
  if (asked === '') return null
  for (const { page } of pages) {
    if (page !== '' && (asked.startsWith(`${page}/`) || asked === page || editDistance(asked, page, 2) <= 2))
      return page
  }
  return null
}
