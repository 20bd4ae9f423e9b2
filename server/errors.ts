/**
 * Every failure that a user can meet, in one table: code, HTTP status, and the sentence's form at the place that throws it.
 *
 * Three kinds of failure are never mixed: bad input and bad requests are a CodedError; what is odd but survivable is a
 * diagnostic (analysis/facts); a broken invariant of our own is a plain Error.
 */

/** HTTP status of each code. */
export const errorStatus = {
  // the file as a whole
  NOT_A_TRACE: 422,
  UNKNOWN_VERSION: 422,
  NOT_READABLE: 422,
  NOTHING_USABLE: 503,
  FILE_CHANGED: 409,
  // parts of the file; the generations before are served
  FRAMING: 422,
  TABLES: 422,
  ORDER: 422,
  // requests
  BAD_PARAMETER: 400,
  BAD_METHOD: 405,
  UNKNOWN_GOROUTINE: 404,
  UNKNOWN_GROUP: 404,
  UNKNOWN_TASK: 404,
  UNKNOWN_REGION: 404,
  NOT_FOUND: 404,
  WRONG_HOST: 421,
  NO_TOKEN: 403,
  TOO_LONG: 414,
  BUSY: 503,
  TOO_LARGE: 422,
  TIMED_OUT: 504,
  CANCELLED: 499,
  WORKER_DIED: 500,
  // the program
  CANNOT_LISTEN: 500,
} as const
export type ErrorCode = keyof typeof errorStatus

/** Where in the file something was found. Whatever is not known is left out. */
export interface Place {
  /** Byte offset in the file. */
  readonly offset?: number
  /** Generation number as in the file. */
  readonly generation?: string
  /** Thread id; −1: none. */
  readonly thread?: string
  readonly wanted?: string
  readonly found?: string
  /** The file ended where more was wanted. */
  readonly cut?: true
  /** Code of what was found there, where the error is of more than that place. */
  readonly cause?: ErrorCode
}

/** Why a file may end too early, for a sentence that says where it does. */
export const CUT = 'perhaps still being written, or cut'

export class CodedError extends Error {
  override readonly name = 'CodedError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly place: Place = {},
  ) {
    super(message)
  }

  get status(): number {
    return errorStatus[this.code]
  }

  /** Plain data for a message between threads; `CodedError.from` undoes it. */
  toJSON(): { code: ErrorCode; message: string; place: Place } {
    return { code: this.code, message: this.message, place: this.place }
  }

  static from(data: { code: ErrorCode; message: string; place: Place }): CodedError {
    return new CodedError(data.code, data.message, data.place)
  }
}

/** The message of an error in a part of the file, with what its place knows and the message does not say: for those who see but the sentence. */
export function placedMessage({ code, message, place }: CodedError): string {
  if (code !== 'FRAMING' && code !== 'TABLES' && code !== 'ORDER') return message
  const said = message.toLowerCase()
  const says = (word: string | undefined) => word === undefined || said.includes(word.toLowerCase())
  const { offset, wanted, found, cut } = place
  const parts: string[] = []
  if (offset !== undefined && !says('offset')) parts.push(`at offset ${offset}`)
  if (!says('want') && !says(wanted)) parts.push(`wanted ${wanted}`)
  if (!says(found)) parts.push(`found ${found}`)
  const text = parts.length === 0 ? message : `${message} (${parts.join(', ')})`
  return cut ? `${text}; the file is ${CUT}` : text
}
