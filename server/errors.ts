/**
 * Every failure that a user can meet, in one table: code, HTTP status, and the sentence's form at the place that throws
 * it.
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
  BAD_REQUEST: 400,
  BAD_METHOD: 405,
  UNKNOWN_GOROUTINE: 404,
  UNKNOWN_GROUP: 404,
  UNKNOWN_TASK: 404,
  UNKNOWN_REGION: 404,
  NOT_FOUND: 404,
  WRONG_HOST: 421,
  CROSS_SITE: 403,
  NO_TOKEN: 403,
  TOO_LONG: 414,
  BUSY: 503,
  TOO_LARGE: 422,
  TIMED_OUT: 504,
  CANCELLED: 499,
  WORKER_DIED: 500,
  INTERNAL: 500,
  // the program
  CANNOT_LISTEN: 500,
  NO_MEMORY: 503,
  TOO_FEW_FILES: 500,
  CANNOT_WRITE: 500,
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
    /** What went wrong inside, for the log. */
    readonly fault: Fault | null = null,
  ) {
    super(message)
  }

  get status(): number {
    return errorStatus[this.code]
  }

  /** Plain data for a message between threads; `CodedError.from` undoes it. */
  toJSON(): ErrorData {
    return { code: this.code, message: this.message, place: this.place, fault: this.fault }
  }

  static from({ code, message, place, fault }: ErrorData): CodedError {
    return new CodedError(code, message, place, fault)
  }
}

/** A CodedError on its way between threads, where classes are lost. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly place: Place
  readonly fault: Fault | null
}

/** A mistake of our own, without its message, which may hold names out of a trace. */
export interface Fault {
  /** `TypeError`, with the code of an error that has one. */
  readonly kind: string
  /** Lines of the stack, `    at …`; empty where there is none. */
  readonly frames: string
}

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { kind: typeof error, frames: '' }
  const { name, message, stack = '' } = error
  const code = (error as NodeJS.ErrnoException).code
  const said = stack.indexOf(message)
  const behind = said < 0 ? stack : stack.slice(said + message.length)
  const frames = behind.split('\n').filter(line => line.startsWith('    at '))
  return { kind: code === undefined ? name : `${name} ${code}`, frames: frames.join('\n') }
}

/**
 * What a question failed of, as one that its client may be told of: what nobody expected is a fault of that question
 * alone.
 */
export function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  return new CodedError('INTERNAL', 'trace-serve failed while it made this answer.', {}, faultOf(error))
}

/**
 * The message of an error in a part of the file, with what its place knows and the message does not say: for those who
 * see but the sentence.
 */
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
