/** What the system refuses, in words. */
import { readFileSync } from 'node:fs'
import { CodedError } from '../errors.js'

/** Files that are open while the program loads, with room for connections. */
const LEAST_FILES = 128

const reasons: Readonly<Record<string, string>> = {
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open in the whole system',
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'a file would be larger than is allowed',
  EIO: 'the device failed',
  ENOMEM: 'there is not enough memory',
  EAGAIN: 'there is not enough of something, such as threads (ulimit -u)',
  ERR_WORKER_OUT_OF_MEMORY: 'there is not enough memory for a thread',
  ERR_WORKER_INIT_FAILED: 'a thread could not be started',
}

/** Throws CodedError TOO_FEW_FILES where so few files may be open that the program could not even load. */
export function checkOpenFiles(): void {
  const limit = openFilesLimit()
  if (limit >= LEAST_FILES) return
  throw new CodedError(
    'TOO_FEW_FILES',
    `at most ${limit} files may be open at a time (ulimit -n), which is too few: ${LEAST_FILES} are wanted`,
    { wanted: String(LEAST_FILES), found: String(limit) },
  )
}

/** Infinite where there is none, or the system does not say. */
function openFilesLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? 0 : Number.POSITIVE_INFINITY
  }
}

/** Why the system refused something, as a sentence; null for an error that is our own. */
export function systemRefusal(error: unknown): string | null {
  const { code = '', syscall, path } = error as NodeJS.ErrnoException
  const reason = reasons[code]
  if (reason === undefined) return null
  const what = syscall === undefined ? '' : `${syscall}${path === undefined ? '' : ` ${path}`}: `
  return `${what}${reason}`
}
