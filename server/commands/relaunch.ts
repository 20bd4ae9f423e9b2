/** Starts the program once more where its address space is too narrow for what Node reserves by itself. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { CodedError } from '../errors.js'
import { addressSpaceLimit, GUARDLESS, isNarrow, pagesUnder } from '../wasm/address-space.js'

/** Signals that ask the program to end, which the second one answers. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** By which Node ends where it gets no memory. */
const crashes: readonly string[] = ['SIGABRT', 'SIGTRAP', 'SIGSEGV', 'SIGBUS', 'SIGILL']

/**
 * The exit status of the program that does the work instead of this one; null where this one can. Throws CodedError
 * NO_MEMORY where none can.
 *
 * @param end ends this program
 */
export async function relaunched(end: () => void): Promise<number | null> {
  const limit = addressSpaceLimit()
  if (!isNarrow(limit)) return null
  if (pagesUnder(limit) === 0) {
    throw noMemory(limit, 'which is too little: 3 GB are wanted')
  }
  if (process.execArgv.includes(GUARDLESS)) {
    // What ends the first one by force ends this one too.
    process.once('disconnect', end)
    process.channel?.unref()
    return null
  }
  const child = spawn(process.execPath, [GUARDLESS, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of passedOn) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (status, signal) => {
      if (status !== null) resolve(status)
      else if (!crashes.includes(signal ?? '')) resolve(128 + constants.signals[signal as NodeJS.Signals])
      else reject(noMemory(limit, `which is too little for this trace (${signal})`))
    })
  })
}

function noMemory(limit: number, why: string): CodedError {
  const found = `${(limit / 2 ** 30).toFixed(1)} GB`
  return new CodedError('NO_MEMORY', `the address space is limited to ${found} (ulimit -v), ${why}`, { found })
}
