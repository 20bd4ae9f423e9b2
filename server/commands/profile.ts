/** `-pprof=TYPE`: one profile of the whole trace as gzip'd pprof, for `go tool pprof`. */
import { basename } from 'node:path'
import type { ProfileKind } from '../contract/profile.js'
import { hostTrace } from '../engine/trace-host.js'
import { encodeProfile } from '../export/pprof.js'
import type { Limits, PprofType } from './arguments.js'
import type { Output } from './output.js'
import { partialText, showProgress } from './progress.js'

const kinds: Readonly<Record<PprofType, ProfileKind>> = { net: 'io', sync: 'block', syscall: 'syscall', sched: 'sched' }

/**
 * Writes the profile of what can be read of the trace; `warn` is told when that is not all. Throws CodedError when
 * nothing can be read.
 */
export async function profile(
  file: string,
  type: PprofType,
  limits: Limits,
  output: Output,
  warn: (sentence: string) => void,
): Promise<void> {
  const client = hostTrace(file, limits)
  const stopProgress = showProgress(client)
  try {
    const answer = await client.query('profile', { kind: kinds[type] })
    stopProgress()
    if (answer.partial !== null) warn(partialText(basename(file), answer.partial))
    output.write(encodeProfile(answer))
  } finally {
    stopProgress()
    await client.close()
  }
}
